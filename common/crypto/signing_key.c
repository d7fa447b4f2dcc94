/* A signature goes through one context that is prepared when the key is read; only Ed25519, which
 * hashes the message itself, needs a fresh one each time. The headers that the key can put in front
 * of a token are encoded once. */
#include "common/crypto/signing_key.h"

#include "common/base/arena.h"
#include "common/base/base64url.h"
#include "common/crypto/digest.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum {
    HEADERS_ARENA_BYTES_MAX = 16 * 1024,
    PEM_BYTES_MAX = 32 * 1024, /* RSA 8192 takes 6.4 KB */
};

struct signing_key {
    struct public_key *public;
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *context; /* NULL for EdDSA */
    struct arena *arena;   /* holds the headers */
    struct str headers[JWT_TYPS_COUNT];
};

static const char *const TYP_NAMES[JWT_TYPS_COUNT] = {
    [JWT_TYP_AT_JWT] = "at+jwt",
    [JWT_TYP_JWT] = "JWT",
};

struct str signing_key_typ_name(enum jwt_typ typ)
{
    return str_from_cstr(TYP_NAMES[typ]);
}

void signing_key_free(struct signing_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_CTX_free(key->context);
    EVP_PKEY_free(key->pkey);
    public_key_free(key->public);
    arena_free(key->arena);
    free(key);
}

/* Asked for the passphrase of an encrypted key: without this, OpenSSL would ask the terminal. */
/* NOLINTNEXTLINE(readability-non-const-parameter): the type is OpenSSL's */
static int refuse_passphrase(char *buffer, int size, int is_writing, void *was_asked)
{
    (void)buffer, (void)size, (void)is_writing;
    *(bool *)was_asked = true;
    return -1;
}

/* Copies the text with every literal \n made a line end, as environment files carry them (\r goes
 * away). out has room for pem.len bytes. */
static int unescape(struct str pem, char *out)
{
    int len = 0;
    for (size_t i = 0; i < pem.len; i++) {
        bool is_escape = pem.at[i] == '\\' && i + 1 < pem.len;
        if (is_escape && pem.at[i + 1] == 'n')
            out[len++] = '\n', i++;
        else if (is_escape && pem.at[i + 1] == 'r')
            i++;
        else
            out[len++] = pem.at[i];
    }
    return len;
}

/* Reads the first key of the text, private or public; NULL when there is none. */
static EVP_PKEY *pkey_from_pem(struct str pem, bool is_private, bool *is_encrypted)
{
    char *text = pem.len > 0 && pem.len <= PEM_BYTES_MAX ? OPENSSL_malloc(pem.len) : NULL;
    if (text == NULL)
        return NULL;
    EVP_PKEY *pkey = NULL;
    BIO *bio = BIO_new_mem_buf(text, unescape(pem, text));
    if (bio != NULL && is_private)
        pkey = PEM_read_bio_PrivateKey(bio, NULL, refuse_passphrase, is_encrypted);
    else if (bio != NULL)
        pkey = PEM_read_bio_PUBKEY(bio, NULL, refuse_passphrase, is_encrypted);
    BIO_free(bio);
    OPENSSL_clear_free(text, pem.len);
    ERR_clear_error();
    return pkey;
}

static enum failure prepare_signing(struct signing_key *key)
{
    enum public_key_alg alg = public_key_alg(key->public);
    if (alg == PUBLIC_KEY_EDDSA)
        return OK;
    key->context = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (key->context == NULL || EVP_PKEY_sign_init(key->context) != 1 ||
        EVP_PKEY_CTX_set_signature_md(key->context, EVP_sha256()) != 1)
        return FAIL_CRYPTO;
    if (alg == PUBLIC_KEY_RS256 &&
        EVP_PKEY_CTX_set_rsa_padding(key->context, RSA_PKCS1_PADDING) != 1)
        return FAIL_CRYPTO;
    return OK;
}

static enum failure prepare_headers(struct signing_key *key)
{
    key->arena = arena_new(HEADERS_ARENA_BYTES_MAX);
    if (key->arena == NULL)
        return FAIL_LIMIT_REACHED;
    for (size_t typ = 0; typ < JWT_TYPS_COUNT; typ++) {
        struct str json =
            arena_printf(key->arena, "{\"alg\":\"%.*s\",\"kid\":\"%.*s\",\"typ\":\"%s\"}",
                         STR_ARGS(public_key_alg_name(key->public)),
                         STR_ARGS(public_key_kid(key->public)), TYP_NAMES[typ]);
        key->headers[typ] = base64url_encode(key->arena, json);
        if (!str_is_present(json) || !str_is_present(key->headers[typ]))
            return FAIL_LIMIT_REACHED;
    }
    return OK;
}

