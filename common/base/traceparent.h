/* W3C Trace Context: each message to a worker is a child span; a sign-in keeps its trace from
 * /authorize over GitHub to the token.
 *
 *     char text[TRACEPARENT_CHARACTERS + 1];
 *     traceparent_make_child(incoming, request_id, span, text);
 *     traceparent_continue(session->traceparent, own, text);
 *     log_information("request", LOG_TRACE(str_from_cstr(text)));
 *
 * incoming is absent unless a trusted proxy sent it; then, and when it is malformed, the trace
 * begins here and has the request's id. */
#ifndef COMMON_BASE_TRACEPARENT_H
#define COMMON_BASE_TRACEPARENT_H

#include "common/base/log.h"

enum {
    TRACEPARENT_CHARACTERS = 55,
    TRACE_ID_BYTES = 16,
    SPAN_ID_BYTES = 8,
};

/* Version 00 exactly, or a later one that begins like it (W3C Trace Context 3.2.4, 4.3). */
bool traceparent_is_valid(struct str text);
void traceparent_make_child(struct str incoming, const unsigned char request_id[TRACE_ID_BYTES],
                            const unsigned char span_id[SPAN_ID_BYTES],
                            char ret_text[TRACEPARENT_CHARACTERS + 1]);
/* The trace of an earlier request, with the span of this one. False, and nothing written, unless
 * both are valid. */
bool traceparent_continue(struct str earlier, struct str own,
                          char ret_text[TRACEPARENT_CHARACTERS + 1]);
/* 32 and 16 hexadecimal digits, borrowed; absent of what is not valid. */
struct str traceparent_trace_id(struct str text);
struct str traceparent_span_id(struct str text);

/* Both, as fields of a log line. */
#define LOG_TRACE(traceparent)                                                                     \
    LOG_STR("trace_id", traceparent_trace_id(traceparent)),                                        \
        LOG_STR("span_id", traceparent_span_id(traceparent))

#endif
