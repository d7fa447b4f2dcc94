/* libcurl's multi interface says which descriptors and which time it waits for, and the loop tells
 * it when they come. Its callbacks only note what happened; on_reply is called from outside of
 * libcurl, so that it may start, cancel and free. All texts of a call lie in one arena, which is
 * wiped, because requests carry client secrets and replies carry tokens. */
#include "common/net/http_client.h"

#include "common/base/arena.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    BODY_FIRST_BYTES = 4096,
    CALL_BYTES_MAX = 128 * 1024, /* request and head; the bodies come on top */
};

struct http_client {
    struct loop *loop;
    struct loop_timer *timer;
    CURLM *multi;
    struct arena *arena; /* holds the options' texts */
    struct http_client_options options;
    const char *proxy; /* "": none */
    const char *ca_file;
    const char *user_agent;
    struct http_client_call *calls;
    size_t calls_count;
    bool *is_freed; /* where drive() learns that on_reply freed the client */
};

struct http_client_call {
    struct http_client *client;
    struct http_client_call *next, *previous;
    CURL *easy;
    struct curl_slist *headers;
    struct arena *arena;
    http_client_cb *on_reply;
    void *context;
    char *body; /* room for body_room bytes */
    size_t body_len, body_room, body_max_bytes;
    size_t head_len;
    const char *refusal; /* why one of our callbacks ended the transfer */
};

/* ---- what a reply consists of ---- */

static const struct {
    const char *name;
    size_t offset;
} HEADERS[] = {
    {"Content-Type", offsetof(struct http_reply, content_type)},
    {"Link", offsetof(struct http_reply, link)},
    {"Location", offsetof(struct http_reply, location)},
    {"Retry-After", offsetof(struct http_reply, retry_after)},
    {"Cache-Control", offsetof(struct http_reply, cache_control)},
    {"Expires", offsetof(struct http_reply, expires)},
    {"Date", offsetof(struct http_reply, date)},
    {"Age", offsetof(struct http_reply, age)},
    {"X-RateLimit-Remaining", offsetof(struct http_reply, x_ratelimit_remaining)},
    {"X-RateLimit-Reset", offsetof(struct http_reply, x_ratelimit_reset)},
    {"X-GitHub-SSO", offsetof(struct http_reply, x_github_sso)},
};

static const struct {
    CURLcode code;
    const char *reason;
} REASONS[] = {
    {CURLE_OK, "ok"},
    {CURLE_OPERATION_TIMEDOUT, "timeout"},
    {CURLE_COULDNT_RESOLVE_HOST, "resolve"},
    {CURLE_COULDNT_RESOLVE_PROXY, "resolve"},
    {CURLE_COULDNT_CONNECT, "connect"},
    {CURLE_FILESIZE_EXCEEDED, "body_too_large"},
    {CURLE_PEER_FAILED_VERIFICATION, "tls"},
    {CURLE_SSL_CONNECT_ERROR, "tls"},
    {CURLE_SSL_CACERT_BADFILE, "ca_file"},
    {CURLE_GOT_NOTHING, "lost"},
    {CURLE_RECV_ERROR, "lost"},
    {CURLE_SEND_ERROR, "lost"},
    {CURLE_PARTIAL_FILE, "lost"},
    {CURLE_URL_MALFORMAT, "url"},
    {CURLE_UNSUPPORTED_PROTOCOL, "url"},
    {CURLE_LOGIN_DENIED, "url"},
    {CURLE_WEIRD_SERVER_REPLY, "malformed"},
    {CURLE_OUT_OF_MEMORY, "memory"},
};

static const char *reason_of(CURLcode code)
{
    for (size_t i = 0; i < sizeof(REASONS) / sizeof(REASONS[0]); i++)
        if (REASONS[i].code == code)
            return REASONS[i].reason;
    return "other";
}

/* ---- a call's end ---- */

