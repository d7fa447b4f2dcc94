#include "services/edge/client_question.h"
#include "common/base/limits.h"
#include "proto/registry.h"

static const struct errand_question RESOLVE = {WORKER_REGISTRY, "resolve", 1, &RESOLVE_REQUEST,
                                               NULL};

struct client_question {
    const struct errand_question *question;
    void *message;
    struct str client_id;
    errand_reply_cb *on_reply;
};

enum failure client_question_read(const struct errand *errand, const struct form *form,
                                  struct client_authentication *ret_client)
{
    return client_authentication_read(
        errand->arena, request_header(&errand->request, STR("authorization")), form, ret_client);
}

enum failure client_question_read_token(struct errand *errand,
                                        struct client_authentication *ret_client,
                                        struct str *ret_token)
{
    struct form form;
    struct str token, token_type_hint;
    TRY(request_read_form(&errand->request, errand->arena, &form));
    TRY(form_get(&form, STR("token"), &token));
    TRY(form_get(&form, STR("token_type_hint"), &token_type_hint));
    TRY(client_question_read(errand, &form, ret_client));
    /* None of ours is as long; the client is authenticated all the same. */
    *ret_token = token.len > TOKEN_BYTES_MAX ? STR("too-long") : token;
    return OK;
}

static void on_resolved(struct errand *errand, enum failure failure, const void *message)
{
    const struct client_question *asked = errand->state;
    (void)message;
    if (failure != OK)
        asked->on_reply(errand, failure, NULL);
    else
        errand_ask(errand, asked->question, asked->message, asked->on_reply);
}

static void on_first_reply(struct errand *errand, enum failure failure, const void *message)
{
    const struct client_question *asked = errand->state;
    const struct resolve_request resolve = {.client_id = asked->client_id};
    if (failure == FAIL_CLIENT_NEEDED)
        errand_ask(errand, &RESOLVE, &resolve, on_resolved);
    else
        asked->on_reply(errand, failure, message);
}

void client_question_ask(struct errand *errand, const struct errand_question *question,
                         const void *message, struct str client_id, errand_reply_cb *on_reply)
{
    struct client_question *asked = arena_take(errand->arena, sizeof(*asked));
    void *copy = arena_take(errand->arena, question->message->size_bytes);
    if (asked == NULL || copy == NULL) {
        errand_fail(errand, FAIL_OVERLOADED);
        return;
    }
    memcpy(copy, message, question->message->size_bytes);
    *asked = (struct client_question){question, copy, client_id, on_reply};
    errand->state = asked;
    errand_ask(errand, question, copy, on_first_reply);
}
