/* A store on a cluster of scripted nodes, which say what a real one says only at the wrong moment;
 * tests/fault/cluster.test.mjs is the same with real ones. */
#include "common/store/store_cluster.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "common/base/clock.h"
#include "common/store/store_scripts.h"
#include "tests/unit/common/store/redis_rig.h"
#include "tests/unit/common/store/scripted_server.h"

enum { NODES_COUNT = 3, HEARD_BYTES_MAX = 512, MAP_BYTES_MAX = 512 };

struct node {
    struct scripted_server *scripted;
    const char *answers[4]; /* one after another, the last again and again */
    int given;
    char heard[HEARD_BYTES_MAX]; /* all but handshakes and questions for the map */
    int maps_given, handshakes_begun;
    bool is_replica, is_mute;
};

static struct node nodes[NODES_COUNT];
static char map[MAP_BYTES_MAX]; /* what each of them answers */
static struct redis_rig *rig;
static struct store *store;

static const char *answer(void *context, const char *line)
{
    struct node *node = context;
    node->handshakes_begun += strcmp(line, "PING") == 0;
    if (node->is_mute)
        return "";
    if (strcmp(line, "CLUSTER SLOTS") == 0) {
        node->maps_given++;
        return map;
    }
    if (strcmp(line, "ROLE") == 0 && node->is_replica)
        return "*1\r\n$5\r\nslave\r\n";
    const char *greeting = scripted_handshake(line);
    if (greeting != NULL)
        return greeting;
    size_t len = strlen(node->heard);
    snprintf(node->heard + len, sizeof(node->heard) - len, "%.20s|", line);
    if (strcmp(line, "ASKING") == 0)
        return "+OK\r\n";
    const char *given = node->answers[node->given];
    if (node->given < 3 && node->answers[node->given + 1] != NULL)
        node->given++;
    return given;
}

static int port_of(size_t i)
{
    return scripted_server_port(nodes[i].scripted);
}

static void map_set(size_t low, size_t high) /* who has slots 0 to 8191, and the others */
{
    snprintf(map, sizeof(map),
             "*2\r\n*3\r\n:0\r\n:8191\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$1\r\na\r\n"
             "*3\r\n:8192\r\n:16383\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$1\r\nb\r\n",
             port_of(low), port_of(high));
}

static void map_set_without_high(void)
{
    snprintf(map, sizeof(map),
             "*1\r\n*3\r\n:0\r\n:8191\r\n*3\r\n$9\r\n127.0.0.1\r\n:%d\r\n$1\r\na\r\n", port_of(0));
}

static int maps_given(void)
{
    int given = 0;
    for (size_t i = 0; i < NODES_COUNT; i++)
        given += nodes[i].maps_given;
    return given;
}

static void maps_await(int more)
{
    for (int enough = maps_given() + more; maps_given() < enough;)
        redis_rig_run_ms(rig, 5);
}

/* "-MOVED 12182 127.0.0.1:<port of node i>" */
static const char *redirection(const char *word, size_t i)
{
    static char texts[4][64];
    static int next;
    char *text = texts[next++ % 4];
    snprintf(text, 64, "-%s 12182 127.0.0.1:%d\r\n", word, port_of(i));
    return text;
}

static int setup(void **state)
{
    (void)state;
    rig = redis_rig_new(NULL); /* its loop only */
    static const char *const names[NODES_COUNT] = {"$1\r\nA\r\n", "$1\r\nB\r\n", "$1\r\nC\r\n"};
    for (size_t i = 0; i < NODES_COUNT; i++) {
        nodes[i] = (struct node){.answers = {names[i]}};
        nodes[i].scripted = scripted_server_start(redis_rig_loop(rig), answer, &nodes[i]);
    }
    map_set(0, 1);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    store_close(store);
    store = NULL;
    for (size_t i = 0; i < NODES_COUNT; i++)
        scripted_server_stop(nodes[i].scripted);
    redis_rig_stop(rig);
    return 0;
}

static void open_store(void)
{
    char url[64];
    snprintf(url, sizeof(url), "redis-cluster://127.0.0.1:%d", port_of(0));
    store = store_open(redis_rig_loop(rig), &(struct store_options){.url = str_from_cstr(url)});
    assert_non_null(store);
}

