/* The text of a ring is cut into PEM blocks here, because OpenSSL's reader throws away the comments
 * between them, where use_from stands. */
#include "common/crypto/signing_ring.h"
#include "common/crypto/token_memory.h"

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/hex.h"
#include "common/crypto/digest.h"

#include <dirent.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <unistd.h>

enum { RING_ARENA_BYTES_MAX = 256 * 1024 };

struct signing_ring {
    struct arena *arena; /* holds jwks, ids and version */
    struct token_memory *memory;
    size_t len;
    struct signing_key *keys[SIGNING_RING_KEYS_MAX];
    struct public_key *publics[SIGNING_RING_KEYS_MAX]; /* borrowed from keys */
    int64_t use_from_s[SIGNING_RING_KEYS_MAX];
    struct str jwks;
    struct str ids;
    struct str version;
};

static const char NO_KEY[] =
    "There is no PEM private key to sign tokens with (-----BEGIN PRIVATE KEY-----).";

void signing_ring_free(struct signing_ring *ring)
{
    if (ring == NULL)
        return;
    for (size_t i = 0; i < ring->len; i++)
        signing_key_free(ring->keys[i]);
    token_memory_free(ring->memory);
    arena_free(ring->arena);
    free(ring);
}

/* Index of the first occurrence, or text.len. */
static size_t index_of(struct str text, struct str needle)
{
    const char *found = text.len > 0 ? memmem(text.at, text.len, needle.at, needle.len) : NULL;
    return found != NULL ? (size_t)(found - text.at) : text.len;
}

/* The number behind "use_from:" in the text in front of a key; 0 when there is none. */
static bool read_use_from(struct str comment, int64_t *ret_use_from_s)
{
    static const struct str LABEL = STR_INIT("# use_from:");
    struct str value = str_from(comment, index_of(comment, LABEL));
    size_t digits = 0;
    if (value.len == 0) {
        *ret_use_from_s = 0;
        return true;
    }
    value = str_from(value, LABEL.len);
    while (value.len > 0 && value.at[0] == ' ')
        value = str_from(value, 1);
    while (digits < value.len && value.at[digits] >= '0' && value.at[digits] <= '9')
        digits++;
    return str_to_i64(str_first(value, digits), ret_use_from_s);
}

struct pem_block {
    struct str comment; /* what stands between the last block and this one */
    struct str label;   /* "PRIVATE KEY" */
    struct str text;    /* from BEGIN to END, both included */
};

/* False at the end of the text, and for a block without an end. */
static bool next_block(struct str *rest, struct pem_block *ret_block)
{
    static const struct str BEGIN = STR_INIT("-----BEGIN "), END = STR_INIT("-----END "),
                            DASHES = STR_INIT("-----");
    size_t begin = index_of(*rest, BEGIN);
    struct str text = str_from(*rest, begin);
    struct str label = str_from(text, BEGIN.len);
    size_t end = index_of(text, END);
    if (end == text.len)
        return false;
    size_t end_label = end + END.len;
    size_t end_dashes = end_label + index_of(str_from(text, end_label), DASHES);
    if (end_dashes == text.len)
        return false;
    *ret_block = (struct pem_block){
        .comment = str_first(*rest, begin),
        .label = str_first(label, index_of(label, DASHES)),
        .text = str_first(text, end_dashes + DASHES.len),
    };
    *rest = str_from(text, end_dashes + DASHES.len);
    return true;
}

static const char *add_key(struct signing_ring *ring, const struct pem_block *block,
                           int64_t use_from_s)
{
    const char *problem;
    if (ring->len == SIGNING_RING_KEYS_MAX)
        return "There are more than 16 signing keys; remove those that no longer sign.";
    if (signing_key_new(block->text, &ring->keys[ring->len], &problem) != OK)
        return problem;
    struct public_key *public = signing_key_public(ring->keys[ring->len]);
    ring->publics[ring->len] = public;
    ring->use_from_s[ring->len++] = use_from_s;
    for (size_t i = 0; i + 1 < ring->len; i++)
        if (str_equals(public_key_kid(ring->publics[i]), public_key_kid(public)))
            return "The same signing key is there twice.";
    return NULL;
}

