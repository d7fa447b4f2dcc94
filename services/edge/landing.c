/* GET /: the original's JSON, or a page for somebody who opens the address in a browser. Both are
 * made once. */
#include "services/edge/endpoints.h"
#include "services/edge/page.h"

static struct str page; /* in the process's arena */

static const struct str DOCUMENT =
    STR_INIT("{\"name\":\"MCP OAuth Authorization Server\",\"version\":\"" MCP_OAUTH_RELEASE "\","
             "\"endpoints\":{\"authorize\":\"/authorize\",\"token\":\"/token\","
             "\"github_callback\":\"/auth/github/callback\",\"jwks\":\"/.well-known/jwks.json\","
             "\"metadata\":\"/.well-known/oauth-authorization-server\","
             "\"openid_config\":\"/.well-known/openid_configuration\",\"validate\":\"/validate\","
             "\"revoke\":\"/admin/revoke\",\"register\":\"/register\","
             "\"client_info\":\"/client/{client_id}\"}}");

bool landing_init(const struct edge *edge)
{
    const struct template_value values[] = {
        TEMPLATE_TEXT("title", STR("MCP OAuth authorization server")),
        TEMPLATE_TEXT("issuer", edge->issuer),
        TEMPLATE_TEXT("base_path", edge->base_path),
        TEMPLATE_TEXT("issuer_host", edge->host),
    };
    page = page_render(edge->arena, PAGE_LANDING, values, sizeof(values) / sizeof(values[0]));
    return str_is_present(page);
}

void landing_handle(const struct request *request)
{
    struct reply reply = {.status = 200, .content_type = REPLY_JSON, .is_body_static = true};
    reply_add(&reply, "vary", STR("Accept"));
    if (request_prefers_html(request)) {
        reply_send_page(request, &reply, page);
        return;
    }
    reply.body = DOCUMENT;
    reply_send(request, &reply);
}
