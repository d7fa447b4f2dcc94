/* A connection that is lost while commands wait for their answers: they are sent again over the
 * next one, as they were and in their order. */
#include "common/store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/store/store_scripts.h"
#include "tests/unit/common/store/redis_rig.h"
#include "tests/unit/common/store/scripted_server.h"

struct answers {
    int losses_left; /* so many commands lose their connection */
    bool is_away;    /* no handshake is answered */
    int scripts_count;
    char words[2][256]; /* of the first script and of the last */
    char order[64];     /* first letters of what came, but for handshakes */
};

static const char *answer(void *context, const char *line)
{
    struct answers *answers = context;
    if (answers->is_away)
        return NULL;
    const char *handshake = scripted_handshake(line);
    if (handshake != NULL)
        return handshake;
    if (strncmp(line, "EVALSHA ", 8) == 0) {
        answers->scripts_count++;
        snprintf(answers->words[answers->scripts_count > 1], sizeof(answers->words[0]), "%s", line);
    }
    size_t len = strlen(answers->order);
    if (len + 1 < sizeof(answers->order))
        answers->order[len] = line[0];
    return answers->losses_left-- > 0 ? NULL : ":7\r\n";
}

struct seen {
    bool is_done;
    int count;
    enum failure failure;
    int64_t integer;
};

static void on_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct seen *seen = context;
    seen->is_done = true;
    seen->count++;
    seen->failure = failure;
    seen->integer = reply != NULL ? reply->integer : -1;
}

static struct redis_rig *rig;
static struct scripted_server *server;
static struct store *store;
static struct answers answers;

static int begin(void **state)
{
    (void)state;
    char url[64];
    answers = (struct answers){0};
    rig = redis_rig_new(NULL);
    server = scripted_server_start(redis_rig_loop(rig), answer, &answers);
    snprintf(url, sizeof(url), "redis://127.0.0.1:%d", scripted_server_port(server));
    store = store_open(redis_rig_loop(rig), &(struct store_options){.url = str_from_cstr(url)});
    assert_non_null(store);
    redis_rig_await_ready(rig, store, true);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    scripted_server_stop(server);
    redis_rig_stop(rig);
    return 0;
}

static void run_script(int64_t deadline_ms, struct seen *seen)
{
    struct str key = STR("mcp:rate:{test}:x"), argument = STR("60");
    store_run(store, &SCRIPT_RATE, (struct strs){&key, 1}, (struct strs){&argument, 1}, deadline_ms,
              on_reply, seen);
}

static void it_is_sent_again_as_it_was(void **state)
{
    (void)state;
    answers.losses_left = 2;
    struct seen seen = {0};
    run_script(redis_rig_deadline_ms(), &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, OK);
    assert_int_equal(seen.integer, 7);
    assert_int_equal(seen.count, 1);
    assert_int_equal(answers.scripts_count, 3);
    assert_string_equal(answers.words[0], answers.words[1]);
    assert_true(store_is_idle(store));
    assert_int_equal(store_pending(store), 0);
}

static void send_word(const char *word, struct seen *seen)
{
    struct str words[] = {str_from_cstr(word), STR("mcp:x")};
    store_send(store, (struct strs){words, 2}, redis_rig_deadline_ms(), on_reply, seen);
}

static void the_order_stays(void **state)
{
    (void)state;
    struct seen seen[4] = {0};
    answers.losses_left = 1;
    send_word("GET", &seen[0]);
    run_script(redis_rig_deadline_ms(), &seen[1]);
    send_word("DEL", &seen[2]);
    redis_rig_await_ready(rig, store, false);
    redis_rig_await_ready(rig, store, true);
    send_word("TTL", &seen[3]);
    redis_rig_await(rig, &seen[3].is_done);
    assert_string_equal(answers.order, "GGEDT"); /* the first was there when the connection ended */
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(seen[i].failure, OK);
        assert_int_equal(seen[i].count, 1);
    }
}

static void a_command_to_one_master_fails_with_its_connection(void **state)
{
    (void)state;
    answers.losses_left = 1;
    struct str words[] = {STR("INFO")};
    struct seen bound = {0}, script = {0};
    store_send_to(store, 0, (struct strs){words, 1}, redis_rig_deadline_ms(), on_reply, &bound);
    run_script(redis_rig_deadline_ms(), &script);
    redis_rig_await(rig, &bound.is_done);
    assert_int_equal(bound.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(bound.count, 1);
    redis_rig_await(rig, &script.is_done);
    assert_int_equal(script.failure, OK);
}

static void it_waits_no_longer_than_its_deadline(void **state)
{
    (void)state;
    answers.losses_left = 1;
    struct seen seen = {0};
    int64_t deadline_ms = clock_monotonic_ms() + 200;
    run_script(deadline_ms, &seen);
    redis_rig_await_ready(rig, store, false);
    answers.is_away = true;
    assert_false(seen.is_done);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    assert_true(clock_monotonic_ms() >= deadline_ms);
    answers.is_away = false;
    redis_rig_await_ready(rig, store, true);
    /* What is over is not sent again. */
    struct seen after = {0};
    run_script(redis_rig_deadline_ms(), &after);
    redis_rig_await(rig, &after.is_done);
    assert_int_equal(after.failure, OK);
    assert_int_equal(answers.scripts_count, 2);
    assert_int_equal(seen.count, 1);
}

static void what_is_new_does_not_wait(void **state)
{
    (void)state;
    answers.losses_left = 1;
    struct seen lost = {0}, fresh = {0};
    run_script(redis_rig_deadline_ms(), &lost);
    redis_rig_await_ready(rig, store, false);
    run_script(redis_rig_deadline_ms(), &fresh);
    redis_rig_await(rig, &fresh.is_done);
    assert_int_equal(fresh.failure, FAIL_STORE_UNAVAILABLE);
    assert_false(lost.is_done);
    redis_rig_await(rig, &lost.is_done);
    assert_int_equal(lost.failure, OK);
}

static void closing_the_store_answers_what_waits(void **state)
{
    (void)state;
    answers.losses_left = 1;
    struct seen seen = {0};
    run_script(redis_rig_deadline_ms(), &seen);
    redis_rig_await_ready(rig, store, false);
    assert_int_equal(store_pending(store), 1);
    store_close(store);
    store = NULL;
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(seen.count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_is_sent_again_as_it_was, begin, end),
        cmocka_unit_test_setup_teardown(the_order_stays, begin, end),
        cmocka_unit_test_setup_teardown(a_command_to_one_master_fails_with_its_connection, begin,
                                        end),
        cmocka_unit_test_setup_teardown(it_waits_no_longer_than_its_deadline, begin, end),
        cmocka_unit_test_setup_teardown(what_is_new_does_not_wait, begin, end),
        cmocka_unit_test_setup_teardown(closing_the_store_answers_what_waits, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
