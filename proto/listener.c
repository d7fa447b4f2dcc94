#include "proto/listener.h"
#include "common/base/limits.h"
#include "proto/curve.h"
#include "proto/envelope.h"

#include <stdio.h>

enum { ENDPOINT_BYTES_MAX = 1024 };

/* The turn that this event begins does the work. */
static void on_event(void *context, int fd, unsigned events)
{
    bool *is_stirred = context;
    (void)fd;
    (void)events;
    *is_stirred = true;
}

static struct loop_watch *socket_watch(struct loop *loop, void *socket, bool *is_stirred)
{
    int fd;
    size_t size = sizeof(fd);
    *is_stirred = true;
    if (zmq_getsockopt(socket, ZMQ_FD, &fd, &size) != 0)
        return NULL;
    struct loop_watch *watch = loop_watch_new(loop, fd, on_event, is_stirred);
    if (watch != NULL)
        loop_watch_set(watch, LOOP_READABLE);
    return watch;
}

static bool socket_configure(void *socket, struct str secret_key)
{
    const int linger = 0, on = 1;
    const int64_t size_max = MESSAGE_BYTES_MAX;
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(socket, ZMQ_ROUTER_MANDATORY, &on, sizeof(on));
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &size_max, sizeof(size_max));
    zmq_setsockopt(socket, ZMQ_IPV6, &on, sizeof(on));
    return str_is_empty(secret_key) || curve_serve(socket, secret_key) == OK;
}

static bool sockets_open(struct listener *listener, void *zmq, const char *endpoint,
                         const char *name, struct str secret_key)
{
    char monitor[64];
    const int linger = 0;
    snprintf(monitor, sizeof(monitor), "inproc://monitor.%s", name);
    listener->socket = zmq_socket(zmq, ZMQ_ROUTER);
    if (listener->socket == NULL || !socket_configure(listener->socket, secret_key) ||
        zmq_socket_monitor(listener->socket, monitor, ZMQ_EVENT_DISCONNECTED) != 0)
        return false;
    listener->monitor = zmq_socket(zmq, ZMQ_PAIR);
    if (listener->monitor == NULL || zmq_connect(listener->monitor, monitor) != 0)
        return false;
    zmq_setsockopt(listener->monitor, ZMQ_LINGER, &linger, sizeof(linger));
    return zmq_bind(listener->socket, endpoint) == 0;
}

bool listener_open(struct listener *listener, struct loop *loop, void *zmq, struct str endpoint,
                   const char *name, struct str secret_key)
{
    char text[ENDPOINT_BYTES_MAX];
    if (endpoint.len == 0 || endpoint.len >= sizeof(text))
        return false;
    snprintf(text, sizeof(text), "%.*s", STR_ARGS(endpoint));
    if (!sockets_open(listener, zmq, text, name, secret_key)) {
        listener_close(listener);
        return false;
    }
    listener->socket_watch = socket_watch(loop, listener->socket, &listener->is_stirred);
    listener->monitor_watch = socket_watch(loop, listener->monitor, &listener->is_monitor_stirred);
    if (listener->socket_watch == NULL || listener->monitor_watch == NULL) {
        listener_close(listener);
        return false;
    }
    return true;
}

void listener_close(struct listener *listener)
{
    loop_watch_free(listener->socket_watch);
    loop_watch_free(listener->monitor_watch);
    if (listener->socket != NULL) {
        zmq_socket_monitor(listener->socket, NULL, 0);
        zmq_close(listener->socket);
    }
    if (listener->monitor != NULL)
        zmq_close(listener->monitor);
    *listener = (struct listener){.socket = NULL};
}

bool listener_takes_departures(struct listener *listener)
{
    bool is_any = false;
    if (!listener->is_monitor_stirred)
        return false;
    listener->is_monitor_stirred = false;
    while (envelope_waits(listener->monitor)) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        is_any = zmq_msg_recv(&frame, listener->monitor, ZMQ_DONTWAIT) >= 0 || is_any;
        zmq_msg_close(&frame);
    }
    return is_any;
}
