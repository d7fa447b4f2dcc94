// A small MCP server as its owner would write it: one tool, protected by our tokens, knowing nothing but the issuer's URL.
// Signatures, issuer, audience and type are checked by jose against the published key set; a revocation, which a key set
// cannot tell, is asked of POST /validate.
//
//   const server = await startProtectedServer({ issuer: () => system.base, scope: "mcp:example.com:github-tools" });
//   new StreamableHTTPClientTransport(new URL(server.url), { authProvider });
//   await server.close();

import { once } from "node:events";
import { createServer } from "node:http";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import { getOAuthProtectedResourceMetadataUrl } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createRemoteJWKSet, jwtVerify } from "jose";

class TokenVerifier {
  constructor(issuer, resource, scope) {
    Object.assign(this, { issuer, resource, scope });
  }

  async verifyAccessToken(token) {
    const issuer = this.issuer();
    this.keys ??= createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, this.keys, { issuer, audience: this.resource, typ: "at+jwt" })
      .catch((error) => { throw new InvalidTokenError(error.message); });
    const answer = await fetch(`${issuer}/validate`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    if (answer.status !== 200) throw new InvalidTokenError((await answer.json()).error);
    return { token, clientId: payload.client_id, scopes: payload.scope.split(" "), expiresAt: payload.exp,
      resource: new URL(this.resource), extra: payload };
  }
}

function mcp_server() {
  const server = new McpServer({ name: "github-tools", version: "1.0.0" });
  server.registerTool("whoami", { description: "Names the person behind the token" }, ({ authInfo }) => ({
    content: [{ type: "text", text: `${authInfo.extra.preferred_username} (${authInfo.extra.sub})` }] }));
  return server;
}

export async function startProtectedServer({ issuer, scope }) {
  const app = createMcpExpressApp();
  const listener = createServer(app).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const url = `http://localhost:${listener.address().port}/mcp`;
  const metadata_url = getOAuthProtectedResourceMetadataUrl(new URL(url));

  app.get(new URL(metadata_url).pathname, (request, response) => response.json({
    resource: url, authorization_servers: [issuer()], scopes_supported: [scope], bearer_methods_supported: ["header"] }));
  const bearer = requireBearerAuth({ verifier: new TokenVerifier(issuer, url, scope), requiredScopes: [scope],
    resourceMetadataUrl: metadata_url });
  app.all("/mcp", bearer, async (request, response) => {
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    const server = mcp_server();
    response.on("close", () => { transport.close(); server.close(); });
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });

  return { url, close: () => new Promise((resolve) => { listener.closeAllConnections(); listener.close(resolve); }) };
}
