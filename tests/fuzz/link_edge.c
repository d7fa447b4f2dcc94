/* Workers control this input: other processes of ours, of any release, and without CURVE everyone
 * who may open the link's sockets. Attacks the edge's end of the link as a dialogue: kind_receive
 * and kind_tick with HELLO, READY, REPLY, DRAINING and what is none of them, envelope_receive,
 * worker_pool and call. Every request must end exactly once, whatever workers say. */
#include "proto/link_edge.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/steps.h"
#include "tests/fuzz/wire.h"

#include <errno.h>

enum { CALLS_MAX = 16, BUDGET_MS = 4000 };
/* A kind has a ROUTER and its monitor, in this order. */
enum { ROUTER_OF_KIND = 2, MONITOR = 1 };

struct asked {
    struct link_call *call; /* NULL: ended or cancelled */
    unsigned char request_id[REQUEST_ID_BYTES];
    int ends;
};

static struct asked asked[CALLS_MAX];
static size_t asked_len;
static bool has_said_bye; /* no call may follow */

static void on_reply(void *context, enum failure failure, struct str body)
{
    struct asked *ended = context;
    FUZZ_CHECK(ended->call != NULL && ended->ends == 0);
    FUZZ_CHECK(failure_row(failure) != NULL && body.len <= MESSAGE_BYTES_MAX);
    FUZZ_CHECK(link_call_retry_after_s(ended->call) >= 0);
    ended->call = NULL;
    ended->ends++;
}

static void on_keys(void *context, struct str keys)
{
    (void)context;
    FUZZ_CHECK(!str_is_present(keys) || str_starts_with(keys, STR("{\"keys\":[")));
}

static void ask(struct link_edge *link, unsigned char number)
{
    static const struct str operations[WORKER_KINDS] = {STR_INIT("register"), STR_INIT("login"),
                                                        STR_INIT("exchange")};
    struct asked *next = &asked[asked_len];
    if (asked_len == CALLS_MAX || has_said_bye)
        return;
    memset(next->request_id, number, REQUEST_ID_BYTES); /* the same number is an id in flight */
    const struct link_edge_request request = {
        .kind = (enum worker_kind)(number % WORKER_KINDS),
        .operation = operations[number % WORKER_KINDS],
        .version = 1,
        .traceparent = STR(""),
        .body = STR("{}"),
        .budget_ms = BUDGET_MS,
    };
    struct link_edge_request with_id = request;
    memcpy(with_id.request_id, next->request_id, REQUEST_ID_BYTES);
    asked_len++;
    next->call = link_edge_call(link, &with_id, on_reply, next);
    FUZZ_CHECK(next->call != NULL && next->ends == 0);
}

/* number: the worker, the kind, and the request that a REPLY is about. */
static void say(unsigned char number, struct str bytes)
{
    static const struct str routing_ids[4] = {STR_INIT("w0"), STR_INIT("w1"), STR_INIT("w2"),
                                              STR_INIT("")};
    static const unsigned char nobody[REQUEST_ID_BYTES];
    unsigned char header[HEADER_BYTES];
    struct str frames[1 + STEP_FRAMES_MAX] = {routing_ids[number & 3]};
    size_t about = number >> 4;
    size_t len = step_frames(bytes, about < asked_len ? asked[about].request_id : nobody, header,
                             frames + 1);
    wire_deliver(ROUTER_OF_KIND * ((number >> 2 & 3) % WORKER_KINDS), frames, 1 + len);
}

static void step_take(struct link_edge *link, const struct step *step)
{
    enum { SAY, ASK, PASS, CANCEL, REFUSE, LEAVE, BYE, STEPS };
    static const int errors[] = {0, EAGAIN, EHOSTUNREACH};
    struct asked *about = &asked[step->number % CALLS_MAX];
    const struct str departure = STR("left");
    switch (step->what % STEPS) {
    case SAY:
        say(step->number, step->bytes);
        break;
    case ASK:
        ask(link, step->number);
        break;
    case PASS:
        wire_pass(10 * step->number);
        break;
    case CANCEL:
        if (about->call != NULL)
            link_call_cancel(about->call);
        about->call = NULL;
        break;
    case REFUSE:
        wire_refuse(errors[step->number % 3]);
        break;
    case LEAVE:
        wire_deliver(ROUTER_OF_KIND * (step->number % WORKER_KINDS) + MONITOR, &departure, 1);
        break;
    case BYE:
        link_edge_say_bye(link);
        has_said_bye = true;
        break;
    }
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct link_edge_options options = {
        .listen = {STR("ipc://r"), STR("ipc://b"), STR("ipc://s")}, .on_keys = on_keys};
    struct step step;
    (void)arena;
    wire_reset();
    memset(asked, 0, sizeof(asked));
    asked_len = 0;
    has_said_bye = false;
    struct link_edge *link = link_edge_new(NULL, &options);
    FUZZ_CHECK(link != NULL);
    while (steps_next(&input, &step))
        step_take(link, &step);
    /* Whatever was said, time ends every request. */
    for (int64_t passed_ms = 0; passed_ms <= BUDGET_MS; passed_ms += 100)
        wire_pass(100);
    for (size_t i = 0; i < asked_len; i++)
        FUZZ_CHECK(asked[i].call == NULL);
    for (unsigned kind = 0; kind < WORKER_KINDS; kind++)
        FUZZ_CHECK(link_edge_queued(link, (enum worker_kind)kind) == 0 &&
                   link_edge_in_flight(link, (enum worker_kind)kind) == 0);
    link_edge_free(link);
    FUZZ_CHECK(wire_is_closed());
}
