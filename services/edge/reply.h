/* The one way in which the edge answers: status, headers, body.
 *
 *     struct reply reply = {.status = 200, .content_type = REPLY_JSON, .body = body};
 *     reply_add(&reply, "location", location);
 *     reply_send(request, &reply);
 *
 * Adds what every answer carries (nosniff, Cache-Control: no-store unless said otherwise, CORS
 * where the route has it, Connection: close while draining). Everything is copied into the
 * request's pool, except a static body. A header value with a control character is never sent: the
 * answer becomes a 500 and the log says why. After reply_send the request is gone. */
#ifndef SERVICES_EDGE_REPLY_H
#define SERVICES_EDGE_REPLY_H

#include "services/edge/request.h"

enum { REPLY_HEADERS_MAX = 12 };

#define REPLY_JSON "application/json"
#define REPLY_HTML "text/html; charset=utf-8"

struct reply {
    int status;
    const char *content_type;
    struct str body;
    bool is_body_static;       /* lives as long as the process: not copied */
    const char *cache_control; /* NULL: no-store */
    int64_t retry_after_s;     /* RFC 9110 10.2.3; 0: none */
    struct {
        const char *name; /* lower case */
        struct str value;
    } headers[REPLY_HEADERS_MAX];
    size_t headers_len;
};

/* An absent value adds nothing. */
void reply_add(struct reply *reply, const char *name, struct str value);
void reply_send(const struct request *request, const struct reply *reply);
/* A page with everything that goes with it (DESIGN section 6). html absent: 500. */
void reply_send_page(const struct request *request, struct reply *reply, struct str html);
/* 302; location absent: 500. */
void reply_send_redirect(const struct request *request, struct reply *reply, struct str location);
/* The answer to OPTIONS (Fetch standard, CORS preflight). */
void reply_send_options(const struct request *request);
const char *reply_reason(int status);

#endif
