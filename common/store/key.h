/* The names of everything in Redis: one table that says what each key is, and the functions that
 * build the names. Nobody else writes "mcp:".
 *
 *     struct str key = key_code(arena, g);             mcp:code:{3f0c...}
 *     if (!str_is_present(key)) ...                    the arena is full
 *     const struct key_row *row = key_row(KEY_FAMILY_CODE);
 *
 * Braces are literal: they are the cluster hash tag, so that everything of one grant lies in one
 * slot. A part that is absent makes the name absent. A name never holds a secret: s is the SHA-256
 * of the session id in hex, g the public id of a grant in hex, user GitHub's numeric id in decimal.
 * Names live in the arena. Who may do what with them is said by acl.h. */
#ifndef COMMON_STORE_KEY_H
#define COMMON_STORE_KEY_H

#include "common/base/arena.h"

enum key_family {
    KEY_FAMILY_SESSION,
    KEY_FAMILY_CODE,
    KEY_FAMILY_REFRESH,
    KEY_FAMILY_REVOKED,
    KEY_FAMILY_REVOKED_TOKEN,
    KEY_FAMILY_REVOKED_USER,
    KEY_FAMILY_APPROVAL,
    KEY_FAMILY_CLIENT,
    KEY_FAMILY_CLIENT_DELETED,
    KEY_FAMILY_DOCUMENT,
    KEY_FAMILY_ASSERTION,
    KEY_FAMILY_GRANTS,
    KEY_FAMILY_RATE,
    KEY_FAMILY_WORKER,
    KEY_FAMILY_AUDIT,
    KEY_FAMILIES_COUNT
};

/* For people: deploy/redis/README.md is printed from it. */
struct key_row {
    const char *pattern; /* "mcp:code:{g}" */
    const char *glob;    /* what the ACL matches: "mcp:code:*"; $ stands for the worker's kind */
    const char *type;    /* as redis-cli's TYPE says it */
    const char *ttl;
    const char *writer;
    const char *sees; /* what an operator sees there */
};

const struct key_row *key_row(enum key_family family);
/* Markdown: the table of all families. */
struct str key_table_print(struct arena *arena);

/* The absent text when the arena is full. */
struct str key_session(struct arena *arena, struct str s);
struct str key_code(struct arena *arena, struct str g);
struct str key_refresh(struct arena *arena, struct str g);
struct str key_revoked(struct arena *arena, struct str g);                  /* the whole grant */
struct str key_revoked_token(struct arena *arena, struct str g, int64_t m); /* one access token */
struct str key_revoked_user(struct arena *arena, struct str user);
/* h: what was approved, hashed by whoever asks (client, redirect, scope, name). */
struct str key_approval(struct arena *arena, struct str user, struct str h);
struct str key_client(struct arena *arena, struct str client_id);
struct str key_client_deleted(struct arena *arena, struct str client_id);
struct str key_document(struct arena *arena, struct str h);  /* h: SHA-256 of the URL */
struct str key_assertion(struct arena *arena, struct str h); /* h: of client_id and jti */
struct str key_grants(struct arena *arena, struct str user);
/* bucket: which limit, "register"; h: whom it limits, hashed. */
struct str key_rate(struct arena *arena, struct str bucket, struct str h);
struct str key_worker(struct arena *arena, struct str kind, struct str instance);
#define KEY_AUDIT STR("mcp:audit")

/* A name taken apart, for eyes. */
struct key_parts {
    enum key_family family;
    struct str tag;  /* between the braces; absent in mcp:audit */
    struct str rest; /* behind them and a colon; absent when there is nothing */
};
/* False for a name that is none of ours. Borrowed from the name. */
bool key_split(struct str name, struct key_parts *ret_parts);

#endif
