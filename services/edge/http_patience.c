/* Up to half of either limit nobody is hurried. From there patience shrinks in proportion to what
 * is left, down to a second: a flood of idle connections, slow heads or slow bodies then makes room
 * by itself about as fast as it comes. */
#include "services/edge/http_patience.h"

enum { PATIENCE_MS_MIN = 1000, SCALE = 1000 };

static const int64_t PATIENCE_MS_MAX[HTTP_PHASES] = {
    [HTTP_IDLE] = 75 * 1000,   [HTTP_HEAD] = 10 * 1000,  [HTTP_BODY] = 20 * 1000,
    [HTTP_ANSWER] = INT64_MAX, [HTTP_WRITE] = 30 * 1000,
};

/* A loop turns late by some milliseconds, a process that was stopped by more. */
enum { LATE_MS = 500, LATE_COUNTS_MS = 250 };

/* SCALE while half is free, 0 when nothing is. */
static int64_t room(size_t used, size_t max)
{
    size_t left = used < max ? max - used : 0;
    return left >= max / 2 ? SCALE : (int64_t)(left * SCALE / (max / 2));
}

int64_t http_patience_ms(enum http_phase phase, const struct http_load *load)
{
    int64_t max = PATIENCE_MS_MAX[phase];
    if (max == INT64_MAX)
        return max;
    int64_t of_connections = room(load->connections, load->connections_max);
    int64_t of_bytes = room(load->unread_bytes, load->unread_bytes_max);
    int64_t least = of_connections < of_bytes ? of_connections : of_bytes;
    return PATIENCE_MS_MIN + (max - PATIENCE_MS_MIN) * least / SCALE;
}

void http_patience_look(struct http_patience *patience, enum http_phase phase, size_t bytes_written,
                        int64_t now_ms)
{
    if (patience->since_ms == 0 || patience->phase != phase ||
        patience->bytes_written != bytes_written)
        *patience = (struct http_patience){phase, bytes_written, now_ms};
}

bool http_patience_is_over(const struct http_patience *patience, const struct http_load *load,
                           int64_t now_ms)
{
    return now_ms - patience->since_ms > http_patience_ms(patience->phase, load);
}

bool http_awake_look(struct http_awake *awake, int64_t now_ms)
{
    bool is_first = awake->looked_ms == 0;
    int64_t since_ms = is_first ? LATE_COUNTS_MS : now_ms - awake->looked_ms;
    bool is_late = since_ms > LATE_MS && !awake->was_late;
    awake->time_ms += is_late ? LATE_COUNTS_MS : since_ms;
    awake->looked_ms = now_ms;
    awake->was_late = is_late;
    return !is_late;
}
