/* Who may connect: real CURVE sockets against the allow-list. Who controls the input: the operator
 * writes the list; anybody may knock with a key of his own. */
#include "proto/zap.h"
#include "common/base/log.h"
#include "proto/curve.h"
#include "tests/unit/common/base/unit.h"

#include <stdio.h>
#include <string.h>
#include <zmq.h>

enum { PATIENCE_MS = 10000 };

struct pair {
    char public[CURVE_KEY_BYTES], secret[CURVE_KEY_BYTES];
};

static struct {
    struct loop *loop;
    struct loop_timer *watchdog;
    void *zmq;
    struct pair edge, signer, broker, foreign;
    struct arena *arena;
} world;

static void on_watchdog(void *context)
{
    (void)context;
    fail_msg("nothing came for %d ms", PATIENCE_MS);
}

static int setup(void **state)
{
    (void)state;
    log_init(LOG_ERROR + 1, STR("zap_test"), STR("test"));
    world.loop = loop_new();
    world.watchdog = loop_timer_new(world.loop, on_watchdog, NULL);
    world.zmq = zmq_ctx_new();
    world.arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    struct pair *pairs[] = {&world.edge, &world.signer, &world.broker, &world.foreign};
    for (size_t i = 0; i < LENGTH_OF(pairs); i++)
        assert_ok(curve_keypair_make(pairs[i]->public, pairs[i]->secret));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    zmq_ctx_term(world.zmq);
    loop_timer_free(world.watchdog);
    loop_free(world.loop);
    arena_free(world.arena);
    return 0;
}

static void *socket_new(int type)
{
    int linger = 0;
    void *socket = zmq_socket(world.zmq, type);
    assert_non_null(socket);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof(linger));
    return socket;
}

/* The edge's ROUTER; *ret_endpoint gets what the system chose. */
static void *serve(char *ret_endpoint, size_t size_bytes)
{
    void *router = socket_new(ZMQ_ROUTER);
    assert_ok(curve_serve(router, str_from_cstr(world.edge.secret)));
    assert_int_equal(zmq_bind(router, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, ret_endpoint, &size_bytes), 0);
    return router;
}

struct knock {
    void *dealer, *monitor;
};

static struct knock knock_begin(const struct pair *pair, const char *endpoint)
{
    struct knock knock = {.dealer = socket_new(ZMQ_DEALER), .monitor = socket_new(ZMQ_PAIR)};
    assert_ok(
        curve_connect(knock.dealer, str_from_cstr(pair->secret), str_from_cstr(world.edge.public)));
    assert_int_equal(zmq_socket_monitor(knock.dealer, "inproc://knock",
                                        ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                            ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                                            ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                                            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL),
                     0);
    assert_int_equal(zmq_connect(knock.monitor, "inproc://knock"), 0);
    assert_int_equal(zmq_connect(knock.dealer, endpoint), 0);
    return knock;
}

static void knock_end(struct knock *knock)
{
    zmq_socket_monitor(knock->dealer, NULL, 0);
    zmq_close(knock->monitor);
    zmq_close(knock->dealer);
}

static int event_of(void *monitor)
{
    unsigned char frame[6];
    uint16_t event;
    char address[256];
    if (zmq_recv(monitor, frame, sizeof(frame), ZMQ_DONTWAIT) != (int)sizeof(frame))
        return 0;
    assert_true(zmq_recv(monitor, address, sizeof(address), ZMQ_DONTWAIT) >= 0);
    memcpy(&event, frame, sizeof(event));
    return event;
}

static void on_time(void *context)
{
    (void)context;
}

/* Runs the loop, in which ZAP is answered, until the handshake has ended. */
static int knock_await(const struct knock *knock)
{
    int event;
    struct loop_timer *tick = loop_timer_new(world.loop, on_time, NULL);
    loop_timer_start(tick, 1, 1); /* libzmq's own thread reports: look often */
    loop_timer_start(world.watchdog, PATIENCE_MS, 0);
    while ((event = event_of(knock->monitor)) == 0)
        loop_run_turn(world.loop);
    loop_timer_stop(world.watchdog);
    loop_timer_free(tick);
    return event;
}

static struct str list_of_two(void)
{
    return arena_printf(world.arena,
                        "# the workers' public keys\n\n  signer   %s\r\nbroker %s  # Berlin\n",
                        world.signer.public, world.broker.public);
}

static void a_key_of_the_list_connects_and_stands_for_its_kind(void **state)
{
    (void)state;
    char endpoint[64];
    const struct {
        const struct pair *pair;
        const char *kind;
    } cases[] = {{&world.signer, "signer"}, {&world.broker, "broker"}};
    struct zap *zap = zap_open(world.loop, world.zmq, list_of_two());
    assert_non_null(zap);
    void *router = serve(endpoint, sizeof(endpoint));
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        zmq_msg_t frame;
        int timeout_ms = PATIENCE_MS;
        struct knock knock = knock_begin(cases[i].pair, endpoint);
        assert_int_equal(knock_await(&knock), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        zmq_setsockopt(router, ZMQ_RCVTIMEO, &timeout_ms, sizeof(timeout_ms));
        assert_int_equal(zmq_send(knock.dealer, "x", 1, 0), 1);
        for (int j = 0; j < 2; j++) {
            zmq_msg_init(&frame);
            assert_true(zmq_msg_recv(&frame, router, 0) >= 0);
            if (j == 1)
                assert_string_equal(zmq_msg_gets(&frame, "User-Id"), cases[i].kind);
            zmq_msg_close(&frame);
        }
        knock_end(&knock);
    }
    zmq_close(router);
    zap_close(zap);
}

