/* The operator controls the allow-list (up to the first empty line), and whoever connects to the
 * edge the key in what libzmq asks then (a frame in each line behind it, taken as it is and once as
 * the raw key). Attacks zap_open and its answers: nobody is let in whose key is not on the list. */
#include "proto/zap.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/wire.h"

#include <zmq.h>

enum { ANSWER_FRAMES = 6 };

static void check_asked(const struct str *frames, size_t len)
{
    size_t sent = wire_frames_sent();
    wire_deliver(0, frames, len);
    FUZZ_CHECK(wire_frames_sent() == sent + (len > 0 ? ANSWER_FRAMES : 0));
}

static void attack(struct zap *zap, struct str questions)
{
    struct str frames[WIRE_FRAMES_MAX];
    size_t len = 0;
    (void)zap;
    while (len < 12 && str_is_present(questions))
        frames[len++] = fuzz_line(&questions);
    check_asked(frames, len);
    struct str key = len > 0 ? frames[len - 1] : STR("");
    struct str question[] = {STR("1.0"),    STR("1"),     STR(""),           STR("127.0.0.1"),
                             STR("worker"), STR("CURVE"), str_first(key, 32)};
    check_asked(question, sizeof(question) / sizeof(question[0]));
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct str list = input, questions = STR("");
    (void)arena;
    for (size_t i = 0; i + 1 < input.len; i++)
        if (input.at[i] == '\n' && input.at[i + 1] == '\n') {
            list = str_first(input, i);
            questions = str_from(input, i + 2);
            break;
        }
    wire_reset();
    struct zap *zap = zap_open(NULL, zmq_ctx_new(), list);
    if (zap != NULL)
        attack(zap, questions);
    zap_close(zap);
    FUZZ_CHECK(wire_is_closed());
}
