#include "tests/unit/common/oauth/servers_rig.h"

#include <string.h>

static void the_file_of_the_original_is_valid(void **state)
{
    struct servers *servers = servers_rig_new(
        unit_arena(state), "{'servers':{'mcp.example.dev':{'inspector':{'name':'The Inspector',"
                           "'description':'Access to information','allowed_users':['Someone']}}}}");
    const struct server *server = &servers->at[0];
    assert_int_equal(servers->len, 1);
    assert_str(server->domain, "mcp.example.dev");
    assert_str(server->key, "inspector");
    assert_str(server->scope, "mcp:mcp.example.dev:inspector");
    assert_str(server->name, "The Inspector");
    assert_str(server->description, "Access to information");
    assert_str(server->allowed_users.at[0], "Someone");
    assert_absent(server->resource);
    assert_absent(server->introspection_secret_sha256);
    assert_int_equal(server->redirects.hosts.len, 0);
    assert_str(server->redirects.domain, "mcp.example.dev");
    assert_false(server->asks_consent_before_github);
    assert_int_equal(server->reauthenticate_after_s, SERVERS_REAUTHENTICATE_AFTER_S);
    servers_free(servers);
}

#define SHA256_HEX "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static void every_member_is_read(void **state)
{
    struct servers *servers = servers_rig_new(
        unit_arena(state),
        "{'$schema':'x','_comment':7,'redirect_hosts':['localhost'],'consent':'before_github',"
        "'reauthenticate_after':'12h','servers':{'_note':'x','example.com':{'_note':1,'tools':{"
        "'allowed_users':['octocat',583231,'monalisa',1],'allowed_orgs':['my-org'],"
        "'allowed_teams':['my-org/platform'],'resource':'https://mcp.example.com/mcp',"
        "'redirect_hosts':['claude.ai','cursor:'],'introspection_secret_sha256':'" SHA256_HEX "',"
        "'consent':'after_github','reauthenticate_after':60},'plain':{'allowed_users':[]}}},"
        "'clients':[{'client_id':'app','client_name':'App','redirect_uris':"
        "['https://claude.ai/cb','http://127.0.0.1/cb'],'scope':'mcp:example.com:tools email',"
        "'client_secret_sha256':'" SHA256_HEX "'},{'client_id':'open','client_name':'Open',"
        "'redirect_uris':['https://example.com/cb']}]}");
    const struct server *tools = &servers->at[0], *plain = &servers->at[1];
    assert_int_equal(servers->len, 2);
    assert_int_equal(tools->allowed_users.len, 2);
    assert_str(tools->allowed_users.at[1], "monalisa");
    assert_int_equal(tools->allowed_ids_len, 2);
    assert_int_equal(tools->allowed_ids[0], 583231);
    assert_str(tools->allowed_orgs.at[0], "my-org");
    assert_str(tools->allowed_teams.at[0], "my-org/platform");
    assert_str(tools->resource, "https://mcp.example.com/mcp");
    assert_int_equal(tools->redirects.hosts.len, 3);
    assert_true(strs_contain(tools->redirects.hosts, STR("localhost")));
    assert_true(strs_contain(tools->redirects.hosts, STR("cursor:")));
    assert_str(tools->introspection_secret_sha256, SHA256_HEX);
    assert_false(tools->asks_consent_before_github);
    assert_int_equal(tools->reauthenticate_after_s, 60);
    assert_str(plain->name, "plain");
    assert_str(plain->description, "");
    assert_int_equal(plain->redirects.hosts.len, 1);
    assert_true(plain->asks_consent_before_github);
    assert_int_equal(plain->reauthenticate_after_s, 12 * 3600);
    const struct servers_client *app = servers_find_client(servers, STR("app"));
    assert_str(app->client_name, "App");
    assert_int_equal(app->redirect_uris.len, 2);
    assert_str(app->scope, "mcp:example.com:tools email");
    assert_str(app->token_endpoint_auth_method, "client_secret_basic");
    assert_str(app->client_secret_sha256, SHA256_HEX);
    const struct servers_client *open = servers_find_client(servers, STR("open"));
    assert_str(open->token_endpoint_auth_method, "none");
    assert_absent(open->client_secret_sha256);
    assert_absent(open->scope);
    servers_free(servers);
}

