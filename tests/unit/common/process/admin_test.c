/* Tests common/process/admin.c; built once for each flavour of libh2o. */
#include "common/process/admin.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static bool is_ready_now;

static bool is_ready(void)
{
    return is_ready_now;
}

static double one_read(size_t index)
{
    (void)index;
    return 1;
}

static const struct metric METRIC_ROWS[] = {
    {.name = "test_things", .type = METRIC_GAUGE, .help = "things", .read = one_read},
};
static const struct metrics METRICS = {METRIC_ROWS, 1};
static const struct metrics *const TABLES[] = {&METRICS};
static const struct admin_sources SOURCES = {is_ready, TABLES, 1};

/* A port that was free a moment ago. */
static unsigned short port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    close(fd);
    return ntohs(address.sin_port);
}

static int connection_open(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static const char *ask(struct loop *loop, unsigned short port, const char *request)
{
    static char answer[4096];
    size_t len = 0;
    int fd = connection_open(port);
    assert_int_equal(write(fd, request, strlen(request)), strlen(request));
    for (;;) {
        ssize_t got = recv(fd, answer + len, sizeof(answer) - 1 - len, MSG_DONTWAIT);
        if (got == 0)
            break;
        if (got > 0)
            len += (size_t)got;
        else
            loop_run_turn(loop);
    }
    close(fd);
    answer[len] = '\0';
    return answer;
}

struct world {
    struct loop *loop;
    struct admin *admin;
    unsigned short port;
};

static struct world world;

static int setup(void **state)
{
    char listen_address[32];
    struct str problem;
    (void)state;
    world = (struct world){.loop = loop_new(), .port = port_free()};
    snprintf(listen_address, sizeof(listen_address), "127.0.0.1:%d", (int)world.port);
    world.admin = admin_open(world.loop, str_from_cstr(listen_address), &SOURCES, &problem);
    return world.admin != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    admin_close(world.admin);
    loop_free(world.loop);
    return 0;
}

static void health_is_200_whether_ready_or_not(void **state)
{
    (void)state;
    is_ready_now = false;
    const char *answer = ask(world.loop, world.port, "GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "{\"status\":\"ok\"}"));
}

static void ready_follows_the_process(void **state)
{
    (void)state;
    is_ready_now = false;
    assert_non_null(strstr(ask(world.loop, world.port, "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"),
                           "HTTP/1.1 503 "));
    is_ready_now = true;
    assert_non_null(strstr(ask(world.loop, world.port, "GET /ready HTTP/1.1\r\nHost: x\r\n\r\n"),
                           "HTTP/1.1 200 "));
}

static void metrics_are_text_for_prometheus(void **state)
{
    (void)state;
    const char *answer = ask(world.loop, world.port, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_non_null(strstr(answer, "HTTP/1.1 200 OK\r\n"));
    assert_non_null(strstr(answer, "content-type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(answer, "# TYPE test_things gauge\ntest_things 1\n"));
}

static void anything_else_is_refused(void **state)
{
    (void)state;
    assert_non_null(
        strstr(ask(world.loop, world.port, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/1.1 404 "));
    assert_non_null(strstr(ask(world.loop, world.port,
                               "POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"),
                           "HTTP/1.1 405 "));
}

static void closing_ends_connections_that_say_nothing(void **state)
{
    char byte;
    (void)state;
    int fd = connection_open(world.port);
    loop_run_turn(world.loop);
    admin_close(world.admin);
    world.admin = NULL;
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
    close(fd);
}

static void an_address_in_use_or_malformed_is_told(void **state)
{
    char taken[32];
    struct str problem = STR_ABSENT;
    (void)state;
    snprintf(taken, sizeof(taken), "127.0.0.1:%d", (int)world.port);
    assert_null(admin_open(world.loop, str_from_cstr(taken), &SOURCES, &problem));
    assert_non_null(strstr(problem.at, "ADMIN_LISTEN"));
    assert_null(admin_open(world.loop, STR("nonsense"), &SOURCES, &problem));
    assert_null(admin_open(world.loop, STR("some.name:80"), &SOURCES, &problem));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(health_is_200_whether_ready_or_not),
        TEST(ready_follows_the_process),
        TEST(metrics_are_text_for_prometheus),
        TEST(anything_else_is_refused),
        TEST(closing_ends_connections_that_say_nothing),
        TEST(an_address_in_use_or_malformed_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
