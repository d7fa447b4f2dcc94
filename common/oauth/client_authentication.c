/* Reading and checking are two steps, because the client's record must be fetched between them. */
#include "common/oauth/client_authentication.h"
#include "common/base/base64url.h"
#include "common/base/hex.h"
#include "common/crypto/digest.h"
#include "common/oauth/client_assertion.h"

#include <openssl/crypto.h>

bool client_authentication_method_is_known(struct str method)
{
    return str_equals(method, STR("none")) || str_equals(method, STR("client_secret_basic")) ||
           str_equals(method, STR("client_secret_post"));
}

/* One value of RFC 6749 appendix B; '&' and '=' are escaped in it. */
static bool form_decode(struct arena *arena, struct str text, struct str *ret_value)
{
    struct form form;
    struct str pair = ARENA_JOIN(arena, STR("v="), text);
    if (!str_is_present(pair) || form_parse(arena, pair, &form) != OK || form.len != 1)
        return false;
    *ret_value = form.at[0].value;
    return true;
}

enum failure client_authentication_read_basic(struct arena *arena, struct str authorization,
                                              struct str *ret_user, struct str *ret_password)
{
    struct str scheme, rest, bytes, user, password;
    if (!str_cut(authorization, ' ', &scheme, &rest) ||
        !str_equals_ignoring_case(scheme, STR("Basic")))
        return FAIL_CLIENT_AUTHENTICATION_FAILED;
    while (str_starts_with(rest, STR(" "))) /* RFC 9110 11.4: 1*SP */
        rest = str_from(rest, 1);
    if (!base64_decode_any(arena, rest, &bytes) || !str_cut(bytes, ':', &user, &password) ||
        !form_decode(arena, user, &user) || !form_decode(arena, password, &password) ||
        str_is_empty(user))
        return FAIL_CLIENT_AUTHENTICATION_FAILED;
    *ret_user = user;
    *ret_password = password;
    return OK;
}

/* RFC 7521 4.2: client_id may be left out beside an assertion; one that is sent must be the same.
 */
static enum failure read_assertion(struct arena *arena, const struct form *form,
                                   struct client_authentication *said)
{
    struct str type, assertion;
    TRY(form_get(form, STR("client_assertion_type"), &type));
    TRY(form_get(form, STR("client_assertion"), &assertion));
    if (!str_is_present(type) && !str_is_present(assertion))
        return OK;
    if (!str_equals(type, STR(CLIENT_ASSERTION_TYPE)))
        return FAIL_CLIENT_ASSERTION_TYPE_UNSUPPORTED;
    if (!str_equals(said->method, STR("none")))
        return FAIL_CLIENT_AUTHENTICATION_DOUBLE;
    struct str client_id = client_assertion_peek(arena, assertion);
    if (!str_is_present(client_id))
        return FAIL_CLIENT_ASSERTION_INVALID;
    if (str_is_present(said->client_id) && !str_equals(said->client_id, client_id))
        return FAIL_CLIENT_AUTHENTICATION_DOUBLE;
    said->client_id = client_id;
    said->method = STR("private_key_jwt");
    said->assertion = assertion;
    return OK;
}

/* RFC 6749 2.3.1 */
static enum failure read_secret(struct arena *arena, struct str authorization,
                                const struct form *form, struct client_authentication *said)
{
    struct str form_secret, user, password;
    TRY(form_get(form, STR("client_secret"), &form_secret));
    if (str_is_present(authorization)) {
        TRY(client_authentication_read_basic(arena, authorization, &user, &password));
        if (str_is_present(form_secret) ||
            (str_is_present(said->client_id) && !str_equals(said->client_id, user)))
            return FAIL_CLIENT_AUTHENTICATION_DOUBLE;
        said->client_id = user;
        /* An empty secret may be left out; both mean a client without one. */
        if (password.len > 0) {
            said->method = STR("client_secret_basic");
            said->secret = password;
        }
    } else if (str_is_present(form_secret)) {
        said->method = STR("client_secret_post");
        said->secret = form_secret;
    }
    return OK;
}

enum failure client_authentication_read(struct arena *arena, struct str authorization,
                                        const struct form *form,
                                        struct client_authentication *ret_said)
{
    struct client_authentication said = {.method = STR("none")};
    TRY(form_get(form, STR("client_id"), &said.client_id));
    TRY(read_secret(arena, authorization, form, &said));
    TRY(read_assertion(arena, form, &said));
    if (!str_is_present(said.client_id))
        return FAIL_CLIENT_ID_MISSING;
    *ret_said = said;
    return OK;
}

bool client_secret_matches(struct str secret, struct str secret_sha256)
{
    unsigned char digest[DIGEST_BYTES], stored[DIGEST_BYTES];
    if (!str_is_present(secret) || !hex_read(secret_sha256, stored, sizeof(stored)))
        return false;
    digest_sha256(secret, digest);
    return CRYPTO_memcmp(digest, stored, sizeof(stored)) == 0;
}

enum failure client_authentication_check(const struct client_authentication *said,
                                         struct str method, struct str secret_sha256)
{
    bool needs_secret = !str_equals(method, STR("none"));
    if (!client_authentication_method_is_known(method) || str_is_present(said->assertion) ||
        needs_secret != str_is_present(said->secret))
        return FAIL_CLIENT_AUTHENTICATION_FAILED;
    if (needs_secret && !client_secret_matches(said->secret, secret_sha256))
        return FAIL_CLIENT_AUTHENTICATION_FAILED;
    return OK;
}
