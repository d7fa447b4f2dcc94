/* What happens to the keys, as Redis tells it (notify-keyspace-events), on every master: for eyes.
 * Each master has a connection of its own here, because one that listens can do nothing else.
 *
 *     events = keyspace_events_open(loop, store, &listener);
 *     static void on_event(void *context, struct str name, struct str key)     "expired", "mcp:..."
 *     static void on_change(void *context, size_t listening, const char *reason)
 *     keyspace_events_close(events);                                           before the store
 *
 * Redis tells each event once, to whoever listens then: what happens while a connection is made
 * anew is not heard. It tells none at all while notify-keyspace-events is empty. Masters that
 * appear, move or fail over are found again, half a second later. Texts are borrowed until the
 * callback returns. */
#ifndef COMMON_STORE_KEYSPACE_EVENTS_H
#define COMMON_STORE_KEYSPACE_EVENTS_H

#include "common/store/store.h"

struct keyspace_events;

struct keyspace_listener {
    void (*on_event)(void *context, struct str name, struct str key);
    /* It listens at so many masters now; reason: why it lost one, or NULL. */
    void (*on_change)(void *context, size_t listening, const char *reason);
    void *context;
};

/* With the store's user, at the masters that the store knows. NULL when memory is gone. */
struct keyspace_events *keyspace_events_open(struct loop *loop, struct store *store,
                                             const struct keyspace_listener *listener);
void keyspace_events_close(struct keyspace_events *events); /* accepts NULL */

#endif