static void open_ready(void)
{
    open_store();
    redis_rig_await_ready(rig, store, true);
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

static void get_begin(const char *key, int64_t deadline_ms, struct seen *seen)
{
    struct str words[] = {STR("GET"), str_from_cstr(key)};
    store_send(store, (struct strs){words, 2}, deadline_ms, on_reply, seen);
}

static struct seen get(const char *key)
{
    struct seen seen = {0};
    get_begin(key, redis_rig_deadline_ms(), &seen);
    redis_rig_await(rig, &seen.is_done);
    return seen;
}

/* foo lies in slot 12182, which node 1 has, and bar in 5061, which node 0 has. */
static void a_command_goes_to_the_master_of_its_slot(void **state)
{
    (void)state;
    open_ready();
    assert_string_equal(get("foo").text, "B");
    assert_string_equal(get("bar").text, "A");
    assert_string_equal(get("x{foo}y").text, "B");
    struct str key = STR("mcp:rate:{bar}:x"), argument = STR("60");
    struct seen seen = {0};
    store_run(store, &SCRIPT_RATE, (struct strs){&key, 1}, (struct strs){&argument, 1},
              redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_true(str_starts_with(str_from_cstr(nodes[0].heard), STR("GET bar|EVALSHA ")));
    assert_string_equal(nodes[1].heard, "GET foo|GET x{foo}y|");
}

static void a_moved_slot_is_followed_and_remembered(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = redirection("MOVED", 2);
    map_set(0, 2);
    assert_string_equal(get("foo").text, "C");
    assert_string_equal(get("foo").text, "C");
    assert_string_equal(nodes[1].heard, "GET foo|");
    assert_string_equal(nodes[2].heard, "GET foo|GET foo|");
    maps_await(1); /* and the whole map is asked for */
}

static void a_slot_on_its_way_is_asked_for_once(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = redirection("ASK", 0);
    nodes[1].answers[1] = "$1\r\nB\r\n";
    assert_string_equal(get("foo").text, "A");
    assert_string_equal(nodes[0].heard, "ASKING|GET foo|");
    assert_string_equal(get("foo").text, "B"); /* the map has not changed */
}

static void a_node_that_nobody_knew_is_asked_when_it_is_connected(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = redirection("ASK", 2);
    assert_string_equal(get("foo").text, "C");
    assert_string_equal(nodes[2].heard, "ASKING|GET foo|");
}

static void a_script_that_the_asked_node_does_not_know_is_asked_with_its_text(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = redirection("ASK", 0);
    nodes[0].answers[0] = "-NOSCRIPT No matching script.\r\n";
    nodes[0].answers[1] = "$1\r\nA\r\n";
    struct str key = STR("{foo}"), argument = STR("60");
    struct seen seen = {0};
    store_run(store, &SCRIPT_RATE, (struct strs){&key, 1}, (struct strs){&argument, 1},
              redis_rig_deadline_ms(), on_reply, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_string_equal(seen.text, "A");
    struct str heard = str_from_cstr(nodes[0].heard), word;
    static const char *const expected[] = {"ASKING", "EVALSHA ", "ASKING", "EVAL "};
    for (size_t i = 0; i < 4; i++) {
        assert_true(str_cut(heard, '|', &word, &heard));
        assert_true(str_starts_with(word, str_from_cstr(expected[i])));
    }
}

static void keys_that_are_moving_are_tried_again_until_the_deadline(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = nodes[1].answers[1] =
        "-TRYAGAIN Multiple keys request during rehashing of slot\r\n";
    nodes[1].answers[2] = "$1\r\nB\r\n";
    assert_string_equal(get("foo").text, "B");
    nodes[1].given = 0;
    nodes[1].answers[1] = NULL;
    struct seen seen = {0};
    get_begin("foo", clock_monotonic_ms() + 200, &seen);
    redis_rig_await(rig, &seen.is_done);
    assert_int_equal(seen.failure, FAIL_STORE_UNAVAILABLE);
    struct seen pending = {0};
    get_begin("foo", redis_rig_deadline_ms(), &pending);
    redis_rig_run_ms(rig, 10); /* it waits for another try */
    store_close(store);
    store = NULL;
    assert_int_equal(pending.failure, FAIL_STORE_UNAVAILABLE);
}

static void nodes_that_send_a_command_to_and_fro_end_in_unavailable(void **state)
{
    (void)state;
    open_ready();
    nodes[0].answers[0] = redirection("MOVED", 1);
    nodes[1].answers[0] = redirection("MOVED", 0);
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    assert_true(store_is_ready(store));
}

static void a_lost_master_costs_its_own_slots_until_the_map_names_another(void **state)
{
    (void)state;
    open_ready();
    int port = port_of(1);
    scripted_server_stop(nodes[1].scripted);
    nodes[1].scripted = NULL;
    while (get("foo").failure == OK)
        ;
    assert_true(store_is_ready(store));
    assert_string_equal(get("bar").text, "A");
    char *at = strstr(map, "8192");
    char from[16], to[16];
    snprintf(from, sizeof(from), ":%d", port);
    snprintf(to, sizeof(to), ":%d", port_of(2));
    at = strstr(at, from);
    assert_int_equal(strlen(from), strlen(to));
    memcpy(at, to, strlen(to));
    int64_t deadline_ms = redis_rig_deadline_ms();
    while (get("foo").failure != OK)
        assert_true(clock_monotonic_ms() < deadline_ms);
    assert_string_equal(get("foo").text, "C");
}

/* A master that hangs takes a connection, and two seconds to fail. */
static void the_map_is_asked_for_as_long_as_a_master_is_lost(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = "-READONLY You can't write against a read only replica.\r\n";
    nodes[1].handshakes_begun = 0;
    int given = nodes[0].maps_given;
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    nodes[1].is_mute = true;
    while (nodes[0].maps_given < given + 3)
        redis_rig_run_ms(rig, 5);
    assert_true(nodes[1].handshakes_begun <= 1);
    map_set(0, 2);
    int64_t deadline_ms = redis_rig_deadline_ms();
    while (get("foo").failure != OK)
        assert_true(clock_monotonic_ms() < deadline_ms);
}

struct names {
    char text[NODES_COUNT + 1];
    size_t len;
    bool is_done;
};

static void on_name(void *context, enum failure failure, const struct store_reply *reply)
{
    struct names *names = context;
    names->text[names->len++] = failure == OK ? reply->text.at[0] : '-';
    names->is_done = names->len == 3;
}

static void each_master_can_be_asked_about_itself(void **state)
{
    (void)state;
    open_store();
    assert_int_equal(store_masters(store), 0);
    redis_rig_await_ready(rig, store, true);
    while (get("foo").failure != OK || get("bar").failure != OK)
        ;
    assert_int_equal(store_masters(store), 2);
    struct str words[] = {STR("SCAN"), STR("0")};
    struct names names = {0};
    for (size_t master = 0; master < 3; master++) /* the last one is none */
        store_send_to(store, master, (struct strs){words, 2}, redis_rig_deadline_ms(), on_name,
                      &names);
    redis_rig_await(rig, &names.is_done);
    assert_non_null(strchr(names.text, 'A'));
    assert_non_null(strchr(names.text, 'B'));
    assert_non_null(strchr(names.text, '-'));
}

static void a_slot_without_a_master_is_unavailable(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = "-CLUSTERDOWN Hash slot not served\r\n";
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    map_set_without_high();
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    nodes[1].heard[0] = '\0';
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    assert_string_equal(nodes[1].heard, ""); /* nobody has it now */
    assert_string_equal(get("bar").text, "A");
}

/* While a failover spreads, a node may take the new master for a replica: the slot is nobody's
 * there until it hears more, and somebody's elsewhere. */
static void a_slot_that_is_nobodys_for_a_moment_is_waited_for(void **state)
{
    (void)state;
    open_ready();
    nodes[1].answers[0] = nodes[1].answers[1] = "-CLUSTERDOWN Hash slot not served\r\n";
    nodes[1].answers[2] = "$1\r\nB\r\n";
    assert_string_equal(get("foo").text, "B");
    nodes[1].given = 0;
    nodes[1].answers[1] = NULL;
    map_set(0, 2);
    assert_string_equal(get("foo").text, "C");
    map_set_without_high();
    nodes[2].answers[0] = "-CLUSTERDOWN Hash slot not served\r\n";
    struct seen seen = {0};
    get_begin("foo", redis_rig_deadline_ms(), &seen);
    maps_await(1);
    map_set(0, 2);
    nodes[2].answers[0] = "$1\r\nC\r\n";
    redis_rig_await(rig, &seen.is_done);
    assert_string_equal(seen.text, "C");
}

static void without_a_map_there_is_no_store_until_one_comes(void **state)
{
    (void)state;
    static const char *const none[] = {"-ERR This instance has cluster support disabled\r\n",
                                       "*0\r\n", "+OK\r\n",
                                       "*1\r\n*3\r\n:0\r\n:8191\r\n*2\r\n$1\r\nh\r\n:0\r\n"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        snprintf(map, sizeof(map), "%s", none[i]);
        open_store();
        redis_rig_run_ms(rig, 50);
        assert_false(store_is_ready(store));
        assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
        map_set(0, 1);
        redis_rig_await_ready(rig, store, true);
        store_close(store);
        store = NULL;
    }
}

static void a_master_that_is_away_at_the_start_does_not_keep_the_others_back(void **state)
{
    (void)state;
    nodes[1].is_replica = true; /* the map is older than its demotion */
    open_ready();
    assert_string_equal(get("bar").text, "A");
    assert_int_equal(get("foo").failure, FAIL_STORE_UNAVAILABLE);
    nodes[1].is_replica = false;
    int64_t deadline_ms = redis_rig_deadline_ms();
    while (get("foo").failure != OK)
        assert_true(clock_monotonic_ms() < deadline_ms);
}

static void closing_answers_everything_wherever_it_waits(void **state)
{
    (void)state;
    open_store();
    store_close(store); /* before the map is asked for */
    nodes[0].is_mute = true;
    open_store();
    redis_rig_run_ms(rig, 20);
    store_close(store); /* while it is */
    nodes[0].is_mute = false;
    open_ready();
    nodes[1].is_mute = true;
    struct seen silent = {0}, unsent = {0};
    get_begin("foo", redis_rig_deadline_ms(), &silent);
    redis_rig_run_ms(rig, 10);
    get_begin("bar", redis_rig_deadline_ms(), &unsent);
    store_close(store);
    store = NULL;
    assert_int_equal(silent.failure, FAIL_STORE_UNAVAILABLE);
    assert_int_equal(unsent.failure, FAIL_STORE_UNAVAILABLE);
}

#define CLUSTER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLUSTER_TEST(a_command_goes_to_the_master_of_its_slot),
        CLUSTER_TEST(a_moved_slot_is_followed_and_remembered),
        CLUSTER_TEST(a_slot_on_its_way_is_asked_for_once),
        CLUSTER_TEST(a_node_that_nobody_knew_is_asked_when_it_is_connected),
        CLUSTER_TEST(a_script_that_the_asked_node_does_not_know_is_asked_with_its_text),
        CLUSTER_TEST(keys_that_are_moving_are_tried_again_until_the_deadline),
        CLUSTER_TEST(nodes_that_send_a_command_to_and_fro_end_in_unavailable),
        CLUSTER_TEST(a_lost_master_costs_its_own_slots_until_the_map_names_another),
        CLUSTER_TEST(the_map_is_asked_for_as_long_as_a_master_is_lost),
        CLUSTER_TEST(each_master_can_be_asked_about_itself),
        CLUSTER_TEST(a_slot_without_a_master_is_unavailable),
        CLUSTER_TEST(a_slot_that_is_nobodys_for_a_moment_is_waited_for),
        CLUSTER_TEST(without_a_map_there_is_no_store_until_one_comes),
        CLUSTER_TEST(a_master_that_is_away_at_the_start_does_not_keep_the_others_back),
        CLUSTER_TEST(closing_answers_everything_wherever_it_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