/* A damaged key file often still parses. */
static enum failure try_once(struct signing_key *key)
{
    unsigned char signature[PUBLIC_KEY_SIGNATURE_BYTES_MAX];
    size_t len;
    TRY(signing_key_sign(key, STR("try"), signature, &len));
    return public_key_verify(key->public, STR("try"), str_from_bytes(signature, len));
}

static const char *fill(struct signing_key *key, struct str pem)
{
    bool is_encrypted = false;
    key->pkey = pkey_from_pem(pem, true, &is_encrypted);
    if (is_encrypted)
        return "The private key is protected by a passphrase; give it without one (openssl pkey).";
    if (key->pkey == NULL)
        return "There is no PEM private key that can be read (-----BEGIN PRIVATE KEY-----).";
    if (public_key_from_pkey(key->pkey, &key->public) != OK)
        return "The private key must be RSA of 2048 to 8192 bits, EC on P-256, or Ed25519.";
    if (prepare_signing(key) != OK || prepare_headers(key) != OK || try_once(key) != OK)
        return "The private key is damaged: it cannot sign what its public half verifies.";
    return NULL;
}

enum failure signing_key_new(struct str pem, struct signing_key **ret_key, const char **problem)
{
    struct signing_key *key = calloc(1, sizeof(*key));
    const char *why = key != NULL ? fill(key, pem) : "There is no memory for the private key.";
    if (why != NULL) {
        signing_key_free(key);
        *problem = why;
        return FAIL_CONFIGURATION_INVALID;
    }
    *ret_key = key;
    return OK;
}

struct public_key *signing_key_public(const struct signing_key *key)
{
    return key->public;
}

struct str signing_key_kid(const struct signing_key *key)
{
    return public_key_kid(key->public);
}

struct str signing_key_jws_header(const struct signing_key *key, enum jwt_typ typ)
{
    return key->headers[typ];
}

bool signing_key_matches(const struct signing_key *key, struct str public_pem)
{
    bool is_encrypted = false;
    EVP_PKEY *pkey = pkey_from_pem(public_pem, false, &is_encrypted);
    bool is_match = pkey != NULL && EVP_PKEY_eq(pkey, public_key_pkey(key->public)) == 1;
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return is_match;
}

/* RFC 7518 3.4: r and s side by side, each padded to 32 bytes. */
static bool es256_from_der(unsigned char *signature, size_t *len)
{
    enum { HALF = PUBLIC_KEY_ES256_SIGNATURE_BYTES / 2 };
    const unsigned char *at = signature;
    ECDSA_SIG *der = d2i_ECDSA_SIG(NULL, &at, (long)*len);
    bool is_raw = der != NULL && BN_bn2binpad(ECDSA_SIG_get0_r(der), signature, HALF) == HALF &&
                  BN_bn2binpad(ECDSA_SIG_get0_s(der), signature + HALF, HALF) == HALF;
    ECDSA_SIG_free(der);
    *len = PUBLIC_KEY_ES256_SIGNATURE_BYTES;
    return is_raw;
}

static bool sign_ed25519(struct signing_key *key, struct str bytes, unsigned char *signature,
                         size_t *len)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_signed =
        context != NULL && EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
        EVP_DigestSign(context, signature, len, (const unsigned char *)bytes.at, bytes.len) == 1;
    EVP_MD_CTX_free(context);
    return is_signed;
}

static bool sign_digest(struct signing_key *key, struct str bytes, unsigned char *signature,
                        size_t *len)
{
    unsigned char digest[DIGEST_BYTES];
    digest_sha256(bytes, digest);
    if (EVP_PKEY_sign(key->context, signature, len, digest, sizeof(digest)) != 1)
        return false;
    return public_key_alg(key->public) != PUBLIC_KEY_ES256 || es256_from_der(signature, len);
}

enum failure signing_key_sign(struct signing_key *key, struct str bytes,
                              unsigned char ret_signature[static PUBLIC_KEY_SIGNATURE_BYTES_MAX],
                              size_t *ret_len)
{
    size_t len = PUBLIC_KEY_SIGNATURE_BYTES_MAX;
    bool is_signed = public_key_alg(key->public) == PUBLIC_KEY_EDDSA
                         ? sign_ed25519(key, bytes, ret_signature, &len)
                         : sign_digest(key, bytes, ret_signature, &len);
    if (!is_signed) {
        ERR_clear_error();
        return FAIL_CRYPTO;
    }
    *ret_len = len;
    return OK;
}
