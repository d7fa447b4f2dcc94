// ctest: LABEL flow  TIMEOUT 120
// POST /introspect (RFC 7662): a resource server asks about tokens for itself, a client about its own.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { claims_of, post_form, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

const secret = "an introspection secret of the resource server";
const introspection_secret_sha256 = createHash("sha256").update(secret).digest("hex");
const tools = { name: "GitHub Tools", description: "", allowed_users: ["octocat"], introspection_secret_sha256, resource: "https://mcp.example.com/mcp" };
const notes = { name: "Notes", description: "", allowed_users: ["octocat"] };
let system, client, tokens, confidential, own;

before(async () => {
  system = await startSystem({ servers: { servers: { "example.com": { "github-tools": tools, notes } } } });
  ({ client, tokens } = await signIn(system));
  confidential = await register(system.base, { token_endpoint_auth_method: "client_secret_basic" });
  own = (await signIn(system, { client: confidential })).tokens;
});
after(() => system?.stop());

const basic = (user, password) => ({ headers: { Authorization: `Basic ${Buffer.from([user, password].map(encodeURIComponent).join(":")).toString("base64")}` } });
const ask = (fields, options) => post_form(`${system.base}/introspect`, fields, options);
const server_asks = (token, more) => ask({ token, ...more }, basic("example.com/github-tools", secret));
const client_asks = (token, more) => ask({ token, ...more }, basic(confidential.client_id, confidential.client_secret));

function assert_inactive(response) {
  assert.equal(response.status, 200, response.text);
  assert.deepEqual(response.body, { active: false });
}

function assert_refused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.body.error, error);
}

test("a resource server hears everything about a token for it (RFC 7662 2.2)", async () => {
  const response = await server_asks(tokens.access_token);
  assert.equal(response.status, 200, response.text);
  assert.match(response.headers["content-type"], /^application\/json/);
  assert.match(response.headers["cache-control"], /no-store/);
  const { iss, sub, aud, exp, iat, jti, client_id, scope } = claims_of(tokens.access_token);
  assert.deepEqual(response.body, { active: true, scope, client_id, username: "octocat", token_type: "Bearer", exp, iat, sub, aud, iss, jti });
  assert.equal(client_id, client.client_id);
});

test("credentials may come in the form as well (RFC 7662 2.1)", async () => {
  const { body } = await ask({ token: tokens.access_token, client_id: "example.com/github-tools", client_secret: secret });
  assert.equal(body.active, true);
});

test("a token for another server is not active for this one (RFC 7662 4)", async () => {
  const other = (await signIn(system, { registration: { scope: "mcp:example.com:notes" }, scope: "mcp:example.com:notes" })).tokens;
  assert_inactive(await server_asks(other.access_token));
});

test("a resource server hears nothing of refresh tokens (RFC 7662 4)", async () => {
  assert_inactive(await server_asks(tokens.refresh_token));
});

test("a client with a secret hears of its own tokens, of either kind, whatever the hint says (RFC 7662 2.1)", async () => {
  for (const token_type_hint of [undefined, "access_token", "refresh_token", "something"]) {
    assert.equal((await client_asks(own.access_token, { token_type_hint })).body.active, true);
    const { body } = await client_asks(own.refresh_token, { token_type_hint });
    assert.equal(body.active, true);
    assert.equal(body.client_id, confidential.client_id);
    assert.equal(body.username, "octocat");
    assert.equal(body.token_type, undefined, "it is no access token");
    assert.ok(body.exp > Date.now() / 1000);
  }
});

test("another client's tokens are not active for it (RFC 7662 2.2)", async () => {
  assert_inactive(await client_asks(tokens.access_token));
  assert_inactive(await client_asks(tokens.refresh_token));
});

test("what has ended, and what is none, is not active, and nothing says why (RFC 7662 2.2)", async () => {
  const ended = (await signIn(system, { client: confidential })).tokens;
  await post_json(`${system.base}/admin/revoke`, { token: ended.access_token });
  assert_inactive(await client_asks(ended.access_token));
  assert_inactive(await server_asks(ended.access_token));
  assert.equal((await client_asks(ended.refresh_token)).body.active, true);
  await post_json(`${system.base}/admin/revoke`, { token: ended.refresh_token });
  assert_inactive(await client_asks(ended.refresh_token));
  for (const token of ["nonsense", "a.b.c", `${own.access_token}x`, "mcp_refresh__v1.AAAA", "x".repeat(9000)]) assert_inactive(await client_asks(token));
});

test("a refresh token that was replaced twice is not active", async () => {
  const first = (await signIn(system, { client: confidential })).tokens.refresh_token;
  const second = (await refresh(system.base, confidential, first)).body.refresh_token;
  assert.equal((await client_asks(second)).body.active, true);
  await refresh(system.base, confidential, second);
  assert_inactive(await client_asks(first));
});

test("who asks must be known: no, wrong and public credentials are 401 (RFC 7662 2.1, 2.3)", async () => {
  for (const response of [
    await ask({ token: own.access_token }, basic("example.com/github-tools", "wrong")),
    await ask({ token: own.access_token }, basic("example.com/notes", secret)),
    await ask({ token: own.access_token }, basic(confidential.client_id, "wrong")),
    await ask({ token: tokens.access_token, client_id: client.client_id }),
    await ask({ token: tokens.access_token, client_id: "example.com/github-tools" })]) {
    assert_refused(response, 401, "invalid_client");
    assert.match(response.headers["www-authenticate"], /^Basic /);
  }
  assert_refused(await ask({ token: tokens.access_token }), 400, "invalid_request");
});

test("a missing or doubled token, a GET and a JSON body are refused (RFC 7662 2.1)", async () => {
  assert_refused(await server_asks(undefined), 400, "invalid_request");
  const { headers } = basic("example.com/github-tools", secret);
  assert_refused(await request(`${system.base}/introspect`, { method: "POST", body: "token=a&token=b",
    headers: { ...headers, "Content-Type": "application/x-www-form-urlencoded" } }), 400, "invalid_request");
  assert.equal((await request(`${system.base}/introspect?token=a`, { headers })).status, 405);
  assert_refused(await post_json(`${system.base}/introspect`, { token: "a" }, { headers }), 400, "invalid_request");
});

test("no other origin may ask: a secret has no place in a page", async () => {
  assert.equal((await server_asks(tokens.access_token)).headers["access-control-allow-origin"], undefined);
});

test("a store that is away is 503 and no verdict", async (t) => {
  t.after(() => system.redis_server.restart());
  await system.redis_server.halt();
  assert.equal((await server_asks(tokens.access_token)).status, 503);
});
