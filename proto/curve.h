/* CURVE keys of the link (RFC 26 of ZeroMQ), in Z85.
 *
 *     char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
 *     TRY(curve_keypair_make(public_key, secret_key)); */
#ifndef PROTO_CURVE_H
#define PROTO_CURVE_H

#include "common/base/failure.h"

enum { CURVE_KEY_BYTES = 41 }; /* 40 characters and a NUL */

enum failure curve_keypair_make(char ret_public[CURVE_KEY_BYTES],
                                char ret_secret[CURVE_KEY_BYTES]) MUST_CHECK;
bool curve_key_is_valid(struct str key);

/* Makes socket a server that wants known clients, or a client that pins the server's key. Before
 * bind or connect. */
enum failure curve_serve(void *socket, struct str secret_key) MUST_CHECK;
enum failure curve_connect(void *socket, struct str secret_key, struct str server_key) MUST_CHECK;

#endif
