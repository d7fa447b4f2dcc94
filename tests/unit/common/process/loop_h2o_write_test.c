/* Tests what only loop_h2o.c must do: libh2o writes in turn hooks too. epoll_wait is this program's
 * own, so that it sees how long the loop means to sleep. */
#include "common/process/loop.h"

#include <h2o.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <cmocka.h>

static struct {
    h2o_socket_t *socket;
    int turns, completions, slept_before_completion;
} world;

int epoll_wait(int epoll, struct epoll_event *events, int events_max, int timeout_ms)
{
    if (world.turns > 0 && world.completions == 0 && timeout_ms != 0)
        world.slept_before_completion++;
    return epoll_pwait(epoll, events, events_max, timeout_ms > 20 ? 20 : timeout_ms, NULL);
}

static void on_written(h2o_socket_t *socket, const char *error)
{
    (void)socket;
    assert_null(error);
    world.completions++;
}

static void on_turn(void *context)
{
    static char byte = 'x';
    h2o_iovec_t buffer = h2o_iovec_init(&byte, 1);
    (void)context;
    if (world.turns++ == 0)
        h2o_socket_write(world.socket, &buffer, 1, on_written);
}

/* Else a connection that was answered in a hook is not read again until something else happens. */
static void a_write_in_a_turn_completes_before_the_loop_sleeps(void **state)
{
    int fds[2];
    struct loop *loop = loop_new();
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    world.socket = h2o_evloop_socket_create(loop_backend(loop), fds[0], 0);
    struct loop_turn *turn = loop_turn_new(loop, on_turn, NULL);
    while (world.completions == 0)
        loop_run_turn(loop);
    assert_int_equal(world.slept_before_completion, 0);
    loop_turn_free(turn);
    h2o_socket_close(world.socket);
    loop_free(loop);
    close(fds[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_in_a_turn_completes_before_the_loop_sleeps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
