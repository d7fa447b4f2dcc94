// ctest: LABEL flow  TIMEOUT 120
// GET /verify: forward authentication. deploy/examples/nginx is run with it in tests/clients/examples.test.mjs.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { default_scope, post_json, request, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const server = "example.com/github-tools";
const files = { name: "GitHub Tools", description: "", allowed_users: ["octocat"], resource: "https://mcp.example.com/mcp" };
const servers_of = (changed) => ({ servers: { "example.com": { "github-tools": { ...files, ...changed }, notes: { ...files, resource: undefined } } } });
let system, token, client;

before(async () => {
  system = await startSystem({ servers: servers_of({}) });
  ({ client, tokens: { access_token: token } } = await signIn(system, { scope: `${default_scope} email` }));
});
after(() => system?.stop());

const verify = (access_token, { query = `?server=${server}`, ...options } = {}) => request(`${system.base}/verify${query}`,
  { ...options, headers: access_token === undefined ? {} : { Authorization: `Bearer ${access_token}` } });
const metadata = () => `resource_metadata="${system.base}/.well-known/oauth-protected-resource/${server}"`;

test("a good token is 200, with who it is in X-Auth-* and nothing in the body", async () => {
  const { status, headers, text } = await verify(token);
  assert.equal(status, 200, text);
  assert.equal(text, "");
  assert.equal(headers["x-auth-user"], "583231");
  assert.equal(headers["x-auth-login"], "octocat");
  assert.match(headers["x-auth-email"], /@/);
  assert.equal(headers["x-auth-client"], client.client_id);
  assert.equal(headers["x-auth-scope"], `${default_scope} email`);
  assert.match(headers["cache-control"], /no-store/);
});

test("HEAD answers as GET does (RFC 9110 9.3.2)", async () => {
  assert.equal((await verify(token, { method: "HEAD" })).status, 200);
});

test("without the scope email there is no address", async () => {
  const { tokens } = await signIn(system);
  assert.equal((await verify(tokens.access_token)).headers["x-auth-email"], undefined);
});

test("without a token: 401 with where to sign in and for what, and no error (RFC 6750 3, RFC 9728 5.1)", async () => {
  const { status, headers } = await verify();
  assert.equal(status, 401);
  assert.equal(headers["www-authenticate"], `Bearer realm="mcp-oauth", ${metadata()}, scope="${default_scope}"`);
  assert.equal(headers["x-auth-user"], undefined);
});

test("a token that is none, was revoked or has another audience is invalid_token (RFC 6750 3.1, RFC 9068 4)", async () => {
  const revoked = (await signIn(system)).tokens.access_token;
  await post_json(`${system.base}/admin/revoke`, { token: revoked });
  const foreign = (await signIn(system, { registration: { scope: "mcp:example.com:notes" }, scope: "mcp:example.com:notes" })).tokens;
  for (const wrong of ["nonsense", revoked, foreign.access_token, foreign.refresh_token, "x".repeat(9000)]) {
    const { status, headers } = await verify(wrong);
    assert.equal(status, 401);
    assert.match(headers["www-authenticate"], /error="invalid_token", error_description="[^"]+"/);
    assert.ok(headers["www-authenticate"].includes(metadata()));
    assert.equal(headers["x-auth-user"], undefined);
  }
  assert.equal((await verify(foreign.access_token, { query: "?server=example.com/notes" })).status, 200);
});

test("the server is the proxy's to name: absent, unknown or doubled it is 500, whatever the token (DESIGN 6)", async () => {
  for (const query of ["", "?server=", "?server=example.com", "?server=/", "?server=example.com/none", `?server=${server}&server=${server}`, `?server=example.com/${"x".repeat(300)}`]) {
    for (const shown of [token, undefined]) {
      const { status, headers, body } = await verify(shown, { query });
      // While the servers file is young, another process may know more.
      assert.ok(status === 500 || (status === 503 && query.includes("none")), `${query} ${status}`);
      assert.equal(headers["www-authenticate"], undefined);
      assert.equal(headers["x-auth-user"], undefined);
      assert.ok(body.error_description.length > 10);
    }
  }
});

test("the access list is asked each time: who was taken off is 403, and 200 again when back (DESIGN 6)", async () => {
  const reach = async () => (await verify(token)).status;
  system.servers(servers_of({ allowed_users: ["hubot"] }));
  await eventually(async () => await reach() === 403, { what: "octocat is shut out" });
  const { headers } = await verify(token);
  assert.match(headers["www-authenticate"], /error="insufficient_scope"/);
  assert.ok(headers["www-authenticate"].includes(metadata()));
  system.servers(servers_of({}));
  await eventually(async () => await reach() === 200, { what: "octocat is back" });
});

test("a grant whose record is gone is judged by login and id alone", async () => {
  const { tokens } = await signIn(system);
  const [key] = (await system.admin.keys("mcp:refresh:*")).filter((name) => name.includes(JSON.parse(Buffer.from(tokens.access_token.split(".")[1], "base64url")).jti.split(".")[0]));
  await system.admin.del(key);
  assert.equal((await verify(tokens.access_token)).status, 200);
});

test("a store that is away is 503 and no verdict", async (t) => {
  t.after(() => system.redis_server.restart());
  await system.redis_server.halt();
  const { status, headers } = await verify(token);
  assert.equal(status, 503);
  assert.equal(headers["www-authenticate"], undefined);
});
