// A small MCP server as its owner would write it: two tools, protected by our tokens, knowing nothing but the issuer's URL.
// Signatures, issuer, audience and type are checked by jose against the published key set; a revocation, which a key set
// cannot tell, is asked of POST /validate. The tool email wants the scope email as well (403 insufficient_scope).
//
//   const server = await startProtectedServer({ issuer: () => system.base, scope: "mcp:example.com:github-tools" });
//   new StreamableHTTPClientTransport(new URL(server.url), { authProvider });
//   await server.close();
//
// speak: the handler of the MCP SDK's first generation (revisions until 2025-11-25) or speak_2026 (2026-07-28).
// announce: "challenge" tells the resource metadata's address with each 401, "well-known" only serves it (RFC 9728 3),
// "nothing" is the world before RFC 9728 (revision 2025-03-26). url: where clients see it, when something stands in front.

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
  constructor(issuer, resource) {
    Object.assign(this, { issuer, resource });
  }

  async verifyAccessToken(token) {
    const issuer = this.issuer();
    this.keys ??= createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));
    const { payload } = await jwtVerify(token, this.keys, { issuer, audience: this.resource, typ: "at+jwt" })
      .catch((error) => { throw new InvalidTokenError(error.message); });
    const answer = await fetch(`${issuer}/validate`, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    if (answer.status !== 200) throw new InvalidTokenError((await answer.json()).error);
    return { token, clientId: payload.client_id, scopes: payload.scope.split(" "), expiresAt: payload.exp, extra: payload };
  }
}

const tools = {
  whoami: { description: "Names the person behind the token", scopes: [], answer: (claims) => `${claims.preferred_username} (${claims.sub})` },
  email: { description: "Tells that person's address", scopes: ["email"], answer: (claims) => claims.email },
};

function with_tools(server, claims_of_call) {
  for (const [name, { description, answer }] of Object.entries(tools))
    server.registerTool(name, { description }, (call) => ({ content: [{ type: "text", text: answer(claims_of_call(call)) }] }));
  return server;
}

const about = { name: "github-tools", version: "1.0.0" };

async function speak_2025(request, response) {
  const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
  const server = with_tools(new McpServer(about), ({ authInfo }) => authInfo.extra);
  response.on("close", () => { transport.close(); server.close(); });
  await server.connect(transport);
  await transport.handleRequest(request, response, request.body);
}

export async function speak_2026() {
  const [{ createMcpHandler, McpServer: Server }, { toNodeHandler }] = await Promise.all([
    import("@modelcontextprotocol/server"), import("@modelcontextprotocol/node")]);
  const handle = toNodeHandler(createMcpHandler(() => with_tools(new Server(about), ({ http }) => http.authInfo.extra)));
  return (request, response) => handle(request, response, request.body);
}

export async function startProtectedServer({ issuer, scope, speak = speak_2025, announce = "challenge", url }) {
  const app = createMcpExpressApp();
  const listener = createServer(app).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const own_url = `http://localhost:${listener.address().port}/mcp`;
  const resource = url ?? own_url;
  const metadata_url = getOAuthProtectedResourceMetadataUrl(new URL(resource));

  if (announce !== "nothing") app.get(new URL(metadata_url).pathname, (request, response) => response.json({
    resource, authorization_servers: [issuer()], scopes_supported: [scope], bearer_methods_supported: ["header"] }));

  const verifier = new TokenVerifier(issuer, resource);
  const protect = (request, response, next) => {
    const { scopes } = tools[request.body?.params?.name] ?? { scopes: [] };
    return requireBearerAuth({ verifier, requiredScopes: [scope, ...scopes],
      resourceMetadataUrl: announce === "challenge" ? metadata_url : undefined })(request, response, next);
  };
  app.post("/mcp", protect, speak);
  app.get("/mcp", (request, response) => response.sendStatus(405)); // no stream beside the answers

  return { url: resource, own_url, scope,
    close: () => new Promise((resolve) => { listener.closeAllConnections(); listener.close(resolve); }) };
}