/* A comment counts for the next private key, whatever other block (EC PARAMETERS) comes between. */
static const char *add_text(struct signing_ring *ring, struct str text)
{
    size_t len_before = ring->len;
    int64_t use_from_s = 0;
    for (struct pem_block block; next_block(&text, &block);) {
        int64_t read_s;
        if (!read_use_from(block.comment, &read_s))
            return "A signing key's use_from line must hold Unix seconds (# use_from: 1767225600).";
        use_from_s = read_s != 0 ? read_s : use_from_s;
        if (!str_ends_with(block.label, STR("PRIVATE KEY")))
            continue;
        const char *problem = add_key(ring, &block, use_from_s);
        if (problem != NULL)
            return problem;
        use_from_s = 0;
    }
    if (index_of(text, STR("-----BEGIN ")) < text.len)
        return "The text of the signing keys is cut off: a key has no -----END line.";
    return ring->len > len_before ? NULL : NO_KEY;
}

static bool append(struct arena *arena, struct str *text, struct str more)
{
    *text = arena_printf(arena, "%.*s%.*s", STR_ARGS(*text), STR_ARGS(more));
    return str_is_present(*text);
}

static const char *describe_keys(struct signing_ring *ring)
{
    struct str text = STR("{\"keys\":[");
    bool is_written = true;
    for (size_t i = 0; is_written && i < ring->len; i++)
        is_written = append(ring->arena, &text, i > 0 ? STR(",") : STR("")) &&
                     append(ring->arena, &text, public_key_jwk(ring->publics[i]));
    if (!is_written || !append(ring->arena, &text, STR("]}")))
        return "The signing keys are too many or too large.";
    ring->jwks = text;
    return NULL;
}

static const char *list_ids(struct signing_ring *ring)
{
    struct str text = STR("");
    bool is_written = true;
    for (size_t i = 0; is_written && i < ring->len; i++) {
        int64_t use_from_s = ring->use_from_s[i];
        struct str from =
            use_from_s != 0 ? arena_printf(ring->arena, "@%lld", (long long)use_from_s) : STR("");
        is_written = append(ring->arena, &text, i > 0 ? STR(" ") : STR("")) &&
                     append(ring->arena, &text, public_key_kid(ring->publics[i])) &&
                     str_is_present(from) && append(ring->arena, &text, from);
    }
    ring->ids = text;
    return is_written ? NULL : "There is no memory for the signing keys.";
}

/* The exclusive or of the kids' digests: equal sets have equal versions in any order. */
static const char *name_set(struct signing_ring *ring)
{
    unsigned char sum[DIGEST_BYTES] = {0}, digest[DIGEST_BYTES];
    for (size_t i = 0; i < ring->len; i++) {
        digest_sha256(public_key_kid(ring->publics[i]), digest);
        for (size_t at = 0; at < sizeof(sum); at++)
            sum[at] ^= digest[at];
    }
    ring->version =
        hex_encode(ring->arena, str_from_bytes(sum, SIGNING_RING_VERSION_CHARACTERS / 2));
    return str_is_present(ring->version) ? NULL : "There is no memory for the signing keys.";
}

static enum failure finish(struct signing_ring *ring, const char *why,
                           struct signing_ring **ret_ring, const char **problem)
{
    if (why == NULL && ring->len == 0)
        why = NO_KEY;
    if (why == NULL)
        why = describe_keys(ring);
    if (why == NULL)
        why = list_ids(ring);
    if (why == NULL)
        why = name_set(ring);
    if (why != NULL) {
        signing_ring_free(ring);
        *problem = why;
        return FAIL_CONFIGURATION_INVALID;
    }
    *ret_ring = ring;
    return OK;
}

