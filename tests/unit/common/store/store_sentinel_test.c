/* A store that finds its master by Sentinels; they and their masters say here what a test wants. A
 * real failover is tests/fault/sentinel_failover.test.mjs. */
#include "common/store/store_sentinel.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/common/store/redis_rig.h"
#include "tests/unit/common/store/scripted_server.h"

enum { SERVERS_COUNT = 4 };

/* One server of the test: a Sentinel when it has an answer to give, else a Redis. */
struct server {
    struct scripted_server *scripted;
    char answer[128]; /* to SENTINEL */
    bool is_master;
    bool is_mute;
    const char *get; /* what GET answers */
    int asked;       /* SENTINEL */
    int auths;       /* AUTH watcher secret */
};

static struct server servers[SERVERS_COUNT];
static struct redis_rig *rig;
static struct store *store;

static const char *answer(void *context, const char *line)
{
    struct server *server = context;
    if (server->is_mute)
        return "";
    if (strncmp(line, "SENTINEL ", 9) == 0) {
        assert_string_equal(line, "SENTINEL GET-MASTER-ADDR-BY-NAME auth");
        server->asked++;
        return server->answer;
    }
    if (strcmp(line, "AUTH watcher secret") == 0)
        server->auths++;
    if (strcmp(line, "ROLE") == 0 && !server->is_master)
        return "*5\r\n$5\r\nslave\r\n$9\r\n127.0.0.1\r\n:1\r\n$9\r\nconnected\r\n:0\r\n";
    const char *greeting = scripted_handshake(line);
    return greeting != NULL ? greeting : server->get;
}

static void server_start(struct server *server)
{
    server->scripted = scripted_server_start(redis_rig_loop(rig), answer, server);
}

static int port_of(const struct server *server)
{
    return scripted_server_port(server->scripted);
}

static void sentinel_names(struct server *sentinel, const struct server *master)
{
    char port[16];
    snprintf(port, sizeof(port), "%d", port_of(master));
    snprintf(sentinel->answer, sizeof(sentinel->answer), "*2\r\n$9\r\n127.0.0.1\r\n$%zu\r\n%s\r\n",
             strlen(port), port);
}

static int setup(void **state)
{
    (void)state;
    rig = redis_rig_new(NULL); /* its loop only */
    for (size_t i = 0; i < SERVERS_COUNT; i++) {
        servers[i] = (struct server){.is_master = true, .get = "$1\r\nx\r\n"};
        server_start(&servers[i]);
    }
    servers[2].get = "$1\r\nA\r\n";
    servers[3].get = "$1\r\nB\r\n";
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    for (size_t i = 0; i < SERVERS_COUNT; i++)
        scripted_server_stop(servers[i].scripted);
    redis_rig_stop(rig);
    return 0;
}

/* The Sentinels are servers 0 and 1. */
static void open_store(struct store_options options)
{
    char url[128];
    snprintf(url, sizeof(url), "redis-sentinel://127.0.0.1:%d,localhost:%d/auth",
             port_of(&servers[0]), port_of(&servers[1]));
    options.url = str_from_cstr(url);
    store = store_open(redis_rig_loop(rig), &options);
    assert_non_null(store);
}

struct seen {
    bool is_done;
    enum failure failure;
    char text[16];
};

static void on_reply(void *context, enum failure failure, const struct store_reply *reply)
{
    struct seen *seen = context;
    seen->is_done = true;
    seen->failure = failure;
    if (reply != NULL)
        snprintf(seen->text, sizeof(seen->text), "%.*s", STR_ARGS(reply->text));
}

