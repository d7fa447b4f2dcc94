#include "common/store/assertion.h"
#include "common/crypto/digest.h"
#include "common/store/key.h"

struct using
{
    struct str request_id;
    record_done_cb *on_used;
    void *context;
};

/* GET answers what was there before: nothing, or the request that was first. */
static void on_set(void *context, enum failure failure, const struct store_reply *reply)
{
    const struct using *using = context;
    if (failure == OK && reply->kind == STORE_TEXT && !str_equals(reply->text, using->request_id))
        failure = FAIL_CLIENT_ASSERTION_REPLAYED;
    using->on_used(using->context, failure);
}

void assertion_use(struct store *store, const struct assertion_use *use, struct arena *arena,
                   int64_t deadline_ms, record_done_cb *on_used, void *context)
{
    struct using *using = arena_take(arena, sizeof(*using));
    /* A client_id has no line end, so no two pairs are one text. */
    struct str pair = ARENA_JOIN(arena, use->client_id, STR("\n"), use->jti);
    struct str h = str_is_present(pair) ? digest_hex(arena, pair) : STR_ABSENT;
    struct str key = str_is_present(h) ? key_assertion(arena, h) : STR_ABSENT;
    struct str ttl = arena_decimal(arena, use->ttl_s);
    if (using == NULL || !str_is_present(key) || !str_is_present(ttl)) {
        on_used(context, FAIL_LIMIT_REACHED);
        return;
    }
    *using = (struct using){use->request_id, on_used, context};
    struct str words[] = {STR("SET"), key, use->request_id, STR("NX"), STR("GET"), STR("EX"), ttl};
    store_send(store, (struct strs){words, sizeof(words) / sizeof(words[0])}, deadline_ms, on_set,
               using);
}
