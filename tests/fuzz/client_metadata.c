/* Anyone on the net controls this input: the body of POST /register, and of PUT /client. Attacks
 * client_metadata_parse, client_metadata_parse_update, client_metadata_apply_policy,
 * client_metadata_domain and client_name_is_valid. */
#include "common/oauth/client_metadata.h"
#include "common/base/limits.h"
#include "common/oauth/client_authentication.h"
#include "common/oauth/client_jwks.h"
#include "common/oauth/scope.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/servers.h"

static void check_parsed(const struct client_metadata *metadata)
{
    FUZZ_CHECK(metadata->redirect_uris.len >= 1 &&
               metadata->redirect_uris.len <= REDIRECT_URIS_MAX);
    for (size_t i = 0; i < metadata->redirect_uris.len; i++)
        FUZZ_CHECK(redirect_uri_check(metadata->redirect_uris.at[i]) == OK);
    FUZZ_CHECK(!str_is_present(metadata->client_name) ||
               client_name_is_valid(metadata->client_name));
    FUZZ_CHECK(metadata->client_name.len <= CLIENT_NAME_BYTES_MAX);
    FUZZ_CHECK(scope_check(metadata->scope) == OK);
    bool has_key = str_equals(metadata->token_endpoint_auth_method, STR("private_key_jwt"));
    FUZZ_CHECK(has_key ||
               client_authentication_method_is_known(metadata->token_endpoint_auth_method));
    FUZZ_CHECK((str_is_present(metadata->jwks) != str_is_present(metadata->jwks_uri)) == has_key);
    FUZZ_CHECK(!str_is_present(metadata->jwks) || client_jwks_check_text(metadata->jwks) == OK);
    FUZZ_CHECK(metadata->grant_types.len > 0 && metadata->response_types.len > 0);
}

void fuzz_one(struct str input, struct arena *arena)
{
    const struct servers *servers = fuzz_servers();
    struct client_metadata parsed;
    struct str client_secret = STR_ABSENT;
    client_name_is_valid(input);
    if (client_metadata_parse_update(arena, input, STR("mcp_any_1"), &parsed, &client_secret) == OK)
        check_parsed(&parsed);
    if (client_metadata_parse(arena, input, &parsed) != OK)
        return;
    check_parsed(&parsed);
    struct client_metadata kept = parsed;
    if (client_metadata_apply_policy(arena, servers, &kept) != OK)
        return;
    check_parsed(&kept);
    FUZZ_CHECK(str_is_present(kept.client_name));
    for (size_t i = 0; i < kept.redirect_uris.len; i++) {
        FUZZ_CHECK(strs_contain(parsed.redirect_uris, kept.redirect_uris.at[i]));
        FUZZ_CHECK(servers_check_redirect_uri(servers, NULL, kept.redirect_uris.at[i]) == OK);
    }
    FUZZ_CHECK(!str_is_empty(client_metadata_domain(servers, &kept)));
}
