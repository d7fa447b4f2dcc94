#include "common/oauth/client_metadata.h"
#include "tests/unit/common/oauth/servers_rig.h"

#include <string.h>

static enum failure parse(void **state, const char *quoted, struct client_metadata *metadata)
{
    return client_metadata_parse(unit_arena(state), servers_rig_json(unit_arena(state), quoted),
                                 metadata);
}

/* What the MCP SDK, Claude, VS Code, Cursor and the Inspector send. */
static void what_real_clients_send_is_accepted(void **state)
{
    static const char *const requests[] = {
        "{'redirect_uris':['https://claude.ai/api/mcp/auth_callback'],'client_name':'Claude',"
        "'token_endpoint_auth_method':'none','grant_types':['authorization_code','refresh_token'],"
        "'response_types':['code'],'client_uri':'https://claude.ai','logo_uri':null,"
        "'contacts':['a@b'],'software_id':'x','software_version':'1','jwks':{'keys':[]}}",
        "{'client_name':'Visual Studio Code','client_uri':'https://code.visualstudio.com',"
        "'grant_types':['authorization_code','refresh_token',"
        "'urn:ietf:params:oauth:grant-type:device_code'],'response_types':['code'],"
        "'redirect_uris':['https://vscode.dev/redirect','http://127.0.0.1/',"
        "'http://127.0.0.1:33418/'],'token_endpoint_auth_method':'none',"
        "'application_type':'native'}",
        "{'redirect_uris':['cursor://anysphere.cursor-retrieval/oauth/user-mcp/callback']}",
        "{'redirect_uris':['http://localhost:6274/oauth/callback'],'scope':'',"
        "'client_name':null,'unknown':{'x':[1,2]},'application_type':'other'}",
        "{'redirect_uris':['https://a/cb'],'response_types':['code','id_token'],"
        "'token_endpoint_auth_method':'client_secret_post'}",
    };
    for (size_t i = 0; i < LENGTH_OF(requests); i++) {
        struct client_metadata metadata;
        assert_failure(parse(state, requests[i], &metadata), OK, requests[i]);
        assert_str(metadata.grant_types.at[0], "authorization_code");
        assert_int_equal(metadata.grant_types.len, 2);
        assert_int_equal(metadata.response_types.len, 1);
    }
}

static void members_are_read_and_defaulted_rfc7591_2(void **state)
{
    struct client_metadata metadata;
    assert_ok(parse(state,
                    "{'redirect_uris':['https://a/cb','cursor://x'],'client_name':'A \xc3\xa4',"
                    "'scope':'mcp:a:b email','token_endpoint_auth_method':'client_secret_basic',"
                    "'grant_types':['authorization_code'],'application_type':'web'}",
                    &metadata));
    assert_str(metadata.client_name, "A \xc3\xa4");
    assert_int_equal(metadata.redirect_uris.len, 2);
    assert_str(metadata.redirect_uris.at[1], "cursor://x");
    assert_str(metadata.scope, "mcp:a:b email");
    assert_str(metadata.token_endpoint_auth_method, "client_secret_basic");
    assert_int_equal(metadata.grant_types.len, 1);
    assert_str(metadata.application_type, "web");
    assert_ok(parse(state, "{'redirect_uris':['https://a/cb'],'scope':''}", &metadata));
    assert_absent(metadata.client_name);
    assert_absent(metadata.scope);
    assert_absent(metadata.application_type);
    assert_str(metadata.token_endpoint_auth_method, "none");
    assert_int_equal(metadata.grant_types.len, 2);
}

#define URIS "'redirect_uris':['https://a/cb']"

