/* The strict gate in front of every request: the raw head is read again, because libh2o's parser
 * forgives what two parsers in a row may understand differently (request smuggling).
 *
 *     struct request_head head;
 *     const char *problem;
 *     if (request_head_check(input, &head, &problem) != OK) ...   400 and close
 *
 * Accepted: one optional empty line, an origin-form target of visible ASCII, HTTP/1.0 or 1.1, lines
 * that end in CRLF, exactly one Host, at most one of Content-Length (digits) and Transfer-Encoding
 * (chunked, HTTP/1.1), at most HTTP_HEAD_BYTES_MAX bytes. A pure function. */
#ifndef SERVICES_EDGE_REQUEST_HEAD_H
#define SERVICES_EDGE_REQUEST_HEAD_H

#include "common/base/failure.h"

struct request_head {
    size_t len;      /* of the head, its empty line included */
    bool is_chunked; /* the body came with Transfer-Encoding */
};

/* bytes begins with the head and may go on behind it. FAIL_REQUEST_HEAD_MALFORMED, and *ret_problem
 * says why, for the log. */
enum failure request_head_check(struct str bytes, struct request_head *ret_head,
                                const char **ret_problem) MUST_CHECK;

#endif
