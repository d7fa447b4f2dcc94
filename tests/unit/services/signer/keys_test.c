/* The secrets of the signer: a broken one stops the start with one sentence that names the option;
 * a file that changes is taken while the process runs, and a broken one is not. */
#include "tests/unit/services/signer/signer_rig.h"

#include "common/base/clock.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static struct loop *loop;
static char folder[64];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/signer-keys-test-XXXXXX");
    arena = arena_new((size_t)1024 * 1024);
    loop = loop_new();
    return arena != NULL && loop != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];
    (void)state;
    loop_free(loop);
    arena_free(arena);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static struct keys_config good_config(void)
{
    return (struct keys_config){
        .jwt_private_key.text = signer_rig_make_key(arena),
        .refresh_encryption_key.text = STR("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
    };
}

static void assert_stops_the_start(const struct keys_config *config, struct str begins)
{
    struct keys *keys = NULL;
    struct str problem = STR_ABSENT;
    assert_int_equal(keys_open(loop, config, arena, &keys, &problem), FAIL_CONFIGURATION_INVALID);
    assert_null(keys);
    if (!str_starts_with(problem, begins))
        fail_msg("'%.*s' does not begin with '%.*s'", STR_ARGS(problem), STR_ARGS(begins));
    assert_true(str_ends_with(problem, STR(".")));
}

static struct str public_half(struct str private_pem)
{
    BIO *in = BIO_new_mem_buf(private_pem.at, (int)private_pem.len);
    BIO *out = BIO_new(BIO_s_mem());
    EVP_PKEY *pkey = PEM_read_bio_PrivateKey(in, NULL, NULL, NULL);
    char *at = NULL;
    assert_int_equal(PEM_write_bio_PUBKEY(out, pkey), 1);
    long len = BIO_get_mem_data(out, &at);
    struct str pem = arena_dup(arena, str_from_bytes(at, (size_t)len));
    EVP_PKEY_free(pkey);
    BIO_free(in);
    BIO_free(out);
    return pem;
}

static void good_keys_open_and_are_announced(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    struct keys *keys = NULL;
    struct str problem;
    config.jwt_public_key = public_half(config.jwt_private_key.text);
    assert_int_equal(keys_open(loop, &config, arena, &keys, &problem), OK);
    assert_non_null(keys_signer(keys));
    assert_int_equal(keys_public(keys).len, 1);
    keys_announce(keys, NULL); /* the rig looks at what it gets */
    keys_close(keys);
    keys_close(NULL);
}

static void a_foreign_public_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.jwt_public_key = public_half(signer_rig_make_key(arena));
    assert_stops_the_start(&config, STR("JWT_PUBLIC_KEY: "));
    config.jwt_public_key = STR("nonsense");
    assert_stops_the_start(&config, STR("JWT_PUBLIC_KEY: "));
}

static void with_several_keys_a_public_one_says_nothing(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    struct keys *keys = NULL;
    struct str problem;
    config.jwt_public_key = public_half(signer_rig_make_key(arena));
    config.jwt_private_key.text =
        arena_printf(arena, "%.*s%.*s", STR_ARGS(config.jwt_private_key.text),
                     STR_ARGS(signer_rig_make_key(arena)));
    assert_int_equal(keys_open(loop, &config, arena, &keys, &problem), OK);
    assert_int_equal(keys_public(keys).len, 2);
    keys_close(keys);
}

/* As setup-secrets does it: in one step. Answers the path. */
static struct str write_file(const char *name, struct str text)
{
    struct str path = arena_printf(arena, "%s/%s", folder, name);
    struct str next = arena_printf(arena, "%s/%s.next", folder, name);
    FILE *file = fopen(next.at, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.at, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(next.at, path.at), 0);
    return path;
}

static struct {
    bool is_awaited;
    int count;
    struct str ring, before, after;
} told;

static void on_change(void *context, const struct keys_change *change)
{
    (void)context;
    told.count++;
    told.ring = arena_dup(arena, change->ring);
    told.before = arena_dup(arena, change->before);
    told.after = arena_dup(arena, change->after);
    if (told.is_awaited)
        loop_stop(loop);
}

static void await_change(void)
{
    told.is_awaited = true;
    loop_run(loop);
    told.is_awaited = false;
}

