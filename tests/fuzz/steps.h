/* An input as a list of steps, for targets that attack a dialogue. A step is four bytes (what, with
 * which number, and two that say how many bytes) and so many bytes.
 *
 *     while (steps_next(&input, &step))
 *         step.what, step.number, step.bytes */
#ifndef TESTS_FUZZ_STEPS_H
#define TESTS_FUZZ_STEPS_H

#include "common/base/str.h"
#include "proto/envelope.h"

struct step {
    unsigned char what;
    unsigned char number;
    struct str bytes;
};

static inline bool steps_next(struct str *rest, struct step *ret_step)
{
    if (rest->len < 4)
        return false;
    const unsigned char *at = (const unsigned char *)rest->at;
    size_t len = (size_t)at[2] << 8 | at[3];
    if (len > rest->len - 4)
        len = rest->len - 4;
    *ret_step = (struct step){at[0], at[1], str_from_bytes(rest->at + 4, len)};
    *rest = str_from(*rest, 4 + len);
    return true;
}

enum { STEP_FRAMES_MAX = 8 };

/* The frames of a message: of a known type with a right header when the first byte is one (the
 * second is the time in 10 ms, then come subject and body, separated by a line end); else whatever
 * stands there, separated by 0xfe. request_id has REQUEST_ID_BYTES. */
static inline size_t step_frames(struct str bytes, const unsigned char *request_id,
                                 unsigned char ret_header[HEADER_BYTES],
                                 struct str ret_frames[STEP_FRAMES_MAX])
{
    size_t len = 0;
    if (bytes.len >= 2 && bytes.at[0] >= MESSAGE_HELLO && bytes.at[0] < MESSAGE_TYPES) {
        struct envelope envelope = {
            .type = (enum message_type)bytes.at[0],
            .operation_version = 1,
            .time_ms = 10u * (unsigned char)bytes.at[1],
        };
        memcpy(envelope.request_id, request_id, REQUEST_ID_BYTES);
        envelope_header_write(&envelope, ret_header);
        struct str rest = str_from(bytes, 2), subject = STR("");
        if (!str_cut(rest, '\n', &subject, &rest))
            subject = STR("");
        ret_frames[0] = str_from_bytes(ret_header, HEADER_BYTES);
        ret_frames[1] = subject;
        ret_frames[2] = STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        ret_frames[3] = rest;
        return FRAMES;
    }
    for (struct str rest = bytes; len < STEP_FRAMES_MAX && str_is_present(rest); len++)
        if (!str_cut(rest, (char)0xfe, &ret_frames[len], &rest)) {
            ret_frames[len] = rest;
            rest = STR_ABSENT;
        }
    return len;
}

#endif
