/* Frames on a socket, and the header alone. Who controls the bytes: any process that may connect.
 */
#include "proto/envelope.h"
#include "tests/unit/common/base/unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct envelope FULL = {
    .type = MESSAGE_REQUEST,
    .operation_version = 3,
    .budget_ms = 0x01020304,
    .request_id = "0123456789abcde",
    .subject = STR_INIT("exchange"),
    .traceparent = STR_INIT("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
    .body = STR_INIT("{\"code\":\"x\"}"),
};

static void assert_headers_equal(const struct envelope *a, const struct envelope *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->operation_version, b->operation_version);
    assert_int_equal(a->budget_ms, b->budget_ms);
    assert_memory_equal(a->request_id, b->request_id, REQUEST_ID_BYTES);
}

/* the header */

static void a_header_has_the_bytes_of_the_specification(void **state)
{
    (void)state;
    unsigned char header[HEADER_BYTES];
    static const unsigned char expected[] = {1,   5,   3,   0,   1,   2,   3,   4,
                                             '0', '1', '2', '3', '4', '5', '6', '7',
                                             '8', '9', 'a', 'b', 'c', 'd', 'e', 0};
    envelope_header_write(&FULL, header);
    assert_memory_equal(header, expected, HEADER_BYTES);
}

static void every_type_survives_a_header(void **state)
{
    (void)state;
    static const uint32_t budgets[] = {0, 1, 255, 256, 15000, UINT32_MAX};
    for (int type = MESSAGE_HELLO; type < MESSAGE_TYPES; type++)
        for (size_t i = 0; i < LENGTH_OF(budgets); i++) {
            unsigned char header[HEADER_BYTES];
            struct envelope in = {.type = (enum message_type)type, .operation_version = 255},
                            out = {0};
            in.budget_ms = budgets[i];
            memset(in.request_id, 0xff, REQUEST_ID_BYTES);
            envelope_header_write(&in, header);
            assert_true(envelope_header_read(str_from_bytes(header, HEADER_BYTES), &out));
            assert_headers_equal(&in, &out);
            assert_absent(out.body);
        }
}

/* proto/README.md: "a header of another length, a protocol version or a type that it does not
 * know" MUST be dropped. */
static void a_malformed_header_is_refused_and_changes_nothing(void **state)
{
    (void)state;
    unsigned char good[HEADER_BYTES + 1] = {0};
    envelope_header_write(&FULL, good);
    for (size_t len = 0; len <= sizeof(good); len++) {
        struct envelope out = {.type = MESSAGE_BYE, .budget_ms = 7};
        bool is_read = envelope_header_read(str_from_bytes(good, len), &out);
        assert_int_equal(is_read, len == HEADER_BYTES);
        if (!is_read) {
            assert_int_equal(out.type, MESSAGE_BYE);
            assert_int_equal(out.budget_ms, 7);
        }
    }
    static const struct {
        size_t at;
        unsigned char value;
    } cases[] = {{0, 0}, {0, 2}, {0, 255}, {1, 0}, {1, MESSAGE_TYPES}, {1, 255}, {3, 1}, {3, 255}};
    for (size_t i = 0; i < LENGTH_OF(cases); i++) {
        unsigned char bad[HEADER_BYTES];
        struct envelope out = {.type = MESSAGE_BYE};
        memcpy(bad, good, HEADER_BYTES);
        bad[cases[i].at] = cases[i].value;
        assert_false(envelope_header_read(str_from_bytes(bad, HEADER_BYTES), &out));
        assert_int_equal(out.type, MESSAGE_BYE);
    }
    struct envelope out;
    assert_false(envelope_header_read(STR_ABSENT, &out));
}

/* frames on a socket: a ROUTER and a DEALER over inproc, where a message is there at once */

static struct {
    void *zmq, *router, *dealer;
    struct str routing_id;
    struct envelope_buffer hello;
} wire;

static void frames_send(const struct str *frames, int len)
{
    for (int i = 0; i < len; i++)
        assert_true(
            zmq_send(wire.dealer, frames[i].at, frames[i].len, i < len - 1 ? ZMQ_SNDMORE : 0) >= 0);
}

static void await(void *socket)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, 10000), 1);
    assert_true(envelope_waits(socket));
}

static int wire_open(void **state)
{
    (void)state;
    const struct envelope hello = {.type = MESSAGE_HELLO, .body = STR_INIT("{}")};
    int mandatory = 1;
    wire.zmq = zmq_ctx_new();
    wire.router = zmq_socket(wire.zmq, ZMQ_ROUTER);
    wire.dealer = zmq_socket(wire.zmq, ZMQ_DEALER);
    assert_int_equal(
        zmq_setsockopt(wire.router, ZMQ_ROUTER_MANDATORY, &mandatory, sizeof(mandatory)), 0);
    assert_int_equal(zmq_bind(wire.router, "inproc://wire"), 0);
    assert_int_equal(zmq_connect(wire.dealer, "inproc://wire"), 0);
    assert_int_equal(envelope_send(wire.dealer, STR_ABSENT, &hello), 0);
    await(wire.router);
    assert_int_equal(envelope_receive(wire.router, true, &wire.hello), ENVELOPE_RECEIVED);
    wire.routing_id = wire.hello.routing_id;
    return 0;
}

