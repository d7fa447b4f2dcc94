/* Whatever a worker answers, each endpoint has one whole answer for it: every failure of the table
 * has its status, and what cannot be read is the server's fault. */
#include "tests/unit/common/base/unit.h"
#include "tests/unit/services/edge/exchanges.h"
#include "tests/unit/services/edge/http_rig.h"

#include <sys/socket.h>
#include <unistd.h>

static int status_of(const char *response)
{
    return (int)strtol(response + strlen("HTTP/1.1 "), NULL, 10);
}

/* Every question is answered alike. */
static const char *run(struct rig *rig, const struct exchange *exchange, enum failure failure,
                       const char *body)
{
    char byte;
    int client = rig_connect(rig);
    exchange_send(client, exchange);
    while (recv(client, &byte, 1, MSG_PEEK) < 0) {
        while (rig->call != NULL) /* an answer may lead to the next question at once */
            rig_answer(rig, failure, body);
        loop_run_turn(rig->edge.loop);
    }
    const char *response = rig_read(rig, client);
    close(client);
    assert_null(rig->edge.errands);
    return response;
}

static void every_failure_has_its_status(void **state)
{
    (void)state;
    struct rig *rig = rig_open("http://localhost:8787");
    for (size_t i = 0; i < EXCHANGES_LEN; i++)
        for (enum failure failure = OK + 1; failure < FAILURES_COUNT; failure++) {
            const char *response = run(rig, &EXCHANGES[i], failure, "");
            const int is = status_of(response), told = failure_row(failure)->status;
            const bool is_without_challenge = told == 401 && is == 400;
            /* RFC 6750 3.1: 403 has a challenge too */
            const bool is_scope = is == 403 && strstr(response, "error=\"insufficient_scope\"");
            const bool is_bearers = told == 400 && is == 401; /* RFC 6750 3.1 */
            const bool has_retry_after = rig_header(response, "retry-after") != NULL;
            const bool has_challenge = rig_header(response, "www-authenticate") != NULL;
            if ((is != told && !is_without_challenge && !is_bearers) ||
                has_retry_after != (is == 503 || is == 429) ||
                has_challenge != (is == 401 || is_scope))
                fail_msg("%s, %s: %s", EXCHANGES[i].name, failure_row(failure)->name, response);
        }
    rig_close(rig);
}

static void what_cannot_be_read_is_the_servers_fault(void **state)
{
    static const char *const bodies[] = {
        "", "{", "[]", "null", "{} {}", "\1", "\"{}\"", "{\"a\":1,\"a\":2", "{\"a\""};
    (void)state;
    struct rig *rig = rig_open("http://localhost:8787");
    for (size_t i = 0; i < EXCHANGES_LEN; i++)
        for (size_t k = 0; k < LENGTH_OF(bodies); k++) {
            bool has_reply = EXCHANGES[i].answers[0].body[0] != '\0';
            if (!has_reply)
                continue; /* an answer without members is not read */
            const char *response = run(rig, &EXCHANGES[i], OK, bodies[k]);
            if (status_of(response) != 500)
                fail_msg("%s, '%s': %s", EXCHANGES[i].name, bodies[k], response);
            assert_null(rig_header(response, "location"));
        }
    rig_close(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_failure_has_its_status),
        cmocka_unit_test(what_cannot_be_read_is_the_servers_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
