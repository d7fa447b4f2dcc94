/* What `revoke` does, step by step as the signer does it: the mark or the grant, the index, the
 * audit entry. With is_dry nothing is written; every step is told on standard output.
 *
 *     struct revocation revocation = {.connection = connection, .arena = arena, .is_dry = false};
 *     TRY(revocation_end_grant(&revocation, &grant));
 *     TRY(revocation_end_user(&revocation, STR("octocat")));
 *
 * How long a grant is remembered as revoked does not depend on the signers' options: as long as any
 * access token may live at all. */
#ifndef SERVICES_CTL_REVOCATION_H
#define SERVICES_CTL_REVOCATION_H

#include "common/store/audit.h"
#include "services/ctl/connection.h"

struct revocation {
    struct connection *connection;
    struct arena *arena;
    bool is_dry;
    struct str operator_name; /* in the audit stream, as its instance */
    int64_t grants;           /* ended so far */
};

struct revocation_grant {
    struct str g;
    struct str user_id;   /* absent: not known */
    struct str client_id; /* absent: not known */
};

enum failure revocation_init(struct revocation *revocation, struct connection *connection,
                             struct arena *arena, bool is_dry) MUST_CHECK;
/* The grant and all that was issued from it. */
enum failure revocation_end_grant(struct revocation *revocation,
                                  const struct revocation_grant *grant) MUST_CHECK;
/* One access token, the grant's m-th, for ttl_s. */
enum failure revocation_end_token(struct revocation *revocation,
                                  const struct revocation_grant *grant, int64_t m,
                                  int64_t ttl_s) MUST_CHECK;
/* Everything that was issued to this person until now. FAIL_RECORD_MISSING: nobody of this login
 * has a grant. */
enum failure revocation_end_user(struct revocation *revocation, struct str name) MUST_CHECK;
/* The registration, and every grant that it was given. */
enum failure revocation_end_client(struct revocation *revocation, struct str client_id) MUST_CHECK;

#endif