static void nothing_is_borrowed_from_the_text(void **state)
{
    struct servers *servers = NULL;
    struct str problem, text = servers_rig_json(unit_arena(state), SERVERS_RIG_THREE);
    char *copy = malloc(text.len);
    memcpy(copy, text.at, text.len);
    assert_ok(servers_new_from_json(str_from_bytes(copy, text.len), unit_arena(state), &servers,
                                    &problem));
    memset(copy, 'x', text.len);
    free(copy);
    assert_str(servers->at[0].domain, "one.example");
    assert_str(servers->at[0].key, "a");
    assert_true(strs_contain(servers->at[0].redirects.hosts, STR("localhost")));
    servers_free(servers);
}

#define SERVER(members) "{'servers':{'a.b':{'c':{" members "}}}}"
#define RULE            "'allowed_users':[]"
#define CLIENT(members) "{'servers':{'a.b':{'c':{" RULE "}}},'clients':[{" members "}]}"
#define CLIENT_BASE     "'client_id':'x','client_name':'X','redirect_uris':['https://a.b/cb']"

/* Each problem is one sentence that names the member to change. */
static const struct {
    const char *text, *names;
} BROKEN[] = {
    {"", "not JSON"},
    {"{", "not JSON: line 1"},
    {"{'servers':{'a.b':{}},'servers':{}}", "not JSON"},
    {"[]", "must be a JSON object"},
    {"{}", "servers is missing"},
    {"{'servers':{}}", "servers is empty"},
    {"{'servers':{'a.b':{}}}", "servers is empty"},
    {"{'servers':{'_a':{'c':{" RULE "}}}}", "servers is empty"},
    {"{'servers':[]}", "servers is missing"},
    {"{'servers':{'a.b':[]}}", "servers.a.b must be an object"},
    {"{'servers':{'a.b':{'c':7}}}", "servers.a.b.c must be an object"},
    {"{'servers':{'A.b':{'c':{" RULE "}}}}", "servers.A.b"},
    {"{'servers':{'a.b:80':{'c':{" RULE "}}}}", "servers.a.b:80"},
    {"{'servers':{'a b':{'c':{" RULE "}}}}", "servers.a b"},
    {"{'servers':{'[::1]':{'c':{" RULE "}}}}", "servers.[::1]"},
    {"{'servers':{'':{'c':{" RULE "}}}}", "domain must be"},
    {"{'servers':{'a.b':{'c:d':{" RULE "}}}}", "servers.a.b.c:d"},
    {"{'servers':{'a.b':{'c d':{" RULE "}}}}", "servers.a.b.c d"},
    {"{'servers':{'a.b':{'c/d':{" RULE "}}}}", "servers.a.b.c/d"},
    {"{'servers':{'a.b':{'*':{" RULE "}}}}", "servers.a.b.*"},
    {"{'servers':{'a.b':{'':{" RULE "}}}}", "name of a server"},
    {"{'server':{}}", "server is not a member"},
    {SERVER("'allowed_user':[]"), "servers.a.b.c.allowed_user is not a member"},
    {SERVER("'name':'x'"), "servers.a.b.c.allowed_users is missing"},
    {SERVER("'name':7," RULE), "servers.a.b.c.name"},
    {SERVER("'description':[]," RULE), "servers.a.b.c.description"},
    {SERVER("'allowed_users':'octocat'"), "servers.a.b.c.allowed_users must be a list"},
    {SERVER("'allowed_users':['a','b c']"), "allowed_users[1]"},
    {SERVER("'allowed_users':['']"), "allowed_users[0]"},
    {SERVER("'allowed_users':['@octocat']"), "allowed_users[0]"},
    {SERVER("'allowed_users':['*']"), "allowed_users[0]"},
    {SERVER("'allowed_users':[0]"), "allowed_users[0]"},
    {SERVER("'allowed_users':[-5]"), "allowed_users[0]"},
    {SERVER("'allowed_users':[1.5]"), "allowed_users[0]"},
    {SERVER("'allowed_users':[true]"), "allowed_users[0]"},
    {SERVER("'allowed_users':['583231']"), "allowed_users[0] looks like a GitHub id"},
    {SERVER("'allowed_orgs':['a/b']"), "allowed_orgs[0]"},
    {SERVER("'allowed_orgs':{}"), "allowed_orgs must be a list"},
    {SERVER("'allowed_teams':['platform']"), "allowed_teams[0]"},
    {SERVER("'allowed_teams':['a/b/c']"), "allowed_teams[0]"},
    {SERVER("'allowed_teams':['/b']"), "allowed_teams[0]"},
    {SERVER("'allowed_teams':['a/']"), "allowed_teams[0]"},
    {SERVER(RULE ",'resource':'/mcp'"), "servers.a.b.c.resource"},
    {SERVER(RULE ",'resource':'https://a.b/#x'"), "servers.a.b.c.resource"},
    {SERVER(RULE ",'resource':'urn:x'"), "servers.a.b.c.resource"},
    {SERVER(RULE ",'redirect_hosts':['https://claude.ai']"), "redirect_hosts[0]"},
    {SERVER(RULE ",'redirect_hosts':['javascript:']"), "redirect_hosts[0]"},
    {SERVER(RULE ",'redirect_hosts':['*']"), "redirect_hosts[0]"},
    {"{'redirect_hosts':['a b'],'servers':{'a.b':{'c':{" RULE "}}}}", "redirect_hosts[0]"},
    {SERVER(RULE ",'introspection_secret_sha256':'abc'"), "introspection_secret_sha256"},
    {SERVER(RULE ",'consent':'never'"), "servers.a.b.c.consent"},
    {SERVER(RULE ",'reauthenticate_after':0"), "reauthenticate_after"},
    {SERVER(RULE ",'reauthenticate_after':'1w'"), "reauthenticate_after"},
    {SERVER(RULE ",'reauthenticate_after':'h'"), "reauthenticate_after"},
    {SERVER(RULE ",'reauthenticate_after':''"), "reauthenticate_after"},
    {SERVER(RULE ",'reauthenticate_after':'9223372036854775807d'"), "reauthenticate_after"},
    {SERVER(RULE ",'reauthenticate_after':'366d'"), "reauthenticate_after"},
    {"{'servers':{'a.b':{'c':{" RULE ",'resource':'https://x/m'},'d':{" RULE
     ",'resource':'https://X/m/'}}}}",
     "servers.a.b.d.resource is the same as that of servers.a.b.c"},
    {"{'clients':{},'servers':{'a.b':{'c':{" RULE "}}}}", "clients must be a list"},
    {CLIENT("'client_name':'X'"), "clients[0].client_id"},
    {CLIENT("'client_id':'x'"), "clients[0].client_name"},
    {CLIENT("'client_id':'x\xc3\xa4'"), "clients[0].client_id"},
    {CLIENT("'client_id':'x','client_name':'X'"), "clients[0].redirect_uris"},
    {CLIENT("'client_id':'x','client_name':'X','redirect_uris':[]"), "clients[0].redirect_uris"},
    {CLIENT("'client_id':'x','client_name':'X','redirect_uris':['http://evil.com']"),
     "clients[0].redirect_uris[0]"},
    {CLIENT("'client_id':'x','client_name':'X','redirect_uris':['https://evil.com']"),
     "clients[0].redirect_uris[0] is not allowed"},
    {CLIENT("'client_id':'x','client_name':' ','redirect_uris':['https://a.b']"),
     "clients[0].client_name"},
    {CLIENT(CLIENT_BASE ",'scope':'mcp:a.b:nope'"), "clients[0].scope"},
    {CLIENT(CLIENT_BASE ",'scope':'mcp:a.b:c mcp:a.b:d'"), "clients[0].scope"},
    {CLIENT(CLIENT_BASE ",'scope':'\\\\'"), "clients[0].scope"},
    {CLIENT(CLIENT_BASE ",'client_secret':'x'"), "clients[0].client_secret is not a member"},
    {CLIENT(CLIENT_BASE ",'token_endpoint_auth_method':'private_key_jwt'"),
     "clients[0].token_endpoint_auth_method"},
    {CLIENT(CLIENT_BASE ",'token_endpoint_auth_method':'client_secret_basic'"),
     "clients[0].client_secret_sha256"},
    {CLIENT(CLIENT_BASE ",'token_endpoint_auth_method':'none','client_secret_sha256':'" SHA256_HEX
                        "'"),
     "clients[0].client_secret_sha256"},
    {CLIENT(CLIENT_BASE "},{" CLIENT_BASE), "clients[1].client_id occurs twice"},
};

