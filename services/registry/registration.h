/* The JSON in which a registration is answered (RFC 7591 3.2.1, and the original's members).
 *
 *     struct registration registration = {.record = &record, .shows_all = true};
 *     TRY(registration_to_json(&registration, arena, &text)); */
#ifndef SERVICES_REGISTRY_REGISTRATION_H
#define SERVICES_REGISTRY_REGISTRATION_H

#include "common/store/client.h"

struct registration {
    const struct client_record *record;
    bool shows_all; /* to the registrant; others see the original's public members */
    /* Secrets, known only when the client has just been registered; else absent. */
    struct str client_secret;
    struct str registration_access_token;
};

/* FAIL_LIMIT_REACHED when the arena is full. */
enum failure registration_to_json(const struct registration *registration, struct str issuer,
                                  struct arena *arena, struct str *ret_text) MUST_CHECK;

#endif
