/* The public keys of all signers, alive or lately gone, as one JWK set.
 *
 *     if (key_union_add(&keys, hello.keys, now_ms))
 *         publish(key_union_text(keys));
 *
 * A key stays for as long as a token signed by it may live, and its set may be cached, after it was
 * last named. At most KEY_UNION_KEYS_MAX: the one named longest ago gives way. A key id that comes
 * with another key replaces the older: two keys of one id would be refused by validators. */
#ifndef PROTO_KEY_UNION_H
#define PROTO_KEY_UNION_H

#include "common/base/str.h"

enum { KEY_UNION_KEYS_MAX = 64 };

struct key_union;

struct key_union *key_union_new(void);
void key_union_free(struct key_union *keys); /* accepts NULL */
/* set: a JWK set, JSON. True when the union has changed. A set that cannot be read changes nothing.
 */
bool key_union_add(struct key_union *keys, struct str set, int64_t now_ms);
/* True when the union has changed. */
bool key_union_drop_old(struct key_union *keys, int64_t now_ms);
/* Those that nobody has named since since_ms. True when the union has changed. */
bool key_union_drop_unnamed(struct key_union *keys, int64_t since_ms);
/* {"keys":[...]}, borrowed until the next change. */
struct str key_union_text(const struct key_union *keys);

#endif