static void bad_metadata_is_refused_rfc7591_3_2_2(void **state)
{
    static const struct {
        const char *text;
        enum failure failure;
    } bad[] = {
        {"", FAIL_JSON_MALFORMED},
        {"[]", FAIL_JSON_MALFORMED},
        {"{", FAIL_JSON_MALFORMED},
        {"{" URIS "} x", FAIL_JSON_MALFORMED},
        {"{" URIS "," URIS "}", FAIL_JSON_MALFORMED},
        {"{" URIS ",'client_name':'\xff'}", FAIL_JSON_MALFORMED},
        {"{}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':null}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':'https://a/cb'}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':{}}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':[]}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':[7]}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':['https://a/cb',null]}", FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':['a:','a:','a:','a:','a:','a:','a:','a:','a:','a:','a:']}",
         FAIL_REDIRECT_URIS_INVALID},
        {"{'redirect_uris':['/cb']}", FAIL_REDIRECT_URI_MALFORMED},
        {"{'redirect_uris':['']}", FAIL_REDIRECT_URI_MALFORMED},
        {"{'redirect_uris':['https://a/cb','javascript:alert(1)']}", FAIL_REDIRECT_URI_MALFORMED},
        {"{'redirect_uris':['http://a/cb']}", FAIL_REDIRECT_URI_MALFORMED},
        {"{'redirect_uris':['https://a/cb#f']}", FAIL_REDIRECT_URI_MALFORMED},
        {"{" URIS ",'client_name':''}", FAIL_CLIENT_NAME_INVALID},
        {"{" URIS ",'client_name':7}", FAIL_CLIENT_NAME_INVALID},
        {"{" URIS ",'client_name':'a\\nb'}", FAIL_CLIENT_NAME_INVALID},
        {"{" URIS ",'scope':7}", FAIL_SCOPE_MALFORMED},
        {"{" URIS ",'scope':'a\\\\b'}", FAIL_SCOPE_MALFORMED},
        {"{" URIS ",'token_endpoint_auth_method':'private_key_jwt'}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'token_endpoint_auth_method':7}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'token_endpoint_auth_method':''}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'grant_types':['client_credentials']}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'grant_types':['refresh_token']}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'grant_types':[]}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'grant_types':'authorization_code'}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'response_types':['token']}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'response_types':7}", FAIL_CLIENT_METADATA_INVALID},
        {"{" URIS ",'application_type':7}", FAIL_CLIENT_METADATA_INVALID},
    };
    struct client_metadata metadata = {.client_name = STR("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(parse(state, bad[i].text, &metadata), bad[i].failure, bad[i].text);
    assert_str(metadata.client_name, "untouched");
}

#define PRIVATE_KEY_JWT "{" URIS ",'token_endpoint_auth_method':'private_key_jwt'"

static void a_client_with_a_key_names_it_rfc7591_2(void **state)
{
    struct client_metadata metadata;
    assert_ok(parse(state, PRIVATE_KEY_JWT ",'jwks':{ 'keys': [{'kty':'EC','kid':'1'}], 'x': 1}}",
                    &metadata));
    assert_str(metadata.token_endpoint_auth_method, "private_key_jwt");
    assert_str(metadata.jwks, "{\"keys\":[{\"kty\":\"EC\",\"kid\":\"1\"}],\"x\":1}");
    assert_absent(metadata.jwks_uri);
    assert_ok(parse(state, PRIVATE_KEY_JWT ",'jwks_uri':'https://a.example/keys','jwks':null}",
                    &metadata));
    assert_str(metadata.jwks_uri, "https://a.example/keys");
    assert_absent(metadata.jwks);
    /* The keys of a client that does not authenticate with them have no use here. */
    assert_ok(parse(state, "{" URIS ",'jwks_uri':'https://a.example/keys'}", &metadata));
    assert_absent(metadata.jwks_uri);
    assert_ok(parse(state, "{" URIS ",'jwks':{'keys':[{'kty':'EC'}]}}", &metadata));
    assert_absent(metadata.jwks);
}

static void bad_keys_are_refused_rfc7591_2(void **state)
{
    static const char *const bad[] = {
        PRIVATE_KEY_JWT "}",
        PRIVATE_KEY_JWT ",'jwks':{'keys':[{'kty':'EC'}]},'jwks_uri':'https://a.example/keys'}",
        "{" URIS ",'jwks':{'keys':[]},'jwks_uri':'https://a.example/keys'}",
        PRIVATE_KEY_JWT ",'jwks':{'keys':[]}}",
        PRIVATE_KEY_JWT ",'jwks':{}}",
        PRIVATE_KEY_JWT ",'jwks':[]}",
        PRIVATE_KEY_JWT ",'jwks':'https://a.example/keys'}",
        PRIVATE_KEY_JWT ",'jwks':{'keys':[{'kty':'EC','d':'x'}]}}",
        PRIVATE_KEY_JWT ",'jwks_uri':'http://a.example/keys'}",
        PRIVATE_KEY_JWT ",'jwks_uri':'https://a.example'}",
        PRIVATE_KEY_JWT ",'jwks_uri':7}",
        PRIVATE_KEY_JWT ",'jwks_uri':''}",
    };
    struct client_metadata metadata;
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(parse(state, bad[i], &metadata), FAIL_CLIENT_METADATA_INVALID, bad[i]);
}

#define URL      "https://app.example.com/client.json"
#define DOCUMENT "{'client_id':'" URL "','client_name':'App'," URIS

static enum failure parse_document(void **state, const char *quoted,
                                   struct client_metadata *metadata)
{
    return client_metadata_parse_document(unit_arena(state), STR(URL),
                                          servers_rig_json(unit_arena(state), quoted), metadata);
}

static void a_document_is_read(void **state)
{
    struct client_metadata metadata;
    assert_ok(
        parse_document(state, DOCUMENT ",'client_uri':'https://app.example.com'}", &metadata));
    assert_str(metadata.client_name, "App");
    assert_str(metadata.redirect_uris.at[0], "https://a/cb");
    assert_str(metadata.token_endpoint_auth_method, "none");
    assert_ok(parse_document(state,
                             DOCUMENT ",'token_endpoint_auth_method':'private_key_jwt',"
                                      "'jwks_uri':'https://app.example.com/keys'}",
                             &metadata));
    assert_str(metadata.jwks_uri, "https://app.example.com/keys");
}

/* draft-ietf-oauth-client-id-metadata-document 4 and 4.1; MCP 2025-11-25 */
static void bad_documents_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum failure failure;
    } bad[] = {
        {"", FAIL_JSON_MALFORMED},
        {"[]", FAIL_JSON_MALFORMED},
        {DOCUMENT ",'client_id':'" URL "'}", FAIL_JSON_MALFORMED},
        {"{'client_name':'App'," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':null,'client_name':'App'," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':['" URL "'],'client_name':'App'," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'" URL "/','client_name':'App'," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'" URL "\\u0000','client_name':'App'," URIS "}", FAIL_JSON_MALFORMED},
        /* simple string comparison (RFC 3986 6.2.1) */
        {"{'client_id':'https://app.example.com:443/client.json','client_name':'App'," URIS "}",
         FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'https://APP.example.com/client.json','client_name':'App'," URIS "}",
         FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'https://app.example.com/client%2ejson','client_name':'App'," URIS "}",
         FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'" URL "'," URIS "}", FAIL_CLIENT_NAME_INVALID},
        {"{'client_id':'" URL "','client_name':null," URIS "}", FAIL_CLIENT_NAME_INVALID},
        {"{'client_id':'" URL "','client_name':' '," URIS "}", FAIL_CLIENT_NAME_INVALID},
        {"{'client_id':'" URL "','client_name':'App'}", FAIL_REDIRECT_URIS_INVALID},
        {DOCUMENT ",'client_secret':'x'}", FAIL_DOCUMENT_INVALID},
        {DOCUMENT ",'client_secret':null}", FAIL_DOCUMENT_INVALID},
        {DOCUMENT ",'client_secret_expires_at':0}", FAIL_DOCUMENT_INVALID},
        {DOCUMENT ",'token_endpoint_auth_method':'client_secret_post'}", FAIL_DOCUMENT_INVALID},
        {DOCUMENT ",'token_endpoint_auth_method':'client_secret_basic'}", FAIL_DOCUMENT_INVALID},
        {DOCUMENT ",'token_endpoint_auth_method':'client_secret_jwt'}",
         FAIL_CLIENT_METADATA_INVALID},
        {DOCUMENT ",'token_endpoint_auth_method':'private_key_jwt'}", FAIL_CLIENT_METADATA_INVALID},
    };
    struct client_metadata metadata = {.client_name = STR("untouched")};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        assert_failure(parse_document(state, bad[i].text, &metadata), bad[i].failure, bad[i].text);
    assert_str(metadata.client_name, "untouched");
}