static int wire_close(void **state)
{
    (void)state;
    int linger = 0;
    envelope_buffer_finish(&wire.hello);
    zmq_setsockopt(wire.router, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(wire.dealer, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_close(wire.router);
    zmq_close(wire.dealer);
    zmq_ctx_term(wire.zmq);
    return 0;
}

static void assert_received(void *socket, bool is_router, const struct envelope *expected)
{
    struct envelope_buffer buffer;
    await(socket);
    assert_int_equal(envelope_receive(socket, is_router, &buffer), ENVELOPE_RECEIVED);
    assert_headers_equal(&buffer.envelope, expected);
    assert_true(str_equals(buffer.envelope.subject, expected->subject));
    assert_true(str_equals(buffer.envelope.traceparent, expected->traceparent));
    assert_true(str_equals(buffer.envelope.body, expected->body));
    if (is_router)
        assert_true(str_equals(buffer.routing_id, wire.routing_id));
    else
        assert_absent(buffer.routing_id);
    envelope_buffer_finish(&buffer);
}

static void a_message_survives_both_ways(void **state)
{
    (void)state;
    const struct envelope least = {.type = MESSAGE_WHO};
    assert_int_equal(envelope_send(wire.dealer, STR_ABSENT, &FULL), 0);
    assert_received(wire.router, true, &FULL);
    assert_int_equal(envelope_send(wire.router, wire.routing_id, &FULL), 0);
    assert_received(wire.dealer, false, &FULL);
    assert_int_equal(envelope_send(wire.router, wire.routing_id, &least), 0);
    assert_received(wire.dealer, false, &least);
    assert_false(envelope_waits(wire.dealer));
}

static void nothing_waits_is_no_message(void **state)
{
    (void)state;
    struct envelope_buffer buffer;
    assert_false(envelope_waits(wire.router));
    assert_int_equal(envelope_receive(wire.router, true, &buffer), ENVELOPE_NONE);
    assert_int_equal(buffer.frames_len, 0);
}

/* proto/README.md: "a message with another number of frames" MUST be dropped, and the next read. */
static void another_number_of_frames_is_dropped_as_a_whole(void **state)
{
    (void)state;
    unsigned char header[HEADER_BYTES];
    envelope_header_write(&FULL, header);
    struct str frames[20];
    for (size_t i = 0; i < LENGTH_OF(frames); i++)
        frames[i] = i == 0 ? str_from_bytes(header, HEADER_BYTES) : STR("x");
    static const int lengths[] = {1, 2, 3, 5, 6, 20};
    for (size_t i = 0; i < LENGTH_OF(lengths); i++) {
        struct envelope_buffer buffer;
        frames_send(frames, lengths[i]);
        await(wire.router);
        assert_int_equal(envelope_receive(wire.router, true, &buffer), ENVELOPE_MALFORMED);
        assert_int_equal(buffer.frames_len, 0);
        assert_int_equal(envelope_receive(wire.router, true, &buffer), ENVELOPE_NONE);
        assert_int_equal(envelope_send(wire.dealer, STR_ABSENT, &FULL), 0);
        assert_received(wire.router, true, &FULL);
    }
}

static void a_malformed_header_on_the_wire_is_dropped(void **state)
{
    (void)state;
    static const struct str headers[] = {STR_INIT(""), STR_INIT("x"),
                                         STR_INIT("\1\5\1\0\0\0\0\0123456789abcdefg"),
                                         STR_INIT("\2\5\1\0\0\0\0\0123456789abcdef01")};
    for (size_t i = 0; i < LENGTH_OF(headers); i++) {
        struct envelope_buffer buffer;
        const struct str frames[FRAMES] = {headers[i], STR(""), STR(""), STR("{}")};
        frames_send(frames, FRAMES);
        await(wire.router);
        assert_int_equal(envelope_receive(wire.router, true, &buffer), ENVELOPE_MALFORMED);
    }
    assert_int_equal(envelope_send(wire.dealer, STR_ABSENT, &FULL), 0);
    assert_received(wire.router, true, &FULL);
}

static void sending_to_a_stranger_is_told_and_leaves_the_socket_usable(void **state)
{
    (void)state;
    assert_int_equal(envelope_send(wire.router, STR("nobody"), &FULL), EHOSTUNREACH);
    assert_int_equal(envelope_send(wire.router, wire.routing_id, &FULL), 0);
    assert_received(wire.dealer, false, &FULL);
}

#define WIRE_TEST(test) cmocka_unit_test_setup_teardown(test, wire_open, wire_close)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_has_the_bytes_of_the_specification),
        cmocka_unit_test(every_type_survives_a_header),
        cmocka_unit_test(a_malformed_header_is_refused_and_changes_nothing),
        WIRE_TEST(a_message_survives_both_ways),
        WIRE_TEST(nothing_waits_is_no_message),
        WIRE_TEST(another_number_of_frames_is_dropped_as_a_whole),
        WIRE_TEST(a_malformed_header_on_the_wire_is_dropped),
        WIRE_TEST(sending_to_a_stranger_is_told_and_leaves_the_socket_usable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
