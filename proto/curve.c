#include "proto/curve.h"

#include <stdio.h>
#include <zmq.h>

enum failure curve_keypair_make(char ret_public[CURVE_KEY_BYTES], char ret_secret[CURVE_KEY_BYTES])
{
    return zmq_curve_keypair(ret_public, ret_secret) == 0 ? OK : FAIL_CRYPTO;
}

static bool key_read(struct str key, char ret_text[CURVE_KEY_BYTES])
{
    unsigned char bytes[32];
    if (key.len != CURVE_KEY_BYTES - 1)
        return false;
    snprintf(ret_text, CURVE_KEY_BYTES, "%.*s", STR_ARGS(key));
    return zmq_z85_decode(bytes, ret_text) != NULL;
}

bool curve_key_is_valid(struct str key)
{
    char text[CURVE_KEY_BYTES];
    return key_read(key, text);
}

enum failure curve_serve(void *socket, struct str secret_key)
{
    char secret[CURVE_KEY_BYTES];
    int on = 1;
    if (!key_read(secret_key, secret) ||
        zmq_setsockopt(socket, ZMQ_CURVE_SERVER, &on, sizeof(on)) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, CURVE_KEY_BYTES) != 0)
        return FAIL_CONFIGURATION_INVALID;
    return OK;
}

enum failure curve_connect(void *socket, struct str secret_key, struct str server_key)
{
    char secret[CURVE_KEY_BYTES], public[CURVE_KEY_BYTES], server[CURVE_KEY_BYTES];
    if (!key_read(secret_key, secret) || !key_read(server_key, server) ||
        zmq_curve_public(public, secret) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, server, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, CURVE_KEY_BYTES) != 0 ||
        zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, CURVE_KEY_BYTES) != 0)
        return FAIL_CONFIGURATION_INVALID;
    return OK;
}
