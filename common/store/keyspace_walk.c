/* The cursor is Redis's own text, up to 20 digits. Empty pages, which a pattern leaves, are passed
 * over here. */
#include "common/store/keyspace_walk.h"

#include <stdio.h>

#include "common/base/clock.h"

enum { CURSOR_BYTES_MAX = 24, GLOB_BYTES_MAX = 128, TYPE_BYTES_MAX = 16 };

struct keyspace_walk {
    struct store *store;
    char glob[GLOB_BYTES_MAX]; /* empty: all */
    char type[TYPE_BYTES_MAX];
    size_t master;
    char cursor[CURSOR_BYTES_MAX];
    struct str *names; /* of the page */
    size_t names_capacity;
    keyspace_page_cb *on_page;
    keyspace_walked_cb *on_done;
    void *context;
};

void keyspace_walk_end(struct keyspace_walk *walk, enum failure failure)
{
    keyspace_walked_cb *on_done = walk->on_done;
    void *context = walk->context;
    free(walk->names);
    free(walk);
    on_done(context, failure);
}

static bool names_reserve(struct keyspace_walk *walk, size_t len)
{
    if (len <= walk->names_capacity)
        return true;
    struct str *larger = realloc(walk->names, len * sizeof(*larger));
    if (larger == NULL)
        return false;
    walk->names = larger;
    walk->names_capacity = len;
    return true;
}

static void page_ask(struct keyspace_walk *walk);

/* [cursor, [name, ...]] */
static void on_scanned(void *context, enum failure failure, const struct store_reply *reply)
{
    struct keyspace_walk *walk = context;
    bool is_page = failure == OK && reply->kind == STORE_LIST && reply->len == 2 &&
                   reply->at[0].kind == STORE_TEXT && reply->at[0].text.len < CURSOR_BYTES_MAX &&
                   reply->at[1].kind == STORE_LIST;
    if (failure == OK && !is_page)
        failure = FAIL_SERVER_ERROR;
    if (failure == OK && !names_reserve(walk, reply->at[1].len))
        failure = FAIL_LIMIT_REACHED;
    if (failure != OK) {
        keyspace_walk_end(walk, failure);
        return;
    }
    snprintf(walk->cursor, sizeof(walk->cursor), "%.*s", STR_ARGS(reply->at[0].text));
    for (size_t i = 0; i < reply->at[1].len; i++)
        walk->names[i] = reply->at[1].at[i].text;
    if (reply->at[1].len == 0)
        keyspace_walk_next(walk);
    else
        walk->on_page(walk->context, walk->master, (struct strs){walk->names, reply->at[1].len});
}

static void page_ask(struct keyspace_walk *walk)
{
    char count[16];
    int len = snprintf(count, sizeof(count), "%d", KEYSPACE_PAGE_KEYS);
    struct str words[8] = {STR("SCAN"), str_from_cstr(walk->cursor), STR("COUNT"),
                           str_from_bytes(count, (size_t)len)};
    size_t words_len = 4;
    if (walk->glob[0] != '\0') {
        words[words_len++] = STR("MATCH");
        words[words_len++] = str_from_cstr(walk->glob);
    }
    if (walk->type[0] != '\0') {
        words[words_len++] = STR("TYPE");
        words[words_len++] = str_from_cstr(walk->type);
    }
    store_send_to(walk->store, walk->master, (struct strs){words, words_len},
                  clock_monotonic_ms() + KEYSPACE_COMMAND_MS, on_scanned, walk);
}

void keyspace_walk_next(struct keyspace_walk *walk)
{
    if (strcmp(walk->cursor, "0") == 0 && ++walk->master >= store_masters(walk->store))
        keyspace_walk_end(walk, OK);
    else
        page_ask(walk);
}

struct keyspace_walk *keyspace_walk_start(struct store *store, struct str glob, struct str type,
                                          keyspace_page_cb *on_page, keyspace_walked_cb *on_done,
                                          void *context)
{
    bool fits = glob.len < GLOB_BYTES_MAX && type.len < TYPE_BYTES_MAX;
    struct keyspace_walk *walk = fits ? calloc(1, sizeof(*walk)) : NULL;
    if (walk == NULL)
        return NULL;
    *walk = (struct keyspace_walk){
        .store = store, .cursor = "0", .on_page = on_page, .on_done = on_done, .context = context};
    snprintf(walk->glob, sizeof(walk->glob), "%.*s", STR_ARGS(glob));
    snprintf(walk->type, sizeof(walk->type), "%.*s", STR_ARGS(type));
    page_ask(walk);
    return walk;
}
