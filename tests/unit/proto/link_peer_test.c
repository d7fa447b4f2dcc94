/* Peers that break the protocol (proto/README.md, "Frames"): a worker that an edge hears, and an
 * edge that a worker hears. They are sockets of the test, which say whatever it likes. */
#include "tests/unit/proto/link_rig.h"
#include "proto/control.h"
#include "proto/envelope.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct {
    void *zmq, *socket;
    struct envelope_buffer heard; /* the last message */
} peer;

static void peer_open(int type)
{
    const int linger = 1000;
    peer.zmq = zmq_ctx_new();
    peer.socket = zmq_socket(peer.zmq, type);
    zmq_setsockopt(peer.socket, ZMQ_LINGER, &linger, sizeof(linger));
}

static void peer_close(void)
{
    zmq_close(peer.socket);
    zmq_ctx_term(peer.zmq);
}

/* Everything that no peer may send: other numbers of frames, other headers, types and bodies. */
static void nonsense_send(struct str routing_id)
{
    static const char *const bodies[] = {"", "{", "[]", "{\"credit\":-1}", "{\"kind\":7}", "\xff"};
    for (int frames = 1; frames < 8; frames++) {
        if (str_is_present(routing_id))
            zmq_send(peer.socket, routing_id.at, routing_id.len, ZMQ_SNDMORE);
        for (int i = 0; i < frames; i++)
            zmq_send(peer.socket, "", 0, i + 1 < frames ? ZMQ_SNDMORE : 0);
    }
    for (int type = 0; type < 256; type += type < 12 ? 1 : 61) {
        for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
            unsigned char header[HEADER_BYTES] = {PROTOCOL_VERSION, (unsigned char)type};
            if (str_is_present(routing_id))
                zmq_send(peer.socket, routing_id.at, routing_id.len, ZMQ_SNDMORE);
            header[0] = type == MESSAGE_BYE || type == MESSAGE_REQUEST ? PROTOCOL_VERSION + 1
                                                                       : PROTOCOL_VERSION;
            zmq_send(peer.socket, header, sizeof(header), ZMQ_SNDMORE);
            zmq_send(peer.socket, "nonsense", 8, ZMQ_SNDMORE);
            zmq_send(peer.socket, "", 0, ZMQ_SNDMORE);
            zmq_send(peer.socket, bodies[i], strlen(bodies[i]), 0);
        }
    }
}

/* ---- a worker that is none */

static void worker_say(enum message_type type, const char *body)
{
    const struct envelope envelope = {.type = type, .body = str_from_cstr(body)};
    assert_int_equal(envelope_send(peer.socket, STR_ABSENT, &envelope), 0);
}

static void worker_arrive(void)
{
    peer_open(ZMQ_DEALER);
    assert_int_equal(zmq_connect(peer.socket, rig.endpoint), 0);
    worker_say(MESSAGE_HELLO,
               "{\"kind\":\"signer\",\"instance\":\"raw\",\"operations\":[\"echo/1\"]}");
}

static bool worker_has_heard(enum message_type type)
{
    bool is_it = false;
    while (!is_it && envelope_receive(peer.socket, false, &peer.heard) == ENVELOPE_RECEIVED) {
        is_it = peer.heard.envelope.type == type;
        envelope_buffer_finish(&peer.heard);
    }
    return is_it;
}

static bool worker_has_a_request(void)
{
    return worker_has_heard(MESSAGE_REQUEST);
}

static bool worker_has_who(void)
{
    return worker_has_heard(MESSAGE_WHO);
}

static bool worker_has_bye(void)
{
    return worker_has_heard(MESSAGE_BYE);
}

static void reply_say(const unsigned char *request_id, struct str body)
{
    struct envelope envelope = {.type = MESSAGE_REPLY, .subject = STR_INIT("ok"), .body = body};
    memcpy(envelope.request_id, request_id, REQUEST_ID_BYTES);
    assert_int_equal(envelope_send(peer.socket, STR_ABSENT, &envelope), 0);
}

static bool nonsense_is_counted(void)
{
    return link_edge_malformed(rig.link) >= 7 + 12;
}

static void an_edge_drops_nonsense_and_goes_on(void **state)
{
    (void)state;
    worker_start(0);
    workers_await(1);
    worker_arrive();
    nonsense_send(STR_ABSENT);
    load_begin(500);
    load_finish();
    run_until(nonsense_is_counted);
    peer_close();
}

static void a_strangers_ready_is_answered_with_who(void **state)
{
    (void)state;
    peer_open(ZMQ_DEALER);
    assert_int_equal(zmq_connect(peer.socket, rig.endpoint), 0);
    worker_say(MESSAGE_READY, "{\"credit\":16,\"every_ms\":200}");
    run_until(worker_has_who);
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 0);
    worker_say(MESSAGE_DRAINING, "{}");
    run_until(worker_has_bye);
    peer_close();
}

static bool peer_is_gone(void)
{
    return link_edge_workers(rig.link, WORKER_SIGNER) == 0;
}