static void a_document_has_a_limit(void **state)
{
    struct client_metadata metadata;
    static char text[DOCUMENT_BYTES_MAX + 1];
    struct str document = servers_rig_json(unit_arena(state), DOCUMENT "}");
    memset(text, ' ', sizeof(text));
    memcpy(text, document.at, document.len);
    assert_ok(client_metadata_parse_document(unit_arena(state), STR(URL),
                                             str_from_bytes(text, sizeof(text) - 1), &metadata));
    assert_failure(client_metadata_parse_document(unit_arena(state), STR(URL),
                                                  str_from_bytes(text, sizeof(text)), &metadata),
                   FAIL_JSON_MALFORMED, "too large");
}

static void metadata_have_a_limit(void **state)
{
    struct client_metadata metadata;
    char text[CLIENT_METADATA_BYTES_MAX + 1];
    memset(text, ' ', sizeof(text));
    memcpy(text, "{\"redirect_uris\":[\"https://a/cb\"]}", 34);
    assert_ok(client_metadata_parse(unit_arena(state), str_from_bytes(text, sizeof(text) - 1),
                                    &metadata));
    assert_failure(
        client_metadata_parse(unit_arena(state), str_from_bytes(text, sizeof(text)), &metadata),
        FAIL_JSON_MALFORMED, "too large");
}

