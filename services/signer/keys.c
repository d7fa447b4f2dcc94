/* The two rings are read, taken and reported apart: a mistake in one file does not keep the other
 * from being taken. The secure heap must exist before the first key is read. It is made once in a
 * process and never given back, because OpenSSL's own clean-up may still hold memory in it. */
#include "services/signer/keys.h"
#include "common/base/log.h"
#include "common/process/file_watch.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum {
    /* 16 RSA keys of 8192 bits take some 200 KB, and for a moment the old ring and the new one are
     * there. */
    SECURE_HEAP_BYTES = 1024 * 1024,
    SECURE_HEAP_BLOCK_BYTES_MIN = 32,
    SCRATCH_BYTES_MAX = 2 * SIGNING_RING_PEM_BYTES_MAX,
};

static const char NO_MEMORY[] = "memory is gone.";

struct keys {
    struct keys_config config;
    struct signing_ring *signing_ring;
    struct refresh_ring *refresh_ring;
    struct file_watch *signing_watch, *refresh_watch;
    keys_change_cb *on_change;
    void *context;
};

static void secure_heap_open(void)
{
    if (CRYPTO_secure_malloc_initialized())
        return;
    if (CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_HEAP_BLOCK_BYTES_MIN) != 1)
        log_warning("keys.not_locked",
                    LOG_STR("advice", STR("private keys may reach the swap space; raise "
                                          "RLIMIT_MEMLOCK, or switch swap off")));
}

static enum failure option_problem(struct arena *arena, const char *name, const char *problem,
                                   struct str *ret_problem)
{
    *ret_problem = arena_printf(arena, "%s: %s", name, problem);
    return FAIL_CONFIGURATION_INVALID;
}

/* The option's text, or what its file says now. */
static enum failure text_read(const struct option_text *option, struct arena *arena,
                              struct str *ret_text, const char **problem)
{
    if (str_is_empty(option->path)) {
        *ret_text = option->text;
        return OK;
    }
    *problem = "its file cannot be read, or is too long.";
    return file_read(option->path, SIGNING_RING_PEM_BYTES_MAX, arena, ret_text);
}

/* ---- the signing keys */

/* With several keys, which one signs changes with time, and the original's single public key says
 * nothing any more. */
static enum failure public_key_compare(const struct signing_ring *ring, struct str jwt_public_key,
                                       struct arena *arena, struct str *ret_problem)
{
    if (str_is_empty(jwt_public_key))
        return OK;
    if (signing_ring_keys_count(ring) > 1) {
        log_warning("keys.public_key_ignored",
                    LOG_STR("advice", STR("JWT_PRIVATE_KEY has several keys; remove "
                                          "JWT_PUBLIC_KEY")));
        return OK;
    }
    if (!signing_key_matches(signing_ring_signer(ring), jwt_public_key))
        return option_problem(arena, "JWT_PUBLIC_KEY",
                              "it is not the other half of JWT_PRIVATE_KEY; correct it, or leave "
                              "it out.",
                              ret_problem);
    return OK;
}

static enum failure signing_ring_read(const struct keys_config *config, struct arena *arena,
                                      struct signing_ring **ret_ring, struct str *ret_problem)
{
    bool is_directory = !str_is_empty(config->jwt_private_key_directory);
    const char *name = is_directory ? "JWT_PRIVATE_KEY_DIRECTORY" : "JWT_PRIVATE_KEY";
    const char *problem = NO_MEMORY;
    enum failure failure;
    if (is_directory) {
        const char *path = arena_dup_cstr(arena, config->jwt_private_key_directory);
        failure = path != NULL ? signing_ring_from_directory(path, ret_ring, &problem)
                               : FAIL_CONFIGURATION_INVALID;
    } else {
        struct str text;
        failure = text_read(&config->jwt_private_key, arena, &text, &problem);
        if (failure == OK)
            failure = signing_ring_from_pem(text, ret_ring, &problem);
    }
    return failure == OK ? OK : option_problem(arena, name, problem, ret_problem);
}

