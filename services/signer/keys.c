/* The secure heap must exist before the first key is read. It is made once in a process and never
 * given back, because OpenSSL's own clean-up may still hold memory in it. */
#include "services/signer/keys.h"
#include "common/base/log.h"

#include <openssl/crypto.h>
#include <stdlib.h>

enum {
    /* 16 RSA keys of 8192 bits take some 200 KB. */
    SECURE_HEAP_BYTES = 512 * 1024,
    SECURE_HEAP_BLOCK_BYTES_MIN = 32,
};

struct keys {
    struct signing_ring *signing_ring;
    struct refresh_ring *refresh_ring;
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

/* With several keys, which one signs changes with time, and the original's single public key says
 * nothing any more. */
static enum failure public_key_compare(const struct keys *keys, struct str jwt_public_key,
                                       struct arena *arena, struct str *ret_problem)
{
    if (str_is_empty(jwt_public_key))
        return OK;
    if (signing_ring_keys_count(keys->signing_ring) > 1) {
        log_warning("keys.public_key_ignored",
                    LOG_STR("advice", STR("JWT_PRIVATE_KEY has several keys; remove "
                                          "JWT_PUBLIC_KEY")));
        return OK;
    }
    if (!signing_key_matches(signing_ring_signer(keys->signing_ring), jwt_public_key))
        return option_problem(arena, "JWT_PUBLIC_KEY",
                              "it is not the other half of JWT_PRIVATE_KEY; correct it, or leave "
                              "it out.",
                              ret_problem);
    return OK;
}

static enum failure rings_open(struct keys *keys, const struct keys_config *config,
                               struct arena *arena, struct str *ret_problem)
{
    const char *problem = "memory is gone.";
    if (signing_ring_from_pem(config->jwt_private_key, &keys->signing_ring, &problem) != OK)
        return option_problem(arena, "JWT_PRIVATE_KEY", problem, ret_problem);
    TRY(public_key_compare(keys, config->jwt_public_key, arena, ret_problem));
    if (refresh_ring_new(config->refresh_encryption_key, &keys->refresh_ring, &problem) != OK)
        return option_problem(arena, "REFRESH_ENCRYPTION_KEY", problem, ret_problem);
    if (refresh_ring_text_keys_count(keys->refresh_ring) > 0)
        log_warning("keys.refresh_key_is_text",
                    LOG_STR("advice", STR("REFRESH_ENCRYPTION_KEY has a key that is not 32 random "
                                          "bytes in base64; rotate it with deploy/setup-secrets")));
    return OK;
}

enum failure keys_open(const struct keys_config *config, struct arena *arena,
                       struct keys **ret_keys, struct str *ret_problem)
{
    secure_heap_open();
    struct keys *keys = calloc(1, sizeof(*keys));
    if (keys == NULL) {
        *ret_problem = STR("memory is gone.");
        return FAIL_CONFIGURATION_INVALID;
    }
    enum failure failure = rings_open(keys, config, arena, ret_problem);
    if (failure == OK)
        *ret_keys = keys;
    else
        keys_close(keys);
    return failure;
}

void keys_close(struct keys *keys)
{
    if (keys == NULL)
        return;
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

const struct refresh_ring *keys_refresh_ring(const struct keys *keys)
{
    return keys->refresh_ring;
}

void keys_announce(const struct keys *keys, struct link_worker *link)
{
    link_worker_announce_keys(link, signing_ring_jwks(keys->signing_ring),
                              signing_ring_version(keys->signing_ring));
}