static void call_unlink(struct http_client_call *call)
{
    struct http_client *client = call->client;
    if (call->previous != NULL)
        call->previous->next = call->next;
    else
        client->calls = call->next;
    if (call->next != NULL)
        call->next->previous = call->previous;
    client->calls_count--;
    curl_multi_remove_handle(client->multi, call->easy);
}

static void call_free(struct http_client_call *call)
{
    curl_easy_cleanup(call->easy);
    curl_slist_free_all(call->headers);
    arena_free(call->arena);
    free(call);
}

/* Absent without such a header; false when the arena is full. */
static bool read_header(struct http_client_call *call, const char *name, struct str *ret_value)
{
    struct curl_header *header;
    *ret_value = STR_ABSENT;
    for (size_t i = 0;
         curl_easy_header(call->easy, name, i, CURLH_HEADER, -1, &header) == CURLHE_OK; i++) {
        *ret_value =
            i == 0 ? arena_dup(call->arena, str_from_cstr(header->value))
                   : arena_printf(call->arena, "%.*s, %s", STR_ARGS(*ret_value), header->value);
        if (!str_is_present(*ret_value))
            return false;
    }
    return true;
}

static struct http_reply reply_of(struct http_client_call *call, CURLcode code)
{
    const struct http_reply failed = {
        .failure = FAIL_OUTBOUND_FAILED,
        .reason = call->refusal != NULL ? call->refusal : reason_of(code),
    };
    struct http_reply reply = {.failure = OK, .reason = reason_of(CURLE_OK)};
    long status = 0;
    if (code != CURLE_OK || call->refusal != NULL)
        return failed;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    reply.status = (int)status;
    reply.body = str_from_bytes(call->body != NULL ? call->body : "", call->body_len);
    for (size_t i = 0; i < sizeof(HEADERS) / sizeof(HEADERS[0]); i++)
        if (!read_header(call, HEADERS[i].name, (struct str *)((char *)&reply + HEADERS[i].offset)))
            return (struct http_reply){.failure = FAIL_OUTBOUND_FAILED, .reason = "memory"};
    return reply;
}

/* Hands out what has ended. False when an on_reply freed the client. */
static bool deliver(struct http_client *client)
{
    bool is_freed = false;
    client->is_freed = &is_freed;
    for (int left; !is_freed;) {
        CURLMsg *message = curl_multi_info_read(client->multi, &left);
        if (message == NULL)
            break;
        struct http_client_call *call = NULL;
        CURLcode code = message->data.result; /* message dies with the next call */
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        struct http_reply reply = reply_of(call, code);
        call_unlink(call);
        call->on_reply(call->context, &reply);
        call_free(call);
    }
    if (!is_freed)
        client->is_freed = NULL;
    return !is_freed;
}

static void drive(struct http_client *client, curl_socket_t fd, int events)
{
    int running;
    curl_multi_socket_action(client->multi, fd, events, &running);
    deliver(client);
}

/* ---- libcurl's wishes, carried to the loop ---- */

static void on_event(void *context, int fd, unsigned events)
{
    int mask = 0;
    if (events & LOOP_READABLE)
        mask |= CURL_CSELECT_IN;
    if (events & LOOP_WRITABLE)
        mask |= CURL_CSELECT_OUT;
    drive(context, fd, mask);
}

static void on_time(void *context)
{
    drive(context, CURL_SOCKET_TIMEOUT, 0);
}

static int on_socket_wish(CURL *easy, curl_socket_t fd, int wish, void *context, void *socket)
{
    struct http_client *client = context;
    struct loop_watch *watch = socket;
    (void)easy;
    if (wish == CURL_POLL_REMOVE) {
        loop_watch_free(watch);
        curl_multi_assign(client->multi, fd, NULL);
        return 0;
    }
    if (watch == NULL) {
        watch = loop_watch_new(client->loop, fd, on_event, client);
        if (watch == NULL)
            return -1; /* libcurl gives the transfers up */
        curl_multi_assign(client->multi, fd, watch);
    }
    loop_watch_set(watch, ((wish & CURL_POLL_IN) ? LOOP_READABLE : 0u) |
                              ((wish & CURL_POLL_OUT) ? LOOP_WRITABLE : 0u));
    return 0;
}