static void ten_redirect_uris_are_possible(void **state)
{
    struct client_metadata metadata;
    assert_ok(parse(state, "{'redirect_uris':['a:','b:','c:','d:','e:','f:','g:','h:','i:','j:']}",
                    &metadata));
    assert_int_equal(metadata.redirect_uris.len, REDIRECT_URIS_MAX);
}

static void a_name_is_counted_in_characters(void **state)
{
    (void)state;
    char text[4 * (CLIENT_NAME_CHARACTERS_MAX + 1)];
    for (size_t i = 0; i < sizeof(text); i += 4)
        memcpy(text + i, "\xf0\x9f\x98\x80", 4);
    assert_true(client_name_is_valid(str_from_bytes(text, 4 * CLIENT_NAME_CHARACTERS_MAX)));
    assert_false(client_name_is_valid(str_from_bytes(text, sizeof(text))));
    memset(text, 'x', sizeof(text));
    assert_true(client_name_is_valid(str_from_bytes(text, CLIENT_NAME_CHARACTERS_MAX)));
    assert_false(client_name_is_valid(str_from_bytes(text, CLIENT_NAME_CHARACTERS_MAX + 1)));
}

/* The consent page shows the name inside a sentence (RFC 7591 5). */
static void a_name_cannot_disturb_the_page_rfc7591_5(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "\xc2\xa0\xe2\x80\x8b\xe3\x80\x80", /* blanks of all widths, none among them */
        "a\nb",
        "a\tb",
        "a\x1b[31m",
        "a\x7f",
        "a\xc2\x85", /* C1 next line */
        "a\xe2\x80\xae"
        "b", /* right-to-left override */
        "a\xe2\x81\xa6"
        "b",             /* isolate */
        "a\xe2\x80\x8f", /* right-to-left mark */
        "a\xe2\x80\xa8"
        "b", /* line separator */
        "\xef\xbb\xbf"
        "a", /* byte order mark */
        "\xff",
        "\xc3",
        "a\xe2\x80",
        "\xc0\x80",
        "\xf5\x80\x80\x80",
        "\x80",
    };
    static const char *const good[] = {
        "a",           " a ",
        "Claude Code", "VS Code (\xe6\xb5\x8b\xe8\xaf\x95)",
        "<script>",    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb"};
    for (size_t i = 0; i < LENGTH_OF(bad); i++)
        if (client_name_is_valid(str_from_cstr(bad[i])))
            fail_msg("case %zu is accepted", i);
    for (size_t i = 0; i < LENGTH_OF(good); i++)
        if (!client_name_is_valid(str_from_cstr(good[i])))
            fail_msg("%s is refused", good[i]);
    assert_true(client_name_is_valid(STR("\xc2\xa3 a\xc2\xa0z \xf4\x80\x80\x80")));
    /* a character that the end of the text cuts, whatever stands in memory behind it */
    assert_false(client_name_is_valid(str_from_bytes("a\xe2\x80\x99", 3)));
    assert_false(client_name_is_valid(STR_ABSENT));
    assert_false(client_name_is_valid(str_from_bytes("a\0b", 3)));
}