static struct signing_ring *ring_new(void)
{
    struct signing_ring *ring = calloc(1, sizeof(*ring));
    if (ring == NULL)
        return NULL;
    ring->arena = arena_new(RING_ARENA_BYTES_MAX);
    ring->memory = token_memory_new();
    if (ring->arena == NULL || ring->memory == NULL) {
        signing_ring_free(ring);
        return NULL;
    }
    return ring;
}

enum failure signing_ring_from_pem(struct str text, struct signing_ring **ret_ring,
                                   const char **problem)
{
    struct signing_ring *ring = ring_new();
    const char *why = "There is no memory for the signing keys.";
    if (ring != NULL)
        why = text.len > SIGNING_RING_PEM_BYTES_MAX ? "The text of the signing keys is too long."
                                                    : add_text(ring, text);
    return finish(ring, why, ret_ring, problem);
}

static const char *add_file(struct signing_ring *ring, int directory, const char *name)
{
    const char *problem = "A file of the signing-key directory cannot be read, or is too long.";
    char *text = OPENSSL_malloc(SIGNING_RING_PEM_BYTES_MAX);
    int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t len = 0;
    ssize_t got = -1;
    while (text != NULL && fd >= 0 && len < SIGNING_RING_PEM_BYTES_MAX &&
           (got = read(fd, text + len, SIGNING_RING_PEM_BYTES_MAX - len)) > 0)
        len += (size_t)got;
    if (got == 0) /* the end was reached within the limit */
        problem = add_text(ring, str_from_bytes(text, len));
    if (fd >= 0)
        close(fd);
    OPENSSL_clear_free(text, SIGNING_RING_PEM_BYTES_MAX);
    return problem;
}

static int is_key_file(const struct dirent *entry)
{
    struct str name = str_from_cstr(entry->d_name);
    return !str_starts_with(name, STR(".")) && str_ends_with(name, STR(".pem"));
}

/* By bytes: alphasort would follow the locale. */
static int compare_names(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum failure signing_ring_from_directory(const char *path, struct signing_ring **ret_ring,
                                         const char **problem)
{
    struct signing_ring *ring = ring_new();
    struct dirent **names = NULL;
    const char *why = NULL;
    int directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int len = directory < 0 ? -1 : scandirat(directory, ".", &names, is_key_file, compare_names);
    if (ring == NULL)
        why = "There is no memory for the signing keys.";
    else if (len < 0)
        why = "The directory of the signing keys cannot be read.";
    else if (len == 0)
        why = "The directory of the signing keys holds no .pem file.";
    for (int i = 0; i < len; i++) {
        if (why == NULL)
            why = add_file(ring, directory, names[i]->d_name);
        free(names[i]);
    }
    free(names);
    if (directory >= 0)
        close(directory);
    return finish(ring, why, ret_ring, problem);
}

size_t signing_ring_keys_count(const struct signing_ring *ring)
{
    return ring->len;
}

struct signing_key *signing_ring_signer(const struct signing_ring *ring)
{
    int64_t now_s = clock_wall_s();
    size_t earliest = 0, latest = ring->len;
    for (size_t i = 0; i < ring->len; i++) {
        if (ring->use_from_s[i] < ring->use_from_s[earliest])
            earliest = i;
        bool is_later = latest == ring->len || ring->use_from_s[i] > ring->use_from_s[latest];
        if (ring->use_from_s[i] <= now_s && is_later)
            latest = i;
    }
    return ring->keys[latest < ring->len ? latest : earliest];
}

struct public_keys signing_ring_public_keys(const struct signing_ring *ring)
{
    return (struct public_keys){ring->publics, ring->len, ring->memory};
}

struct str signing_ring_jwks(const struct signing_ring *ring)
{
    return ring->jwks;
}

int64_t signing_ring_use_from_s(const struct signing_ring *ring, size_t index)
{
    return ring->use_from_s[index];
}

struct str signing_ring_ids(const struct signing_ring *ring)
{
    return ring->ids;
}

struct str signing_ring_version(const struct signing_ring *ring)
{
    return ring->version;
}
