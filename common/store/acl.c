/* Redis decides selector by selector: a command passes when one selector allows it and all its
 * keys. EVALSHA and EVAL need read and write on every key that they are given, also on those that
 * the script only reads, so they stand in lines of their own; the commands inside a script are
 * checked again, against all lines, as the same user.
 *
 * What this cannot express, and who therefore must be trusted: EXPIRE with 0 deletes, so a signer
 * could delete a client; a hash is writable as a whole, so a broker could rewrite the registry's
 * part of a session; SCAN (reader, operator) shows all names. */
#include "common/store/acl.h"

#include <assert.h>

#include "common/base/hex.h"

#define KEYS(family) (1u << KEY_FAMILY_##family)

/* reads and writes */
#define SESSION_RW  "hdel exists expire hget hgetall hmget hset hsetnx pexpire pttl ttl"
#define CLIENT_RW   "del exists expire hdel hget hgetall hmget hset hsetnx pexpire persist pttl ttl"
#define DOCUMENT_RW "del exists expire hget hgetall hmget hset pexpire pttl ttl"
#define CODE_CREATE "exists expire hget hgetall hmget hset hsetnx pexpire pttl ttl"
#define GRANT_RW                                                                                   \
    "del exists expire expireat hget hgetall hincrby hmget hset hsetnx pexpire pttl ttl"
#define REVOKED_RW  "exists expire get mget pttl set ttl"
#define APPROVAL_RW "del exists expire hget hgetall hmget hset hsetnx pexpire pttl ttl"
#define RATE_RW     "expire get incr pexpire pttl ttl"
#define WORKER_RW   "del expire hset"
#define SCRIPT      "eval evalsha"
/* reads only */
#define EYES                                                                                       \
    "exists get hget hgetall hlen hmget hscan memory|usage object|encoding pttl strlen ttl type "  \
    "xlen xrange xread xrevrange zcard zrange zscan zscore"
#define WEIGH "memory|usage strlen type xinfo|consumers xinfo|groups xinfo|stream xlen"

