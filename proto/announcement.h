/* What a worker says about itself: the bodies of HELLO and READY.
 *
 *     struct announcement *self = announcement_new(kind, instance, operations);
 *     announcement_set_keys(self, jwks, version);
 *     dealer_send(&dealer, MESSAGE_HELLO, announcement_hello(self));
 *     announcement_free(self); */
#ifndef PROTO_ANNOUNCEMENT_H
#define PROTO_ANNOUNCEMENT_H

#include "common/base/limits.h"
#include "common/base/str.h"

struct announcement;

enum { KEYS_VERSION_BYTES = 16 };

/* NULL without memory. Texts are copied. */
struct announcement *announcement_new(struct str kind, struct str instance, struct strs operations);
void announcement_free(struct announcement *self); /* accepts NULL */

/* Any text may be a version; what is sent is a digest of it. Without memory the keys of before
 * stay. */
void announcement_set_keys(struct announcement *self, struct str keys, struct str version);

/* Borrowed until the keys change. The absent text without memory. */
struct str announcement_hello(const struct announcement *self);
/* Written into ret_body. Five times a second for everyone: at most READY_BYTES_MAX. */
struct str announcement_ready(const struct announcement *self, int64_t credit, int64_t every_ms,
                              char ret_body[READY_BYTES_MAX + 1]);

#endif