static enum failure apply(void **state, const struct servers *servers, const char *quoted,
                          struct client_metadata *metadata)
{
    assert_ok(parse(state, quoted, metadata));
    return client_metadata_apply_policy(unit_arena(state), servers, metadata);
}

static void private_schemes_that_nobody_trusts_are_dropped(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    struct client_metadata metadata;
    assert_ok(apply(state, servers,
                    "{'redirect_uris':['vscode://x','https://claude.ai/cb','cursor://y']}",
                    &metadata));
    assert_int_equal(metadata.redirect_uris.len, 2);
    assert_str(metadata.redirect_uris.at[0], "https://claude.ai/cb");
    assert_str(metadata.redirect_uris.at[1], "cursor://y");
    /* b does not trust cursor: */
    assert_ok(apply(state, servers,
                    "{'redirect_uris':['cursor://y','http://localhost/cb'],"
                    "'scope':'mcp:one.example:b'}",
                    &metadata));
    assert_int_equal(metadata.redirect_uris.len, 1);
    servers_free(servers);
}

static void the_policy_refuses_what_it_does_not_drop_rfc7591_3_2_2(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    static const struct {
        const char *text;
        enum failure failure;
    } bad[] = {
        {"{'redirect_uris':['https://claude.ai/cb','https://evil.com/cb']}",
         FAIL_REDIRECT_URI_NOT_ALLOWED},
        {"{'redirect_uris':['vscode://x']}", FAIL_REDIRECT_URI_NOT_ALLOWED},
        {"{'redirect_uris':['https://claude.ai/cb'],'scope':'mcp:one.example:b'}",
         FAIL_REDIRECT_URI_NOT_ALLOWED},
        {"{'redirect_uris':['https://claude.ai/cb'],'scope':'mcp:no:where'}",
         FAIL_SCOPE_SERVER_UNKNOWN},
        {"{'redirect_uris':['https://claude.ai/cb'],"
         "'scope':'mcp:one.example:a mcp:one.example:b'}",
         FAIL_SCOPE_AMBIGUOUS},
    };
    for (size_t i = 0; i < LENGTH_OF(bad); i++) {
        struct client_metadata metadata;
        assert_failure(apply(state, servers, bad[i].text, &metadata), bad[i].failure, bad[i].text);
        assert_true(metadata.redirect_uris.len > 0);
        assert_absent(metadata.client_name);
    }
    servers_free(servers);
}

static void a_client_without_a_name_is_called_by_its_host(void **state)
{
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    struct client_metadata metadata;
    assert_ok(apply(state, servers, "{'redirect_uris':['vscode://x','https://Claude.ai/cb']}",
                    &metadata));
    assert_str(metadata.client_name, "claude.ai");
    assert_ok(apply(state, servers, "{'redirect_uris':['http://localhost:3000/cb']}", &metadata));
    assert_str(metadata.client_name, "localhost:3000");
    assert_ok(apply(state, servers,
                    "{'redirect_uris':['http://localhost:3000/cb'],'client_name':'Mine'}",
                    &metadata));
    assert_str(metadata.client_name, "Mine");
    servers_free(servers);
}

static void the_domain_for_the_id_comes_from_the_scope(void **state)
{
    struct servers *three = servers_rig_new(unit_arena(state), SERVERS_RIG_THREE);
    struct servers *one = servers_rig_new(unit_arena(state), SERVERS_RIG_ONE);
    struct client_metadata metadata = {.scope = STR("email mcp:two.example:c")};
    assert_str(client_metadata_domain(three, &metadata), "two.example");
    metadata.scope = STR_ABSENT;
    assert_str(client_metadata_domain(three, &metadata), "any");
    assert_str(client_metadata_domain(one, &metadata), "one.example");
    servers_free(three);
    servers_free(one);
}

