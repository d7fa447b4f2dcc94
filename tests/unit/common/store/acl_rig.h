/* A private Redis under the rights of acl.c, and a store for each of its users.
 *
 *     struct redis_rig *rig = acl_rig_start(ACL_SIGNER, "+hincrby ");      without this right of
 * his struct store *store = acl_rig_open(rig, ACL_SIGNER);                 ready when this returns
 *     store_close(store); redis_rig_stop(rig);
 *
 * `default` may do everything here: it is the rig's own eye. A user's password is its name. */
#ifndef TESTS_UNIT_COMMON_STORE_ACL_RIG_H
#define TESTS_UNIT_COMMON_STORE_ACL_RIG_H

#include "common/store/acl.h"
#include "tests/unit/common/store/redis_rig.h"

/* without: what is cut out of this user's line, where it stands first; NULL: nothing. */
struct redis_rig *acl_rig_start(enum acl_user user, const char *without);
struct store *acl_rig_open(struct redis_rig *rig, enum acl_user user);

#endif
