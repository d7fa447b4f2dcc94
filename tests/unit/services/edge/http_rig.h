/* The edge's HTTP with a link that the test plays: requests go in over a real socket, what would go
 * to a worker lands in rig.asked, and the test answers.
 *
 *     struct rig *rig = rig_open("http://localhost:8787");
 *     int client = rig_connect(rig);
 *     rig_send(client, "POST /token HTTP/1.1\r\n...");
 *     rig_await_asked(rig, 1);
 *     rig_answer(rig, OK, "{...}");
 *     const char *text = rig_read(rig, client);       one whole response
 *     rig_close(rig); */
#ifndef TESTS_UNIT_SERVICES_EDGE_HTTP_RIG_H
#define TESTS_UNIT_SERVICES_EDGE_HTTP_RIG_H

#include "services/edge/edge.h"
#include "services/edge/http_server.h"

#include <jansson.h>

struct rig {
    struct edge edge;
    struct edge_config config;
    /* the last request to a worker */
    size_t asked;
    enum worker_kind kind;
    char operation[64];
    char traceparent[64];
    const char *continued; /* what the worker's answer tells; NULL: nothing */
    unsigned char request_id[16];
    int64_t budget_ms;
    json_t *body;
    int64_t retry_after_s; /* what the worker says with its answer */
    size_t cancelled;
    size_t workers;
    struct link_call *call;
    char text[64 * 1024];
};

struct rig *rig_open(const char *base_url);
/* With config set by the caller; the server starts here. */
struct rig *rig_new(const char *base_url);
void rig_start(struct rig *rig);
void rig_close(struct rig *rig);

int rig_connect(struct rig *rig);
void rig_send(int client, const char *text);
void rig_await_asked(struct rig *rig, size_t asked);
void rig_answer(struct rig *rig, enum failure failure, const char *body);
/* One response, headers and body, or what came until the end; lives until the next call. */
const char *rig_read(struct rig *rig, int client);
/* True when the server closes, without another byte. */
bool rig_is_closed(struct rig *rig, int client);
/* Sends, and reads the response that needs no worker. */
const char *rig_ask(struct rig *rig, const char *text);
const char *rig_member(const struct rig *rig,
                       const char *name); /* of the last message; NULL: absent */
/* The value of a response header, or NULL; lives until the next call. */
const char *rig_header(const char *response, const char *name);

#endif