/* RFC 27 of ZeroMQ: 400 ends the handshake. */
static void a_foreign_key_is_refused(void **state)
{
    (void)state;
    char endpoint[64];
    struct zap *zap = zap_open(world.loop, world.zmq, list_of_two());
    assert_non_null(zap);
    void *router = serve(endpoint, sizeof(endpoint));
    const struct pair *strangers[] = {&world.foreign, &world.edge};
    for (size_t i = 0; i < LENGTH_OF(strangers); i++) {
        struct knock knock = knock_begin(strangers[i], endpoint);
        assert_int_equal(knock_await(&knock), ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
        knock_end(&knock);
    }
    struct knock knock = knock_begin(&world.signer, endpoint);
    assert_int_equal(knock_await(&knock), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    knock_end(&knock);
    zmq_close(router);
    zap_close(zap);
}

/* Only CURVE names a key: whoever comes without one is nobody. The dialogue by hand, as libzmq
 * would have it for another mechanism, and for requests that RFC 27 does not allow. */
static void every_other_request_is_refused_and_answered(void **state)
{
    (void)state;
    static const char raw_key[32];
    const struct str plain[] = {STR("1.0"), STR("7"),     STR(""),  STR("127.0.0.1"),
                                STR(""),    STR("PLAIN"), STR("a"), STR("b")};
    const struct str curve[] = {STR("1.0"),
                                STR("7"),
                                STR(""),
                                STR("127.0.0.1"),
                                STR(""),
                                STR("CURVE"),
                                str_from_bytes(raw_key, sizeof(raw_key))};
    const struct {
        const struct str *frames;
        int len;
    } cases[] = {{plain, 8}, {curve, 7}, {curve, 6}, {curve, 2}, {curve, 1}};
    struct zap *zap = zap_open(world.loop, world.zmq, list_of_two());
    assert_non_null(zap);
    void *client = socket_new(ZMQ_REQ);
    assert_int_equal(zmq_connect(client, "inproc://zeromq.zap.01"), 0);
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        static const char *const expected[] = {"1.0", NULL, "400", NULL, "", ""};
        for (int j = 0; j < cases[i].len; j++)
            zmq_send(client, cases[i].frames[j].at, cases[i].frames[j].len,
                     j < cases[i].len - 1 ? ZMQ_SNDMORE : 0);
        struct loop_timer *tick = loop_timer_new(world.loop, on_time, NULL);
        zmq_pollitem_t item = {.socket = client, .events = ZMQ_POLLIN};
        loop_timer_start(tick, 1, 1);
        loop_timer_start(world.watchdog, PATIENCE_MS, 0);
        while (zmq_poll(&item, 1, 0) == 0)
            loop_run_turn(world.loop);
        loop_timer_stop(world.watchdog);
        loop_timer_free(tick);
        for (size_t j = 0; j < LENGTH_OF(expected); j++) {
            char text[256];
            int len = zmq_recv(client, text, sizeof(text), ZMQ_DONTWAIT);
            assert_true(len >= 0);
            if (expected[j] != NULL)
                assert_str(str_from_bytes(text, (size_t)len), expected[j]);
        }
    }
    zmq_close(client);
    zap_close(zap);
}

static void a_broken_or_empty_list_does_not_open(void **state)
{
    (void)state;
    const char *public = world.signer.public;
    char long_kind[NAME_BYTES_MAX + 1] = {0};
    memset(long_kind, 'k', NAME_BYTES_MAX);
    const struct str lists[] = {
        STR_ABSENT,
        STR(""),
        STR("\n \n# only a comment\n"),
        STR("signer"),
        STR("signer x"),
        arena_printf(world.arena, "signer %.39s", public),
        arena_printf(world.arena, "signer %sx", public),
        arena_printf(world.arena, "%s", public),
        arena_printf(world.arena, "%s %s", long_kind, public),
        arena_printf(world.arena, "signer %s\nbroker\n", public),
    };
    for (size_t i = 0; i < LENGTH_OF(lists); i++)
        if (zap_open(world.loop, world.zmq, lists[i]) != NULL)
            fail_msg("opened: %.*s", STR_ARGS(lists[i]));
    zap_close(NULL);
}

static void a_second_gatekeeper_of_one_context_does_not_open(void **state)
{
    (void)state;
    struct zap *zap = zap_open(world.loop, world.zmq, list_of_two());
    assert_non_null(zap);
    assert_null(zap_open(world.loop, world.zmq, list_of_two()));
    zap_close(zap);
}

#define ZAP_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ZAP_TEST(a_key_of_the_list_connects_and_stands_for_its_kind),
        ZAP_TEST(a_foreign_key_is_refused),
        ZAP_TEST(every_other_request_is_refused_and_answered),
        ZAP_TEST(a_broken_or_empty_list_does_not_open),
        ZAP_TEST(a_second_gatekeeper_of_one_context_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
