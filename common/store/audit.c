/* MAXLEN with ~ lets Redis trim whole nodes, which costs nothing; the cap is therefore approximate.
 */
#include "common/store/audit.h"

#include <assert.h>

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

/* The context is the event's name, which lives as long as the process. */
static void on_appended(void *context, enum failure failure, const struct store_reply *reply)
{
    (void)reply;
    if (failure == OK)
        return;
    store_metrics.audit_lost++;
    log_warning("audit.lost", LOG_CSTR("audit_event", (const char *)context), LOG_FAILURE(failure));
}

void audit_append_awaited(struct store *store, const struct audit_entry *entry, int64_t deadline_ms,
                          store_reply_cb *on_appended_here, void *context)
{
    const struct {
        struct str name;
        struct str value;
    } members[] = {
        {STR("event"), str_from_cstr(audit_event_name(entry->event))},
        {STR("request_id"), entry->request_id},
        {STR("client_id"), entry->client_id},
        {STR("user_id"), entry->user_id},
        {STR("login"), entry->login},
        {STR("g"), entry->g},
        {STR("address"), entry->address},
        {STR("reason"), entry->reason},
        {STR("instance"), entry->instance},
        {STR("before"), entry->before},
        {STR("after"), entry->after},
    };
    store_metrics.audit_entries[entry->event]++;
    char entries_max[16];
    int len = snprintf(entries_max, sizeof(entries_max), "%d", AUDIT_ENTRIES_MAX);
    struct str words[6 + 2 * sizeof(members) / sizeof(members[0])] = {
        STR("XADD"), KEY_AUDIT, STR("MAXLEN"), STR("~"), {entries_max, (size_t)len}, STR("*")};
    size_t words_len = 6;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (!str_is_present(members[i].value))
            continue;
        words[words_len++] = members[i].name;
        words[words_len++] = members[i].value;
    }
    store_send(store, (struct strs){words, words_len}, deadline_ms, on_appended_here, context);
}

void audit_append(struct store *store, const struct audit_entry *entry, int64_t deadline_ms)
{
    /* The context is a plain pointer; on_appended only reads it. */
    const char *event = audit_event_name(entry->event);
    audit_append_awaited(store, entry, deadline_ms, on_appended, (void *)(uintptr_t)event);
}
