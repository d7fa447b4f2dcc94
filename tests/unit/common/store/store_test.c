#include "common/store/store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/base/limits.h"
#include "tests/unit/common/store/redis_rig.h"

/* What one command came to. The reply's text is copied, since replies are borrowed. */
struct seen {
    bool is_done;
    int count;
    enum failure failure;
    enum store_reply_kind kind;
    int64_t integer;
    size_t len;
    char text[256];
    int order; /* of all replies of the test */
};

static int replies_count;

static void on_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct seen *seen = context;
    seen->is_done = true;
    seen->count++;
    seen->failure = failure;
    seen->order = ++replies_count;
    assert_true((failure == OK) == (reply != NULL));
    if (reply == NULL)
        return;
    seen->kind = reply->kind;
    seen->integer = reply->integer;
    seen->len = reply->len;
    struct str text = reply->kind == STORE_LIST && reply->len > 0 ? reply->at[0].text : reply->text;
    snprintf(seen->text, sizeof(seen->text), "%.*s", STR_ARGS(text));
}

static void send_line(struct store *store, const char *line, int64_t deadline_ms, struct seen *seen)
{
    struct str words[16], rest = str_from_cstr(line);
    size_t len = 0;
    while (len < 16 && str_next_word(&rest, &words[len]))
        len++;
    store_send(store, (struct strs){words, len}, deadline_ms, on_reply, seen);
}

static struct seen ask(struct redis_rig *rig, struct store *store, const char *line)
{
    struct seen seen = {0};
    send_line(store, line, redis_rig_deadline_ms(), &seen);
    assert_false(seen.is_done); /* never inside store_send */
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

static struct store *open_as(struct redis_rig *rig, struct str url, const char *user,
                             const char *password)
{
    struct store *store = store_open(redis_rig_loop(rig),
                                     &(struct store_options){.url = url,
                                                             .user = str_from_cstr(user),
                                                             .password = str_from_cstr(password)});
    assert_non_null(store);
    return store;
}

static void a_url_that_cannot_be_used_is_refused(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_new(NULL);
    const char *const urls[] = {"",
                                "unix:",
                                "http://localhost",
                                "redis://",
                                "redis://h:0",
                                "redis://h:99999",
                                "redis://h:1x",
                                "redis://u:p@h",
                                "redis://h/3",
                                "redis://[::1",
                                "redis://[::1]x",
                                "localhost:6379"};
    for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++)
        assert_null(store_open(redis_rig_loop(rig),
                               &(struct store_options){.url = str_from_cstr(urls[i])}));
    char long_path[200] = "unix:/";
    memset(long_path + 6, 'x', 150);
    assert_null(
        store_open(redis_rig_loop(rig), &(struct store_options){.url = str_from_cstr(long_path)}));
    redis_rig_stop(rig);
}

static void every_kind_of_reply_is_converted(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct seen seen = ask(rig, store, "GET nothing");
    assert_int_equal(seen.failure, OK);
    assert_int_equal(seen.kind, STORE_NIL);
    seen = ask(rig, store, "HSET h a 1 b 22");
    assert_int_equal(seen.kind, STORE_INTEGER);
    assert_int_equal(seen.integer, 2);
    seen = ask(rig, store, "HGET h b");
    assert_int_equal(seen.kind, STORE_TEXT);
    assert_string_equal(seen.text, "22");
    seen = ask(rig, store, "HMGET h b nothing");
    assert_int_equal(seen.kind, STORE_LIST);
    assert_int_equal(seen.len, 2);
    assert_string_equal(seen.text, "22");
    seen = ask(rig, store, "HGETALL nothing");
    assert_int_equal(seen.kind, STORE_LIST);
    assert_int_equal(seen.len, 0);
    redis_rig_stop(rig);
}

static void words_may_hold_any_byte_and_none(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct str words[] = {STR("SET"), STR("k"), STR("a\0\r\n$3 \xff")};
    struct seen seen = {0};
    store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_true(str_equals(redis_rig_ask(rig, "GET k"), words[2]));
    words[2] = STR_ABSENT;
    seen = (struct seen){0};
    store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_true(str_equals(redis_rig_ask(rig, "GET k"), STR("")));
    redis_rig_stop(rig);
}

static void nested_lists_are_converted(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_ask(rig, "XADD s 1-1 a b");
    redis_rig_ask(rig, "XADD s 2-1 c d");
    struct seen seen = ask(rig, store, "XRANGE s - +");
    assert_int_equal(seen.failure, OK);
    assert_int_equal(seen.len, 2);
    redis_rig_stop(rig);
}