static int on_timer_wish(CURLM *multi, long delay_ms, void *context)
{
    struct http_client *client = context;
    (void)multi;
    if (delay_ms < 0)
        loop_timer_stop(client->timer);
    else
        loop_timer_start(client->timer, delay_ms, 0);
    return 0;
}

/* ---- what libcurl asks and tells during a transfer ---- */

static bool is_allowed(struct http_client_call *call, const struct sockaddr *address)
{
    const struct http_client_options *options = &call->client->options;
    bool allowed = options->address_is_allowed == NULL ||
                   options->address_is_allowed(options->address_context, address);
    if (!allowed)
        call->refusal = "address_refused";
    return allowed;
}

/* The address here is the one that is connected to: a name that changes its mind between a check
 * and a connect (DNS rebinding) gains nothing. A refused one leaves the name's others to be tried.
 */
static curl_socket_t on_open_socket(void *context, curlsocktype purpose,
                                    struct curl_sockaddr *address)
{
    struct http_client_call *call = context;
    (void)purpose;
    if (!is_allowed(call, &address->addr))
        return CURL_SOCKET_BAD;
    call->refusal = NULL;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* Asked again when a connection is about to carry the request, because it may be a kept one. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static int on_request_ready(void *context, char *remote_ip, char *local_ip, int remote_port,
                            int local_port)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {0};
    struct http_client_call *call = context;
    (void)local_ip, (void)local_port;
    if (inet_pton(AF_INET, remote_ip, &address.v4.sin_addr) == 1) {
        address.v4.sin_family = AF_INET;
        address.v4.sin_port = htons((uint16_t)remote_port);
    } else if (inet_pton(AF_INET6, remote_ip, &address.v6.sin6_addr) == 1) {
        address.v6.sin6_family = AF_INET6;
        address.v6.sin6_port = htons((uint16_t)remote_port);
    } else {
        return CURL_PREREQFUNC_ABORT;
    }
    if (!is_allowed(call, &address.any))
        return CURL_PREREQFUNC_ABORT;
    call->refusal = NULL; /* another address of the name may have been refused on the way */
    return CURL_PREREQFUNC_OK;
}

/* Counts, because MAXFILESIZE knows nothing of chunked bodies. */
static size_t on_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_client_call *call = context;
    size_t len = size * count;
    if (len > call->body_max_bytes - call->body_len) {
        call->refusal = "body_too_large";
        return CURL_WRITEFUNC_ERROR;
    }
    if (len > call->body_room - call->body_len) {
        size_t room = 2 * (call->body_len + len) + BODY_FIRST_BYTES;
        if (room > call->body_max_bytes)
            room = call->body_max_bytes;
        char *body = arena_take(call->arena, room);
        if (body == NULL) {
            call->refusal = "memory";
            return CURL_WRITEFUNC_ERROR;
        }
        if (call->body_len > 0)
            memcpy(body, call->body, call->body_len);
        call->body = body;
        call->body_room = room;
    }
    if (len > 0)
        memcpy(call->body + call->body_len, bytes, len);
    call->body_len += len;
    return len;
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the type is libcurl's */
static size_t on_head(char *bytes, size_t size, size_t count, void *context)
{
    struct http_client_call *call = context;
    (void)bytes;
    call->head_len += size * count;
    if (call->head_len > HTTP_CLIENT_HEAD_BYTES_MAX) {
        call->refusal = "head_too_large";
        return CURL_WRITEFUNC_ERROR;
    }
    return size * count;
}

/* ---- a call's beginning ---- */

static bool is_word(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.at[i] < 'A' || text.at[i] > 'Z')
            return false;
    return text.len > 0;
}

/* No control character may come into the request's head, or the caller's text could end it. */
static bool is_one_line(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.at[i] < ' ' && text.at[i] != '\t')
            return false;
    return true;
}

