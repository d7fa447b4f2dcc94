// ctest: LABEL client  TIMEOUT 120
// The MCP clients that people use: what each sends to register, where it wants its user back, how it authenticates and
// what it asks for, as their sources and their users' reports have it. The redirects that deploy/ writes into a new
// servers file must admit all of them.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { authorizeUntilConsent, claims_of, exchange, post_json, refresh, request, submitConsent } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { scopes } from "./mcp.mjs";
import { Record } from "./record.mjs";

const record = new Record(import.meta.url), { test } = record;
const resource = "https://mcp.example.com/mcp";
const public_client = { grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], token_endpoint_auth_method: "none" };
const advertised = "mcp:* openid profile email offline_access"; // of a client that asks for all that our metadata lists

// asks: parameters of the authorization request besides the usual ones; null leaves one out.
const known_clients = [
  { name: "Claude (web, desktop, mobile)", redirect: "https://claude.ai/api/mcp/auth_callback", asks: { resource, scope: scopes.tools },
    body: { ...public_client, client_name: "Claude", token_endpoint_auth_method: "client_secret_post" } },
  { name: "Claude (claude.com)", redirect: "https://claude.com/api/mcp/auth_callback", asks: { resource, scope: null },
    body: { ...public_client, client_name: "Claude" } },
  { name: "Claude (2025)", redirect: "https://claude.ai/api/mcp/auth_callback", asks: { scope: "claudeai" },
    body: { ...public_client, client_name: "claudeai", scope: "claudeai" } },
  { name: "Claude Code", redirect: "http://localhost:54545/callback", asks: { resource, scope: scopes.tools },
    body: { ...public_client, client_name: "Claude Code (github-tools)" } },
  { name: "ChatGPT", redirect: "https://chatgpt.com/connector/oauth/OUbdUMlL15Ct", asks: { resource, scope: `${scopes.tools} offline_access` },
    body: { ...public_client, client_name: "ChatGPT" } },
  { name: "ChatGPT (2025)", redirect: "https://chatgpt.com/connector_platform_oauth_redirect", asks: { scope: null },
    body: { ...public_client, client_name: "ChatGPT", token_endpoint_auth_method: "client_secret_post" } },
  ...["http://127.0.0.1:51739/", "https://vscode.dev/redirect", "https://insiders.vscode.dev/redirect"].map((redirect) => (
    { name: "VS Code", redirect, asks: { resource, scope: scopes.tools }, body: { ...public_client, client_name: "Visual Studio Code",
      client_uri: "https://code.visualstudio.com", scope: scopes.tools, application_type: "native",
      redirect_uris: ["https://insiders.vscode.dev/redirect", "https://vscode.dev/redirect", "http://127.0.0.1/", "http://127.0.0.1:33418/"] } })),
  ...["cursor://anysphere.cursor-mcp/oauth/callback", "https://www.cursor.com/agents/mcp/oauth/callback", "http://localhost:8787/callback"]
    .map((redirect, _, redirect_uris) => ({ name: "Cursor", redirect, asks: { resource, scope: scopes.tools },
      body: { ...public_client, client_name: "Cursor", redirect_uris } })),
  { name: "Cursor (2025)", redirect: "cursor://anysphere.cursor-retrieval/oauth/user-github-tools/callback", asks: { scope: null },
    body: { ...public_client, client_name: "Cursor" } },
  ...["http://localhost:6274/oauth/callback", "http://localhost:6274/oauth/callback/debug"].map((redirect, _, redirect_uris) => (
    { name: "MCP Inspector", redirect, asks: { resource, scope: advertised, prompt: "consent" }, body: { ...public_client, redirect_uris,
      client_name: "MCP Inspector", client_uri: "https://github.com/modelcontextprotocol/inspector", scope: "" } })),
  { name: "mcp-remote", redirect: "http://localhost:3334/oauth/callback", asks: { resource, scope: advertised, prompt: "consent" }, preflight: true,
    body: { ...public_client, client_name: "MCP CLI Proxy", client_uri: "https://github.com/modelcontextprotocol/mcp-cli",
      software_id: "2e6dc280-f3c3-4e01-99a7-8181dbd1d23d", software_version: "0.1.38", scope: advertised } },
  { name: "mcp-remote (by address)", redirect: "http://127.0.0.1:28943/oauth/callback", asks: { resource, scope: "openid email profile" },
    body: { ...public_client, client_name: "MCP CLI Client", scope: "openid email profile" } },
  { name: "Gemini CLI", redirect: "http://localhost:7777/oauth/callback", asks: { resource, scope: null },
    body: { ...public_client, client_name: "Gemini CLI MCP Client", scope: "" } },
  { name: "Codex", redirect: "http://127.0.0.1:41877/callback", asks: { scope: null }, body: { ...public_client, client_name: "Codex" } },
  { name: "Goose", redirect: "http://localhost:36109/oauth_callback", asks: { scope: null }, body: { ...public_client, client_name: "goose" } },
  { name: "LibreChat", redirect: "http://localhost:3080/api/mcp/github-tools/oauth/callback", state: "67f0c2d4:github-tools",
    asks: { resource, scope: advertised },
    body: { ...public_client, client_name: "LibreChat MCP Client", token_endpoint_auth_method: "client_secret_basic" } },
  { name: "Open WebUI", redirect: "http://localhost:3000/oauth/clients/mcp:github-tools/callback", asks: { scope: null },
    body: { client_name: "Open WebUI", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"] } },
];

const secrets_sh = fileURLToPath(new URL("../../deploy/lib/secrets.sh", import.meta.url));
function redirects_of_deploy() {
  const { stdout, stderr } = spawnSync("bash", ["-c", `source ${secrets_sh}; known_client_redirects_json`], { encoding: "utf8" });
  assert.ok(stdout, stderr);
  return JSON.parse(stdout);
}

let system;
before(async () => {
  system = await startSystem({ servers: { redirect_hosts: redirects_of_deploy(), servers: { "example.com": {
    "github-tools": { name: "GitHub Tools", description: "", allowed_users: ["octocat"], resource } } } } });
});
after(async () => { await system?.stop(); });

const kind_of = (redirect) => {
  const { protocol } = new URL(redirect);
  return protocol === "https:" ? "https redirect" : protocol === "http:" ? "loopback redirect" : "private scheme";
};

for (const { name, redirect, asks: { scope, ...more }, body, state, preflight } of known_clients)
  test(`${name} registers, is sent back to ${redirect}, comes to its tokens and refreshes`, async () => {
    const sent = { redirect_uris: [redirect], ...body };
    const registered = await post_json(`${system.base}/register`, sent);
    assert.equal(registered.status, 201, registered.text);
    const client = registered.body;
    assert.deepEqual(client.redirect_uris, sent.redirect_uris, "nothing was dropped");
    assert.equal(client.token_endpoint_auth_method, sent.token_endpoint_auth_method ?? "none");
    assert.equal("client_secret" in client, client.token_endpoint_auth_method !== "none", "a secret for whom asked for one only");
    record.proved(name, "registration");

    const asked = await authorizeUntilConsent(system, client, { redirect_uri: redirect, scope, state, more });
    if (preflight) {
      const looked = await request(asked.url, { headers: { Accept: "application/json" } });
      assert.equal(looked.status, 302, "a look at the address before the browser is opened does no harm");
    }
    assert.equal(asked.page.status, 200, asked.page.text);
    assert.match(asked.page.text, new RegExp(client.client_name.replace(/[()]/g, "\\$&")));
    const given = await submitConsent(asked);
    assert.equal(given.target, redirect);
    assert.equal(given.state, asked.state);
    assert.equal(given.iss, system.base);

    const { status, body: tokens, text } = await exchange(system.base, client, { ...asked, code: given.code, more: { resource: more.resource } });
    assert.equal(status, 200, text);
    assert.deepEqual(claims_of(tokens.access_token).aud, [scopes.tools, resource]);
    assert.ok(tokens.scope.split(" ").includes(scopes.tools));
    record.proved(name, "sign-in", kind_of(redirect));

    const renewed = await refresh(system.base, client, tokens.refresh_token, { resource: more.resource });
    assert.equal(renewed.status, 200, renewed.text);
    record.proved(name, "refresh");
  });

record.check();
