/* Who may do what in Redis: one table (user x keys x commands), printed as the ACL file.
 *
 *     struct str passwords[ACL_USERS_COUNT] = {...};            SHA-256, in hex
 *     struct str text = acl_print(arena, passwords);            the file of `aclfile`
 *     struct str template = acl_print_template(arena);          deploy/redis/users.acl.template
 *
 * One Redis user per worker kind, a read-only one for people and dashboards, one for the
 * command-line tool, and two for Redis's own servers where there are several. Each line of the
 * table becomes one selector, so a command is allowed only on the keys of its own line. Keys that
 * one script takes together stand in one line of eval and evalsha; what the script does inside is
 * checked against the other lines. To give a worker another command, add it here, then run
 * `mcp-oauth acl --template > deploy/redis/users.acl.template`. */
#ifndef COMMON_STORE_ACL_H
#define COMMON_STORE_ACL_H

#include "common/base/arena.h"
#include "common/store/key.h"

enum acl_user {
    ACL_REGISTRY,
    ACL_BROKER,
    ACL_SIGNER,
    ACL_READER,
    ACL_OPERATOR,
    ACL_EXPORTER, /* optional: counts and weighs keys, and reads none (redis_exporter) */
    ACL_REPLICA,  /* optional: as which replicas follow their master (masteruser) */
    ACL_SENTINEL, /* optional: as which Sentinels watch and fail over (sentinel auth-user) */
    ACL_USERS_COUNT
};

enum acl_access { ACL_READ = 1, ACL_WRITE = 2 };

const char *acl_user_name(enum acl_user user);        /* "broker" */
const char *acl_user_environment(enum acl_user user); /* "REDIS_PASSWORD_BROKER" */
bool acl_user_is_optional(enum acl_user user);        /* left out when it has no password */
/* Bits of enum acl_access: what the user may do with at least one command. */
unsigned acl_user_access(enum acl_user user, enum key_family family);

/* One line of the table, for whoever compares it with what Redis allows. */
struct acl_right {
    enum acl_user user;
    unsigned families;    /* bits, 1 << enum key_family */
    unsigned access;      /* bits of enum acl_access */
    const char *commands; /* "hget memory|usage" */
};
size_t acl_rights_count(void);
struct acl_right acl_right_get(size_t i);
/* A key of this family that this user's globs match. The absent text when the arena is full. */
struct str acl_example_key(struct arena *arena, enum acl_user user, enum key_family family);

/* passwords_sha256: 64 hex digits for each user; absent: without this optional one. The absent text
 * when one is neither, so that nobody gets in without a password, and when the arena is full. */
struct str acl_print(struct arena *arena, const struct str passwords_sha256[ACL_USERS_COUNT]);
/* With <sha256 of REDIS_PASSWORD_BROKER> in place of the digests. */
struct str acl_print_template(struct arena *arena);

#endif
