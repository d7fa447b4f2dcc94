/* proto/envelope.c: frames as in proto/README.md, "Frames"; a peer must drop what is malformed and
 * go on. */
#include "common/base/limits.h"
#include "proto/envelope.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static struct {
    void *zmq, *router, *dealer;
} world;

static int setup(void **state)
{
    const int linger = 0, on = 1;
    (void)state;
    world.zmq = zmq_ctx_new();
    world.router = zmq_socket(world.zmq, ZMQ_ROUTER);
    world.dealer = zmq_socket(world.zmq, ZMQ_DEALER);
    zmq_setsockopt(world.router, ZMQ_LINGER, &linger, sizeof(linger));
    zmq_setsockopt(world.router, ZMQ_ROUTER_MANDATORY, &on, sizeof(on));
    zmq_setsockopt(world.dealer, ZMQ_LINGER, &linger, sizeof(linger));
    return zmq_bind(world.router, "inproc://envelope") != 0 ||
           zmq_connect(world.dealer, "inproc://envelope") != 0;
}

static int teardown(void **state)
{
    (void)state;
    zmq_close(world.router);
    zmq_close(world.dealer);
    return zmq_ctx_term(world.zmq);
}

static struct envelope request_make(void)
{
    struct envelope envelope = {
        .type = MESSAGE_REQUEST,
        .operation_version = 3,
        .time_ms = 0x01020304,
        .subject = STR_INIT("exchange"),
        .traceparent = STR_INIT("00-00-00-01"),
        .body = STR_INIT("{\"code\":\"x\"}"),
    };
    for (unsigned i = 0; i < REQUEST_ID_BYTES; i++)
        envelope.request_id[i] = (unsigned char)(0xf0 + i);
    return envelope;
}

