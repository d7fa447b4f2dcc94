#include "common/process/admin_listen.h"

#include <stdlib.h>
#include <unistd.h>

struct admin_listen {
    h2o_socket_t *socket;
    admin_accept_cb *on_accept;
    void *context;
};

static void on_connection(h2o_socket_t *socket, const char *error)
{
    struct admin_listen *listener = socket->data;
    h2o_socket_t *connection = error == NULL ? h2o_evloop_socket_accept(socket) : NULL;
    if (connection != NULL)
        listener->on_accept(listener->context, connection);
}

struct admin_listen *admin_listen_new(struct loop *loop, int fd, admin_accept_cb *on_accept,
                                      void *context)
{
    enum { BACKLOG = 16 };
    struct admin_listen *listener = calloc(1, sizeof(*listener));
    if (listener == NULL || listen(fd, BACKLOG) != 0) {
        close(fd);
        free(listener);
        return NULL;
    }
    listener->on_accept = on_accept;
    listener->context = context;
    listener->socket = h2o_evloop_socket_create(loop_backend(loop), fd, H2O_SOCKET_FLAG_DONT_READ);
    listener->socket->data = listener;
    h2o_socket_read_start(listener->socket, on_connection);
    return listener;
}

void admin_listen_free(struct admin_listen *listener)
{
    if (listener == NULL)
        return;
    h2o_socket_close(listener->socket);
    free(listener);
}

void admin_context_finish(h2o_context_t *context)
{
    /* libh2o 2.2.5 closes this queue's descriptors and leaves its memory; only in this flavour. */
    h2o_multithread_queue_t *queue = context->queue;
    h2o_context_dispose(context);
    free(queue);
}