static void a_broken_file_is_explained_in_one_sentence(void **state)
{
    for (size_t i = 0; i < LENGTH_OF(BROKEN); i++) {
        struct servers *servers = NULL;
        struct str problem = STR_ABSENT;
        assert_failure(servers_new_from_json(servers_rig_json(unit_arena(state), BROKEN[i].text),
                                             unit_arena(state), &servers, &problem),
                       FAIL_CONFIGURATION_INVALID, BROKEN[i].text);
        assert_null(servers);
        if (strstr(arena_dup_cstr(unit_arena(state), problem), BROKEN[i].names) == NULL ||
            !str_ends_with(problem, STR(".")))
            fail_msg("%s: %.*s", BROKEN[i].text, STR_ARGS(problem));
    }
}

static void a_file_that_is_too_large_is_refused(void **state)
{
    struct servers *servers = NULL;
    struct str problem = STR_ABSENT;
    char *text = malloc(SERVERS_FILE_BYTES_MAX + 1);
    memset(text, ' ', SERVERS_FILE_BYTES_MAX + 1);
    assert_failure(servers_new_from_json(str_from_bytes(text, SERVERS_FILE_BYTES_MAX + 1),
                                         unit_arena(state), &servers, &problem),
                   FAIL_CONFIGURATION_INVALID, "too large");
    free(text);
    assert_true(str_starts_with(problem, STR("The servers file is larger")));
}

