/* What a sign-in or a decision leads to, as HTTP: a redirect, or one of the pages consent, denied
 * and connected. Shared by callback.c and authorize.c. */
#ifndef SERVICES_EDGE_SIGN_IN_H
#define SERVICES_EDGE_SIGN_IN_H

#include "proto/broker.h"
#include "services/edge/errand.h"

/* An errand_reply_cb for questions whose reply is SIGN_IN_REPLY; ends the errand. */
void sign_in_on_reply(struct errand *errand, enum failure failure, const void *reply);
/* The same, with headers that the caller has put into *reply. sign_in is NULL with a failure. */
void sign_in_reply_send(struct errand *errand, enum failure failure,
                        const struct sign_in_reply *sign_in, struct reply *reply);
/* "email" as "See your verified e-mail address"; a word that is not known stands for itself. */
struct str sign_in_scope_words(struct arena *arena, struct str scope, struct str server_name);

#endif
