/* One array holds all elements of a reply, lists before their contents; it is kept for the next
 * reply, so that the usual reply allocates nothing. */
#include "common/store/store_reply.h"

#include <hiredis/hiredis.h>

#include "common/base/limits.h"

static const struct store_refusal REFUSALS[] = {
    {"LOADING", FAIL_STORE_UNAVAILABLE, false},    /* it reads its files after a start */
    {"READONLY", FAIL_STORE_UNAVAILABLE, true},    /* it has become a replica */
    {"MASTERDOWN", FAIL_STORE_UNAVAILABLE, true},  /* a replica without its master */
    {"OOM", FAIL_STORE_UNAVAILABLE, false},        /* noeviction: it is full */
    {"MISCONF", FAIL_STORE_UNAVAILABLE, false},    /* it cannot write its files */
    {"NOREPLICAS", FAIL_STORE_UNAVAILABLE, false}, /* min-replicas-to-write */
    {"NOPERM", FAIL_STORE_UNAVAILABLE, false},     /* the ACL file is older than this release */
    {"NOAUTH", FAIL_STORE_UNAVAILABLE, true},       {"WRONGPASS", FAIL_STORE_UNAVAILABLE, true},
    {"BUSY", FAIL_STORE_UNAVAILABLE, false},        /* a script runs for seconds */
    {"TRYAGAIN", FAIL_STORE_UNAVAILABLE, false},    /* a cluster moves the keys of this slot */
    {"CLUSTERDOWN", FAIL_STORE_UNAVAILABLE, false}, /* nobody has this slot */
    {"MOVED", FAIL_STORE_UNAVAILABLE, false},       /* a cluster: REDIS_URL must say so */
    {"ASK", FAIL_STORE_UNAVAILABLE, false},
};
static const struct store_refusal OTHER = {"ERR", FAIL_SERVER_ERROR, false};
/* How Redis 7.0 words NOPERM for a command inside a script. */
static const struct store_refusal NOPERM_IN_SCRIPT = {"NOPERM", FAIL_STORE_UNAVAILABLE, false};
#define NOPERM_IN_SCRIPT_TEXT STR("ERR The user executing the script can't ")

static struct str first_word(struct str text)
{
    return str_first(text, str_index_of(text, ' '));
}

struct str store_reply_refusal(const struct redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR)
        return str_from_bytes(reply->str, (size_t)reply->len);
    if (reply->type != REDIS_REPLY_ARRAY)
        return STR_ABSENT;
    for (size_t i = 0; i < reply->elements; i++) {
        struct str refusal = store_reply_refusal(reply->element[i]);
        if (str_is_present(refusal))
            return refusal;
    }
    return STR_ABSENT;
}

const struct store_refusal *store_refusal_row(struct str refusal)
{
    struct str word = first_word(refusal);
    for (size_t i = 0; i < sizeof(REFUSALS) / sizeof(REFUSALS[0]); i++)
        if (str_equals_cstr(word, REFUSALS[i].word))
            return &REFUSALS[i];
    if (str_starts_with(refusal, NOPERM_IN_SCRIPT_TEXT))
        return &NOPERM_IN_SCRIPT;
    return &OTHER;
}

bool store_refusal_is(struct str refusal, const char *word)
{
    return str_equals_cstr(first_word(refusal), word);
}

void store_scratch_finish(struct store_scratch *scratch)
{
    free(scratch->at);
    *scratch = (struct store_scratch){0};
}

static size_t elements_count(const struct redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY)
        return 0;
    size_t count = reply->elements;
    for (size_t i = 0; i < reply->elements; i++)
        count += elements_count(reply->element[i]);
    return count;
}

/* Fills *out; a list's elements go to *free_at, which moves behind them. */
static void reply_fill(const struct redisReply *reply, struct store_reply *out,
                       struct store_reply **free_at)
{
    *out = (struct store_reply){.kind = STORE_NIL};
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        out->kind = STORE_INTEGER;
        out->integer = reply->integer;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        out->kind = STORE_TEXT;
        out->text = str_from_bytes(reply->str, (size_t)reply->len);
        break;
    case REDIS_REPLY_ARRAY: {
        if (reply->elements == 0) { /* there may be no scratch yet to point into */
            out->kind = STORE_LIST;
            break;
        }
        struct store_reply *elements = *free_at;
        *free_at += reply->elements;
        for (size_t i = 0; i < reply->elements; i++)
            reply_fill(reply->element[i], &elements[i], free_at);
        out->kind = STORE_LIST;
        out->at = elements;
        out->len = reply->elements;
        break;
    }
    default:
        break;
    }
}

bool store_reply_convert(const struct redisReply *reply, struct store_scratch *scratch,
                         struct store_reply *ret_reply)
{
    size_t count = elements_count(reply);
    if (count > REDIS_REPLY_ELEMENTS_MAX)
        return false;
    if (count > scratch->capacity) {
        struct store_reply *larger = realloc(scratch->at, count * sizeof(*larger));
        if (larger == NULL)
            return false;
        scratch->at = larger;
        scratch->capacity = count;
    }
    struct store_reply *free_at = scratch->at;
    reply_fill(reply, ret_reply, &free_at);
    return true;
}
