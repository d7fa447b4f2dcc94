/* Anyone on the net controls this input: what a web server answers as a client's metadata document
 * or JWK set, and, in its lines, the headers of the answer. Attacks client_metadata_parse_document,
 * client_jwks_check_text, http_caching_lifetime_s and http_content_type_is_json. */
#include "common/base/limits.h"
#include "common/net/http_caching.h"
#include "common/oauth/client_jwks.h"
#include "common/oauth/client_metadata.h"
#include "tests/fuzz/fuzz.h"

#define URL "https://app.example.com/client.json"

static void check_headers(struct str input)
{
    struct str lines[4], rest = input;
    for (size_t i = 0; i < 4; i++)
        if (!str_cut(rest, '\n', &lines[i], &rest)) {
            lines[i] = rest;
            rest = STR_ABSENT;
        }
    const struct http_caching caching = {lines[0], lines[1], lines[2], lines[3]};
    int64_t lifetime_s = http_caching_lifetime_s(&caching, 1700000000);
    FUZZ_CHECK(lifetime_s >= HTTP_CACHING_S_MIN && lifetime_s <= HTTP_CACHING_S_MAX);
    if (http_content_type_is_json(lines[0]))
        FUZZ_CHECK(lines[0].len >= sizeof("application/json") - 1);
}

void fuzz_one(struct str input, struct arena *arena)
{
    struct client_metadata metadata;
    check_headers(input);
    if (client_jwks_check_text(input) == OK)
        FUZZ_CHECK(input.len <= JWKS_BYTES_MAX);
    if (client_metadata_parse_document(arena, STR(URL), input, &metadata) != OK)
        return;
    bool has_key = str_equals(metadata.token_endpoint_auth_method, STR("private_key_jwt"));
    FUZZ_CHECK(has_key || str_equals(metadata.token_endpoint_auth_method, STR("none")));
    FUZZ_CHECK((str_is_present(metadata.jwks) != str_is_present(metadata.jwks_uri)) == has_key);
    FUZZ_CHECK(client_name_is_valid(metadata.client_name));
    FUZZ_CHECK(metadata.redirect_uris.len > 0);
}