static void a_header_is_written_as_specified(void **state)
{
    const unsigned char expected[HEADER_BYTES] = {1,    5,    3,    0,    1,    2,    3,    4,
                                                  0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7,
                                                  0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
    struct envelope out = request_make(), in;
    unsigned char header[HEADER_BYTES];
    (void)state;
    envelope_header_write(&out, header);
    assert_memory_equal(header, expected, HEADER_BYTES);
    assert_true(envelope_header_read(str_from_bytes(header, sizeof(header)), &in));
    assert_int_equal(in.type, MESSAGE_REQUEST);
    assert_int_equal(in.operation_version, 3);
    assert_int_equal(in.time_ms, 0x01020304);
    assert_memory_equal(in.request_id, out.request_id, REQUEST_ID_BYTES);
}

static void a_header_of_another_length_version_or_type_is_refused(void **state)
{
    struct envelope out = request_make(), in;
    unsigned char header[HEADER_BYTES + 1] = {0};
    (void)state;
    envelope_header_write(&out, header);
    for (size_t len = 0; len <= HEADER_BYTES + 1; len++)
        assert_int_equal(envelope_header_read(str_from_bytes(header, len), &in),
                         len == HEADER_BYTES);
    struct str bytes = str_from_bytes(header, HEADER_BYTES);
    for (unsigned version = 0; version < 256; version++) {
        header[0] = (unsigned char)version;
        assert_int_equal(envelope_header_read(bytes, &in), version == PROTOCOL_VERSION);
    }
    header[0] = PROTOCOL_VERSION;
    for (unsigned type = 0; type < 256; type++) {
        header[1] = (unsigned char)type;
        assert_int_equal(envelope_header_read(bytes, &in), type >= 1 && type <= 9);
    }
    header[1] = MESSAGE_PROBE;
    header[3] = 1;
    assert_false(envelope_header_read(bytes, &in));
}

static void assert_text(struct str text, const char *expected)
{
    assert_true(str_equals_cstr(text, expected));
}

static void a_message_arrives_whole_in_both_directions(void **state)
{
    struct envelope out = request_make();
    struct envelope_buffer in, back;
    (void)state;
    assert_int_equal(envelope_send(world.dealer, STR_ABSENT, &out), 0);
    assert_true(envelope_waits(world.router));
    assert_int_equal(envelope_receive(world.router, true, &in), ENVELOPE_RECEIVED);
    assert_true(in.routing_id.len > 0);
    assert_text(in.envelope.subject, "exchange");
    assert_text(in.envelope.traceparent, "00-00-00-01");
    assert_text(in.envelope.body, "{\"code\":\"x\"}");

    out = (struct envelope){.type = MESSAGE_REPLY, .subject = STR_INIT("ok")};
    assert_int_equal(envelope_send(world.router, in.routing_id, &out), 0);
    envelope_buffer_finish(&in);
    assert_int_equal(envelope_receive(world.dealer, false, &back), ENVELOPE_RECEIVED);
    assert_int_equal(back.envelope.type, MESSAGE_REPLY);
    assert_false(str_is_present(back.routing_id));
    assert_text(back.envelope.subject, "ok");
    assert_int_equal(back.envelope.body.len, 0);
    envelope_buffer_finish(&back);
    assert_int_equal(envelope_receive(world.dealer, false, &back), ENVELOPE_NONE);
    assert_false(envelope_waits(world.dealer));
}

static void a_peer_that_is_not_there_is_told(void **state)
{
    const struct envelope probe = {.type = MESSAGE_PROBE};
    (void)state;
    assert_int_equal(envelope_send(world.router, STR("nobody"), &probe), EHOSTUNREACH);
    void *lonely = zmq_socket(world.zmq, ZMQ_DEALER);
    assert_int_equal(envelope_send(lonely, STR_ABSENT, &probe), EAGAIN);
    zmq_close(lonely);
}

/* frames are sent as they are. */
static void raw_send(const struct str *frames, int len)
{
    for (int i = 0; i < len; i++)
        assert_int_equal(
            zmq_send(world.dealer, frames[i].at, frames[i].len, i + 1 < len ? ZMQ_SNDMORE : 0),
            frames[i].len);
}

static void a_message_with_another_number_of_frames_is_dropped(void **state)
{
    struct envelope out = request_make();
    struct envelope_buffer in;
    unsigned char header[HEADER_BYTES];
    struct str frames[12];
    (void)state;
    envelope_header_write(&out, header);
    for (int i = 0; i < 12; i++)
        frames[i] = STR("{}");
    frames[0] = str_from_bytes(header, sizeof(header));
    for (int len = 1; len <= 12; len++) {
        raw_send(frames, len);
        enum envelope_receipt expected = len == FRAMES ? ENVELOPE_RECEIVED : ENVELOPE_MALFORMED;
        assert_int_equal(envelope_receive(world.router, true, &in), expected);
        if (expected == ENVELOPE_RECEIVED)
            envelope_buffer_finish(&in);
        /* Nothing of it is left for the next. */
        assert_int_equal(envelope_receive(world.router, true, &in), ENVELOPE_NONE);
    }
    assert_int_equal(envelope_send(world.dealer, STR_ABSENT, &out), 0);
    assert_int_equal(envelope_receive(world.router, true, &in), ENVELOPE_RECEIVED);
    envelope_buffer_finish(&in);
}

static void a_message_with_a_broken_header_is_dropped(void **state)
{
    struct envelope_buffer in;
    const struct str broken[] = {STR_INIT(""), STR_INIT("x"),
                                 STR_INIT("\1\5\1\0abcdabcdabcdabcdabcdabcd")};
    (void)state;
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        const struct str frames[FRAMES] = {broken[i], STR_INIT(""), STR_INIT(""), STR_INIT("{}")};
        raw_send(frames, FRAMES);
        assert_int_equal(envelope_receive(world.router, true, &in), ENVELOPE_MALFORMED);
    }
    assert_int_equal(envelope_receive(world.router, true, &in), ENVELOPE_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_header_is_written_as_specified),
        TEST(a_header_of_another_length_version_or_type_is_refused),
        TEST(a_message_arrives_whole_in_both_directions),
        TEST(a_peer_that_is_not_there_is_told),
        TEST(a_message_with_another_number_of_frames_is_dropped),
        TEST(a_message_with_a_broken_header_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
