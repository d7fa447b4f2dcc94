/* W3C Trace Context: each message to a worker is a child span.
 *
 *     char text[TRACEPARENT_CHARACTERS + 1];
 *     traceparent_make_child(incoming, request_id, span, text);
 *
 * incoming is absent unless a trusted proxy sent it; then, and when it is malformed, the trace
 * begins here and has the request's id. */
#ifndef SERVICES_EDGE_TRACEPARENT_H
#define SERVICES_EDGE_TRACEPARENT_H

#include "common/base/str.h"

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

#endif
