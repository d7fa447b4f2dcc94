#include "proto/dealer.h"
#include "common/base/limits.h"
#include "proto/curve.h"

enum {
    LINGER_MS = 200,
    RECONNECT_MS = 50,
    RECONNECT_MS_MAX = 1000,
    HANDSHAKE_MS = 2000, /* an edge that does not let us in says nothing: then we try again */
};

static bool socket_configure(void *socket, const struct dealer_keys *keys)
{
    const int linger = LINGER_MS, on = 1, reconnect = RECONNECT_MS;
    const int reconnect_max = RECONNECT_MS_MAX, handshake = HANDSHAKE_MS;
    const int64_t size_max = MESSAGE_BYTES_MAX;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(socket, ZMQ_IMMEDIATE, &on, sizeof(on));
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max));
    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL, &reconnect, sizeof(reconnect));
    zmq_setsockopt(socket, ZMQ_RECONNECT_IVL_MAX, &reconnect_max, sizeof(reconnect_max));
    zmq_setsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake, sizeof(handshake));
    zmq_setsockopt(socket, ZMQ_IPV6, &on, sizeof(on));
    if (str_is_empty(keys->secret_key))
        return true;
    return curve_connect(socket, keys->secret_key, keys->edge_key) == OK;
}

/* The turn that this event begins does the work. */
static void on_event(void *context, int fd, unsigned events)
{
    struct dealer *dealer = context;
    (void)fd;
    (void)events;
    dealer->has_event = dealer->is_stirred = true;
}

bool dealer_open(struct dealer *dealer, struct loop *loop, void *zmq, const char *endpoint,
                 const struct dealer_keys *keys)
{
    int fd;
    size_t size = sizeof(fd);
    *dealer = (struct dealer){.socket = zmq_socket(zmq, ZMQ_DEALER), .is_stirred = true};
    if (dealer->socket != NULL && socket_configure(dealer->socket, keys) &&
        zmq_connect(dealer->socket, endpoint) == 0 &&
        zmq_getsockopt(dealer->socket, ZMQ_FD, &fd, &size) == 0)
        dealer->watch = loop_watch_new(loop, fd, on_event, dealer);
    if (dealer->watch == NULL) {
        dealer_close(dealer);
        return false;
    }
    loop_watch_set(dealer->watch, LOOP_READABLE);
    return true;
}

void dealer_close(struct dealer *dealer)
{
    loop_watch_free(dealer->watch);
    dealer->watch = NULL;
    if (dealer->socket != NULL)
        zmq_close(dealer->socket);
    dealer->socket = NULL;
}

bool dealer_send_envelope(struct dealer *dealer, const struct envelope *envelope)
{
    dealer->is_stirred = true;
    return dealer->socket != NULL && envelope_send(dealer->socket, STR_ABSENT, envelope) == 0;
}

bool dealer_send(struct dealer *dealer, enum message_type type, struct str body)
{
    const struct envelope envelope = {.type = type, .body = body};
    return dealer_send_envelope(dealer, &envelope);
}

bool dealer_is_connected(const struct dealer *dealer)
{
    int events = 0;
    size_t size = sizeof(events);
    return dealer->socket != NULL &&
           zmq_getsockopt(dealer->socket, ZMQ_EVENTS, &events, &size) == 0 &&
           (events & ZMQ_POLLOUT);
}