static bool add_header(struct http_client_call *call, const struct http_header *header)
{
    if (str_is_empty(header->name) || !is_one_line(header->name) || !is_one_line(header->value) ||
        str_index_of(header->name, ':') != header->name.len)
        return false;
    /* libcurl's spelling of a header without a value is "Name;". */
    struct str line = str_is_empty(header->value)
                          ? arena_printf(call->arena, "%.*s;", STR_ARGS(header->name))
                          : arena_printf(call->arena, "%.*s: %.*s", STR_ARGS(header->name),
                                         STR_ARGS(header->value));
    struct curl_slist *longer =
        str_is_present(line) ? curl_slist_append(call->headers, line.at) : NULL;
    if (longer != NULL)
        call->headers = longer;
    return longer != NULL;
}

/* curl_easy_setopt is a macro that checks types only under gcc, and answers with a code. */
#define SET(option, value) (curl_easy_setopt(call->easy, (option), (value)) == CURLE_OK)

static bool set_request(struct http_client_call *call, const struct http_request *request)
{
    const char *method = arena_dup_cstr(call->arena, request->method);
    const char *url = arena_dup_cstr(call->arena, request->url);
    if (!is_word(request->method) || method == NULL || url == NULL || !is_one_line(request->url) ||
        request->headers_len > HTTP_CLIENT_HEADERS_MAX)
        return false;
    for (size_t i = 0; i < request->headers_len; i++)
        if (!add_header(call, &request->headers[i]))
            return false;
    if (str_is_present(request->body)) {
        struct str body = arena_dup(call->arena, request->body);
        if (!str_is_present(body) || !SET(CURLOPT_POST, 1L) || !SET(CURLOPT_POSTFIELDS, body.at) ||
            !SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len))
            return false;
    } else if (str_equals(request->method, STR("HEAD")) && !SET(CURLOPT_NOBODY, 1L)) {
        return false;
    }
    int64_t timeout_ms = request->timeout_ms > 0 ? request->timeout_ms : 1;
    return SET(CURLOPT_URL, url) && SET(CURLOPT_CUSTOMREQUEST, method) &&
           SET(CURLOPT_HTTPHEADER, call->headers) && SET(CURLOPT_TIMEOUT_MS, (long)timeout_ms) &&
           SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->body_max_bytes);
}

static bool set_rules(struct http_client_call *call)
{
    const struct http_client *client = call->client;
    const struct http_client_options *options = &client->options;
    int64_t connect_ms = options->connect_timeout_ms > 0 ? options->connect_timeout_ms
                                                         : HTTP_CLIENT_CONNECT_TIMEOUT_MS;
    if (client->ca_file != NULL && !SET(CURLOPT_CAINFO, client->ca_file))
        return false;
    if (options->is_connection_fresh &&
        !(SET(CURLOPT_FRESH_CONNECT, 1L) && SET(CURLOPT_FORBID_REUSE, 1L)))
        return false;
    if (options->address_is_allowed != NULL &&
        !(SET(CURLOPT_PREREQFUNCTION, on_request_ready) && SET(CURLOPT_PREREQDATA, call)))
        return false;
    return SET(CURLOPT_NOSIGNAL, 1L) &&
           SET(CURLOPT_QUICK_EXIT, 1L) && /* a slow resolver must not hold the loop at the end */
           SET(CURLOPT_FOLLOWLOCATION, 0L) && SET(CURLOPT_PROXY, client->proxy) &&
           SET(CURLOPT_PROTOCOLS_STR, options->is_https_only ? "https" : "http,https") &&
           SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) && SET(CURLOPT_SSL_VERIFYPEER, 1L) &&
           SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
           SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) &&
           SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)connect_ms) &&
           SET(CURLOPT_USERAGENT, client->user_agent) && SET(CURLOPT_TCP_NODELAY, 1L);
}

