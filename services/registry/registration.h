/* What registering, reading and changing a client share: metadata becoming a record, the secret
 * that goes with it, the token that opens it, and the JSON in which it is answered (RFC 7591 3.2.1,
 * and the original's members).
 *
 *     struct registration registration = {.record = &record, .shows_all = true};
 *     TRY(registration_to_json(&registration, arena, &text)); */
#ifndef SERVICES_REGISTRY_REGISTRATION_H
#define SERVICES_REGISTRY_REGISTRATION_H

#include "common/oauth/client_metadata.h"
#include "common/store/client.h"

enum { REGISTRATION_SECRET_BYTES = 32 };

struct registration {
    const struct client_record *record;
    bool shows_all; /* to the registrant; others see the original's public members */
    /* Secrets, known only to a request that makes them or brings them; else absent. */
    struct str client_secret;
    struct str registration_access_token;
};

/* The record's part that the client chooses (RFC 7591 2). */
void registration_apply(const struct client_metadata *metadata, struct client_record *record);
/* The secret that the request's seed makes, its digest in the record; both absent for a method
 * without one. FAIL_LIMIT_REACHED when the arena is full. */
enum failure registration_make_secret(struct client_record *record, struct str seed,
                                      struct arena *arena, struct str *ret_secret) MUST_CHECK;
/* FAIL_REGISTRATION_TOKEN_INVALID unless the token is that of this client, which may be NULL. A
 * client of the servers file has no registration, so no token opens it. */
enum failure registration_check_token(const struct client_record *record,
                                      struct str registration_access_token,
                                      struct arena *arena) MUST_CHECK;
/* FAIL_CLIENT_SECRET_DIFFERS unless it is the client's. */
enum failure registration_check_secret(const struct client_record *record, struct str client_secret,
                                       struct arena *arena) MUST_CHECK;

/* FAIL_LIMIT_REACHED when the arena is full. */
enum failure registration_to_json(const struct registration *registration, struct str issuer,
                                  struct arena *arena, struct str *ret_text) MUST_CHECK;

#endif
