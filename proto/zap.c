/* libzmq asks over inproc://zeromq.zap.01, once per connection. */
#include "proto/zap.h"
#include "common/base/clock.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "proto/curve.h"
#include "proto/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ALLOWED_MAX = 1024,
    ZAP_FRAMES_MAX = 16,
    RAW_KEY_BYTES = 32,
    REFUSED_LOG_EVERY_MS = 1000, /* whoever is refused comes again, up to twenty times a second */
};

struct allowed {
    char kind[NAME_BYTES_MAX];
    unsigned char key[RAW_KEY_BYTES];
};

struct list {
    size_t len;
    struct allowed at[ALLOWED_MAX];
};

struct zap {
    void *socket;
    struct loop_watch *watch;
    struct loop_turn *turn;
    struct list *list;
    int64_t refused_logged_ms;
};

static bool line_read(struct list *list, struct str line)
{
    struct str kind, key;
    if (!str_next_word(&line, &kind))
        return true;
    if (kind.at[0] == '#')
        return true;
    if (!str_next_word(&line, &key) || !curve_key_is_valid(key) || kind.len >= NAME_BYTES_MAX ||
        list->len == ALLOWED_MAX)
        return false;
    char text[CURVE_KEY_BYTES];
    struct allowed *allowed = &list->at[list->len++];
    snprintf(allowed->kind, sizeof(allowed->kind), "%.*s", STR_ARGS(kind));
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(key));
    zmq_z85_decode(allowed->key, text);
    return true;
}

static bool list_read(struct list *list, struct str text)
{
    while (text.len > 0) {
        struct str line = text;
        text = str_cut(text, '\n', &line, &text) ? text : STR("");
        if (str_ends_with(line, STR("\r")))
            line.len--;
        if (!line_read(list, line))
            return false;
    }
    return list->len > 0;
}

bool zap_allow(struct zap *zap, struct str allowed_keys)
{
    struct list *list = calloc(1, sizeof(*list));
    if (list == NULL || !list_read(list, allowed_keys)) {
        free(list);
        return false;
    }
    free(zap->list);
    zap->list = list;
    return true;
}

static const char *kind_of(const struct zap *zap, struct str key)
{
    for (size_t i = 0; key.len == RAW_KEY_BYTES && i < zap->list->len; i++)
        if (memcmp(zap->list->at[i].key, key.at, RAW_KEY_BYTES) == 0)
            return zap->list->at[i].kind;
    return NULL;
}

static void frame_send(void *socket, struct str text, bool is_last)
{
    zmq_send(socket, text.at, text.len, ZMQ_DONTWAIT | (is_last ? 0 : ZMQ_SNDMORE));
}

static void refusal_log(struct zap *zap, struct str address)
{
    int64_t now_ms = clock_monotonic_ms();
    if (now_ms - zap->refused_logged_ms < REFUSED_LOG_EVERY_MS)
        return;
    zap->refused_logged_ms = now_ms;
    log_warning("link.refused", LOG_STR("address", address));
}

/* version, request id, domain, address, identity, mechanism, credentials.
 * A refusal is temporary (300): the connection ends, and libzmq tries again. After a final one
 * (400) it would never try again, and a worker that came before its key stayed away for good. */
static void request_answer(struct zap *zap, const struct str *frames, int len)
{
    enum { VERSION, REQUEST_ID, ADDRESS = 3, MECHANISM = 5, CREDENTIALS = 6 };
    const char *kind = NULL;
    if (len > CREDENTIALS && str_equals(frames[MECHANISM], STR("CURVE")))
        kind = kind_of(zap, frames[CREDENTIALS]);
    if (kind == NULL)
        refusal_log(zap, len > ADDRESS ? frames[ADDRESS] : STR_ABSENT);
    frame_send(zap->socket, STR("1.0"), false);
    frame_send(zap->socket, len > REQUEST_ID ? frames[REQUEST_ID] : STR(""), false);
    frame_send(zap->socket, kind ? STR("200") : STR("300"), false);
    frame_send(zap->socket, kind ? STR("OK") : STR("this key is not on the allow-list"), false);
    frame_send(zap->socket, str_from_cstr(kind ? kind : ""), false);
    frame_send(zap->socket, STR(""), true);
}

static void on_turn(void *context)
{
    struct zap *zap = context;
    while (envelope_waits(zap->socket)) {
        zmq_msg_t messages[ZAP_FRAMES_MAX];
        struct str frames[ZAP_FRAMES_MAX];
        int len = 0, more = 1;
        size_t size = sizeof(more);
        while (more && len < ZAP_FRAMES_MAX) {
            zmq_msg_init(&messages[len]);
            if (zmq_msg_recv(&messages[len], zap->socket, ZMQ_DONTWAIT) < 0)
                break;
            frames[len] =
                str_from_bytes(zmq_msg_data(&messages[len]), zmq_msg_size(&messages[len]));
            len++;
            zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &size);
        }
        request_answer(zap, frames, len);
        for (int i = 0; i < len; i++)
            zmq_msg_close(&messages[i]);
    }
}

/* The turn that this event begins does the work. */
static void on_event(void *context, int fd, unsigned events)
{
    (void)context;
    (void)fd;
    (void)events;
}

struct zap *zap_open(struct loop *loop, void *zmq_context, struct str allowed_keys)
{
    int fd;
    size_t size = sizeof(fd);
    struct zap *zap = calloc(1, sizeof(*zap));
    if (zap == NULL || !zap_allow(zap, allowed_keys)) {
        free(zap);
        return NULL;
    }
    zap->refused_logged_ms = -REFUSED_LOG_EVERY_MS;
    zap->socket = zmq_socket(zmq_context, ZMQ_REP);
    if (zap->socket == NULL || zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0 ||
        zmq_getsockopt(zap->socket, ZMQ_FD, &fd, &size) != 0) {
        zap_close(zap);
        return NULL;
    }
    zap->watch = loop_watch_new(loop, fd, on_event, zap);
    zap->turn = loop_turn_new(loop, on_turn, zap);
    if (zap->watch == NULL || zap->turn == NULL) {
        zap_close(zap);
        return NULL;
    }
    loop_watch_set(zap->watch, LOOP_READABLE);
    return zap;
}

void zap_close(struct zap *zap)
{
    if (zap == NULL)
        return;
    loop_turn_free(zap->turn);
    loop_watch_free(zap->watch);
    if (zap->socket != NULL)
        zmq_close(zap->socket);
    free(zap->list);
    free(zap);
}