static void replies_come_in_the_order_of_the_commands(void **state)
{
    (void)state;
    enum { COMMANDS = 500 };
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct seen *seen = calloc(COMMANDS, sizeof(*seen));
    replies_count = 0;
    for (size_t i = 0; i < COMMANDS; i++)
        /* Deadlines in any order: the list by deadline is not the queue of replies. */
        send_line(store, "INCR counter", redis_rig_deadline_ms() + (int64_t)(i * 7919 % 1000),
                  &seen[i]);
    redis_rig_await(rig, &seen[COMMANDS - 1].is_done);
    for (int i = 0; i < COMMANDS; i++) {
        assert_int_equal(seen[i].count, 1);
        assert_int_equal(seen[i].order, i + 1);
        assert_int_equal(seen[i].integer, i + 1);
    }
    free(seen);
    redis_rig_stop(rig);
}

struct chain {
    struct redis_rig *rig;
    struct store *store;
    int left;
    bool is_done;
};

static void on_chain(void *context, enum failure failure, const struct store_reply *reply)
{
    (void)reply;
    struct chain *chain = context;
    assert_int_equal(failure, OK);
    chain->is_done = --chain->left == 0;
    struct str words[] = {STR("INCR"), STR("chain")};
    if (!chain->is_done)
        store_send(chain->store, (struct strs){words, 2}, redis_rig_deadline_ms(), on_chain, chain);
}

static void a_reply_may_send_the_next_command(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct chain chain = {.rig = rig, .store = redis_rig_open_store(rig), .left = 100};
    struct str words[] = {STR("INCR"), STR("chain")};
    store_send(chain.store, (struct strs){words, 2}, redis_rig_deadline_ms(), on_chain, &chain);
    redis_rig_await(rig, &chain.is_done);
    assert_true(str_equals(redis_rig_ask(rig, "GET chain"), STR("100")));
    redis_rig_stop(rig);
}

/* A text larger than any socket buffer: writing and reading go on in pieces. */
static void a_command_larger_than_the_socket_takes_arrives_whole(void **state)
{
    (void)state;
    enum { BYTES = 8 * 1024 * 1024 };
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    char *large = malloc(BYTES);
    memset(large, 'x', BYTES);
    struct str words[] = {STR("SET"), STR("large"), {large, BYTES}};
    struct seen seen = {0};
    store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), on_reply, &seen);
    free(large); /* words are copied */
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, OK);
    assert_int_equal(ask(rig, store, "STRLEN large").integer, BYTES);
    assert_int_equal(ask(rig, store, "GET large").failure, OK);
    redis_rig_stop(rig);
}

