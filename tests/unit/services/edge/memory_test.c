/* Every endpoint with its n-th allocation failing, for each n: the client hears that the server is
 * at fault, or what it would have heard anyway; a worker is never asked something else than what
 * was sent; and the next request is served. libh2o's own allocations end the process when they
 * fail (h2o_fatal), so these are the errand's and the endpoint's. */
#include "tests/unit/common/base/unit.h"
#include "tests/unit/services/edge/exchanges.h"
#include "tests/unit/services/edge/http_rig.h"

#include "services/edge/endpoints.h"
#include "services/edge/errand.h"

#include <sys/socket.h>
#include <unistd.h>

enum { ALLOCATIONS_MAX = 120, RIGHT_AT_THE_END = 20 };

/* The members that are drawn anew for each request. */
static json_t *message_of(struct rig *rig)
{
    json_t *message = json_deep_copy(rig->body);
    json_object_del(message, "seed");
    return message;
}

/* The response, until which the workers have answered in turn. What they were asked is kept in
 * messages, or compared with what stands there. */
static const char *run(struct rig *rig, const struct exchange *exchange,
                       json_t *messages[EXCHANGE_ANSWERS_MAX])
{
    char byte;
    size_t answered = 0;
    int client = rig_connect(rig);
    exchange_send(client, exchange);
    while (recv(client, &byte, 1, MSG_PEEK) < 0) {
        while (rig->call != NULL) { /* an answer may lead to the next question at once */
            assert_true(answered < EXCHANGE_ANSWERS_MAX &&
                        exchange->answers[answered].body != NULL);
            json_t *message = message_of(rig);
            if (messages[answered] == NULL)
                messages[answered] = json_incref(message);
            if (!json_equal(messages[answered], message))
                fail_msg("%s: %s instead of %s", exchange->name, json_dumps(message, 0),
                         json_dumps(messages[answered], 0));
            json_decref(message);
            rig_answer(rig, exchange->answers[answered].failure, exchange->answers[answered].body);
            answered++;
        }
        loop_run_turn(rig->edge.loop);
    }
    arena_fail_at(0);
    const char *response = rig_read(rig, client);
    close(client);
    return response;
}

static int status_of(const char *response)
{
    return (int)strtol(response + strlen("HTTP/1.1 "), NULL, 10);
}

/* Without the line that a second changes, and the request id of a page. */
static char *kept(const char *response)
{
    char *copy = strdup(response);
    assert_non_null(copy);
    char *date = strstr(copy, "\r\nDate: ");
    if (date != NULL)
        memset(date + 2, '.', strcspn(date + 2, "\r"));
    for (char *at = copy; *at != '\0'; at++) {
        size_t len = strspn(at, "0123456789abcdef");
        if (len == REQUEST_ID_CHARACTERS)
            memset(at, '.', len);
        at += len > 0 ? len - 1 : 0;
    }
    return copy;
}

static void a_client_hears_of_the_servers_fault_or_what_it_would_hear_anyway(void **state)
{
    (void)state;
    struct rig *rig = rig_open("http://localhost:8787");
    for (size_t i = 0; i < EXCHANGES_LEN; i++) {
        const struct exchange *exchange = &EXCHANGES[i];
        json_t *messages[EXCHANGE_ANSWERS_MAX] = {NULL};
        char *right = kept(run(rig, exchange, messages));
        if (status_of(right) != exchange->status)
            fail_msg("%s: %s", exchange->name, right);
        size_t failed = 0, right_ones = 0;
        for (size_t n = 1; n <= ALLOCATIONS_MAX; n++) {
            arena_fail_at(n);
            char *response = kept(run(rig, exchange, messages));
            bool is_right = strcmp(response, right) == 0;
            bool is_told = (status_of(response) == 503 && rig_header(response, "retry-after")) ||
                           strstr(response, "needs more room than this server gives");
            /* A page that cannot be made is told as JSON. */
            bool is_refusal = exchange->status >= 400 && status_of(response) == exchange->status;
            if (!is_right && !is_told && !is_refusal)
                fail_msg("%s, allocation %zu: %s", exchange->name, n, response);
            failed += !is_right;
            right_ones = is_right ? right_ones + 1 : 0;
            free(response);
        }
        assert_true(failed > 0 && right_ones >= RIGHT_AT_THE_END);
        assert_null(rig->edge.errands);
        for (size_t k = 0; k < EXCHANGE_ANSWERS_MAX; k++)
            json_decref(messages[k]);
        free(right);
    }
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_hears_of_the_servers_fault_or_what_it_would_hear_anyway),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