static bool set_callbacks(struct http_client_call *call)
{
    return SET(CURLOPT_PRIVATE, call) && SET(CURLOPT_WRITEFUNCTION, on_body) &&
           SET(CURLOPT_WRITEDATA, call) && SET(CURLOPT_HEADERFUNCTION, on_head) &&
           SET(CURLOPT_HEADERDATA, call) && SET(CURLOPT_OPENSOCKETFUNCTION, on_open_socket) &&
           SET(CURLOPT_OPENSOCKETDATA, call);
}

struct http_client_call *http_client_request(struct http_client *client,
                                             const struct http_request *request,
                                             http_client_cb *on_reply, void *context)
{
    if (client->calls_count == HTTP_CLIENT_CALLS_MAX)
        return NULL;
    struct http_client_call *call = calloc(1, sizeof(*call));
    if (call == NULL)
        return NULL;
    *call = (struct http_client_call){
        .client = client,
        .easy = curl_easy_init(),
        /* A body that grows by doubling takes at most three times its end. */
        .arena = arena_new(CALL_BYTES_MAX + request->body.len + 3 * request->body_max_bytes),
        .on_reply = on_reply,
        .context = context,
        .body_max_bytes = request->body_max_bytes,
    };
    if (call->easy == NULL || call->arena == NULL || !set_request(call, request) ||
        !set_rules(call) || !set_callbacks(call) ||
        curl_multi_add_handle(client->multi, call->easy) != CURLM_OK) {
        call_free(call);
        return NULL;
    }
    call->next = client->calls;
    if (call->next != NULL)
        call->next->previous = call;
    client->calls = call;
    client->calls_count++;
    return call;
}

void http_client_cancel(struct http_client_call *call)
{
    if (call == NULL)
        return;
    call_unlink(call);
    call_free(call);
}

size_t http_client_in_flight(const struct http_client *client)
{
    return client->calls_count;
}

/* ---- the client ---- */

static bool copy_options(struct http_client *client, const struct http_client_options *options)
{
    client->options = *options;
    client->proxy =
        str_is_empty(options->proxy) ? "" : arena_dup_cstr(client->arena, options->proxy);
    client->user_agent = str_is_empty(options->user_agent)
                             ? "mcp-oauth/" MCP_OAUTH_RELEASE
                             : arena_dup_cstr(client->arena, options->user_agent);
    if (!str_is_empty(options->ca_file))
        client->ca_file = arena_dup_cstr(client->arena, options->ca_file);
    return client->proxy != NULL && client->user_agent != NULL &&
           (str_is_empty(options->ca_file) || client->ca_file != NULL);
}

struct http_client *http_client_new(struct loop *loop, const struct http_client_options *options)
{
    struct http_client *client = calloc(1, sizeof(*client));
    if (client == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(client);
        return NULL;
    }
    client->loop = loop;
    client->multi = curl_multi_init();
    client->timer = loop_timer_new(loop, on_time, client);
    client->arena = arena_new(CALL_BYTES_MAX);
    if (client->multi == NULL || client->timer == NULL || client->arena == NULL ||
        !copy_options(client, options)) {
        http_client_free(client);
        return NULL;
    }
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETFUNCTION, on_socket_wish);
    curl_multi_setopt(client->multi, CURLMOPT_SOCKETDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERFUNCTION, on_timer_wish);
    curl_multi_setopt(client->multi, CURLMOPT_TIMERDATA, client);
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)HTTP_CLIENT_CONNECTIONS_KEPT_MAX);
    return client;
}

void http_client_free(struct http_client *client)
{
    if (client == NULL)
        return;
    if (client->is_freed != NULL)
        *client->is_freed = true;
    for (struct http_client_call *call = client->calls, *next; call != NULL; call = next) {
        next = call->next;
        http_client_cancel(call);
    }
    curl_multi_cleanup(client->multi);
    loop_timer_free(client->timer);
    arena_free(client->arena);
    free(client);
    curl_global_cleanup();
}