static void a_refused_connection_is_tried_until_redis_is_there(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_new(NULL);
    struct store *by_unix = open_as(rig, redis_rig_url(rig), NULL, NULL);
    struct store *by_tcp = open_as(rig, redis_rig_url_tcp(rig), NULL, NULL);
    struct store *by_name = open_as(rig, redis_rig_url_named(rig), NULL, NULL);
    redis_rig_run_ms(rig, 200);
    assert_false(store_is_ready(by_unix) || store_is_ready(by_tcp) || store_is_ready(by_name));
    assert_int_equal(ask(rig, by_unix, "PING").failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_restart(rig);
    redis_rig_await_ready(rig, by_unix, true);
    redis_rig_await_ready(rig, by_tcp, true);
    redis_rig_await_ready(rig, by_name, true);
    assert_string_equal(ask(rig, by_unix, "PING").text, "PONG");
    assert_string_equal(ask(rig, by_tcp, "PING").text, "PONG");
    assert_string_equal(ask(rig, by_name, "PING").text, "PONG");
    store_close(by_unix);
    store_close(by_tcp);
    store_close(by_name);
    redis_rig_stop(rig);
}

static void a_name_that_nobody_knows_never_connects_and_closes_cleanly(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_new(NULL);
    struct store *store = open_as(rig, STR("redis://nobody.invalid:1"), NULL, NULL);
    redis_rig_run_ms(rig, 30);
    assert_false(store_is_ready(store));
    store_close(store); /* also while the resolver is still at work */
    redis_rig_stop(rig);
}

static const char ACL[] = "user default on nopass ~* &* +@all\n"
                          "user worker on >secret ~mcp:* +@all\n";

static void a_user_is_ready_only_with_its_password(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(ACL);
    struct store *wrong = open_as(rig, redis_rig_url(rig), "worker", "wrong");
    struct store *unknown = open_as(rig, redis_rig_url(rig), "nobody", "secret");
    struct store *right = open_as(rig, redis_rig_url(rig), "worker", "secret");
    redis_rig_await_ready(rig, right, true);
    redis_rig_run_ms(rig, 150);
    assert_false(store_is_ready(wrong));
    assert_false(store_is_ready(unknown));
    assert_int_equal(ask(rig, wrong, "PING").failure, FAIL_STORE_UNAVAILABLE);
    assert_string_equal(ask(rig, right, "ACL WHOAMI").text, "worker");
    /* The password is made right while we wait: it heals by itself. */
    redis_rig_ask(rig, "ACL SETUSER worker >wrong");
    redis_rig_await_ready(rig, wrong, true);
    store_close(wrong);
    store_close(unknown);
    store_close(right);
    redis_rig_stop(rig);
}

static int changes_count[2];

static void on_change(void *context, bool is_ready)
{
    (void)context;
    changes_count[is_ready]++;
}

static void a_killed_redis_is_found_again_and_asked_what_was_pending(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    changes_count[0] = changes_count[1] = 0;
    struct store *store =
        store_open(redis_rig_loop(rig),
                   &(struct store_options){.url = redis_rig_url(rig), .on_change = on_change});
    redis_rig_await_ready(rig, store, true);
    assert_int_equal(ask(rig, store, "SET kept 1").failure, OK);
    redis_rig_pause(rig);
    struct seen seen[3] = {0};
    for (size_t i = 0; i < 3; i++)
        send_line(store, "INCR kept", redis_rig_deadline_ms(), &seen[i]);
    redis_rig_run_ms(rig, 20); /* they are on their way */
    redis_rig_kill(rig);
    redis_rig_await_ready(rig, store, false);
    int64_t before_ms = clock_monotonic_ms();
    assert_int_equal(ask(rig, store, "GET kept").failure, FAIL_STORE_UNAVAILABLE);
    assert_true(clock_monotonic_ms() - before_ms < 2000); /* at once, not at the deadline */
    for (size_t i = 0; i < 3; i++)
        assert_false(seen[i].is_done);
    redis_rig_restart(rig);
    redis_rig_await(rig, &seen[2].is_done);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(seen[i].failure, OK);
        assert_int_equal(seen[i].integer, i + 2); /* in their order; none had been executed */
        assert_int_equal(seen[i].count, 1);
    }
    assert_int_equal(changes_count[false], 1);
    assert_int_equal(changes_count[true], 2);
    store_close(store);
    redis_rig_stop(rig);
}

