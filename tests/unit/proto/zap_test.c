/* proto/zap.c: the allow-list (ZeroMQ RFC 27). That it is asked is shown in link_test.c. */
#include "proto/curve.h"
#include "proto/zap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>
#include <cmocka.h>

static struct {
    struct loop *loop;
    char key[CURVE_KEY_BYTES];
} world;

static int setup(void **state)
{
    char secret[CURVE_KEY_BYTES];
    (void)state;
    world.loop = loop_new();
    return curve_keypair_make(world.key, secret) != OK;
}

static int teardown(void **state)
{
    (void)state;
    loop_free(world.loop);
    return 0;
}

static bool list_is_taken(struct str list)
{
    void *zmq = zmq_ctx_new(); /* a closed socket frees its address only some time later */
    struct zap *zap = zap_open(world.loop, zmq, list);
    zap_close(zap);
    zmq_ctx_term(zmq);
    return zap != NULL;
}

/* A good key stands between the two. */
static bool is_taken(const char *before, const char *behind)
{
    char list[256];
    snprintf(list, sizeof(list), "%s%s%s", before, world.key, behind);
    return list_is_taken(str_from_cstr(list));
}

static void a_list_may_have_comments_blank_lines_and_spaces(void **state)
{
    (void)state;
    assert_true(is_taken("signer ", ""));
    assert_true(is_taken("signer ", "\n"));
    assert_true(is_taken("# ours\n\n  broker  ", " \r\n# end"));
}

static void a_broken_line_refuses_the_whole_list(void **state)
{
    (void)state;
    assert_false(is_taken("signer ", "\nbroker"));
    assert_false(is_taken("signer ", "\nbroker short"));
    assert_false(is_taken("signer x", ""));
    assert_false(is_taken("", ""));
}

static void a_running_list_is_replaced_by_a_good_one_only(void **state)
{
    char list[64];
    (void)state;
    snprintf(list, sizeof(list), "signer %s", world.key);
    void *zmq = zmq_ctx_new();
    struct zap *zap = zap_open(world.loop, zmq, str_from_cstr(list));
    assert_non_null(zap);
    assert_true(zap_allow(zap, str_from_cstr(list)));
    assert_false(zap_allow(zap, STR("signer short")));
    assert_false(zap_allow(zap, STR("")));
    zap_close(zap);
    zmq_ctx_term(zmq);
}

static void an_empty_list_is_refused(void **state)
{
    (void)state;
    assert_false(list_is_taken(STR_ABSENT));
    assert_false(list_is_taken(STR("")));
    assert_false(list_is_taken(STR("# nobody\n\n")));
    zap_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_list_may_have_comments_blank_lines_and_spaces),
        TEST(a_broken_line_refuses_the_whole_list),
        TEST(a_running_list_is_replaced_by_a_good_one_only),
        TEST(an_empty_list_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
