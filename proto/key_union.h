/* The public keys of all signers, alive or lately gone, as one JWK set.
 *
 *     if (key_union_add(&keys, hello.keys, now_ms))
 *         publish(key_union_text(keys));
 *
 * A key stays for as long as a token signed by it may live, and its set may be cached, after the
 * last HELLO that named it (DESIGN: never an empty set once there was one). */
#ifndef PROTO_KEY_UNION_H
#define PROTO_KEY_UNION_H

#include "common/base/str.h"

struct key_union;

struct key_union *key_union_new(void);
void key_union_free(struct key_union *keys); /* accepts NULL */
/* set: a JWK set, JSON. True when the union has changed. A set that cannot be read changes nothing.
 */
bool key_union_add(struct key_union *keys, struct str set, int64_t now_ms);
/* {"keys":[...]}, borrowed until the next change. */
struct str key_union_text(const struct key_union *keys);

#endif
