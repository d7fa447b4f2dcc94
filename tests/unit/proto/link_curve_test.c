/* The link with CURVE: who may connect (proto/README.md, "Security"). */
#include "tests/unit/proto/link_rig.h"

#include <stdio.h>

static void curve_edge_open(const char *kind, const char *worker_public)
{
    char allowed[128];
    snprintf(allowed, sizeof(allowed), "# the workers\n%s %s\n", kind, worker_public);
    assert_int_equal(curve_keypair_make(rig.public_key, rig.secret_key), OK);
    link_edge_free(rig.link);
    edge_open(str_from_cstr(rig.secret_key), str_from_cstr(allowed));
}

static void a_worker_whose_key_is_allowed_works_over_curve(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", public_key);
    worker_start_with(0, "signer", "0", rig.endpoint, secret_key, rig.public_key);
    workers_await(1);
    load_begin(500);
    load_finish();
}

static void a_worker_that_expects_the_old_key_or_the_new_one_finds_both_edges(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES], both[2 * CURVE_KEY_BYTES];
    char next_public[CURVE_KEY_BYTES], next_secret[CURVE_KEY_BYTES], list[128];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    assert_int_equal(curve_keypair_make(next_public, next_secret), OK);
    snprintf(list, sizeof(list), "signer %s\n", public_key);
    curve_edge_open("signer", public_key);
    snprintf(both, sizeof(both), "%s,%s", next_public, rig.public_key);
    worker_start_with(0, "signer", "0", rig.endpoint, secret_key, both);
    workers_await(1);
    load_begin(100);
    load_finish();
    link_edge_free(rig.link); /* the same place, with its new key */
    edge_open(str_from_cstr(next_secret), str_from_cstr(list));
    workers_await(1);
    load_begin(100);
    load_finish();
}

static void a_worker_whose_key_is_allowed_later_is_let_in(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES], list[128];
    char other_public[CURVE_KEY_BYTES], other_secret[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    assert_int_equal(curve_keypair_make(other_public, other_secret), OK);
    curve_edge_open("signer", other_public);
    worker_start_with(0, "signer", "0", rig.endpoint, secret_key, rig.public_key);
    call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_WORKER_UNAVAILABLE);
    snprintf(list, sizeof(list), "signer %s\n", public_key);
    assert_true(link_edge_allow(rig.link, str_from_cstr(list)));
    assert_false(link_edge_allow(rig.link, STR("signer short")));
    workers_await(1);
}

static void assert_refused(const char *secret_key, const char *edge_key)
{
    worker_start_with(0, "signer", "0", rig.endpoint, secret_key, edge_key);
    call_send("echo", BUDGET_CALLBACK_MS);
    calls_await(1);
    assert_int_equal(rig.last_failure, FAIL_WORKER_UNAVAILABLE);
    assert_int_equal(link_edge_workers(rig.link, WORKER_SIGNER), 0);
}

static void a_worker_with_an_unknown_key_is_refused(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES], other[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(other, secret_key), OK);
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", other);
    assert_refused(secret_key, rig.public_key);
}

static void a_worker_with_a_key_of_another_kind_is_refused(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("broker", public_key);
    assert_refused(secret_key, rig.public_key);
}

static void a_worker_without_keys_is_refused_by_a_curve_edge(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    curve_edge_open("signer", public_key);
    assert_refused(NULL, NULL);
}

static void a_worker_that_expects_another_edge_does_not_talk_to_this_one(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    char other_public[CURVE_KEY_BYTES], other_secret[CURVE_KEY_BYTES];
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    assert_int_equal(curve_keypair_make(other_public, other_secret), OK);
    curve_edge_open("signer", public_key);
    assert_refused(secret_key, other_public);
}

static void an_edge_with_a_broken_list_or_key_does_not_open(void **state)
{
    char public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES], list[128];
    char endpoints[WORKER_KINDS][96];
    struct link_edge_options options = {.secret_key = STR("too short")};
    (void)state;
    assert_int_equal(curve_keypair_make(public_key, secret_key), OK);
    for (int i = 0; i < WORKER_KINDS; i++) {
        snprintf(endpoints[i], sizeof(endpoints[i]), "ipc://%s/other%d.ipc", rig.folder, i);
        options.listen[i] = str_from_cstr(endpoints[i]);
    }
    snprintf(list, sizeof(list), "signer %s\n", public_key);
    options.allowed_keys = str_from_cstr(list);
    assert_null(link_edge_new(rig.loop, &options));
    options.secret_key = str_from_cstr(secret_key);
    options.allowed_keys = STR("signer");
    assert_null(link_edge_new(rig.loop, &options));
    options.allowed_keys = STR_ABSENT;
    assert_null(link_edge_new(rig.loop, &options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_worker_whose_key_is_allowed_works_over_curve),
        RIG_TEST(a_worker_that_expects_the_old_key_or_the_new_one_finds_both_edges),
        RIG_TEST(a_worker_whose_key_is_allowed_later_is_let_in),
        RIG_TEST(a_worker_with_an_unknown_key_is_refused),
        RIG_TEST(a_worker_with_a_key_of_another_kind_is_refused),
        RIG_TEST(a_worker_without_keys_is_refused_by_a_curve_edge),
        RIG_TEST(a_worker_that_expects_another_edge_does_not_talk_to_this_one),
        RIG_TEST(an_edge_with_a_broken_list_or_key_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