static void there_may_be_a_thousand_servers_and_no_more(void **state)
{
    (void)state;
    struct arena *arena = arena_new(SERVERS_FILE_BYTES_MAX);
    char *text = malloc(SERVERS_FILE_BYTES_MAX);
    for (int extra = 0; extra < 2; extra++) {
        struct servers *servers = NULL;
        struct str problem = STR_ABSENT;
        size_t len = (size_t)snprintf(text, 100, "{\"servers\":{\"a.b\":{");
        for (int i = 0; i < SERVERS_MAX + extra; i++)
            len += (size_t)snprintf(
                text + len, 100, "%s\"s%d\":{\"allowed_users\":[],\"resource\":\"https://s%d/\"}",
                i > 0 ? "," : "", i, i);
        len += (size_t)snprintf(text + len, 10, "}}}");
        enum failure failure =
            servers_new_from_json(str_from_bytes(text, len), arena, &servers, &problem);
        assert_int_equal(failure, extra == 0 ? OK : FAIL_CONFIGURATION_INVALID);
        if (failure == OK)
            assert_int_equal(servers->len, SERVERS_MAX);
        servers_free(servers);
    }
    free(text);
    arena_free(arena);
}

static void memory_that_ends_at_any_point_leaves_nothing_behind(void **state)
{
    struct str text = servers_rig_json(
        unit_arena(state), "{'redirect_hosts':['localhost'],'servers':{'a.b':{'c':{'name':'C',"
                           "'allowed_users':['x',7],'redirect_hosts':['d']}}},"
                           "'clients':[{" CLIENT_BASE "}]}");
    enum failure failure = FAIL_CONFIGURATION_INVALID;
    struct servers *servers = NULL;
    size_t n = 0;
    while (failure != OK) {
        struct str problem = STR_ABSENT;
        arena_fail_at(++n);
        failure = servers_new_from_json(text, unit_arena(state), &servers, &problem);
        if (failure == OK)
            break;
        assert_int_equal(failure, FAIL_CONFIGURATION_INVALID);
        assert_true(problem.len > 0);
        assert_null(servers);
    }
    arena_fail_at(0);
    assert_true(n > 20);
    servers_free(servers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT_TEST(the_file_of_the_original_is_valid),
        UNIT_TEST(every_member_is_read),
        UNIT_TEST(nothing_is_borrowed_from_the_text),
        UNIT_TEST(a_broken_file_is_explained_in_one_sentence),
        UNIT_TEST(a_file_that_is_too_large_is_refused),
        UNIT_TEST(there_may_be_a_thousand_servers_and_no_more),
        UNIT_TEST(memory_that_ends_at_any_point_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
