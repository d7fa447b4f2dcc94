/* Edges control this input, and without CURVE everyone who sits where an edge should: it can take
 * over what it passes on, and must not take over a worker. Attacks the worker's end of the link as
 * a dialogue: WELCOME, WHO, REQUEST, BYE, PROBE and what is none of them; envelope_receive,
 * connection and announcement. */
#include "proto/link_worker.h"
#include "common/base/hex.h"
#include "common/base/limits.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/steps.h"
#include "tests/fuzz/wire.h"

#include <errno.h>

enum { EDGES = 3, HELD_MAX = 256 };

static struct link_request *held[HELD_MAX];
static size_t held_len;
static bool is_draining, is_drained;

static void on_request(void *context, struct link_request *request)
{
    (void)context;
    FUZZ_CHECK(str_equals(request->operation, STR("exchange/1")));
    FUZZ_CHECK(hex_is_valid(request->request_id) && request->request_id.len == 32);
    FUZZ_CHECK(held_len < REQUESTS_IN_WORKER_MAX);
    held[held_len++] = request;
}

static void on_drained(void *context)
{
    (void)context;
    FUZZ_CHECK(!is_drained);
    is_drained = true;
}

static void reply(struct link_worker *link, size_t index)
{
    if (held_len == 0)
        return;
    struct link_request *request = held[index % held_len];
    held[index % held_len] = held[held_len - 1];
    held_len--;
    request->retry_after_s = (int64_t)index;
    link_worker_reply(request, index % 2 ? OK : FAIL_OVERLOADED,
                      index % 3 ? STR("{\"scope\":\"a\"}") : STR_ABSENT);
    FUZZ_CHECK(link_worker_in_flight(link) >= held_len); /* it leaves with the others of its turn */
}

static void step_take(struct link_worker *link, const struct step *step)
{
    enum { SAY, REPLY, PASS, REFUSE, STIR, KEYS, READY, DRAIN, STEPS };
    static const int errors[] = {0, EAGAIN, EHOSTUNREACH};
    unsigned char request_id[REQUEST_ID_BYTES], header[HEADER_BYTES];
    struct str frames[STEP_FRAMES_MAX];
    switch (step->what % STEPS) {
    case SAY:
        memset(request_id, step->number, sizeof(request_id));
        /* a duplicate is opened anew as another socket */
        wire_deliver(step->number % (2 * EDGES), frames,
                     step_frames(step->bytes, request_id, header, frames));
        break;
    case REPLY:
        reply(link, step->number);
        break;
    case PASS:
        wire_pass(10 * step->number);
        break;
    case REFUSE:
        wire_refuse(errors[step->number % 3]);
        break;
    case STIR:
        wire_stir(step->number % (2 * EDGES));
        break;
    case KEYS:
        link_worker_announce_keys(link, STR("{\"keys\":[]}"), step->bytes);
        break;
    case READY:
        link_worker_set_ready(link, step->number % 2);
        break;
    case DRAIN:
        if (!is_draining)
            link_worker_drain(link, on_drained, NULL);
        is_draining = true;
        break;
    }
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str edges[EDGES] = {STR("ipc://a"), STR("ipc://b"), STR("ipc://c")};
    struct str operations[] = {STR("exchange/1")};
    const struct link_worker_options options = {
        .kind = STR("signer"),
        .instance = STR("i"),
        .operations = {operations, 1},
        .edges = {edges, EDGES},
        .credit = CREDIT_TOTAL,
        .on_request = on_request,
    };
    struct step step;
    (void)arena;
    wire_reset();
    held_len = 0;
    is_draining = is_drained = false;
    struct link_worker *link = link_worker_new(NULL, &options);
    FUZZ_CHECK(link != NULL);
    while (steps_next(&input, &step)) {
        step_take(link, &step);
        FUZZ_CHECK(link_worker_edges(link) <= EDGES);
        if (step.number % 4 > 0) { /* else several answers in one turn */
            wire_turn();
            FUZZ_CHECK(link_worker_in_flight(link) == held_len);
        }
    }
    link_worker_free(link); /* with requests that nobody has answered */
    FUZZ_CHECK(wire_is_closed());
}