/* Neither is it chosen for ever nor does it live for ever. */
static void impossible_numbers_in_ready_do_no_harm(void **state)
{
    (void)state;
    worker_arrive();
    worker_say(MESSAGE_READY, "{\"credit\":9223372036854775807,\"every_ms\":1}");
    workers_await(1);
    worker_say(MESSAGE_READY, "{\"credit\":1,\"every_ms\":9223372036854775807}");
    worker_say(MESSAGE_READY, "{\"credit\":1,\"every_ms\":0}");
    worker_say(MESSAGE_READY,
               "{\"credit\":1,\"every_ms\":200,\"keys_version\":\"0123456789abcdef\","
               "\"more\":1}");
    worker_say(MESSAGE_READY, "{\"credit\":1,\"every_ms\":1}");
    run_until(peer_is_gone);
    assert_true(link_edge_malformed(rig.link) >= 2);
    peer_close();
}

static void a_late_or_foreign_reply_is_dropped(void **state)
{
    struct link_edge_request request;
    (void)state;
    worker_arrive();
    worker_say(MESSAGE_READY, "{\"credit\":1,\"every_ms\":10000}");
    workers_await(1);
    request = request_make("echo", BUDGET_CALLBACK_MS);
    call_send_request(&request);
    run_until(worker_has_a_request);
    reply_say((const unsigned char *)"no such request!", STR("{\"by\":\"3\"}"));
    /* While a real worker has this one, nobody else may answer it. */
    worker_start_slow(0, "100");
    workers_await(2);
    struct link_edge_request other = request_make("swallow", BUDGET_CALLBACK_MS);
    struct link_edge_request slow = request_make("echo", BUDGET_CALLBACK_MS);
    call_send_request(&other);
    call_send_request(&slow);
    assert_int_equal(link_edge_in_flight(rig.link, WORKER_SIGNER), 3);
    reply_say(slow.request_id, STR("{\"by\":\"3\"}"));
    reply_say(request.request_id, STR("{\"by\":\"1\"}"));
    reply_say(request.request_id, STR("{\"by\":\"3\"}"));
    calls_await(3);
    assert_int_equal(rig.by[3], 0);
    assert_int_equal(rig.by[1], 1);
    assert_int_equal(rig.by[0], 1);
    peer_close();
}

/* Its length is that of the frame, whatever it contains. */
static void a_reply_with_a_nul_is_passed_on_whole(void **state)
{
    (void)state;
    worker_arrive();
    worker_say(MESSAGE_READY, "{\"credit\":1,\"every_ms\":10000}");
    workers_await(1);
    struct link_edge_request request = request_make("echo", BUDGET_CALLBACK_MS);
    call_send_request(&request);
    run_until(worker_has_a_request);
    reply_say(request.request_id, STR("{\"x\":\"\0\"} and some more bytes"));
    calls_await(1);
    assert_int_equal(rig.last_body_len, sizeof("{\"x\":\"\0\"} and some more bytes") - 1);
    peer_close();
}

/* ---- an edge that is none */

enum { EDGE_PATIENCE_MS = 30000 };

static char worker_id[64];
static size_t worker_id_len;

/* Waits for a message of this type from the worker; it lies in peer.heard until the next. */
static void edge_await(enum message_type type)
{
    zmq_pollitem_t item = {.socket = peer.socket, .events = ZMQ_POLLIN};
    envelope_buffer_finish(&peer.heard);
    for (;;) {
        assert_int_equal(zmq_poll(&item, 1, EDGE_PATIENCE_MS), 1);
        assert_int_equal(envelope_receive(peer.socket, true, &peer.heard), ENVELOPE_RECEIVED);
        worker_id_len = peer.heard.routing_id.len;
        memcpy(worker_id, peer.heard.routing_id.at, worker_id_len);
        if (peer.heard.envelope.type == type)
            return;
        envelope_buffer_finish(&peer.heard);
    }
}

static struct str worker_name(void)
{
    return str_from_bytes(worker_id, worker_id_len);
}

static void edge_say(enum message_type type, const char *body)
{
    const struct envelope envelope = {.type = type, .body = str_from_cstr(body)};
    assert_int_equal(envelope_send(peer.socket, worker_name(), &envelope), 0);
}

static void edge_ask(struct str operation, unsigned version, uint32_t budget_ms, unsigned char id)
{
    struct envelope envelope = {.type = MESSAGE_REQUEST,
                                .subject = operation,
                                .operation_version = version,
                                .time_ms = budget_ms,
                                .body = STR_INIT("{}")};
    memset(envelope.request_id, id, REQUEST_ID_BYTES);
    assert_int_equal(envelope_send(peer.socket, worker_name(), &envelope), 0);
}

static void assert_reply(unsigned char id, const char *failure)
{
    unsigned char expected[REQUEST_ID_BYTES];
    memset(expected, id, sizeof(expected));
    edge_await(MESSAGE_REPLY);
    assert_memory_equal(peer.heard.envelope.request_id, expected, sizeof(expected));
    assert_true(str_equals_cstr(peer.heard.envelope.subject, failure));
}