static void change_tell(const struct keys *keys, const struct keys_change *change)
{
    log_information("keys.changed", LOG_STR("ring", change->ring),
                    LOG_STR("before", change->before), LOG_STR("after", change->after));
    if (keys->on_change != NULL)
        keys->on_change(keys->context, change);
}

/* Takes what the configuration says now, unless it is what is there. */
static enum failure signing_ring_take(struct keys *keys, struct arena *arena,
                                      struct str *ret_problem)
{
    struct signing_ring *old = keys->signing_ring, *ring = NULL;
    TRY(signing_ring_read(&keys->config, arena, &ring, ret_problem));
    if (old != NULL && str_equals(signing_ring_ids(old), signing_ring_ids(ring))) {
        signing_ring_free(ring);
        return OK;
    }
    enum failure failure =
        public_key_compare(ring, keys->config.jwt_public_key, arena, ret_problem);
    if (failure != OK) {
        signing_ring_free(ring);
        return failure;
    }
    keys->signing_ring = ring;
    if (old != NULL)
        change_tell(keys, &(struct keys_change){.ring = STR("signing"),
                                                .before = signing_ring_ids(old),
                                                .after = signing_ring_ids(ring)});
    signing_ring_free(old);
    return OK;
}

/* ---- the refresh keys */

static enum failure refresh_ring_read(const struct keys_config *config, struct arena *arena,
                                      struct refresh_ring **ret_ring, struct str *ret_problem)
{
    const char *problem = NO_MEMORY;
    struct str text;
    enum failure failure = text_read(&config->refresh_encryption_key, arena, &text, &problem);
    if (failure == OK)
        failure = refresh_ring_new(text, ret_ring, &problem);
    return failure == OK ? OK
                         : option_problem(arena, "REFRESH_ENCRYPTION_KEY", problem, ret_problem);
}

static enum failure refresh_ring_take(struct keys *keys, struct arena *arena,
                                      struct str *ret_problem)
{
    struct refresh_ring *old = keys->refresh_ring, *ring = NULL;
    TRY(refresh_ring_read(&keys->config, arena, &ring, ret_problem));
    if (old != NULL && refresh_ring_equals(old, ring)) {
        refresh_ring_free(ring);
        return OK;
    }
    if (refresh_ring_text_keys_count(ring) > 0)
        log_warning("keys.refresh_key_is_text",
                    LOG_STR("advice", STR("REFRESH_ENCRYPTION_KEY has a key that is not 32 random "
                                          "bytes in base64; rotate it with deploy/setup-secrets")));
    keys->refresh_ring = ring;
    if (old != NULL)
        change_tell(keys, &(struct keys_change){.ring = STR("refresh"),
                                                .before = refresh_ring_ids(old, arena),
                                                .after = refresh_ring_ids(ring, arena)});
    refresh_ring_free(old);
    return OK;
}

/* ---- reading them again */

typedef enum failure ring_take(struct keys *keys, struct arena *arena, struct str *ret_problem);

static void ring_reload(struct keys *keys, ring_take *take)
{
    struct arena *scratch = arena_new(SCRATCH_BYTES_MAX);
    struct str problem = str_from_cstr(NO_MEMORY);
    enum failure failure =
        scratch != NULL ? take(keys, scratch, &problem) : FAIL_CONFIGURATION_INVALID;
    if (failure != OK)
        log_error("keys.broken", LOG_STR("problem", problem),
                  LOG_STR("advice", STR("the keys from before stay in use")));
    arena_free(scratch);
}

static void on_signing_change(void *keys)
{
    ring_reload(keys, signing_ring_take);
}

static void on_refresh_change(void *keys)
{
    ring_reload(keys, refresh_ring_take);
}

void keys_reload(struct keys *keys)
{
    on_signing_change(keys);
    on_refresh_change(keys);
}

void keys_on_change(struct keys *keys, keys_change_cb *on_change, void *context)
{
    keys->on_change = on_change;
    keys->context = context;
}

