/* The style stands inside each page, so that a page needs one request and is whole even when the
 * next one fails. form-action is not set: Chromium applies it to every redirect that follows a
 * form, and the one after consent leads to the client. */
#include "services/edge/page.h"

#include <assert.h>
#include <openssl/evp.h>
#include <openssl/sha.h>

enum { SHA256_BASE64_CHARACTERS = 44 };

static const char *const NAMES[PAGES_COUNT] = {
    [PAGE_CONSENT] = "consent.html",     [PAGE_DENIED] = "denied.html",
    [PAGE_CONNECTED] = "connected.html", [PAGE_ERROR] = "error.html",
    [PAGE_LANDING] = "landing.html",
};

static char policy[256];

static struct str file_text(struct str name)
{
    for (size_t i = 0; i < PAGE_FILES_COUNT; i++)
        if (str_equals_cstr(name, PAGE_FILES[i].name))
            return PAGE_FILES[i].text;
    assert(false && "a template names a file that pages/ does not have");
    return STR_ABSENT;
}

void page_init(void)
{
    struct str style = file_text(STR("style.css"));
    unsigned char digest[SHA256_DIGEST_LENGTH];
    char base64[SHA256_BASE64_CHARACTERS + 1];
    SHA256((const unsigned char *)style.at, style.len, digest);
    EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest));
    snprintf(policy, sizeof(policy),
             "default-src 'none'; style-src 'sha256-%s'; img-src data:; base-uri 'none'; "
             "frame-ancestors 'none'",
             base64);
}

struct str page_render(struct arena *arena, enum page page, const struct template_value *values,
                       size_t values_len)
{
    return template_render(arena, file_text(str_from_cstr(NAMES[page])), file_text, values,
                           values_len);
}

struct str page_content_security_policy(void)
{
    return str_from_cstr(policy);
}
