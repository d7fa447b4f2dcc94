/* mcp:audit: what happened to whom, as a stream that is capped at AUDIT_ENTRIES_MAX. Every worker
 * appends; nobody waits for it, and an entry that Redis did not take is logged whole.
 *
 *     audit_append(store, &(struct audit_entry){.event = AUDIT_ISSUE, .request_id = id,
 *                                               .client_id = client_id, .g = g}, deadline_ms);
 *
 * Ids and addresses, never secrets. Absent members are left out. A request that is repeated by its
 * id may append its entry twice; request_id tells. */
#ifndef COMMON_STORE_AUDIT_H
#define COMMON_STORE_AUDIT_H

#include "common/base/fields.h"
#include "common/store/store.h"

enum audit_event {
    AUDIT_REGISTRATION,
    AUDIT_REGISTRATION_REFUSED,
    AUDIT_CLIENT_UPDATE, /* its metadata were replaced (RFC 7592 2.2) */
    AUDIT_CLIENT_DELETE, /* by its own wish (RFC 7592 2.3) */
    AUDIT_SIGN_IN,
    AUDIT_DENIAL,  /* not on the access list, or GitHub's own access_denied */
    AUDIT_CONSENT, /* the person's decision; reason: approve, deny, remembered */
    AUDIT_ISSUE,   /* a code became tokens */
    AUDIT_REFRESH,
    AUDIT_REUSE, /* of a code or refresh token: the grant is revoked */
    AUDIT_REVOCATION,
    AUDIT_FAILOVER,      /* a refresh token newer than its record: Redis lost a write */
    AUDIT_CONFIGURATION, /* a new servers file */
    AUDIT_KEYS,          /* other signing or refresh keys; reason: signing, refresh */
    AUDIT_EVENTS_COUNT
};

struct audit_entry {
    enum audit_event event;
    struct str request_id;
    struct str client_id;
    struct str user_id;
    struct str login;
    struct str g;
    struct str address;
    struct str reason;
    struct str instance; /* of the worker, for what no request caused */
    struct str before;   /* of a change: ids */
    struct str after;
};

const char *audit_event_name(enum audit_event event); /* "sign_in" */
/* Logs `audit.lost` with all its members when Redis did not take it (with none of them when memory
 * is short as well). */
void audit_append(struct store *store, const struct audit_entry *entry, int64_t deadline_ms);
/* For whoever must know that it was taken. */
void audit_append_awaited(struct store *store, const struct audit_entry *entry, int64_t deadline_ms,
                          store_reply_cb *on_appended, void *context);

#endif
