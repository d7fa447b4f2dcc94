#include "common/crypto/signing_ring.h"

#include "common/base/clock.h"
#include "tests/unit/common/crypto/rfc_keys.h"
#include "tests/unit/common/crypto/support.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct signing_ring *ring_of(const char *pem)
{
    struct signing_ring *ring = NULL;
    const char *problem = "none";
    if (signing_ring_from_pem(str_from_cstr(pem), &ring, &problem) != OK)
        fail_msg("%s", problem);
    return ring;
}

static struct str signer_alg(const struct signing_ring *ring)
{
    return public_key_alg_name(signing_key_public(signing_ring_signer(ring)));
}

static int ring_teardown(void **state)
{
    clock_fix_wall_s(-1);
    return arena_teardown(state);
}
#define RING_TEST(test) cmocka_unit_test_setup_teardown(test, arena_setup, ring_teardown)

static void the_first_key_of_a_text_signs_and_all_are_published(void **state)
{
    struct signing_ring *ring = ring_of(RFC7515_A3_SEC1_PEM RFC7515_A2_PEM RFC8037_A1_PEM);
    (void)state;
    assert_str_equal(signer_alg(ring), STR("ES256"));
    assert_int_equal(signing_ring_keys_count(ring), 3);
    assert_int_equal(signing_ring_public_keys(ring).len, 3);
    struct str jwks = signing_ring_jwks(ring);
    json_t *json = json_loadb(jwks.at, jwks.len, JSON_REJECT_DUPLICATES, NULL);
    json_t *keys = json_object_get(json, "keys");
    assert_int_equal(json_array_size(keys), 3);
    for (size_t i = 0; i < 3; i++) {
        json_t *key = json_array_get(keys, i);
        assert_string_equal(json_string_value(json_object_get(key, "use")), "sig");
        assert_true(json_is_string(json_object_get(key, "kid")));
        assert_true(json_is_string(json_object_get(key, "alg")));
        assert_null(json_object_get(key, "d"));
    }
    json_decref(json);
    signing_ring_free(ring);
}

static void a_key_signs_from_its_time_on(void **state)
{
    struct signing_ring *ring = ring_of(RFC7515_A2_PEM "# use_from: 1000\n" RFC7515_A3_SEC1_PEM
                                                       "# use_from: 2000\n" RFC8037_A1_PEM);
    (void)state;
    clock_fix_wall_s(999);
    assert_str_equal(signer_alg(ring), STR("RS256"));
    clock_fix_wall_s(1000);
    assert_str_equal(signer_alg(ring), STR("ES256"));
    clock_fix_wall_s(2001);
    assert_str_equal(signer_alg(ring), STR("EdDSA"));
    signing_ring_free(ring);
}

static void the_earliest_signs_when_all_must_wait(void **state)
{
    struct signing_ring *ring =
        ring_of("# use_from: 2000\n" RFC7515_A2_PEM "# use_from: 1000\n" RFC7515_A3_PEM);
    (void)state;
    clock_fix_wall_s(5);
    assert_str_equal(signer_alg(ring), STR("ES256"));
    signing_ring_free(ring);
}

static void the_version_names_the_set_whatever_its_order(void **state)
{
    struct signing_ring *a = ring_of(RFC7515_A3_PEM RFC8037_A1_PEM),
                        *b = ring_of(RFC8037_A1_PEM RFC7515_A3_PEM), *c = ring_of(RFC8037_A1_PEM);
    (void)state;
    assert_int_equal(signing_ring_version(a).len, SIGNING_RING_VERSION_CHARACTERS);
    assert_str_equal(signing_ring_version(a), signing_ring_version(b));
    assert_false(str_equals(signing_ring_version(a), signing_ring_version(c)));
    signing_ring_free(a);
    signing_ring_free(b);
    signing_ring_free(c);
}

static void the_ids_name_each_key_and_its_time(void **state)
{
    struct signing_ring *a = ring_of("# use_from: 7\n" RFC7515_A3_PEM RFC8037_A1_PEM),
                        *b = ring_of("# use_from: 8\n" RFC7515_A3_PEM RFC8037_A1_PEM);
    struct public_keys keys = signing_ring_public_keys(a);
    struct str expected = arena_printf(*state, "%.*s@7 %.*s", STR_ARGS(public_key_kid(keys.at[0])),
                                       STR_ARGS(public_key_kid(keys.at[1])));
    assert_str_equal(signing_ring_ids(a), expected);
    assert_false(str_equals(signing_ring_ids(a), signing_ring_ids(b)));
    signing_ring_free(a);
    signing_ring_free(b);
}

static void a_text_in_the_environments_form_is_read(void **state)
{
    struct str pem = STR("# use_from: 7\n" RFC7515_A3_PEM RFC8037_A1_PEM);
    char *escaped = arena_take(*state, 2 * pem.len);
    size_t len = 0;
    for (size_t i = 0; i < pem.len; i++) {
        if (pem.at[i] == '\n')
            escaped[len++] = '\\';
        escaped[len++] = pem.at[i] == '\n' ? 'n' : pem.at[i];
    }
    escaped[len] = 0;
    struct signing_ring *ring = ring_of(escaped);
    assert_int_equal(signing_ring_keys_count(ring), 2);
    assert_str_equal(signer_alg(ring), STR("ES256"));
    signing_ring_free(ring);
}

