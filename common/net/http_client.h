/* Outbound HTTP inside the loop of the process.
 *
 *     struct http_client *client = http_client_new(loop, &(struct http_client_options){0});
 *     struct http_client_call *call = http_client_request(client, &(struct http_request){
 *         .method = STR("GET"), .url = url, .timeout_ms = 3000, .body_max_bytes = 65536 },
 *         on_reply, context);
 *     http_client_cancel(call);                  before the reply: on_reply is not called
 *
 * on_reply is called exactly once, from the loop, never from within http_client_request; the reply
 * and its texts live until it returns, and the call is gone then. It may make new requests, cancel
 * others and free the client. The request's texts are copied. Connections are kept and reused.
 * Always: http and https only, TLS certificates verified, TLS 1.2 or newer, no redirect followed,
 * no proxy from the environment, no cookies, no credentials from a URL or a .netrc file. */
#ifndef COMMON_NET_HTTP_CLIENT_H
#define COMMON_NET_HTTP_CLIENT_H

#include "common/base/failure.h"
#include "common/process/loop.h"

#include <sys/socket.h>

enum {
    HTTP_CLIENT_CALLS_MAX = 256,        /* at once; beyond it a request is refused */
    HTTP_CLIENT_HEADERS_MAX = 16,       /* of a request */
    HTTP_CLIENT_HEAD_BYTES_MAX = 32768, /* of a reply; GitHub sends about 3 KB */
    HTTP_CLIENT_CONNECTIONS_KEPT_MAX = 16,
    HTTP_CLIENT_CONNECT_TIMEOUT_MS = 3000, /* unless the options say otherwise */
};

struct http_client;
struct http_client_call;

/* Asked with the address that is about to be connected to, after the name was resolved, so that no
 * later answer of the DNS can differ (for addresses that a stranger chose). */
typedef bool http_client_address_cb(void *context, const struct sockaddr *address);

struct http_client_options { /* all may be zero; texts are copied */
    struct str proxy;        /* absent: none, whatever the environment says */
    struct str ca_file;      /* PEM; absent: the system's */
    struct str user_agent;   /* absent: "mcp-oauth/<release>" */
    int64_t connect_timeout_ms;
    bool is_https_only;
    bool is_connection_fresh; /* each request on a connection of its own */
    http_client_address_cb *address_is_allowed;
    void *address_context;
};

struct http_header {
    struct str name;
    struct str value; /* must not hold CR or LF: the request is refused */
};

struct http_request {
    struct str method; /* "GET", "POST" ... */
    struct str url;
    const struct http_header *headers;
    size_t headers_len;
    struct str body;       /* absent: none */
    int64_t timeout_ms;    /* for everything together, at least 1 */
    size_t body_max_bytes; /* of the reply */
};

struct http_reply {
    enum failure failure; /* OK: a whole reply of any status; else FAIL_OUTBOUND_FAILED */
    const char *reason;   /* a word for the log: "ok", "timeout", "connect", "body_too_large" ... */
    int status;
    /* Headers are absent when they were not sent; several lines of one name are joined by commas
     * (RFC 9110 5.3). */
    struct str content_type;
    struct str link;
    struct str location;
    struct str retry_after;
    struct str cache_control;
    struct str expires;
    struct str date;
    struct str age;
    struct str x_ratelimit_remaining;
    struct str x_ratelimit_reset;
    struct str x_github_sso;
    struct str body;
};

typedef void http_client_cb(void *context, const struct http_reply *reply);

/* NULL when memory is gone. */
struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options);
/* Cancels what is in flight. Accepts NULL. */
void http_client_free(struct http_client *client);
/* NULL when HTTP_CLIENT_CALLS_MAX are in flight, memory is gone, or a header is malformed: nothing
 * is sent and on_reply is not called. */
struct http_client_call *http_client_request(struct http_client *client,
                                             const struct http_request *request,
                                             http_client_cb *on_reply, void *context) MUST_CHECK;
void http_client_cancel(struct http_client_call *call); /* accepts NULL; not after on_reply */
size_t http_client_in_flight(const struct http_client *client);

#endif