static const struct acl_right RIGHTS[] = {
    {ACL_REGISTRY, KEYS(SESSION), ACL_READ | ACL_WRITE, SCRIPT " " SESSION_RW},
    {ACL_REGISTRY, KEYS(CLIENT), ACL_READ | ACL_WRITE, SCRIPT " " CLIENT_RW},
    {ACL_REGISTRY, KEYS(CLIENT_DELETED), ACL_READ | ACL_WRITE, "get set"},
    {ACL_REGISTRY, KEYS(DOCUMENT), ACL_READ | ACL_WRITE, SCRIPT " " DOCUMENT_RW},
    {ACL_REGISTRY, KEYS(RATE), ACL_READ | ACL_WRITE, SCRIPT " " RATE_RW},
    {ACL_REGISTRY, KEYS(WORKER), ACL_WRITE, WORKER_RW},
    {ACL_REGISTRY, KEYS(AUDIT), ACL_WRITE, "xadd"},

    {ACL_BROKER, KEYS(SESSION), ACL_READ | ACL_WRITE, SCRIPT " " SESSION_RW},
    {ACL_BROKER, KEYS(CODE), ACL_READ | ACL_WRITE, SCRIPT " " CODE_CREATE},
    {ACL_BROKER, KEYS(APPROVAL), ACL_READ | ACL_WRITE, SCRIPT " " APPROVAL_RW},
    {ACL_BROKER, KEYS(GRANTS), ACL_WRITE, "expire pexpire zadd"},
    {ACL_BROKER, KEYS(RATE), ACL_READ | ACL_WRITE, SCRIPT " " RATE_RW},
    {ACL_BROKER, KEYS(WORKER), ACL_WRITE, WORKER_RW},
    {ACL_BROKER, KEYS(AUDIT), ACL_WRITE, "xadd"},

    {ACL_SIGNER, KEYS(CODE) | KEYS(REFRESH) | KEYS(REVOKED) | KEYS(REVOKED_TOKEN),
     ACL_READ | ACL_WRITE, SCRIPT},
    {ACL_SIGNER, KEYS(CODE), ACL_READ | ACL_WRITE,
     "exists expire hget hgetall hmget hset pttl ttl"},
    {ACL_SIGNER, KEYS(REFRESH), ACL_READ | ACL_WRITE, GRANT_RW},
    {ACL_SIGNER, KEYS(REVOKED) | KEYS(REVOKED_TOKEN) | KEYS(REVOKED_USER), ACL_READ | ACL_WRITE,
     REVOKED_RW},
    {ACL_SIGNER, KEYS(CLIENT), ACL_READ, "exists hget hgetall hmget pttl ttl"},
    {ACL_SIGNER, KEYS(CLIENT), ACL_WRITE, "expire pexpire"},
    {ACL_SIGNER, KEYS(DOCUMENT), ACL_READ, "exists hget hgetall hmget pttl ttl"},
    {ACL_SIGNER, KEYS(ASSERTION), ACL_READ | ACL_WRITE, "get set"},
    {ACL_SIGNER, KEYS(GRANTS), ACL_READ | ACL_WRITE,
     "expire pexpire zadd zrange zrem zremrangebyscore"},
    {ACL_SIGNER, KEYS(RATE), ACL_READ | ACL_WRITE, SCRIPT " " RATE_RW},
    {ACL_SIGNER, KEYS(WORKER), ACL_WRITE, WORKER_RW},
    {ACL_SIGNER, KEYS(AUDIT), ACL_WRITE, "xadd"},

    {ACL_READER, (1u << KEY_FAMILIES_COUNT) - 1, ACL_READ, EYES},

    {ACL_OPERATOR, (1u << KEY_FAMILIES_COUNT) - 1, ACL_READ, EYES},
    {ACL_OPERATOR,
     KEYS(SESSION) | KEYS(CODE) | KEYS(REFRESH) | KEYS(APPROVAL) | KEYS(CLIENT) | KEYS(DOCUMENT) |
         KEYS(GRANTS) | KEYS(RATE),
     ACL_WRITE, "del expire unlink"},
    {ACL_OPERATOR, KEYS(REFRESH) | KEYS(REVOKED) | KEYS(REVOKED_TOKEN), ACL_READ | ACL_WRITE,
     SCRIPT},
    {ACL_OPERATOR, KEYS(REVOKED) | KEYS(REVOKED_TOKEN) | KEYS(REVOKED_USER), ACL_WRITE,
     "expire set"},
    {ACL_OPERATOR, KEYS(GRANTS), ACL_WRITE, "zrem"},
    {ACL_OPERATOR, KEYS(AUDIT), ACL_WRITE, "xadd"},

    {ACL_EXPORTER, (1u << KEY_FAMILIES_COUNT) - 1, ACL_READ, WEIGH},
};

/* The script with which redis_exporter groups keys names none in advance: it is given no keys, and
 * what it calls is checked like all else. CONFIG GET, which it would also ask, shows passwords. */
#define EXPORTER_PLAIN                                                                             \
    "client|setname cluster|info cluster|nodes cluster|slots dbsize eval evalsha info "            \
    "latency|histogram latency|latest ping scan select slowlog|get slowlog|len"

/* Commands without keys. ROLE tells a worker that it has reached a replica; the rest of what it
 * needs is a cluster's, and so is what people need for `redis-cli -c`. */
#define WORKER_PLAIN "asking cluster|slots ping role time"
#define EYES_PLAIN                                                                                 \
    "asking cluster|info cluster|nodes cluster|shards cluster|slots dbsize info ping psubscribe "  \
    "punsubscribe role scan time"