static struct keys *open_keys(const struct keys_config *config)
{
    struct keys *keys = NULL;
    struct str problem = STR("");
    if (keys_open(loop, config, arena, &keys, &problem) != OK)
        fail_msg("%.*s", STR_ARGS(problem));
    keys_on_change(keys, on_change, NULL);
    told.count = 0;
    return keys;
}

static struct str signer_kid(const struct keys *keys)
{
    return arena_dup(arena, public_key_kid(signing_key_public(keys_signer(keys))));
}

/* A key's kid: that of a ring with only this key. */
static struct str kid_of(struct str pem)
{
    struct signing_ring *ring = NULL;
    const char *problem;
    assert_int_equal(signing_ring_from_pem(pem, &ring, &problem), OK);
    struct str kid = arena_dup(arena, signing_ring_ids(ring));
    signing_ring_free(ring);
    return kid;
}

static void assert_told(const char *ring, struct str before, struct str after)
{
    assert_int_equal(told.count, 1);
    signer_rig_assert_str(told.ring, ring);
    signer_rig_assert_str(told.before, arena_dup_cstr(arena, before));
    signer_rig_assert_str(told.after, arena_dup_cstr(arena, after));
    told.count = 0;
}

static void a_file_of_signing_keys_that_changes_is_taken(void **state)
{
    (void)state;
    struct str old = signer_rig_make_key(arena), new = signer_rig_make_key(arena);
    struct keys_config config = good_config();
    config.jwt_private_key = (struct option_text){old, write_file("jwt-private-key.pem", old)};
    struct keys *keys = open_keys(&config);
    signer_rig_assert_str(signer_kid(keys), kid_of(old).at);
    struct str both =
        arena_printf(arena, "# use_from: 1000\n%.*s%.*s", STR_ARGS(new), STR_ARGS(old));
    write_file("jwt-private-key.pem", both);
    await_change();
    assert_told("signing", kid_of(old), kid_of(both));
    signer_rig_assert_str(signer_kid(keys), kid_of(new).at);
    assert_int_equal(keys_public(keys).len, 2);
    keys_close(keys);
}

static void a_key_signs_when_its_time_comes_without_a_reload(void **state)
{
    (void)state;
    struct str old = signer_rig_make_key(arena), new = signer_rig_make_key(arena);
    struct keys_config config = good_config();
    int64_t now_s = clock_wall_s();
    config.jwt_private_key.text = arena_printf(
        arena, "# use_from: %lld\n%.*s%.*s", (long long)now_s + 900, STR_ARGS(new), STR_ARGS(old));
    config.refresh_encryption_key.text =
        arena_printf(arena, "2:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=@%lld 1:%s",
                     (long long)now_s + 900, config.refresh_encryption_key.text.at);
    struct keys *keys = open_keys(&config);
    signer_rig_assert_str(signer_kid(keys), kid_of(old).at);
    assert_int_equal(refresh_ring_sealing_version(keys_refresh_ring(keys)), 1);
    clock_fix_wall_s(now_s + 901);
    signer_rig_assert_str(signer_kid(keys), kid_of(new).at);
    assert_int_equal(refresh_ring_sealing_version(keys_refresh_ring(keys)), 2);
    clock_fix_wall_s(-1);
    keys_close(keys);
}

static void a_directory_of_signing_keys_is_watched(void **state)
{
    (void)state;
    struct str old = signer_rig_make_key(arena), new = signer_rig_make_key(arena);
    struct keys_config config = good_config();
    config.jwt_private_key = (struct option_text){.text = STR_ABSENT};
    config.jwt_private_key_directory = str_from_cstr(folder);
    assert_stops_the_start(&config, STR("JWT_PRIVATE_KEY_DIRECTORY: "));
    write_file("1.pem", old);
    struct keys *keys = open_keys(&config);
    write_file("2.pem", arena_printf(arena, "# use_from: 1000\n%.*s", STR_ARGS(new)));
    await_change();
    assert_int_equal(told.count, 1);
    signer_rig_assert_str(signer_kid(keys), kid_of(new).at);
    assert_int_equal(keys_public(keys).len, 2);
    keys_close(keys);
}