static void a_stopped_redis_is_answered_for_at_the_deadline(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_pause(rig);
    struct seen late = {0}, later = {0};
    int64_t before_ms = clock_monotonic_ms();
    send_line(store, "SET later 1", before_ms + 1500, &later);
    send_line(store, "SET late 1", before_ms + 100, &late);
    redis_rig_await(rig, &late.is_done);
    int64_t took_ms = clock_monotonic_ms() - before_ms;
    assert_true(took_ms >= 100 && took_ms < 1400);
    assert_false(later.is_done);
    redis_rig_await(rig, &later.is_done);
    assert_int_equal(late.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(later.failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_resume(rig);
    /* The replies of the late ones belong to nobody, and the next command gets its own. */
    assert_string_equal(ask(rig, store, "GET late").text, "1");
    assert_int_equal(late.count, 1);
    assert_int_equal(later.count, 1);
    redis_rig_stop(rig);
}

static void a_connection_that_stays_silent_is_given_up(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_pause(rig);
    struct seen seen = {0};
    send_line(store, "PING", clock_monotonic_ms() + 2100, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_await_ready(rig, store, false);
    redis_rig_resume(rig);
    redis_rig_await_ready(rig, store, true);
    redis_rig_stop(rig);
}

static void a_command_whose_time_has_passed_is_not_sent(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct seen seen = {0};
    send_line(store, "SET late 1", clock_monotonic_ms(), &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(ask(rig, store, "EXISTS late").integer, 0);
    redis_rig_stop(rig);
}

static void more_than_the_limit_of_pending_commands_fail_at_once(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    redis_rig_pause(rig);
    struct seen *seen = calloc(REDIS_PENDING_MAX + 2, sizeof(*seen));
    for (size_t i = 0; i < REDIS_PENDING_MAX + 2; i++)
        send_line(store, "INCR counter", redis_rig_deadline_ms() + 5000, &seen[i]);
    redis_rig_await(rig, &seen[REDIS_PENDING_MAX + 1].is_done);
    assert_int_equal(seen[REDIS_PENDING_MAX].failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(seen[REDIS_PENDING_MAX + 1].failure, FAIL_STORE_UNAVAILABLE);
    assert_false(seen[0].is_done || seen[REDIS_PENDING_MAX - 1].is_done);
    redis_rig_resume(rig);
    redis_rig_await(rig, &seen[REDIS_PENDING_MAX - 1].is_done);
    assert_int_equal(seen[REDIS_PENDING_MAX - 1].failure, OK);
    assert_int_equal(seen[REDIS_PENDING_MAX - 1].integer, REDIS_PENDING_MAX);
    free(seen);
    redis_rig_stop(rig);
}

static void closing_answers_what_is_pending(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = open_as(rig, redis_rig_url(rig), NULL, NULL);
    redis_rig_await_ready(rig, store, true);
    redis_rig_pause(rig);
    struct seen sent = {0}, unsent = {0}, refused = {0};
    send_line(store, "PING", redis_rig_deadline_ms(), &sent);
    redis_rig_run_ms(rig, 10);
    send_line(store, "PING", redis_rig_deadline_ms(), &unsent);
    send_line(store, "PING", clock_monotonic_ms() - 1, &refused);
    store_close(store);
    assert_int_equal(sent.count, 1);
    assert_int_equal(unsent.count, 1);
    assert_int_equal(refused.count, 1);
    assert_int_equal(sent.failure, FAIL_STORE_UNAVAILABLE);
    store_close(NULL);
    redis_rig_stop(rig);
}

/* Such as a worker's last words about itself. */
static void what_was_sent_right_before_closing_reaches_redis(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct str urls[] = {redis_rig_url(rig), redis_rig_url_tcp(rig)};
    for (size_t i = 0; i < 2; i++) {
        struct store *store = open_as(rig, urls[i], NULL, NULL);
        redis_rig_await_ready(rig, store, true);
        struct str words[] = {STR("RPUSH"), STR("last"), STR("word")};
        store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), NULL, NULL);
        store_close(store);
        assert_string_equal(redis_rig_ask(rig, "BLPOP last 5").at, "last word");
    }
    redis_rig_stop(rig);
}

static void too_many_words_are_refused(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct str words[REDIS_WORDS_MAX + 1];
    for (size_t i = 0; i < REDIS_WORDS_MAX + 1; i++)
        words[i] = STR("x");
    struct seen seen = {0}, empty = {0};
    store_send(store, (struct strs){words, REDIS_WORDS_MAX + 1}, redis_rig_deadline_ms(), on_reply,
               &seen);
    store_send(store, (struct strs){words, 0}, redis_rig_deadline_ms(), on_reply, &empty);
    redis_rig_await(rig, &empty.is_done);
    assert_int_equal(seen.failure, FAIL_LIMIT_REACHED);
    assert_int_equal(empty.failure, FAIL_LIMIT_REACHED);
    redis_rig_stop(rig);
}

static void a_command_may_have_no_callback(void **state)
{
    (void)state;
    struct redis_rig *rig = redis_rig_start(NULL);
    struct store *store = redis_rig_open_store(rig);
    struct str words[] = {STR("SET"), STR("quiet"), STR("1")};
    store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), NULL, NULL);
    words[0] = STR("NONSENSE");
    store_send(store, (struct strs){words, 3}, redis_rig_deadline_ms(), NULL, NULL);
    assert_string_equal(ask(rig, store, "GET quiet").text, "1");
    redis_rig_stop(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_that_cannot_be_used_is_refused),
        cmocka_unit_test(every_kind_of_reply_is_converted),
        cmocka_unit_test(words_may_hold_any_byte_and_none),
        cmocka_unit_test(nested_lists_are_converted),
        cmocka_unit_test(replies_come_in_the_order_of_the_commands),
        cmocka_unit_test(a_reply_may_send_the_next_command),
        cmocka_unit_test(a_command_larger_than_the_socket_takes_arrives_whole),
        cmocka_unit_test(a_refused_connection_is_tried_until_redis_is_there),
        cmocka_unit_test(a_name_that_nobody_knows_never_connects_and_closes_cleanly),
        cmocka_unit_test(a_user_is_ready_only_with_its_password),
        cmocka_unit_test(a_killed_redis_is_found_again_and_asked_what_was_pending),
        cmocka_unit_test(a_stopped_redis_is_answered_for_at_the_deadline),
        cmocka_unit_test(a_connection_that_stays_silent_is_given_up),
        cmocka_unit_test(a_command_whose_time_has_passed_is_not_sent),
        cmocka_unit_test(more_than_the_limit_of_pending_commands_fail_at_once),
        cmocka_unit_test(closing_answers_what_is_pending),
        cmocka_unit_test(what_was_sent_right_before_closing_reaches_redis),
        cmocka_unit_test(too_many_words_are_refused),
        cmocka_unit_test(a_command_may_have_no_callback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
