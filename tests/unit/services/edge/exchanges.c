#include "tests/unit/services/edge/exchanges.h"
#include "tests/unit/services/edge/http_rig.h"

#include <stdio.h>

#define HOST                 "Host: auth.example.com\r\n"
#define COOKIE               "Cookie: mcp_browser=QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY\r\n"
#define BEARER               "Authorization: Bearer aaa.bbb.ccc\r\n"
#define BASIC                "Authorization: Basic ZXhhbXBsZS5jb20vdG9vbHM6cw==\r\n"
#define HTML                 "Accept: text/html\r\n"
#define FORM                 "Content-Type: application/x-www-form-urlencoded\r\n"
#define JSON                 "Content-Type: application/json\r\n"
#define GET(target, headers) "GET " target " HTTP/1.1\r\n" HOST headers "\r\n"
#define CLAIMS                                                                                     \
    "{\"iss\":\"http://localhost:8787\",\"sub\":\"1\",\"scope\":\"mcp:example.com:tools\"}"

const struct exchange EXCHANGES[] = {
    {"exchange",
     "POST /token HTTP/1.1\r\n" HOST FORM,
     "grant_type=authorization_code&client_id=c%201&code=x.y&code_verifier=v&redirect_uri=http%3A"
     "%2F%2Fa&resource=https%3A%2F%2Fr1&resource=https%3A%2F%2Fr2",
     200,
     {{OK, "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}"}}},
    {"refresh",
     "POST /token HTTP/1.1\r\n" HOST FORM BASIC,
     "grant_type=refresh_token&refresh_token=r&scope=a%20b",
     200,
     {{OK, "{\"access_token\":\"t\",\"token_type\":\"Bearer\",\"expires_in\":3600}"}}},
    {"refused",
     "POST /token HTTP/1.1\r\n" HOST FORM,
     "grant_type=refresh_token&client_id=c&refresh_token=r",
     400,
     {{FAIL_CODE_UNKNOWN, ""}}},
    {"revoke",
     "POST /revoke HTTP/1.1\r\n" HOST FORM,
     "client_id=c%201&client_secret=s&token=t",
     200,
     {{OK, ""}}},
    {"admin_revoke",
     "POST /admin/revoke HTTP/1.1\r\n" HOST JSON,
     "{\"refresh_token\":\"t\"}",
     200,
     {{OK, ""}}},
    {"authorize",
     GET("/authorize?client_id=c%201&redirect_uri=http%3A%2F%2Fa&state=s&scope=a%20b&resource="
         "https%3A%2F%2Fr&max_age=5&nonce=n",
         HTML COOKIE),
     NULL,
     302,
     {{OK, "{\"session\":\"sss\",\"browser\":\"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY\"}"},
      {OK, "{\"outcome\":\"redirect\",\"location\":\"https://github.com/login?x=1\"}"}}},
    {"authorize, told to the client",
     GET("/authorize?client_id=c", HTML COOKIE),
     NULL,
     302,
     {{FAIL_SCOPE_AMBIGUOUS,
       "{\"redirect_uri\":\"https://app.example/cb?own=1\",\"state\":\"a b\"}"}}},
    {"authorize, told on a page",
     GET("/authorize?client_id=c", HTML COOKIE),
     NULL,
     400,
     {{FAIL_CLIENT_UNKNOWN, ""}}},
    {"callback, consent",
     GET("/auth/github/callback?state=s&code=c%20d", HTML COOKIE),
     NULL,
     200,
     {{OK, "{\"outcome\":\"consent\",\"session\":\"s1\",\"csrf_token\":\"t1\",\"client_name\":"
           "\"<b>A\",\"scope\":\"mcp:d:s email\",\"server_name\":\"Tools\",\"redirect_host\":"
           "\"app.example\"}"}}},
    {"callback, denied",
     GET("/auth/github/callback?state=s&code=c", HTML COOKIE),
     NULL,
     403,
     {{OK, "{\"outcome\":\"denied\",\"session\":\"s1\",\"csrf_token\":\"t1\",\"login\":\"hubot\","
           "\"location\":\"https://a/?error=access_denied&state=1\"}"}}},
    {"callback, connected",
     GET("/auth/github/callback?state=s&code=c", HTML COOKIE),
     NULL,
     200,
     {{OK, "{\"outcome\":\"connected\",\"client_name\":\"App\"}"}}},
    {"decision",
     "POST /authorize HTTP/1.1\r\n" HOST FORM COOKIE,
     "session=s1&csrf_token=t1&decision=approve",
     302,
     {{OK, "{\"outcome\":\"redirect\",\"location\":\"https://a/?code=1\"}"}}},
    {"register",
     "POST /register HTTP/1.1\r\n" HOST JSON,
     "{\"redirect_uris\":[\"https://a/cb\"],\"client_name\":\"A\"}",
     201,
     {{OK, "{\"registration\":{\"client_id\":\"one\"}}"}}},
    {"client",
     GET("/client/one", BEARER),
     NULL,
     200,
     {{OK, "{\"client\":{\"client_id\":\"one\"}}"}}},
    {"client_update",
     "PUT /client/one HTTP/1.1\r\n" HOST JSON BEARER,
     "{\"client_id\":\"one\",\"redirect_uris\":[\"https://a/cb\"]}",
     200,
     {{OK, "{\"client\":{\"client_id\":\"one\"}}"}}},
    {"client_delete", "DELETE /client/one HTTP/1.1\r\n" HOST BEARER "\r\n", NULL, 204, {{OK, ""}}},
    {"validate",
     "POST /validate HTTP/1.1\r\n" HOST BEARER "Content-Length: 0\r\n\r\n",
     NULL,
     200,
     {{OK, "{\"payload\":" CLAIMS "}"}}},
    {"introspect",
     "POST /introspect HTTP/1.1\r\n" HOST FORM BASIC,
     "token=aaa.bbb.ccc",
     200,
     {{OK, "{\"introspection\":" CLAIMS "}"}}},
    {"userinfo",
     GET("/userinfo", BEARER),
     NULL,
     200,
     {{OK, "{\"sub\":\"1\",\"preferred_username\":\"octocat\",\"email\":\"o@example.com\"}"}}},
    {"userinfo, posted",
     "POST /userinfo HTTP/1.1\r\n" HOST BEARER "Content-Length: 0\r\n\r\n",
     NULL,
     200,
     {{OK, "{\"sub\":\"1\",\"preferred_username\":\"octocat\"}"}}},
    {"verify",
     GET("/verify?server=example.com/tools", BEARER),
     NULL,
     200,
     {{OK, "{\"user_id\":\"1\",\"login\":\"octocat\",\"scope\":\"mcp:example.com:tools\","
           "\"client_id\":\"c\"}"}}},
    {"verify, refused",
     GET("/verify?server=example.com/tools", BEARER),
     NULL,
     401,
     {{FAIL_TOKEN_INVALID, ""}}},
    {"protected resource",
     GET("/.well-known/oauth-protected-resource/tools", ""),
     NULL,
     200,
     {{OK, "{\"metadata\":{\"resource\":\"https://a/tools\"}}"}}},
};
const size_t EXCHANGES_LEN = sizeof(EXCHANGES) / sizeof(EXCHANGES[0]);

void exchange_send(int client, const struct exchange *exchange)
{
    char text[4096];
    if (exchange->body == NULL)
        snprintf(text, sizeof(text), "%s", exchange->request);
    else
        snprintf(text, sizeof(text), "%sContent-Length: %zu\r\n\r\n%s", exchange->request,
                 strlen(exchange->body), exchange->body);
    rig_send(client, text);
}
