/* acl: the Redis ACL file, from the table in common/store/acl.c and the passwords in the
 * environment, of which only the SHA-256 is printed. */
#include <stdio.h>
#include <stdlib.h>

#include "common/crypto/digest.h"
#include "common/store/acl.h"
#include "services/ctl/invocation.h"

enum {
    /* The file holds bare SHA-256 digests, which can be guessed fast: a password must be random. */
    PASSWORD_BYTES_MIN = 16,
    PASSWORD_BYTES_MAX = 512,
};

/* A password from NAME, or from the file that NAME_FILE names, without its last line end; the
 * absent text for an optional user without one. */
static bool password_read(struct arena *arena, enum acl_user user, struct str *ret_password)
{
    const char *name = acl_user_environment(user);
    const char *value = getenv(name);
    if (value != NULL) {
        *ret_password = str_from_cstr(value);
        return true;
    }
    char file_name[64];
    snprintf(file_name, sizeof(file_name), "%s_FILE", name);
    const char *path = getenv(file_name);
    if (path == NULL && acl_user_is_optional(user)) {
        *ret_password = STR_ABSENT;
        return true;
    }
    if (path == NULL) {
        subcommand_complain("%s is not set: give the password of this Redis user", name);
        return false;
    }
    FILE *file = fopen(path, "re");
    char *buffer = arena_take(arena, PASSWORD_BYTES_MAX + 2);
    size_t len =
        file != NULL && buffer != NULL ? fread(buffer, 1, PASSWORD_BYTES_MAX + 2, file) : 0;
    if (file == NULL) {
        subcommand_complain("%s names %s, which cannot be read", file_name, path);
        return false;
    }
    fclose(file);
    while (len > 0 && (buffer[len - 1] == '\n' || buffer[len - 1] == '\r'))
        len--;
    *ret_password = str_from_bytes(buffer, len);
    return true;
}

static bool digests_make(struct arena *arena, struct str ret_digests[ACL_USERS_COUNT])
{
    for (enum acl_user user = 0; user < ACL_USERS_COUNT; user++) {
        struct str password;
        if (!password_read(arena, user, &password))
            return false;
        if (!str_is_present(password)) {
            ret_digests[user] = STR_ABSENT;
            continue;
        }
        if (password.len < PASSWORD_BYTES_MIN || password.len > PASSWORD_BYTES_MAX) {
            subcommand_complain("%s must have %d to %d characters; try: openssl rand -hex 32",
                                acl_user_environment(user), PASSWORD_BYTES_MIN, PASSWORD_BYTES_MAX);
            return false;
        }
        ret_digests[user] = digest_hex(arena, password);
    }
    return true;
}

int subcommand_acl_run(const struct invocation *invocation)
{
    struct arena *arena = invocation->arena;
    struct str text;
    if (invocation_has(invocation, "--template")) {
        text = acl_print_template(arena);
    } else {
        struct str digests[ACL_USERS_COUNT];
        if (!digests_make(arena, digests))
            return SUBCOMMAND_FAILED;
        text = acl_print(arena, digests);
    }
    if (!str_is_present(text))
        return subcommand_complain("out of memory");
    return subcommand_print(text);
}
