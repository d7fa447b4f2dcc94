/* A command that is not to be executed is sent when its time is over: then the store itself fails
 * it, at the end of the turn, as it does without a connection. */
#include "tests/unit/common/store/store_failure.h"

#include "common/store/store.h"

#include <stdlib.h>

static struct {
    struct store_failure how;
    size_t seen;
    bool is_armed, has_happened;
} injection;

void __real_store_send(struct store *store, struct strs words, int64_t deadline_ms,
                       store_reply_cb *on_reply, void *context);
void __real_store_run(struct store *store, const struct store_script *script, struct strs keys,
                      struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply,
                      void *context);
void __wrap_store_send(struct store *store, struct strs words, int64_t deadline_ms,
                       store_reply_cb *on_reply, void *context);
void __wrap_store_run(struct store *store, const struct store_script *script, struct strs keys,
                      struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply,
                      void *context);

struct lost {
    store_reply_cb *on_reply;
    void *context;
};

static void on_lost(void *context, enum failure failure, const struct store_reply *reply)
{
    struct lost lost = *(struct lost *)context;
    (void)failure, (void)reply;
    free(context);
    if (lost.on_reply != NULL)
        lost.on_reply(lost.context, FAIL_STORE_UNAVAILABLE, NULL);
}

/* Changes what is about to be sent, when it is this command's turn to fail. */
static void inject(int64_t *deadline_ms, store_reply_cb **on_reply, void **context)
{
    if (!injection.is_armed)
        return;
    injection.seen++;
    bool fails = injection.how.is_for_good ? injection.seen >= injection.how.n
                                           : injection.seen == injection.how.n;
    if (!fails)
        return;
    injection.has_happened = true;
    /* Whoever is away for good has executed at most the first of them. */
    if (!injection.how.is_executed || injection.seen > injection.how.n) {
        *deadline_ms = 0;
        return;
    }
    struct lost *lost = malloc(sizeof(*lost));
    if (lost == NULL)
        abort();
    *lost = (struct lost){*on_reply, *context};
    *on_reply = on_lost;
    *context = lost;
}

void __wrap_store_send(struct store *store, struct strs words, int64_t deadline_ms,
                       store_reply_cb *on_reply, void *context)
{
    inject(&deadline_ms, &on_reply, &context);
    __real_store_send(store, words, deadline_ms, on_reply, context);
}

void __wrap_store_run(struct store *store, const struct store_script *script, struct strs keys,
                      struct strs arguments, int64_t deadline_ms, store_reply_cb *on_reply,
                      void *context)
{
    inject(&deadline_ms, &on_reply, &context);
    __real_store_run(store, script, keys, arguments, deadline_ms, on_reply, context);
}

bool store_failure_next(struct store_failure *failure)
{
    if (failure->n == 0 || failure->has_happened) {
        failure->n++;
        return true;
    }
    failure->n = 1;
    failure->is_executed = !failure->is_executed;
    if (!failure->is_executed) {
        if (failure->is_for_good)
            return false;
        failure->is_for_good = true;
    }
    return true;
}

void store_failure_arm(const struct store_failure *failure)
{
    injection.how = *failure;
    injection.seen = 0;
    injection.is_armed = true;
    injection.has_happened = false;
}

void store_failure_disarm(struct store_failure *failure)
{
    injection.is_armed = false;
    failure->has_happened = injection.has_happened;
    failure->count += injection.has_happened;
}
