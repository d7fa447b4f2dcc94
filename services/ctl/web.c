#include "services/ctl/web.h"

#include "common/base/limits.h"
#include "common/net/http_client.h"

struct waiting {
    struct arena *arena;
    struct web_answer *answer;
    bool is_done;
};

static void on_reply(void *context, const struct http_reply *reply)
{
    struct waiting *waiting = context;
    waiting->is_done = true;
    waiting->answer->reason = reply->reason;
    waiting->answer->status = reply->failure == OK ? reply->status : 0;
    waiting->answer->location = arena_dup(waiting->arena, reply->location);
    waiting->answer->body = arena_dup(waiting->arena, reply->body);
}

static void ask(struct loop *loop, struct http_client *client, const struct web_question *question,
                struct waiting *waiting)
{
    struct http_header headers[3] = {{STR("Accept"), STR("application/json")}};
    size_t headers_len = 1;
    bool is_post = str_is_present(question->body);
    if (is_post)
        headers[headers_len++] = (struct http_header){STR("Content-Type"), question->content_type};
    if (str_is_present(question->authorization))
        headers[headers_len++] =
            (struct http_header){STR("Authorization"), question->authorization};
    const struct http_request request = {
        .method = str_is_present(question->method) ? question->method
                  : is_post                        ? STR("POST")
                                                   : STR("GET"),
        .url = question->url,
        .headers = headers,
        .headers_len = headers_len,
        .body = question->body,
        .timeout_ms = question->timeout_ms,
        .body_max_bytes = HTTP_BODY_BYTES_MAX,
    };
    if (http_client_request(client, &request, on_reply, waiting) == NULL) {
        waiting->answer->reason = "memory is gone";
        return;
    }
    while (!waiting->is_done) /* within timeout_ms */
        loop_run_turn(loop);
}

bool web_ask(const struct web_question *question, struct arena *arena,
             struct web_answer *ret_answer)
{
    *ret_answer = (struct web_answer){.reason = "memory is gone"};
    struct waiting waiting = {.arena = arena, .answer = ret_answer};
    const struct http_client_options options = {.ca_file = question->ca_file};
    struct loop *loop = loop_new();
    struct http_client *client = loop != NULL ? http_client_new(loop, &options) : NULL;
    if (client != NULL)
        ask(loop, client, question, &waiting);
    http_client_free(client);
    loop_free(loop);
    return ret_answer->status != 0;
}

struct value web_member(struct str json, const char *name)
{
    struct value value = value_of(json), found, member;
    struct value_cursor cursor = value_open(value);
    while (value_next_member(&cursor, &found, &member))
        if (value_text_is(found, name))
            return member;
    return (struct value){.kind = VALUE_NONE};
}
