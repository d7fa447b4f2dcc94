/* Who may connect to the edge: the allow-list behind ZAP (RFC 27 of ZeroMQ), answered in the edge's
 * own loop.
 *
 *     struct zap *zap = zap_open(loop, zmq_context, allowed_keys);      before any socket binds
 *     zap_allow(zap, allowed_keys);                                     the list has changed
 *     zap_close(zap);
 *
 * The User-Id of a connection is the kind that its key stands for. Who is connected stays. */
#ifndef PROTO_ZAP_H
#define PROTO_ZAP_H

#include "common/base/failure.h"
#include "common/base/str.h"
#include "common/process/loop.h"

struct zap;

/* allowed_keys: lines `<kind> <Z85 public key>`, # comments. NULL for a broken line or an empty
 * list. */
struct zap *zap_open(struct loop *loop, void *zmq_context, struct str allowed_keys);
/* False, and the old list stays, for a broken or an empty one. */
bool zap_allow(struct zap *zap, struct str allowed_keys) MUST_CHECK;
void zap_close(struct zap *zap); /* accepts NULL */

#endif
