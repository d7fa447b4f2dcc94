/* The rules read what strangers and the operator wrote while memory runs out: what was written, or
 * a clean failure; never half a list, and never a verdict on it. */
#include "common/base/form.h"
#include "common/oauth/audience.h"
#include "common/oauth/client_assertion.h"
#include "common/oauth/client_metadata.h"
#include "common/oauth/servers.h"
#include "tests/unit/common/base/allocation.h"
#include "tests/unit/common/base/unit.h"

/* Each reads in an arena of its own, so that its blocks are counted, too. */
typedef enum failure reading(struct arena *arena);

static enum failure read_attempt(void *context)
{
    reading *const *read = context;
    struct arena *arena = arena_new(ARENA_REQUEST_BYTES_MAX);
    enum failure failure = arena != NULL ? (*read)(arena) : FAIL_LIMIT_REACHED;
    if (failure != OK)
        assert_failure(failure, FAIL_LIMIT_REACHED, "without memory");
    arena_free(arena);
    return failure;
}

static enum failure read_form(struct arena *arena)
{
    struct form form;
    TRY(form_parse(arena, STR("a=1&b=%20two%21&c=&a=3"), &form));
    assert_int_equal(form.len, 4);
    assert_str(form.at[1].value, " two!");
    return OK;
}

static enum failure read_metadata(struct arena *arena)
{
    struct client_metadata metadata;
    TRY(client_metadata_parse(
        arena,
        STR("{\"redirect_uris\":[\"https://a.example/1\",\"https://a.example/2\"],"
            "\"client_name\":\"An app\",\"scope\":\"mcp:a.example:b email\","
            "\"token_endpoint_auth_method\":\"private_key_jwt\","
            "\"jwks\":{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}}"),
        &metadata));
    assert_int_equal(metadata.redirect_uris.len, 2);
    assert_str(metadata.client_name, "An app");
    assert_str(metadata.scope, "mcp:a.example:b email");
    assert_true(str_is_present(metadata.jwks));
    assert_int_equal(metadata.grant_types.len, 2);
    return OK;
}

static enum failure read_document(struct arena *arena)
{
    struct client_metadata metadata;
    TRY(client_metadata_parse_document(
        arena, STR("https://a.example/c.json"),
        STR("{\"client_id\":\"https://a.example/c.json\",\"client_name\":\"An app\","
            "\"redirect_uris\":[\"https://a.example/1\"],"
            "\"token_endpoint_auth_method\":\"none\"}"),
        &metadata));
    assert_int_equal(metadata.redirect_uris.len, 1);
    return OK;
}

static enum failure read_audience(struct arena *arena)
{
    struct str texts[] = {STR("mcp:a.example:b"), STR("https://mcp.a.example")};
    struct strs aud;
    struct str text;
    TRY(audience_to_json(arena, (struct strs){texts, 2}, &text));
    assert_str(text, "[\"mcp:a.example:b\",\"https://mcp.a.example\"]");
    TRY(audience_from_json(arena, text, &aud));
    assert_int_equal(aud.len, 2);
    return OK;
}

static enum failure read_assertion(struct arena *arena)
{
    struct client_assertion assertion;
    TRY(client_assertion_from_json(arena,
                                   STR("{\"iss\":\"app\",\"sub\":\"app\",\"aud\":[\"a\",\"b\"],"
                                       "\"jti\":\"j\",\"exp\":1700000100}"),
                                   &assertion));
    assert_int_equal(assertion.aud.len, 2);
    assert_str(assertion.sub, "app");
    return OK;
}

static enum failure read_servers(struct arena *arena)
{
    struct servers *servers = NULL;
    struct str problem = STR_ABSENT;
    enum failure failure = servers_new_from_json(
        STR("{\"servers\":{\"a.example\":{\"b\":{\"name\":\"B\",\"allowed_users\":[\"one\",2],"
            "\"allowed_orgs\":[\"org\"],\"allowed_teams\":[\"org/team\"],"
            "\"redirect_hosts\":[\"claude.ai\"],\"resource\":\"https://b.example\"}}},"
            "\"redirect_hosts\":[\"localhost\",\"cursor:\"],"
            "\"clients\":[{\"client_id\":\"app\",\"client_name\":\"App\",\"redirect_uris\":[\"http:"
            "//localhost/\"]}]}"),
        arena, &servers, &problem);
    if (failure != OK) { /* the operator is told that, and nothing about the file */
        assert_str(problem, "The servers file needs more memory than there is.");
        return FAIL_LIMIT_REACHED;
    }
    const struct server *server = servers_find(servers, STR("a.example"), STR("b"));
    assert_non_null(server);
    assert_int_equal(server->redirects.hosts.len, 3);
    assert_non_null(servers_find_client(servers, STR("app")));
    const struct servers_user one = {.login = STR("one"), .id = 1},
                              two = {.login = STR("two"), .id = 2};
    struct str rule;
    failure = servers_check_user(server, &one, arena, &rule);
    if (failure == OK)
        failure = servers_check_user(server, &two, arena, &rule);
    servers_free(servers);
    return failure;
}

static void what_is_read_is_whole_or_not_there(void **state)
{
    reading *all[] = {read_form,     read_metadata,  read_document,
                      read_audience, read_assertion, read_servers};
    (void)state;
    for (size_t i = 0; i < LENGTH_OF(all); i++)
        assert_true(allocation_fail_each(read_attempt, &all[i]) > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {UNIT_TEST(what_is_read_is_whole_or_not_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
