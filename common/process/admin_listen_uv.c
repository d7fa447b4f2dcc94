#include "common/process/admin_listen.h"

#include <stdlib.h>
#include <uv.h>

struct admin_listen {
    uv_tcp_t uv;
    admin_accept_cb *on_accept;
    void *context;
};

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

static void on_connection(uv_stream_t *stream, int status)
{
    struct admin_listen *listener = (struct admin_listen *)stream;
    uv_tcp_t *connection = status == 0 ? malloc(sizeof(*connection)) : NULL;
    if (connection == NULL)
        return;
    uv_tcp_init(stream->loop, connection);
    if (uv_accept(stream, (uv_stream_t *)connection) != 0) {
        uv_close((uv_handle_t *)connection, on_closed);
        return;
    }
    listener->on_accept(listener->context,
                        h2o_uv_socket_create((uv_stream_t *)connection, on_closed));
}

struct admin_listen *admin_listen_new(struct loop *loop, int fd, admin_accept_cb *on_accept,
                                      void *context)
{
    enum { BACKLOG = 16 };
    struct admin_listen *listener = calloc(1, sizeof(*listener));
    if (listener == NULL) {
        close(fd);
        return NULL;
    }
    listener->on_accept = on_accept;
    listener->context = context;
    uv_tcp_init(loop_backend(loop), &listener->uv);
    if (uv_tcp_open(&listener->uv, fd) != 0 ||
        uv_listen((uv_stream_t *)&listener->uv, BACKLOG, on_connection) != 0) {
        uv_close((uv_handle_t *)&listener->uv, on_closed);
        return NULL;
    }
    return listener;
}

void admin_listen_free(struct admin_listen *listener)
{
    if (listener != NULL)
        uv_close((uv_handle_t *)&listener->uv, on_closed);
}

void admin_context_finish(h2o_context_t *context)
{
    h2o_context_dispose(context);
}