static enum failure watch_open(struct keys *keys, struct loop *loop, const char *name,
                               struct str path, file_change_cb *on_change, struct arena *arena,
                               struct file_watch **ret_watch, struct str *ret_problem)
{
    if (str_is_empty(path))
        return OK;
    *ret_watch = file_watch_new(loop, path, on_change, keys);
    return *ret_watch != NULL
               ? OK
               : option_problem(arena, name, "its directory cannot be watched for changes.",
                                ret_problem);
}

static enum failure watches_open(struct keys *keys, struct loop *loop, struct arena *arena,
                                 struct str *ret_problem)
{
    const struct keys_config *config = &keys->config;
    struct str signing = !str_is_empty(config->jwt_private_key_directory)
                             ? config->jwt_private_key_directory
                             : config->jwt_private_key.path;
    TRY(watch_open(keys, loop, "JWT_PRIVATE_KEY", signing, on_signing_change, arena,
                   &keys->signing_watch, ret_problem));
    return watch_open(keys, loop, "REFRESH_ENCRYPTION_KEY", config->refresh_encryption_key.path,
                      on_refresh_change, arena, &keys->refresh_watch, ret_problem);
}

/* ---- opening and closing */

static enum failure rings_open(struct keys *keys, struct loop *loop, struct arena *arena,
                               struct str *ret_problem)
{
    bool has_text = !str_is_empty(keys->config.jwt_private_key.text);
    bool has_directory = !str_is_empty(keys->config.jwt_private_key_directory);
    if (has_text && has_directory)
        return option_problem(arena, "JWT_PRIVATE_KEY_DIRECTORY",
                              "JWT_PRIVATE_KEY is there too; leave one of them out.", ret_problem);
    if (!has_text && !has_directory)
        return option_problem(arena, "JWT_PRIVATE_KEY",
                              "it is missing, and so is JWT_PRIVATE_KEY_DIRECTORY; give one of "
                              "them (deploy/setup-secrets makes a key).",
                              ret_problem);
    /* The watches first: what changes while the files are read is read again. */
    TRY(watches_open(keys, loop, arena, ret_problem));
    TRY(signing_ring_take(keys, arena, ret_problem));
    return refresh_ring_take(keys, arena, ret_problem);
}

enum failure keys_open(struct loop *loop, const struct keys_config *config, struct arena *arena,
                       struct keys **ret_keys, struct str *ret_problem)
{
    secure_heap_open();
    struct keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL) {
        *ret_problem = str_from_cstr(NO_MEMORY);
        return FAIL_CONFIGURATION_INVALID;
    }
    keys->config = *config;
    struct arena *scratch = arena_new(SCRATCH_BYTES_MAX);
    struct str problem = str_from_cstr(NO_MEMORY);
    enum failure failure =
        scratch != NULL ? rings_open(keys, loop, scratch, &problem) : FAIL_CONFIGURATION_INVALID;
    if (failure == OK) {
        *ret_keys = keys;
    } else {
        *ret_problem = arena_dup(arena, problem);
        keys_close(keys);
    }
    arena_free(scratch);
    return failure;
}

void keys_close(struct keys *keys)
{
    if (keys == NULL)
        return;
    file_watch_free(keys->signing_watch);
    file_watch_free(keys->refresh_watch);
    signing_ring_free(keys->signing_ring);
    refresh_ring_free(keys->refresh_ring);
    free(keys);
}

struct signing_key *keys_signer(const struct keys *keys)
{
    return signing_ring_signer(keys->signing_ring);
}

struct public_keys keys_public(const struct keys *keys)
{
    return signing_ring_public_keys(keys->signing_ring);
}

int64_t keys_signing_use_from_s(const struct keys *keys, size_t index)
{
    return signing_ring_use_from_s(keys->signing_ring, index);
}

const struct refresh_ring *keys_refresh_ring(const struct keys *keys)
{
    return keys->refresh_ring;
}

struct str keys_version(const struct keys *keys)
{
    return signing_ring_version(keys->signing_ring);
}

void keys_announce(const struct keys *keys, struct link_worker *link)
{
    link_worker_announce_keys(link, signing_ring_jwks(keys->signing_ring), keys_version(keys));
}
