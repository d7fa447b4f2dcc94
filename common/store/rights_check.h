/* Whether Redis allows a user what the table in acl.h says: an ACL file that is older than the
 * release shows itself here, and not in the middle of somebody's sign-in.
 *
 *     rights_check_start(store, ACL_SIGNER, arena, on_checked, context);   as that very user
 *
 * Nothing is read or written. A user who may run scripts is asked about each command by
 * redis.acl_check_cmd; the others try what harms nothing. */
#ifndef COMMON_STORE_RIGHTS_CHECK_H
#define COMMON_STORE_RIGHTS_CHECK_H

#include "common/store/acl.h"
#include "common/store/store.h"

/* refused: "hget mcp:code:example", borrowed until it returns. FAIL_SERVER_ERROR for a Redis older
 * than 7. Called once; at once, with FAIL_LIMIT_REACHED, when the arena is full. */
typedef void rights_checked_cb(void *context, enum failure failure, struct strs refused);
void rights_check_start(struct store *store, enum acl_user user, struct arena *arena,
                        rights_checked_cb *on_checked, void *context);

#endif