static struct seen get(void)
{
    struct seen seen = {0};
    struct str words[] = {STR("GET"), STR("key")};
    store_send(store, (struct strs){words, 2}, redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

static void the_master_is_the_one_that_a_sentinel_names(void **state)
{
    (void)state;
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    open_store((struct store_options){.sentinel_user = STR("watcher"),
                                      .sentinel_password = STR("secret")});
    redis_rig_await_ready(rig, store, true);
    assert_string_equal(get().text, "A");
    assert_int_equal(servers[0].asked, 1);
    assert_int_equal(servers[0].auths, 1);
    assert_int_equal(servers[2].auths, 0); /* the Sentinels' password is not the master's */
}

static void a_sentinel_that_is_away_or_mute_or_ignorant_is_passed_over(void **state)
{
    (void)state;
    static const char *const useless[] = {"*-1\r\n", "-NOAUTH Authentication required.\r\n",
                                          "*2\r\n$1\r\nh\r\n$1\r\n0\r\n", "*1\r\n$1\r\nh\r\n",
                                          "$2\r\nhm\r\n"};
    sentinel_names(&servers[1], &servers[2]);
    for (size_t i = 0; i < sizeof(useless) / sizeof(useless[0]) + 2; i++) {
        if (i < sizeof(useless) / sizeof(useless[0]))
            snprintf(servers[0].answer, sizeof(servers[0].answer), "%s", useless[i]);
        servers[0].is_mute = i == sizeof(useless) / sizeof(useless[0]);
        if (i == sizeof(useless) / sizeof(useless[0]) + 1) { /* nobody listens there any more */
            scripted_server_stop(servers[0].scripted);
            servers[0].scripted = NULL;
            char url[128];
            snprintf(url, sizeof(url), "redis-sentinel://127.0.0.1:1,127.0.0.1:%d/auth",
                     port_of(&servers[1]));
            store =
                store_open(redis_rig_loop(rig), &(struct store_options){.url = str_from_cstr(url)});
        } else {
            open_store((struct store_options){0});
        }
        redis_rig_await_ready(rig, store, true);
        assert_string_equal(get().text, "A");
        store_close(store);
        store = NULL;
    }
}

static void a_sentinel_that_still_names_the_old_master_is_not_believed(void **state)
{
    (void)state;
    servers[2].is_master = false;
    sentinel_names(&servers[0], &servers[2]); /* a replica by now */
    sentinel_names(&servers[1], &servers[3]);
    open_store((struct store_options){0});
    redis_rig_await_ready(rig, store, true);
    assert_string_equal(get().text, "B");
    assert_true(servers[0].asked > 0);
}

static void a_demoted_master_is_left_for_the_new_one(void **state)
{
    (void)state;
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    open_store((struct store_options){0});
    redis_rig_await_ready(rig, store, true);
    sentinel_names(&servers[0], &servers[3]);
    sentinel_names(&servers[1], &servers[3]);
    servers[2].is_master = false;
    servers[2].get = "-READONLY You can't write against a read only replica.\r\n";
    assert_int_equal(get().failure, FAIL_STORE_UNAVAILABLE);
    redis_rig_await_ready(rig, store, false);
    redis_rig_await_ready(rig, store, true);
    assert_string_equal(get().text, "B");
}

static void await_asked(struct server *sentinel, int more)
{
    for (int asked = sentinel->asked + more; sentinel->asked < asked;)
        redis_rig_run_ms(rig, 5);
}

/* A master that was failed over while it lives goes on as one for seconds. */
static void a_living_master_is_left_when_most_sentinels_name_another_one(void **state)
{
    (void)state;
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    open_store((struct store_options){0});
    redis_rig_await_ready(rig, store, true);
    sentinel_names(&servers[1], &servers[3]); /* one of two: it may be the one that is wrong */
    await_asked(&servers[1], 2);
    assert_true(store_is_ready(store));
    assert_string_equal(get().text, "A");
    servers[0].is_mute = true; /* and the only one that is there */
    await_asked(&servers[1], 2);
    assert_string_equal(get().text, "A");
    servers[0].is_mute = false;
    sentinel_names(&servers[0], &servers[3]);
    redis_rig_await_ready(rig, store, false);
    redis_rig_await_ready(rig, store, true);
    assert_string_equal(get().text, "B");
}

static void an_elected_master_that_is_away_is_asked_for_again(void **state)
{
    (void)state;
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    open_store((struct store_options){0});
    redis_rig_await_ready(rig, store, true);
    servers[3].is_master = false;
    sentinel_names(&servers[0], &servers[3]);
    sentinel_names(&servers[1], &servers[3]);
    redis_rig_await_ready(rig, store, false);
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    redis_rig_await_ready(rig, store, true);
    assert_string_equal(get().text, "A");
}

static void without_any_sentinel_there_is_no_store_until_one_comes(void **state)
{
    (void)state;
    servers[0].is_mute = servers[1].is_mute = true;
    sentinel_names(&servers[0], &servers[2]);
    sentinel_names(&servers[1], &servers[2]);
    open_store((struct store_options){0});
    redis_rig_run_ms(rig, 100);
    assert_false(store_is_ready(store));
    assert_int_equal(get().failure, FAIL_STORE_UNAVAILABLE);
    servers[0].is_mute = servers[1].is_mute = false;
    redis_rig_await_ready(rig, store, true);
}

static void closing_while_a_sentinel_is_asked_leaves_nothing(void **state)
{
    (void)state;
    servers[0].is_mute = true;
    open_store((struct store_options){0});
    redis_rig_run_ms(rig, 20); /* the question is on its way */
    store_close(store);
    open_store((struct store_options){0});
    store_close(store); /* and before it was */
    store = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_master_is_the_one_that_a_sentinel_names, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_sentinel_that_is_away_or_mute_or_ignorant_is_passed_over,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_sentinel_that_still_names_the_old_master_is_not_believed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_demoted_master_is_left_for_the_new_one, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_living_master_is_left_when_most_sentinels_name_another_one, setup, teardown),
        cmocka_unit_test_setup_teardown(an_elected_master_that_is_away_is_asked_for_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(without_any_sentinel_there_is_no_store_until_one_comes,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(closing_while_a_sentinel_is_asked_leaves_nothing, setup,
                                        teardown),

    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
