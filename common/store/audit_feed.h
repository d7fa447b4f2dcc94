/* The audit stream as it grows: the last entries, then whatever has come since.
 *
 *     struct audit_feed feed = {.store = store, .on_row = on_row, .on_done = on_done, ...};
 *     audit_feed_begin(&feed, 10);             the last ten, oldest first
 *     audit_feed_next(&feed);                  from time to time: what has come since
 *
 * One question at a time: on_done says that it is answered, and whether there is more already. Rows
 * are borrowed until on_row returns. */
#ifndef COMMON_STORE_AUDIT_FEED_H
#define COMMON_STORE_AUDIT_FEED_H

#include "common/store/store.h"

enum { AUDIT_ID_BYTES_MAX = 48, AUDIT_PAGE_ROWS = 500, AUDIT_MEMBERS_MAX = 32 };

struct audit_row {
    struct str id;     /* "1700000000000-0" */
    int64_t at_ms;     /* Redis time */
    struct strs pairs; /* name, value, ... as audit_append wrote them */
};

struct audit_feed {
    struct store *store;
    void (*on_row)(void *context, const struct audit_row *row);
    void (*on_done)(void *context, enum failure failure, bool has_more);
    void *context;
    /* its own */
    bool is_backwards, is_hidden;
    char after[AUDIT_ID_BYTES_MAX]; /* the newest that was seen, behind "(" */
};

/* count: 0 to AUDIT_PAGE_ROWS; 0: none, and what has come since begins now. */
void audit_feed_begin(struct audit_feed *feed, int64_t count);
void audit_feed_next(struct audit_feed *feed);

#endif