static void a_text_that_cannot_be_used_is_refused_with_a_sentence(void **state)
{
    const struct {
        const char *text, *word;
    } CASES[] = {
        {"", "no PEM private key"},
        {"-----BEGIN PRIVATE KEY-----\nAAAA", "cut off"},
        {RFC7515_A3_PEM "-----BEGIN PRIVATE KEY-----\nAAAA", "cut off"},
        {RFC7515_A2_PUBLIC_PEM, "no PEM private key"},
        {RFC7515_A3_PEM RFC7515_A3_SEC1_PEM, "twice"},
        {RFC7515_A3_PEM RSA_1024_PEM, "2048"},
        {RFC7515_A3_PEM ENCRYPTED_PEM, "passphrase"},
        {"# use_from: tomorrow\n" RFC7515_A3_PEM, "use_from"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(CASES) / sizeof(CASES[0]); i++) {
        struct signing_ring *ring = NULL;
        const char *problem = NULL;
        assert_int_equal(signing_ring_from_pem(str_from_cstr(CASES[i].text), &ring, &problem),
                         FAIL_CONFIGURATION_INVALID);
        assert_null(ring);
        assert_non_null(strstr(problem, CASES[i].word));
    }
}

/* ---- directories ---- */

static void write_file(const char *directory, const char *name, const char *text)
{
    char path[512];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void remove_all(const char *directory, const char *const *names, size_t len)
{
    char path[512];
    for (size_t i = 0; i < len; i++) {
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
        unlink(path);
    }
    rmdir(directory);
}

static void make_directory(char *directory, size_t size)
{
    const char *base = getenv("TMPDIR");
    snprintf(directory, size, "%s/signing_ring_test.XXXXXX", base != NULL ? base : "/tmp");
    assert_non_null(mkdtemp(directory));
}

static void a_directory_is_read_in_the_order_of_its_file_names(void **state)
{
    static const char *const NAMES[] = {"b.pem", "a.pem", "notes.txt", ".hidden.pem"};
    char directory[256];
    struct signing_ring *ring;
    const char *problem;
    (void)state;
    make_directory(directory, sizeof(directory));
    write_file(directory, "b.pem", RFC8037_A1_PEM);
    write_file(directory, "a.pem", "# use_from: 0\n" RFC7515_A3_PEM);
    write_file(directory, "notes.txt", "not a key");
    write_file(directory, ".hidden.pem", RFC7515_A2_PEM);
    assert_ok(signing_ring_from_directory(directory, &ring, &problem));
    assert_int_equal(signing_ring_keys_count(ring), 2);
    assert_str_equal(signer_alg(ring), STR("ES256"));
    signing_ring_free(ring);
    remove_all(directory, NAMES, 4);
}

static void a_rotated_directory_signs_with_the_later_key(void **state)
{
    static const char *const NAMES[] = {"1.pem", "2.pem"};
    char directory[256];
    struct signing_ring *ring;
    const char *problem;
    (void)state;
    make_directory(directory, sizeof(directory));
    write_file(directory, "1.pem", RFC8037_A1_PEM);
    write_file(directory, "2.pem", "# written by a rotation\n# use_from: 1000\n" RFC7515_A3_PEM);
    assert_ok(signing_ring_from_directory(directory, &ring, &problem));
    clock_fix_wall_s(999);
    assert_str_equal(signer_alg(ring), STR("EdDSA"));
    clock_fix_wall_s(1000);
    assert_str_equal(signer_alg(ring), STR("ES256"));
    signing_ring_free(ring);
    remove_all(directory, NAMES, 2);
}

static void a_directory_that_cannot_be_used_is_refused_with_a_sentence(void **state)
{
    static const char *const NAMES[] = {"a.pem", "b.pem"};
    char directory[256];
    struct signing_ring *ring = NULL;
    const char *problem;
    (void)state;
    make_directory(directory, sizeof(directory));
    assert_int_equal(signing_ring_from_directory(directory, &ring, &problem),
                     FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(problem, "no .pem file"));
    write_file(directory, "a.pem", RFC7515_A3_PEM);
    write_file(directory, "b.pem", "empty");
    assert_int_equal(signing_ring_from_directory(directory, &ring, &problem),
                     FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(problem, "no PEM private key"));
    remove_all(directory, NAMES, 2);
    assert_int_equal(signing_ring_from_directory(directory, &ring, &problem),
                     FAIL_CONFIGURATION_INVALID);
    assert_non_null(strstr(problem, "cannot be read"));
    assert_null(ring);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RING_TEST(the_first_key_of_a_text_signs_and_all_are_published),
        RING_TEST(a_key_signs_from_its_time_on),
        RING_TEST(the_earliest_signs_when_all_must_wait),
        RING_TEST(the_version_names_the_set_whatever_its_order),
        RING_TEST(the_ids_name_each_key_and_its_time),
        RING_TEST(a_text_in_the_environments_form_is_read),
        RING_TEST(a_text_that_cannot_be_used_is_refused_with_a_sentence),
        RING_TEST(a_directory_is_read_in_the_order_of_its_file_names),
        RING_TEST(a_rotated_directory_signs_with_the_later_key),
        RING_TEST(a_directory_that_cannot_be_used_is_refused_with_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