static const struct {
    const char *name;
    const char *environment;
    const char *commands;
    const char *channels; /* PSUBSCRIBE must name one of these letter for letter */
    bool is_optional;
} USERS[ACL_USERS_COUNT] = {
    [ACL_REGISTRY] = {"registry", "REDIS_PASSWORD_REGISTRY", WORKER_PLAIN, ""},
    [ACL_BROKER] = {"broker", "REDIS_PASSWORD_BROKER", WORKER_PLAIN, ""},
    [ACL_SIGNER] = {"signer", "REDIS_PASSWORD_SIGNER", WORKER_PLAIN, ""},
    [ACL_READER] = {"reader", "REDIS_PASSWORD_READER", EYES_PLAIN,
                    " &__keyspace@*__:mcp:* &__keyevent@*__:*"},
    [ACL_OPERATOR] =
        {"operator", "REDIS_PASSWORD_OPERATOR",
         EYES_PLAIN
         " acl|load acl|whoami client|list config|get latency|latest replconf slowlog|get sync",
         " &__keyspace@*__:mcp:* &__keyevent@*__:*"},
    [ACL_EXPORTER] = {"exporter", "REDIS_PASSWORD_EXPORTER", EXPORTER_PLAIN, "", true},
    [ACL_REPLICA] = {"replica", "REDIS_PASSWORD_REPLICA", "ping psync replconf", "", true},
    [ACL_SENTINEL] = {"sentinel", "REDIS_PASSWORD_SENTINEL",
                      "client|kill client|setname config|rewrite exec info multi ping publish role "
                      "script|kill slaveof subscribe",
                      " &__sentinel__:hello", true},
};

const char *acl_user_name(enum acl_user user)
{
    assert(user < ACL_USERS_COUNT);
    return USERS[user].name;
}

const char *acl_user_environment(enum acl_user user)
{
    assert(user < ACL_USERS_COUNT);
    return USERS[user].environment;
}

bool acl_user_is_optional(enum acl_user user)
{
    assert(user < ACL_USERS_COUNT);
    return USERS[user].is_optional;
}

unsigned acl_user_access(enum acl_user user, enum key_family family)
{
    unsigned access = 0;
    for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(RIGHTS[0]); i++)
        if (RIGHTS[i].user == user && (RIGHTS[i].families & (1u << family)))
            access |= RIGHTS[i].access;
    return access;
}

size_t acl_rights_count(void)
{
    return sizeof(RIGHTS) / sizeof(RIGHTS[0]);
}

struct acl_right acl_right_get(size_t i)
{
    assert(i < acl_rights_count());
    return RIGHTS[i];
}

/* "hget hset" becomes " +hget +hset". */
static struct str commands_print(struct arena *arena, const char *commands)
{
    struct str rest = str_from_cstr(commands), word, text = STR("");
    while (str_next_word(&rest, &word) && str_is_present(text))
        text = arena_printf(arena, "%.*s +%.*s", STR_ARGS(text), STR_ARGS(word));
    return text;
}

/* $ in the glob is the user's own name: a worker beats only for its kind. */
static struct str glob_print(struct arena *arena, const char *glob, enum acl_user user)
{
    struct str before, behind;
    if (!str_cut(str_from_cstr(glob), '$', &before, &behind))
        return str_from_cstr(glob);
    bool is_worker = user <= ACL_SIGNER;
    return arena_printf(arena, "%.*s%s%.*s", STR_ARGS(before), is_worker ? USERS[user].name : "*",
                        STR_ARGS(behind));
}

/* Every * of a glob stands for any text. */
struct str acl_example_key(struct arena *arena, enum acl_user user, enum key_family family)
{
    struct str rest = glob_print(arena, key_row(family)->glob, user), key = STR(""), part;
    if (!str_is_present(rest))
        return STR_ABSENT;
    while (str_cut(rest, '*', &part, &rest) && str_is_present(key))
        key = arena_printf(arena, "%.*s%.*sexample", STR_ARGS(key), STR_ARGS(part));
    return str_is_present(key) ? arena_printf(arena, "%.*s%.*s", STR_ARGS(key), STR_ARGS(rest))
                               : STR_ABSENT;
}

