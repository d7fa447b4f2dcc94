/* MAXLEN with ~ lets Redis trim whole nodes, which costs nothing; the cap is therefore approximate.
 */
#include "common/store/audit.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/store/key.h"
#include "common/store/store_metrics.h"

static const char *const EVENTS[AUDIT_EVENTS_COUNT] = {
    [AUDIT_REGISTRATION] = "registration",
    [AUDIT_REGISTRATION_REFUSED] = "registration_refused",
    [AUDIT_CLIENT_UPDATE] = "client_update",
    [AUDIT_CLIENT_DELETE] = "client_delete",
    [AUDIT_SIGN_IN] = "sign_in",
    [AUDIT_DENIAL] = "denial",
    [AUDIT_CONSENT] = "consent",
    [AUDIT_ISSUE] = "issue",
    [AUDIT_REFRESH] = "refresh",
    [AUDIT_REUSE] = "reuse",
    [AUDIT_REVOCATION] = "revocation",
    [AUDIT_FAILOVER] = "failover",
    [AUDIT_CONFIGURATION] = "configuration",
    [AUDIT_KEYS] = "keys",
};

const char *audit_event_name(enum audit_event event)
{
    assert(event < AUDIT_EVENTS_COUNT);
    return EVENTS[event];
}

/* As they stand in the stream and, when Redis does not take the entry, in the log. */
static const struct {
    const char *name;
    size_t offset;
} MEMBERS[] = {
    {"request_id", offsetof(struct audit_entry, request_id)},
    {"client_id", offsetof(struct audit_entry, client_id)},
    {"user_id", offsetof(struct audit_entry, user_id)},
    {"login", offsetof(struct audit_entry, login)},
    {"g", offsetof(struct audit_entry, g)},
    {"address", offsetof(struct audit_entry, address)},
    {"reason", offsetof(struct audit_entry, reason)},
    {"instance", offsetof(struct audit_entry, instance)},
    {"before", offsetof(struct audit_entry, before)},
    {"after", offsetof(struct audit_entry, after)},
};
enum { MEMBERS_LEN = sizeof(MEMBERS) / sizeof(MEMBERS[0]) };

static struct str *member_of(const struct audit_entry *entry, size_t i)
{
    return (struct str *)((uintptr_t)entry + MEMBERS[i].offset);
}

/* One allocation with its texts behind it, freed by free; NULL when memory is short. */
static struct audit_entry *entry_copy(const struct audit_entry *entry)
{
    size_t bytes = 0;
    for (size_t i = 0; i < MEMBERS_LEN; i++)
        bytes += member_of(entry, i)->len;
    struct audit_entry *copy = malloc(sizeof(*copy) + bytes);
    if (copy == NULL)
        return NULL;
    *copy = *entry;
    char *at = (char *)(copy + 1);
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        struct str *member = member_of(copy, i);
        if (!str_is_present(*member))
            continue;
        memcpy(at, member->at, member->len);
        *member = str_from_bytes(at, member->len);
        at += member->len;
    }
    return copy;
}

static void lost_log(const struct audit_entry *entry, enum failure failure)
{
    struct log_field fields[2 + MEMBERS_LEN] = {
        LOG_CSTR("audit_event", entry != NULL ? audit_event_name(entry->event) : NULL),
        LOG_FAILURE(failure),
    };
    for (size_t i = 0; entry != NULL && i < MEMBERS_LEN; i++)
        fields[2 + i] = LOG_STR(MEMBERS[i].name, *member_of(entry, i));
    log_event(LOG_WARNING, "audit.lost", fields, entry != NULL ? 2 + MEMBERS_LEN : 2);
}

/* The context is entry_copy's. */
static void on_appended(void *context, enum failure failure, const struct store_reply *reply)
{
    (void)reply;
    if (failure != OK) {
        store_metrics.audit_lost++;
        lost_log(context, failure);
    }
    free(context);
}

void audit_append_awaited(struct store *store, const struct audit_entry *entry, int64_t deadline_ms,
                          store_reply_cb *on_appended_here, void *context)
{
    store_metrics.audit_entries[entry->event]++;
    char entries_max[16];
    int len = snprintf(entries_max, sizeof(entries_max), "%d", AUDIT_ENTRIES_MAX);
    struct str words[8 + 2 * MEMBERS_LEN] = {
        STR("XADD"),
        KEY_AUDIT,
        STR("MAXLEN"),
        STR("~"),
        {entries_max, (size_t)len},
        STR("*"),
        STR("event"),
        str_from_cstr(audit_event_name(entry->event)),
    };
    size_t words_len = 8;
    for (size_t i = 0; i < MEMBERS_LEN; i++) {
        const struct str *value = member_of(entry, i);
        if (!str_is_present(*value))
            continue;
        words[words_len++] = str_from_cstr(MEMBERS[i].name);
        words[words_len++] = *value;
    }
    store_send(store, (struct strs){words, words_len}, deadline_ms, on_appended_here, context);
}

void audit_append(struct store *store, const struct audit_entry *entry, int64_t deadline_ms)
{
    audit_append_awaited(store, entry, deadline_ms, on_appended, entry_copy(entry));
}