static void every_failed_allocation_is_reported(void **state)
{
    struct str text = servers_rig_json(unit_arena(state),
                                       "{'redirect_uris':['https://one.example/'],'scope':'a',"
                                       "'token_endpoint_auth_method':'none','client_name':'x'}");
    struct servers *servers = servers_rig_new(unit_arena(state), SERVERS_RIG_ONE);
    struct client_metadata metadata;
    for (size_t n = 1; n <= 7; n++) {
        arena_fail_at(n);
        assert_failure(client_metadata_parse(unit_arena(state), text, &metadata),
                       FAIL_LIMIT_REACHED, "parse");
    }
    arena_fail_at(0);
    assert_ok(client_metadata_parse(unit_arena(state), text, &metadata));
    metadata.client_name = STR_ABSENT;
    for (size_t n = 1; n <= 3; n++) {
        arena_fail_at(n);
        assert_failure(client_metadata_apply_policy(unit_arena(state), servers, &metadata),
                       FAIL_LIMIT_REACHED, "apply_policy");
    }
    servers_free(servers);
}

static enum failure parse_update(void **state, const char *quoted, struct str *ret_client_secret)
{
    struct client_metadata metadata;
    return client_metadata_parse_update(unit_arena(state),
                                        servers_rig_json(unit_arena(state), quoted), STR("mcp_a_1"),
                                        &metadata, ret_client_secret);
}

static void an_update_names_its_client_and_nothing_of_ours_rfc7592_2_2(void **state)
{
#define URIS "'redirect_uris':['https://a/cb']"
    static const struct {
        const char *request;
        enum failure failure;
    } rows[] = {
        {"{" URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':null," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'mcp_a_2'," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':['mcp_a_1']," URIS "}", FAIL_CLIENT_ID_DIFFERS},
        {"{'client_id':'mcp_a_1','client_secret':1," URIS "}", FAIL_CLIENT_SECRET_DIFFERS},
        {"{'client_id':'mcp_a_1','registration_access_token':'x'," URIS "}",
         FAIL_CLIENT_METADATA_OURS},
        {"{'client_id':'mcp_a_1','registration_client_uri':'x'," URIS "}",
         FAIL_CLIENT_METADATA_OURS},
        {"{'client_id':'mcp_a_1','client_secret_expires_at':0," URIS "}",
         FAIL_CLIENT_METADATA_OURS},
        {"{'client_id':'mcp_a_1','client_id_issued_at':0," URIS "}", FAIL_CLIENT_METADATA_OURS},
        {"{'client_id':'mcp_a_1','redirect_uris':[]}", FAIL_REDIRECT_URIS_INVALID},
        {"['mcp_a_1']", FAIL_JSON_MALFORMED},
        {"{'client_id':'mcp_a_1','registration_access_token':null," URIS "}", OK},
    };
    struct str client_secret = STR_ABSENT;
    for (size_t i = 0; i < LENGTH_OF(rows); i++)
        assert_failure(parse_update(state, rows[i].request, &client_secret), rows[i].failure,
                       rows[i].request);
    assert_absent(client_secret);
    assert_ok(parse_update(state, "{'client_id':'mcp_a_1','client_secret':'s'," URIS "}",
                           &client_secret));
    assert_str(client_secret, "s");
#undef URIS
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(what_real_clients_send_is_accepted),
        UNIT_TEST(an_update_names_its_client_and_nothing_of_ours_rfc7592_2_2),
        UNIT_TEST(members_are_read_and_defaulted_rfc7591_2),
        UNIT_TEST(bad_metadata_is_refused_rfc7591_3_2_2),
        UNIT_TEST(a_client_with_a_key_names_it_rfc7591_2),
        UNIT_TEST(bad_keys_are_refused_rfc7591_2),
        UNIT_TEST(a_document_is_read),
        UNIT_TEST(bad_documents_are_refused),
        UNIT_TEST(a_document_has_a_limit),
        UNIT_TEST(metadata_have_a_limit),
        UNIT_TEST(ten_redirect_uris_are_possible),
        UNIT_TEST(a_name_is_counted_in_characters),
        UNIT_TEST(a_name_cannot_disturb_the_page_rfc7591_5),
        UNIT_TEST(private_schemes_that_nobody_trusts_are_dropped),
        UNIT_TEST(the_policy_refuses_what_it_does_not_drop_rfc7591_3_2_2),
        UNIT_TEST(a_client_without_a_name_is_called_by_its_host),
        UNIT_TEST(the_domain_for_the_id_comes_from_the_scope),
        UNIT_TEST(every_failed_allocation_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
