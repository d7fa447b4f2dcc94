#include "tests/unit/common/store/acl_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/limits.h"
#include "common/crypto/digest.h"

static struct str text_without(struct arena *arena, struct str text, enum acl_user user,
                               const char *without)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "\nuser %s on ", acl_user_name(user));
    const char *at = memmem(text.at, text.len, line, (size_t)len);
    assert_non_null(at);
    const char *end = text.at + text.len;
    const char *cut = memmem(at, (size_t)(end - at), without, strlen(without));
    assert_non_null(cut);
    const char *rest = cut + strlen(without);
    return arena_printf(arena, "%.*s%.*s", (int)(cut - text.at), text.at, (int)(end - rest), rest);
}

struct redis_rig *acl_rig_start(enum acl_user user, const char *without)
{
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct str digests[ACL_USERS_COUNT], line, rest;
    for (enum acl_user each = 0; each < ACL_USERS_COUNT; each++)
        digests[each] = digest_hex(arena, str_from_cstr(acl_user_name(each)));
    assert_true(str_cut(acl_print(arena, digests), '\n', &line, &rest));
    struct str text =
        arena_printf(arena, "user default on nopass ~* &* +@all\n%.*s", STR_ARGS(rest));
    if (without != NULL)
        text = text_without(arena, text, user, without);
    assert_true(str_is_present(text));
    struct redis_rig *rig = redis_rig_start(text.at);
    arena_free(arena);
    return rig;
}

struct store *acl_rig_open(struct redis_rig *rig, enum acl_user user)
{
    struct str name = str_from_cstr(acl_user_name(user));
    struct store *store = store_open(
        redis_rig_loop(rig),
        &(struct store_options){.url = redis_rig_url(rig), .user = name, .password = name});
    assert_non_null(store);
    redis_rig_await_ready(rig, store, true);
    return store;
}
