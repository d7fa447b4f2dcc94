/* How long a connection may take for what it is at: long while there is room, shorter the fuller
 * the server is, so that whoever only occupies it makes room for those who ask something.
 *
 *     struct http_patience patience = {0};                     one for each connection
 *     http_patience_look(&patience, HTTP_HEAD, bytes_written, now_ms);    now and then
 *     if (http_patience_is_over(&patience, &load, now_ms)) ...
 *
 * Times are the server's own (http_awake_ms): neither a step of the wall clock nor the time that
 * the process stood still, while clients went on, ends a connection. Pure, without libh2o. */
#ifndef SERVICES_EDGE_HTTP_PATIENCE_H
#define SERVICES_EDGE_HTTP_PATIENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum http_phase {
    HTTP_IDLE,   /* between two requests, or before the first */
    HTTP_HEAD,   /* some of a head has come */
    HTTP_BODY,   /* the head has, and not the whole body */
    HTTP_ANSWER, /* the request is here: its own budget counts */
    HTTP_WRITE, /* the answer is, and the kernel has not taken all of it: the client reads slowly */
    HTTP_PHASES
};

struct http_patience {
    enum http_phase phase;
    size_t bytes_written; /* tells two requests of a connection apart */
    int64_t since_ms;     /* 0: not looked at yet */
};

/* Time that passes only as fast as the server looks at its connections. */
struct http_awake {
    int64_t time_ms;   /* never 0 after a look */
    int64_t looked_ms; /* CLOCK_MONOTONIC */
    bool was_late;
};

/* What fills the server. */
struct http_load {
    size_t connections, connections_max;
    size_t unread_bytes, unread_bytes_max; /* of heads and bodies that have not come whole */
};

void http_patience_look(struct http_patience *patience, enum http_phase phase, size_t bytes_written,
                        int64_t now_ms);
bool http_patience_is_over(const struct http_patience *patience, const struct http_load *load,
                           int64_t now_ms);
/* At least every 250 ms. False when it comes so late that nobody is to be judged now, because what
 * clients have sent meanwhile is not read yet; never twice in a row, however busy the loop is. */
bool http_awake_look(struct http_awake *awake, int64_t now_ms);
/* For a phase under this load; INT64_MAX: for ever. */
int64_t http_patience_ms(enum http_phase phase, const struct http_load *load);

#endif
