#include "services/edge/http_listen.h"
#include "tests/unit/common/base/unit.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST = 3 };

static int listener_open(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static int port_of(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t len = sizeof(address);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    return ntohs(address.sin_port);
}

/* Another process's number, or this one's. */
static void handed_over(pid_t pid, const char *count)
{
    char text[32];
    snprintf(text, sizeof(text), "%d", (int)pid);
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDS", count, 1);
}

/* What stands at 3 in this process comes back. */
static int third_keep(void)
{
    return fcntl(FIRST, F_DUPFD_CLOEXEC, 100);
}

static void third_restore(int kept)
{
    close(FIRST);
    if (kept >= 0) {
        dup2(kept, FIRST);
        close(kept);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
}

static void a_socket_that_was_handed_over_is_taken(void **state)
{
    (void)state;
    int fds[HTTP_LISTENERS_MAX], kept = third_keep();
    size_t len = 99;
    int listener = listener_open(0);
    assert_int_equal(dup2(listener, FIRST), FIRST);
    handed_over(getpid(), "1");
    assert_true(http_listen_inherit(fds, &len));
    assert_int_equal(len, 1);
    assert_int_equal(fds[0], FIRST);
    assert_int_equal(port_of(fds[0]), port_of(listener));
    assert_true(fcntl(FIRST, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(FIRST, F_GETFL) & O_NONBLOCK);
    close(listener);
    third_restore(kept);
}

static void without_any_there_are_none(void **state)
{
    (void)state;
    static const struct {
        bool is_ours;
        const char *count;
    } rows[] = {{false, "1"}, {true, "0"}, {true, ""}, {true, "one"}, {true, "-1"}};
    int fds[HTTP_LISTENERS_MAX];
    size_t len = 99;
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    assert_true(http_listen_inherit(fds, &len));
    assert_int_equal(len, 0);
    for (size_t i = 0; i < LENGTH_OF(rows); i++) {
        handed_over(rows[i].is_ours ? getpid() : getppid(), rows[i].count);
        len = 99;
        assert_true(http_listen_inherit(fds, &len));
        assert_int_equal(len, 0);
    }
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
}

static void what_does_not_listen_is_refused(void **state)
{
    (void)state;
    int fds[HTTP_LISTENERS_MAX], pair[2], kept = third_keep();
    size_t len = 99;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    int others[] = {pair[0], socket(AF_INET, SOCK_STREAM, 0), socket(AF_INET, SOCK_DGRAM, 0),
                    open("/dev/null", O_RDONLY)};
    handed_over(getpid(), "1");
    for (size_t i = 0; i < LENGTH_OF(others); i++) {
        assert_int_equal(dup2(others[i], FIRST), FIRST);
        assert_false(http_listen_inherit(fds, &len));
        close(others[i]);
    }
    close(pair[1]);
    close(FIRST);
    assert_false(http_listen_inherit(fds, &len));
    handed_over(getpid(), "17");
    assert_false(http_listen_inherit(fds, &len));
    assert_int_equal(len, 99);
    third_restore(kept);
}

static void an_address_is_opened_and_a_taken_one_is_not(void **state)
{
    int fds[HTTP_LISTENERS_MAX];
    size_t len = 99;
    struct str free_one = STR("127.0.0.1:0");
    assert_true(http_listen_open((struct strs){&free_one, 1}, fds, &len));
    assert_int_equal(len, 1);
    struct str both[] = {STR("127.0.0.1:0"),
                         arena_printf(unit_arena(state), "127.0.0.1:%d", port_of(fds[0]))};
    assert_false(http_listen_open((struct strs){both, 2}, fds, &len));
    assert_false(http_listen_open((struct strs){NULL, 0}, fds, &len));
    static const char *const broken[] = {"",           "127.0.0.1", ":80",
                                         "127.0.0.1:", "[::1:80",   "127.0.0.1:http"};
    for (size_t i = 0; i < LENGTH_OF(broken); i++) {
        struct str address = str_from_cstr(broken[i]);
        assert_false(http_listen_open((struct strs){&address, 1}, fds, &len));
    }
    assert_int_equal(len, 1);
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_socket_that_was_handed_over_is_taken),
        cmocka_unit_test(without_any_there_are_none),
        cmocka_unit_test(what_does_not_listen_is_refused),
        UNIT_TEST(an_address_is_opened_and_a_taken_one_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
