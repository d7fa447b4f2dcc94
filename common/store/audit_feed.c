/* XRANGE, not XREAD: its key stands where the store looks for a command's key. */
#include "common/store/audit_feed.h"

#include <stdio.h>

#include "common/base/clock.h"
#include "common/store/key.h"

enum { ANSWER_MS = 5000 };

static void row_give(struct audit_feed *feed, const struct store_reply *entry)
{
    struct str words[2 * AUDIT_MEMBERS_MAX];
    if (entry->kind != STORE_LIST || entry->len != 2 || entry->at[1].kind != STORE_LIST)
        return;
    struct audit_row row = {.id = entry->at[0].text, .pairs = {words, 0}};
    const struct store_reply *members = &entry->at[1];
    while (row.pairs.len < members->len && row.pairs.len < 2 * AUDIT_MEMBERS_MAX) {
        words[row.pairs.len] = members->at[row.pairs.len].text;
        row.pairs.len++;
    }
    if (!str_to_i64(str_first(row.id, str_index_of(row.id, '-')), &row.at_ms))
        return;
    snprintf(feed->after, sizeof(feed->after), "(%.*s", STR_ARGS(row.id));
    if (!feed->is_hidden)
        feed->on_row(feed->context, &row);
}

static void on_rows(void *context, enum failure failure, const struct store_reply *reply)
{
    struct audit_feed *feed = context;
    if (failure == OK && reply->kind != STORE_LIST)
        failure = FAIL_SERVER_ERROR;
    size_t len = failure == OK ? reply->len : 0;
    for (size_t i = 0; i < len; i++)
        row_give(feed, &reply->at[feed->is_backwards ? len - 1 - i : i]);
    feed->on_done(feed->context, failure, !feed->is_backwards && len == AUDIT_PAGE_ROWS);
}

static void ask(struct audit_feed *feed, const char *command, const char *from, const char *to,
                int64_t count)
{
    char number[24];
    snprintf(number, sizeof(number), "%lld", (long long)count);
    struct str words[] = {str_from_cstr(command), KEY_AUDIT,    str_from_cstr(from),
                          str_from_cstr(to),      STR("COUNT"), str_from_cstr(number)};
    store_send(feed->store, (struct strs){words, 6}, clock_monotonic_ms() + ANSWER_MS, on_rows,
               feed);
}

void audit_feed_begin(struct audit_feed *feed, int64_t count)
{
    feed->is_backwards = true;
    feed->is_hidden = count == 0; /* the newest is asked for all the same, to begin behind it */
    snprintf(feed->after, sizeof(feed->after), "(0-0");
    ask(feed, "XREVRANGE", "+", "-", count > 0 ? count : 1);
}

void audit_feed_next(struct audit_feed *feed)
{
    feed->is_backwards = feed->is_hidden = false;
    ask(feed, "XRANGE", feed->after, "+", AUDIT_PAGE_ROWS);
}
