// ctest: LABEL client  TIMEOUT 180
// The unmodified npm package @modelcontextprotocol/sdk (v1) as client: it is given the MCP server's URL and nothing else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { UnauthorizedError } from "@modelcontextprotocol/sdk/client/auth.js";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { Browser, callback_of, claims_of, post_json, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { startProtectedServer } from "./protected_server.mjs";

const scope = "mcp:example.com:github-tools";
let system, server;

before(async () => {
  server = await startProtectedServer({ issuer: () => system.base, scope });
  system = await startSystem({ servers: {
    servers: { "example.com": { "github-tools": { name: "GitHub Tools", description: "Repositories and issues",
      allowed_users: ["octocat"], resource: server.url } } },
    redirect_hosts: ["localhost"] } });
});

after(async () => {
  await server?.close();
  await system?.stop();
});

// What every MCP client implements: where it keeps things, and how it opens a browser.
class Provider {
  constructor({ client_name = "SDK test", redirect = "http://localhost:33418/callback" } = {}) {
    this.redirectUrl = redirect;
    this.clientMetadata = { client_name, redirect_uris: [redirect], grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"], token_endpoint_auth_method: "none" };
  }
  state() { return (this.sent_state = "state-of-the-sdk-client"); }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.saved_tokens; }
  saveTokens(tokens) { this.saved_tokens = tokens; }
  saveCodeVerifier(code_verifier) { this.verifier = code_verifier; }
  codeVerifier() { return this.verifier; }
  redirectToAuthorization(url) { this.authorization_url = url; }
  invalidateCredentials(what) {
    this.invalidated = what;
    if (what === "all" || what === "tokens") this.saved_tokens = undefined;
    if (what === "all" || what === "client") this.information = undefined;
  }
}

// The person: signs in at GitHub, reads the consent page, agrees.
async function agree(url, { user = "octocat" } = {}) {
  const browser = new Browser();
  const within = [system.base, new URL(system.github.url).origin];
  let page = await browser.navigate(url, { within });
  page = await browser.submit(page, { within, button: { name: "user", value: user } });
  return browser.submit(page, { button: { name: "decision", value: "approve" } });
}

async function connect(provider) {
  const client = new Client({ name: "sdk-test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider });
  await client.connect(transport);
  return client;
}

async function sign_in(provider) {
  const client = new Client({ name: "sdk-test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider });
  await assert.rejects(client.connect(transport), UnauthorizedError);
  const answer = await agree(provider.authorization_url);
  const { code, state, iss, target } = callback_of(answer.location);
  assert.equal(target, provider.redirectUrl);
  assert.equal(state, provider.sent_state);
  assert.equal(iss, system.base);
  await transport.finishAuth(code);
  return connect(provider);
}

const whoami = async (client) => (await client.callTool({ name: "whoami", arguments: {} })).content[0].text;

test("connects by the URL alone, calls a tool, refreshes, calls again, and is refused after a revocation", async () => {
  const provider = new Provider();
  const first = await sign_in(provider);
  assert.equal(await whoami(first), "octocat (583231)");
  await first.close();

  const { access_token, refresh_token } = provider.saved_tokens;
  const claims = claims_of(access_token);
  assert.deepEqual(claims.aud, [scope, server.url]);
  assert.equal(claims.client_id, provider.information.client_id);

  provider.saved_tokens = { ...provider.saved_tokens, access_token: "expired" };
  const second = await connect(provider);
  assert.equal(await whoami(second), "octocat (583231)");
  assert.notEqual(provider.saved_tokens.access_token, access_token, "the SDK refreshed by itself");
  assert.notEqual(provider.saved_tokens.refresh_token, refresh_token, "and the refresh token was rotated");

  const revoked = await post_json(`${system.base}/admin/revoke`, { refresh_token: provider.saved_tokens.refresh_token });
  assert.equal(revoked.status, 200);
  assert.deepEqual(revoked.body, { message: "Token revoked successfully" });
  await assert.rejects(whoami(second), "the revoked grant's access token is refused and its refresh token too");
  assert.equal(provider.invalidated, "tokens", "invalid_grant made the SDK forget its tokens");
  await second.close();
});

test("a revoked access token is refused while its refresh token goes on", async () => {
  const provider = new Provider();
  const client = await sign_in(provider);
  const revoked_token = provider.saved_tokens.access_token;
  assert.equal((await post_json(`${system.base}/admin/revoke`, { token: revoked_token })).status, 200);
  assert.equal(await whoami(client), "octocat (583231)", "the SDK refreshed after the 401");
  assert.notEqual(provider.saved_tokens.access_token, revoked_token);
  await client.close();
});

test("a registration that is gone makes the client register and sign in again", async () => {
  const provider = new Provider();
  const client = await sign_in(provider);
  const { client_id } = provider.information;
  assert.equal(await system.redis.del(`mcp:client:{${client_id}}`), 1);
  provider.saved_tokens = { ...provider.saved_tokens, access_token: "expired" };
  await assert.rejects(connect(provider));
  assert.equal(provider.invalidated, "all", "invalid_client made the SDK forget its registration");
  const again = await sign_in(provider);
  assert.notEqual(provider.information.client_id, client_id);
  assert.equal(await whoami(again), "octocat (583231)");
  await client.close();
  await again.close();
});

test("somebody who is not on the access list gets a page and the client no code", async () => {
  const provider = new Provider();
  const client = new Client({ name: "sdk-test", version: "1.0.0" });
  await assert.rejects(client.connect(new StreamableHTTPClientTransport(new URL(server.url), { authProvider: provider })),
    UnauthorizedError);
  const browser = new Browser();
  const within = [system.base, new URL(system.github.url).origin];
  let page = await browser.navigate(provider.authorization_url, { within });
  page = await browser.submit(page, { within, button: { name: "user", value: "hubot" } });
  assert.equal(page.status, 403);
  assert.match(page.text, /hubot/);
  assert.equal(page.location, undefined);
});

test("discovery answers what the SDK's schemas require, by both metadata documents", async () => {
  const { discoverAuthorizationServerMetadata } = await import("@modelcontextprotocol/sdk/client/auth.js");
  const metadata = await discoverAuthorizationServerMetadata(system.base);
  assert.equal(metadata.issuer, system.base);
  const { OpenIdProviderDiscoveryMetadataSchema } = await import("@modelcontextprotocol/sdk/shared/auth.js");
  const { body } = await request(`${system.base}/.well-known/openid-configuration`);
  OpenIdProviderDiscoveryMetadataSchema.parse(body);
});
