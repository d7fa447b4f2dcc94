// An MCP server that only people on its access list can use. mcp-oauth signs them in; this server checks each token
// against the published key set, and never sees a password or talks to GitHub.
//
//   ISSUER    the base URL of mcp-oauth                      http://localhost:8787
//   RESOURCE  this server's own URL, as the servers file     http://localhost:3000/mcp
//             has it in `resource`

import type { Request, Response } from "express";
import { createMcpExpressApp } from "@modelcontextprotocol/sdk/server/express.js";
import { InvalidTokenError } from "@modelcontextprotocol/sdk/server/auth/errors.js";
import { requireBearerAuth } from "@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js";
import type { OAuthTokenVerifier } from "@modelcontextprotocol/sdk/server/auth/provider.js";
import { getOAuthProtectedResourceMetadataUrl } from "@modelcontextprotocol/sdk/server/auth/router.js";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import { createRemoteJWKSet, errors, jwtVerify } from "jose";

const issuer = process.env.ISSUER ?? "http://localhost:8787";
const resource = new URL(process.env.RESOURCE ?? "http://localhost:3000/mcp");

// jose fetches the key set when it needs it and keeps it, so that a rotated key is found without a restart.
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

const verifier: OAuthTokenVerifier = {
  async verifyAccessToken(token) {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: resource.href, typ: "at+jwt" }).catch((error) => {
      if (error instanceof errors.JWKSTimeout) throw error; // not the token's fault
      throw new InvalidTokenError(error.message);
    });
    return {
      token,
      clientId: String(payload.client_id),
      scopes: String(payload.scope).split(" "),
      expiresAt: payload.exp,
      extra: payload,
    };
  },
};

function makeServer(): McpServer {
  const server = new McpServer({ name: "typescript-example", version: "1.0.0" });
  server.registerTool("whoami", { description: "Names the person behind the token" }, ({ authInfo }) => ({
    content: [{ type: "text", text: String(authInfo?.extra?.preferred_username) }],
  }));
  return server;
}

const app = createMcpExpressApp({ host: resource.hostname });
const metadataUrl = getOAuthProtectedResourceMetadataUrl(resource);

// Where clients find out who signs people in here (RFC 9728).
app.get(new URL(metadataUrl).pathname, (_request: Request, response: Response) => {
  response.json({ resource: resource.href, authorization_servers: [issuer], bearer_methods_supported: ["header"] });
});

app.post(resource.pathname, requireBearerAuth({ verifier, resourceMetadataUrl: metadataUrl }),
  async (request: Request, response: Response) => {
    const server = makeServer();
    const transport = new StreamableHTTPServerTransport({ sessionIdGenerator: undefined });
    response.on("close", () => void transport.close().then(() => server.close()));
    await server.connect(transport);
    await transport.handleRequest(request, response, request.body);
  });

const port = Number(resource.port || 443);
app.listen(port, resource.hostname, () => console.log(`listening at ${resource.href}`));