/* A Secret's volume: the names are links through ..data, which is swapped as a whole. */
static void a_kubernetes_secret_that_changes_is_taken(void **state)
{
    (void)state;
    struct str old = signer_rig_make_key(arena), new = signer_rig_make_key(arena);
    struct keys_config config = good_config();
    assert_int_equal(mkdir(arena_printf(arena, "%s/..1", folder).at, 0700), 0);
    assert_int_equal(mkdir(arena_printf(arena, "%s/..2", folder).at, 0700), 0);
    write_file("..1/key", old);
    write_file("..2/key", new);
    struct str path = arena_printf(arena, "%s/key", folder);
    assert_int_equal(symlink("..1", arena_printf(arena, "%s/..data", folder).at), 0);
    assert_int_equal(symlink("..data/key", path.at), 0);
    config.jwt_private_key = (struct option_text){old, path};
    struct keys *keys = open_keys(&config);
    assert_int_equal(symlink("..2", arena_printf(arena, "%s/..data_tmp", folder).at), 0);
    assert_int_equal(rename(arena_printf(arena, "%s/..data_tmp", folder).at,
                            arena_printf(arena, "%s/..data", folder).at),
                     0);
    await_change();
    assert_told("signing", kid_of(old), kid_of(new));
    keys_close(keys);
}

static void a_broken_file_is_not_taken_and_does_not_keep_the_other_from_it(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    struct str pem = config.jwt_private_key.text;
    config.jwt_private_key.path = write_file("jwt-private-key.pem", pem);
    config.refresh_encryption_key.path =
        write_file("refresh-encryption-key", config.refresh_encryption_key.text);
    struct keys *keys = open_keys(&config);
    static const char *const BROKEN[] = {"", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n"};
    for (size_t i = 0; i < sizeof(BROKEN) / sizeof(BROKEN[0]); i++) {
        write_file("jwt-private-key.pem", str_from_cstr(BROKEN[i]));
        keys_reload(keys);
        assert_int_equal(told.count, 0);
        signer_rig_assert_str(signer_kid(keys), kid_of(pem).at);
    }
    write_file("refresh-encryption-key", STR("2:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=@1000\n"
                                             "1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"));
    keys_reload(keys);
    assert_told("refresh", STR("v1"), STR("v2@1000 v1"));
    write_file("refresh-encryption-key", STR("short"));
    keys_reload(keys);
    unlink(config.refresh_encryption_key.path.at);
    keys_reload(keys);
    assert_int_equal(told.count, 0);
    assert_int_equal(refresh_ring_sealing_version(keys_refresh_ring(keys)), 2);
    keys_close(keys);
}

static void what_has_not_changed_is_no_change_and_another_key_of_the_same_version_is(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.refresh_encryption_key.path =
        write_file("refresh-encryption-key", config.refresh_encryption_key.text);
    struct keys *keys = open_keys(&config);
    const struct signing_key *signer = keys_signer(keys);
    keys_reload(keys);
    assert_int_equal(told.count, 0);
    assert_ptr_equal(keys_signer(keys), signer);
    write_file("refresh-encryption-key", STR("Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA="));
    keys_reload(keys);
    assert_told("refresh", STR("v1"), STR("v1"));
    keys_close(keys);
}

static void a_text_and_a_directory_or_neither_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.jwt_private_key_directory = str_from_cstr(folder);
    assert_stops_the_start(&config, STR("JWT_PRIVATE_KEY_DIRECTORY: "));
    config.jwt_private_key_directory = STR_ABSENT;
    config.jwt_private_key.text = STR_ABSENT;
    assert_stops_the_start(&config, STR("JWT_PRIVATE_KEY: "));
}

static void a_broken_private_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.jwt_private_key.text = STR("-----BEGIN PRIVATE KEY-----\nnonsense\n");
    assert_stops_the_start(&config, STR("JWT_PRIVATE_KEY: "));
}

static void a_weak_refresh_key_stops_the_start(void **state)
{
    (void)state;
    struct keys_config config = good_config();
    config.refresh_encryption_key.text = STR("short");
    assert_stops_the_start(&config, STR("REFRESH_ENCRYPTION_KEY: "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(good_keys_open_and_are_announced, setup, teardown),
        cmocka_unit_test_setup_teardown(a_foreign_public_key_stops_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(with_several_keys_a_public_one_says_nothing, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_broken_private_key_stops_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_weak_refresh_key_stops_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(a_text_and_a_directory_or_neither_stops_the_start, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_file_of_signing_keys_that_changes_is_taken, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_key_signs_when_its_time_comes_without_a_reload, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_directory_of_signing_keys_is_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(a_kubernetes_secret_that_changes_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_broken_file_is_not_taken_and_does_not_keep_the_other_from_it, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_has_not_changed_is_no_change_and_another_key_of_the_same_version_is, setup,
            teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