static struct str globs_print(struct arena *arena, enum acl_user user, unsigned families,
                              unsigned access)
{
    const char *prefix = access == ACL_READ ? "%R~" : access == ACL_WRITE ? "%W~" : "~";
    struct str text = STR("");
    const char *previous = "";
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++) {
        const char *glob = key_row(family)->glob;
        if (!(families & (1u << family)) || strcmp(glob, previous) == 0)
            continue;
        previous = glob;
        struct str printed = glob_print(arena, glob, user);
        if (!str_is_present(printed))
            return STR_ABSENT;
        text = arena_printf(arena, "%.*s %s%.*s", STR_ARGS(text), prefix, STR_ARGS(printed));
        if (!str_is_present(text))
            return STR_ABSENT;
    }
    return text;
}

static struct str user_print(struct arena *arena, enum acl_user user, struct str password)
{
    struct str plain = commands_print(arena, USERS[user].commands);
    if (!str_is_present(plain))
        return STR_ABSENT;
    struct str text =
        arena_printf(arena, "user %s on #%.*s resetkeys resetchannels%s -@all%.*s",
                     USERS[user].name, STR_ARGS(password), USERS[user].channels, STR_ARGS(plain));
    for (size_t i = 0; i < sizeof(RIGHTS) / sizeof(RIGHTS[0]) && str_is_present(text); i++) {
        if (RIGHTS[i].user != user)
            continue;
        struct str commands = commands_print(arena, RIGHTS[i].commands);
        struct str globs = globs_print(arena, user, RIGHTS[i].families, RIGHTS[i].access);
        if (!str_is_present(commands) || !str_is_present(globs))
            return STR_ABSENT;
        text = arena_printf(arena, "%.*s (%.*s%.*s)", STR_ARGS(text),
                            STR_ARGS(str_from(commands, 1)), STR_ARGS(globs));
    }
    return text;
}

static struct str file_print(struct arena *arena, const struct str passwords[ACL_USERS_COUNT])
{
    /* Nobody can log in as default. It keeps its rights all the same, because Redis loads its
     * append-only file as default: without them every transaction in the file, which is what a
     * script becomes there, would be refused and its data lost at the next start. */
    struct str text = STR("user default off resetpass ~* &* +@all\n");
    for (enum acl_user user = 0; user < ACL_USERS_COUNT; user++) {
        if (USERS[user].is_optional && !str_is_present(passwords[user]))
            continue;
        struct str line = user_print(arena, user, passwords[user]);
        if (!str_is_present(line))
            return STR_ABSENT;
        text = arena_printf(arena, "%.*s%.*s\n", STR_ARGS(text), STR_ARGS(line));
        if (!str_is_present(text))
            return STR_ABSENT;
    }
    return text;
}

struct str acl_print(struct arena *arena, const struct str passwords_sha256[ACL_USERS_COUNT])
{
    enum { SHA256_HEX_CHARACTERS = 64 };
    for (size_t i = 0; i < ACL_USERS_COUNT; i++)
        if (!(USERS[i].is_optional && !str_is_present(passwords_sha256[i])) &&
            (passwords_sha256[i].len != SHA256_HEX_CHARACTERS ||
             !hex_is_valid(passwords_sha256[i])))
            return STR_ABSENT;
    return file_print(arena, passwords_sha256);
}

struct str acl_print_template(struct arena *arena)
{
    struct str placeholders[ACL_USERS_COUNT];
    for (size_t i = 0; i < ACL_USERS_COUNT; i++) {
        placeholders[i] = arena_printf(arena, "<sha256 of %s>", USERS[i].environment);
        if (!str_is_present(placeholders[i]))
            return STR_ABSENT;
    }
    return file_print(arena, placeholders);
}
