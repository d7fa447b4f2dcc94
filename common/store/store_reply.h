/* What hiredis hands over, as the store's callers see it, and what Redis's refusals mean.
 *
 *     struct str refusal = store_reply_refusal(reply);             absent: it is an answer
 *     const struct store_refusal *row = store_refusal_row(refusal);
 *     if (!store_reply_convert(reply, &scratch, &answer)) ...      too many elements
 *
 * The converted reply borrows from hiredis's, and its lists lie in the scratch, until the next
 * conversion. Private to the store. */
#ifndef COMMON_STORE_STORE_REPLY_H
#define COMMON_STORE_STORE_REPLY_H

#include "common/store/store.h"

struct redisReply;

struct store_scratch {
    struct store_reply *at;
    size_t capacity;
};
void store_scratch_finish(struct store_scratch *scratch);

struct store_refusal {
    const char *word; /* the first of Redis's error text */
    enum failure failure;
    bool drops; /* another connection may find what this one lost: the master, the rights */
};

/* Also of an error inside a list. */
struct str store_reply_refusal(const struct redisReply *reply);
/* Never NULL: a word that is not in the table is a fault of ours. */
const struct store_refusal *store_refusal_row(struct str refusal);
bool store_refusal_is(struct str refusal, const char *word);

bool store_reply_convert(const struct redisReply *reply, struct store_scratch *scratch,
                         struct store_reply *ret_reply);

#endif
