#include "tests/unit/services/edge/http_rig.h"
#include "common/base/clock.h"
#include "services/edge/endpoints.h"
#include "services/edge/errand.h"
#include "services/edge/page.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ARENA_BYTES = 1024 * 1024, PATIENCE_MS = 10000 };

struct link_call {
    struct rig *rig;
    link_reply_cb *on_reply;
    void *context;
};

static struct rig *current;

/* What edge.c would link, played by the test. */

const char *worker_kind_name(enum worker_kind kind)
{
    static const char *const names[] = {"registry", "broker", "signer"};
    return names[kind];
}

struct link_edge *link_edge_new(struct loop *loop, const struct link_edge_options *options)
{
    (void)loop;
    (void)options;
    return NULL;
}

void link_edge_free(struct link_edge *link)
{
    (void)link;
}

bool link_edge_allow(struct link_edge *link, struct str allowed_keys)
{
    (void)link;
    (void)allowed_keys;
    return true;
}

void link_edge_forget_keys(struct link_edge *link)
{
    (void)link;
}

void link_edge_say_bye(struct link_edge *link)
{
    (void)link;
}

size_t link_edge_workers(const struct link_edge *link, enum worker_kind kind)
{
    (void)link;
    (void)kind;
    return current->workers;
}

size_t link_edge_workers_ready(const struct link_edge *link, enum worker_kind kind)
{
    return link_edge_workers(link, kind);
}

struct link_call *link_edge_call(struct link_edge *link, const struct link_edge_request *request,
                                 link_reply_cb *on_reply, void *context)
{
    (void)link;
    struct rig *rig = current;
    struct link_call *call = calloc(1, sizeof(*call));
    assert(call != NULL);
    *call = (struct link_call){rig, on_reply, context};
    rig->asked++;
    rig->kind = request->kind;
    rig->budget_ms = request->budget_ms;
    rig->call = call;
    snprintf(rig->operation, sizeof(rig->operation), "%.*s/%u", STR_ARGS(request->operation),
             request->version);
    snprintf(rig->traceparent, sizeof(rig->traceparent), "%.*s", STR_ARGS(request->traceparent));
    memcpy(rig->request_id, request->request_id, sizeof(rig->request_id));
    json_decref(rig->body);
    rig->body = json_loadb(request->body.at, request->body.len, 0, NULL);
    assert(rig->body != NULL);
    return call;
}

int64_t link_call_retry_after_s(const struct link_call *call)
{
    return call->rig->retry_after_s;
}

struct str link_call_continued(const struct link_call *call)
{
    return str_from_cstr(call->rig->continued);
}

void link_call_cancel(struct link_call *call)
{
    call->rig->cancelled++;
    call->rig->call = NULL;
    free(call);
}

void service_drained(void) {}

void service_readiness_changed(void) {}

struct rig *rig_new(const char *base_url)
{
    struct rig *rig = calloc(1, sizeof(*rig));
    assert(rig != NULL);
    static struct str listen[] = {STR_INIT("127.0.0.1:0")};
    signal(SIGPIPE, SIG_IGN); /* as service_main does */
    current = rig;
    rig->workers = 1;
    rig->config.listen = (struct strs){listen, 1};
    rig->edge.config = &rig->config;
    rig->edge.loop = loop_new();
    rig->edge.arena = arena_new(ARENA_BYTES);
    edge_set_issuer(&rig->edge, str_from_cstr(base_url));
    return rig;
}

void rig_start(struct rig *rig)
{
    struct str problem = STR_ABSENT;
    page_init();
    assert(metadata_init(&rig->edge) && landing_init(&rig->edge));
    rig->edge.server = http_server_new(&rig->edge, true, &problem);
    if (rig->edge.server == NULL)
        fprintf(stderr, "%.*s\n", STR_ARGS(problem));
    assert(rig->edge.server != NULL);
}

struct rig *rig_open(const char *base_url)
{
    struct rig *rig = rig_new(base_url);
    rig_start(rig);
    return rig;
}

void rig_close(struct rig *rig)
{
    errands_fail_all(&rig->edge);
    http_server_free(rig->edge.server);
    keys_forget();
    loop_free(rig->edge.loop);
    arena_free(rig->edge.arena);
    json_decref(rig->body);
    free(rig);
}

int rig_connect(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)http_server_port(rig->edge.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert(client >= 0);
    int failed = connect(client, (struct sockaddr *)&address, sizeof(address));
    assert(failed == 0);
    fcntl(client, F_SETFL, O_NONBLOCK);
    return client;
}

void rig_send(int client, const char *text)
{
    ssize_t len = send(client, text, strlen(text), MSG_NOSIGNAL);
    assert(len == (ssize_t)strlen(text));
}

void rig_await_asked(struct rig *rig, size_t asked)
{
    int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    while (rig->asked < asked) {
        assert(clock_monotonic_ms() < end_ms);
        loop_run_turn(rig->edge.loop);
    }
}

void rig_answer(struct rig *rig, enum failure failure, const char *body)
{
    struct link_call *call = rig->call;
    assert(call != NULL);
    rig->call = NULL;
    call->on_reply(call->context, failure, str_from_cstr(body));
    free(call);
}

const char *rig_header(const char *response, const char *name)
{
    static char value[16 * 1024];
    size_t len = strlen(name);
    for (const char *line = strstr(response, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncmp(line, "\r\n", 2) == 0)
            return NULL;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + len + 2, "\r"),
                     line + len + 2);
            return value;
        }
    }
    return NULL;
}

/* Up to the end of the body that Content-Length tells. */
static bool is_whole(const char *text)
{
    const char *body = strstr(text, "\r\n\r\n");
    if (body == NULL)
        return false;
    const char *length = rig_header(text, "content-length");
    return strlen(body + 4) >= (length != NULL ? strtoul(length, NULL, 10) : 0);
}

const char *rig_read(struct rig *rig, int client)
{
    size_t len = 0;
    int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    rig->text[0] = '\0';
    for (;;) {
        ssize_t got = recv(client, rig->text + len, sizeof(rig->text) - 1 - len, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN))
            return rig->text;
        len += got > 0 ? (size_t)got : 0;
        rig->text[len] = '\0';
        if (is_whole(rig->text))
            return rig->text;
        assert(clock_monotonic_ms() < end_ms);
        if (got < 0)
            loop_run_turn(rig->edge.loop);
    }
}

bool rig_is_closed(struct rig *rig, int client)
{
    int64_t end_ms = clock_monotonic_ms() + PATIENCE_MS;
    for (char byte; clock_monotonic_ms() < end_ms; loop_run_turn(rig->edge.loop)) {
        ssize_t got = recv(client, &byte, 1, 0);
        if (got > 0)
            return false;
        if (got == 0 || errno != EAGAIN)
            return true;
    }
    return false;
}

const char *rig_ask(struct rig *rig, const char *text)
{
    int client = rig_connect(rig);
    rig_send(client, text);
    const char *response = rig_read(rig, client);
    close(client);
    return response;
}

const char *rig_member(const struct rig *rig, const char *name)
{
    return json_string_value(json_object_get(rig->body, name));
}