static void edge_pretend(void)
{
    char endpoint[128];
    peer_open(ZMQ_ROUTER);
    peer.heard.frames_len = 0;
    snprintf(endpoint, sizeof(endpoint), "ipc://%s/false.ipc", rig.folder);
    assert_int_equal(zmq_bind(peer.socket, endpoint), 0);
    worker_start_with(0, "signer", "0", endpoint, NULL, NULL);
    edge_await(MESSAGE_HELLO);
}

static void edge_end(void)
{
    envelope_buffer_finish(&peer.heard);
    peer_close();
}

static void a_worker_drops_nonsense_and_goes_on(void **state)
{
    (void)state;
    edge_pretend();
    nonsense_send(worker_name());
    edge_say(MESSAGE_WELCOME, "{\"edge\":\"e\"}");
    edge_await(MESSAGE_READY);
    assert_true(peer.heard.envelope.body.len <= READY_BYTES_MAX);
    edge_ask(STR("echo"), 1, 4000, 7);
    assert_reply(7, "ok");
    edge_end();
}

static void a_foreign_operation_or_version_is_refused(void **state)
{
    (void)state;
    edge_pretend();
    edge_say(MESSAGE_WELCOME, "{\"edge\":\"e\"}");
    edge_ask(STR("unheard_of"), 1, 4000, 1);
    assert_reply(1, "operation_unknown");
    edge_ask(STR("echo"), 2, 4000, 2);
    assert_reply(2, "operation_unknown");
    edge_ask(STR(""), 0, 4000, 3);
    assert_reply(3, "operation_unknown");
    edge_end();
}

static void a_request_whose_time_is_over_is_not_handled(void **state)
{
    (void)state;
    edge_pretend();
    edge_say(MESSAGE_WELCOME, "{\"edge\":\"e\"}");
    edge_ask(STR("echo"), 1, 0, 1);
    edge_ask(STR("echo"), 1, 4000, 2);
    assert_reply(2, "ok"); /* messages keep their order: 1 was not answered */
    edge_end();
}

static void a_worker_answers_who_and_greets_after_bye(void **state)
{
    (void)state;
    edge_pretend();
    edge_say(MESSAGE_WHO, "{}");
    edge_await(MESSAGE_HELLO);
    edge_say(MESSAGE_WELCOME, "{\"edge\":\"e\"}");
    edge_await(MESSAGE_READY);
    edge_say(MESSAGE_BYE, "{}");
    edge_await(MESSAGE_HELLO);
    edge_end();
}

static void a_greeting_without_welcome_is_repeated_and_ready_does_not_precede_it(void **state)
{
    (void)state;
    edge_pretend();
    zmq_pollitem_t item = {.socket = peer.socket, .events = ZMQ_POLLIN};
    envelope_buffer_finish(&peer.heard);
    assert_int_equal(zmq_poll(&item, 1, EDGE_PATIENCE_MS), 1);
    assert_int_equal(envelope_receive(peer.socket, true, &peer.heard), ENVELOPE_RECEIVED);
    assert_int_equal(peer.heard.envelope.type, MESSAGE_HELLO);
    edge_end();
}

/* Credit is the edge's promise; a broken one must not cost more memory than there is. */
static void an_edge_that_ignores_credit_is_told_overloaded(void **state)
{
    size_t answered = 0, refused = 0;
    (void)state;
    edge_pretend();
    worker_end(0);
    char endpoint[128];
    snprintf(endpoint, sizeof(endpoint), "ipc://%s/false.ipc", rig.folder);
    worker_start_with(0, "signer", "300", endpoint, NULL, NULL);
    edge_await(MESSAGE_HELLO);
    for (int i = 0; i < REQUESTS_IN_WORKER_MAX + 50; i++)
        edge_ask(STR("echo"), 1, 20000, (unsigned char)i);
    while (answered + refused < REQUESTS_IN_WORKER_MAX + 50) {
        edge_await(MESSAGE_REPLY);
        bool is_answered = str_equals_cstr(peer.heard.envelope.subject, "ok");
        if (!is_answered)
            assert_true(str_equals_cstr(peer.heard.envelope.subject, "overloaded"));
        answered += is_answered;
        refused += !is_answered;
    }
    assert_true(refused > 0);
    assert_true(answered >= REQUESTS_IN_WORKER_MAX);
    edge_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(an_edge_drops_nonsense_and_goes_on),
        RIG_TEST(a_strangers_ready_is_answered_with_who),
        RIG_TEST(impossible_numbers_in_ready_do_no_harm),
        RIG_TEST(a_late_or_foreign_reply_is_dropped),
        RIG_TEST(a_reply_with_a_nul_is_passed_on_whole),
        RIG_TEST(a_worker_drops_nonsense_and_goes_on),
        RIG_TEST(a_foreign_operation_or_version_is_refused),
        RIG_TEST(a_request_whose_time_is_over_is_not_handled),
        RIG_TEST(a_worker_answers_who_and_greets_after_bye),
        RIG_TEST(a_greeting_without_welcome_is_repeated_and_ready_does_not_precede_it),
        RIG_TEST(an_edge_that_ignores_credit_is_told_overloaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
