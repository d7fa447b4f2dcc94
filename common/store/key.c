/* The table is what operators read (deploy/redis/README.md is printed from it), the functions are
 * what the records call; a test compares the two. */
#include "common/store/key.h"

#include <assert.h>

static const struct key_row ROWS[KEY_FAMILIES_COUNT] = {
    [KEY_FAMILY_SESSION] =
        {"mcp:session:{s}", "mcp:session:*", "hash", "30 min", "registry creates, broker continues",
         "one sign-in on its way: client, redirect, scope, and, once known, the person; `s` is the "
         "SHA-256 of the session id"},
    [KEY_FAMILY_CODE] = {"mcp:code:{g}", "mcp:code:*", "hash", "10 min",
                         "broker creates, signer redeems",
                         "an authorization code (its secret hashed); `used_by` marks one that has "
                         "been redeemed and "
                         "stays until its end, so that a replay is noticed"},
    [KEY_FAMILY_REFRESH] =
        {"mcp:refresh:{g}", "mcp:refresh:*", "hash",
         "30 days, renewed by each rotation, at most 90 days in all", "signer",
         "a grant: who, for which client and scope, and how often its refresh token was rotated"},
    [KEY_FAMILY_REVOKED] = {"mcp:revoked:{g}", "mcp:revoked:*", "string",
                            "the rest of its tokens' lives", "signer",
                            "a whole grant that was revoked"},
    [KEY_FAMILY_REVOKED_TOKEN] = {"mcp:revoked:{g}:m", "mcp:revoked:*", "string",
                                  "the rest of the token's life", "signer",
                                  "one access token that was revoked, the grant's m-th"},
    [KEY_FAMILY_REVOKED_USER] = {"mcp:revoked:{user}", "mcp:revoked:*", "string",
                                 "the longest token life", "signer, operator",
                                 "a time: everything issued to this person before it is revoked"},
    [KEY_FAMILY_APPROVAL] = {"mcp:approval:{user}:h", "mcp:approval:*", "hash", "30 days", "broker",
                             "a consent that is remembered; `h` is a hash over what was agreed to"},
    [KEY_FAMILY_CLIENT] = {"mcp:client:{client_id}", "mcp:client:*", "hash",
                           "60 days since its last use (registration, redemption, refresh)",
                           "registry; signer only extends its life", "a registered client"},
    [KEY_FAMILY_CLIENT_DELETED] = {"mcp:client:{client_id}:deleted", "mcp:client:*", "string",
                                   "12 s", "registry",
                                   "the request that deleted the client, should it be repeated"},
    [KEY_FAMILY_DOCUMENT] =
        {"mcp:document:{h}", "mcp:document:*", "hash",
         "by the HTTP cache headers, 5 min to 24 h; a failure 1 min", "registry",
         "a fetched client ID metadata document or JWK set, or why there is none; `h` is the "
         "SHA-256 of its URL"},
    [KEY_FAMILY_ASSERTION] =
        {"mcp:assertion:{h}", "mcp:assertion:*", "string", "the rest of the assertion's life",
         "signer", "a client assertion that has been used; `h` is the SHA-256 of client and `jti`"},
    [KEY_FAMILY_GRANTS] = {"mcp:grants:{user}", "mcp:grants:*", "zset", "as its longest grant",
                           "broker adds, signer extends and removes",
                           "a person's grants, by the time of their end"},
    [KEY_FAMILY_RATE] = {"mcp:rate:{bucket}:h", "mcp:rate:*", "string", "its window",
                         "registry, broker, signer: whoever limits",
                         "a counter; `h` is a hash of the address or client that it limits"},
    [KEY_FAMILY_WORKER] = {"mcp:worker:{kind}:id", "mcp:worker:{$}:*", "hash", "5 s",
                           "registry, broker, signer: each its own kind", "a worker that lives"},
    [KEY_FAMILY_AUDIT] = {"mcp:audit", "mcp:audit", "stream",
                          "none; capped at about 100,000 entries",
                          "registry, broker, signer, operator append", "what happened to whom"},
};

const struct key_row *key_row(enum key_family family)
{
    assert(family < KEY_FAMILIES_COUNT);
    return &ROWS[family];
}

struct str key_table_print(struct arena *arena)
{
    struct str text = STR("| key | type | lives | written by | what it is |\n"
                          "|---|---|---|---|---|\n");
    for (size_t i = 0; i < KEY_FAMILIES_COUNT; i++) {
        const struct key_row *row = &ROWS[i];
        text = arena_printf(arena, "%.*s| `%s` | %s | %s | %s | %s |\n", STR_ARGS(text),
                            row->pattern, row->type, row->ttl, row->writer, row->sees);
        if (!str_is_present(text))
            return STR_ABSENT;
    }
    return text;
}

/* What could not be made for want of room names no key: else all such would share one. */
static struct str key_join(struct arena *arena, const char *family, struct str tag)
{
    return ARENA_JOIN(arena, STR("mcp:"), str_from_cstr(family), STR(":{"), tag, STR("}"));
}

static struct str key_join_with(struct arena *arena, const char *family, struct str tag,
                                struct str rest)
{
    return ARENA_JOIN(arena, STR("mcp:"), str_from_cstr(family), STR(":{"), tag, STR("}:"), rest);
}

struct str key_session(struct arena *arena, struct str s)
{
    return key_join(arena, "session", s);
}

struct str key_code(struct arena *arena, struct str g)
{
    return key_join(arena, "code", g);
}

struct str key_refresh(struct arena *arena, struct str g)
{
    return key_join(arena, "refresh", g);
}

struct str key_revoked(struct arena *arena, struct str g)
{
    return key_join(arena, "revoked", g);
}

struct str key_revoked_token(struct arena *arena, struct str g, int64_t m)
{
    return key_join_with(arena, "revoked", g, arena_decimal(arena, m));
}

/* A user's decimal id is never a grant's 32 hex digits, so the two share a prefix. */
struct str key_revoked_user(struct arena *arena, struct str user)
{
    return key_revoked(arena, user);
}

struct str key_approval(struct arena *arena, struct str user, struct str h)
{
    return key_join_with(arena, "approval", user, h);
}

struct str key_client(struct arena *arena, struct str client_id)
{
    return key_join(arena, "client", client_id);
}

struct str key_client_deleted(struct arena *arena, struct str client_id)
{
    return key_join_with(arena, "client", client_id, STR("deleted"));
}

struct str key_document(struct arena *arena, struct str h)
{
    return key_join(arena, "document", h);
}

struct str key_assertion(struct arena *arena, struct str h)
{
    return key_join(arena, "assertion", h);
}

struct str key_grants(struct arena *arena, struct str user)
{
    return key_join(arena, "grants", user);
}

struct str key_rate(struct arena *arena, struct str bucket, struct str h)
{
    return key_join_with(arena, "rate", bucket, h);
}

struct str key_worker(struct arena *arena, struct str kind, struct str instance)
{
    return key_join_with(arena, "worker", kind, instance);
}

/* --- reading a name --- */

enum { G_CHARACTERS = 32 };

/* mcp:revoked: is three families, and mcp:client: two. */
static enum key_family family_refine(enum key_family family, const struct key_parts *parts)
{
    if (family == KEY_FAMILY_REVOKED && str_is_present(parts->rest))
        return KEY_FAMILY_REVOKED_TOKEN;
    if (family == KEY_FAMILY_REVOKED && parts->tag.len != G_CHARACTERS)
        return KEY_FAMILY_REVOKED_USER;
    if (family == KEY_FAMILY_CLIENT && str_equals(parts->rest, STR("deleted")))
        return KEY_FAMILY_CLIENT_DELETED;
    return family;
}

bool key_split(struct str name, struct key_parts *ret_parts)
{
    struct key_parts parts = {.family = KEY_FAMILY_AUDIT};
    if (str_equals(name, KEY_AUDIT)) {
        *ret_parts = parts;
        return true;
    }
    struct str head, behind;
    if (!str_cut(name, '{', &head, &behind) || !str_cut(behind, '}', &parts.tag, &parts.rest))
        return false;
    if (parts.rest.len == 0)
        parts.rest = STR_ABSENT;
    else if (parts.rest.at[0] == ':')
        parts.rest = str_from(parts.rest, 1);
    else
        return false;
    for (enum key_family family = 0; family < KEY_FAMILIES_COUNT; family++) {
        struct str pattern = str_from_cstr(ROWS[family].pattern);
        if (!str_equals(head, str_first(pattern, str_index_of(pattern, '{'))))
            continue;
        parts.family = family_refine(family, &parts);
        *ret_parts = parts;
        return true;
    }
    return false;
}
