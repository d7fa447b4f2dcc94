// ctest: LABEL flow  TIMEOUT 120
// DELETE /client/{client_id} (RFC 7592 2.3): the registrant ends its registration.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { authorizeUntilConsent, authorize_url, exchange, pkce, post_form, refresh, register, request, signIn, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { default_servers, startSystem } from "../support/system.mjs";

let system;
before(async () => {
  system = await startSystem({ servers: { ...default_servers,
    clients: [{ client_id: "configured", client_name: "Configured", redirect_uris: ["https://example.com/configured"], token_endpoint_auth_method: "none" }] } });
});
after(() => system?.stop());

const at = (client_id) => `${system.base}/client/${client_id}`;
const key = (client) => `mcp:client:{${client.client_id}}`;
const remove = (client, token = client.registration_access_token) => request(at(client.client_id), { method: "DELETE",
  headers: token ? { Authorization: `Bearer ${token}` } : {} });

test("RFC 7592 2.3: a deletion is 204 without a body", async () => {
  const client = await register(system.base);
  const { status, headers, text } = await remove(client);
  assert.equal(status, 204);
  assert.equal(text, "");
  assert.equal(headers["content-length"], undefined); // RFC 9110 8.6
  assert.match(headers["cache-control"], /no-store/);
  assert.equal(await system.admin.exists(key(client)), 0);
});

test("RFC 7592 2.3: a deleted client is unknown, and its registration access token is 401", async () => {
  const client = await register(system.base, { token_endpoint_auth_method: "client_secret_post" });
  assert.equal((await remove(client)).status, 204);
  const bearer = { Authorization: `Bearer ${client.registration_access_token}` };
  for (const options of [{ method: "DELETE", headers: bearer }, { headers: bearer },
    { method: "PUT", headers: { ...bearer, "Content-Type": "application/json" }, body: JSON.stringify({ client_id: client.client_id, redirect_uris: client.redirect_uris }) }]) {
    const { status, headers, body } = await request(at(client.client_id), options);
    assert.equal(status, 401, options.method);
    assert.equal(body.error, "invalid_token");
    assert.match(headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
  }
  assert.equal((await request(at(client.client_id))).status, 404);
  const { status, body } = await post_form(`${system.base}/token`, { grant_type: "authorization_code", client_id: client.client_id,
    client_secret: client.client_secret, code: "x.y", code_verifier: pkce().code_verifier });
  assert.equal(status, 401);
  assert.equal(body.error, "invalid_client");
  const page = await request(authorize_url(system.base, client, { ...pkce(), state: "s" }), { headers: { Accept: "text/html" } });
  assert.equal(page.status, 400, "a page that says what to do");
  assert.equal(page.headers.location, undefined);
  assert.equal(await system.admin.exists(key(client)), 0, "no PUT made it anew");
});

test("RFC 7592 2.3: a deleted client's code and refresh token are worth nothing", async () => {
  const { client, tokens } = await signIn(system);
  const asked = await authorizeUntilConsent(system, client, { user: "octocat", scope: "mcp:example.com:github-tools email" });
  const { code } = await submitConsent(asked);
  assert.equal((await remove(client)).status, 204);
  for (const { status, body } of [await refresh(system.base, client, tokens.refresh_token), await exchange(system.base, client, { ...asked, code })]) {
    assert.equal(status, 401);
    assert.equal(body.error, "invalid_client", "so that the client registers again (RFC 6749 5.2)");
  }
});

test("a sign-in under way ends at the token endpoint", async () => {
  const client = await register(system.base);
  const asked = await authorizeUntilConsent(system, client);
  assert.equal((await remove(client)).status, 204);
  const { code } = await submitConsent(asked);
  const { status, body } = await exchange(system.base, client, { ...asked, code });
  assert.equal(status, 401);
  assert.equal(body.error, "invalid_client");
});

test("RFC 7592 2.3, RFC 6750 3: only this client's registration access token deletes it", async () => {
  const [client, other] = [await register(system.base, { token_endpoint_auth_method: "client_secret_post" }), await register(system.base)];
  for (const [target, token] of [[client, "wrong"], [client, other.registration_access_token], [client, client.client_secret], [client, "x".repeat(9000)],
    [{ client_id: "mcp_any_unknown" }, client.registration_access_token], [{ client_id: "a%2Fb" }, client.registration_access_token],
    [{ client_id: "configured" }, client.registration_access_token]]) {
    const { status, headers, body, text } = await remove(target, token);
    assert.equal(status, 401, text);
    assert.equal(body.error, "invalid_token");
    assert.match(headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
  }
  const { status, headers } = await remove(client, null);
  assert.equal(status, 401);
  assert.match(headers["www-authenticate"], /^Bearer (?!.*error)/, "no error for who sent no token");
  assert.equal(await system.admin.exists(key(client)), 1);
  assert.equal((await request(at("configured"))).status, 200);
});

test("of many deletions at once one succeeds, and leaves a trace that ends by itself", async () => {
  const client = await register(system.base);
  const answers = await Promise.all(Array.from({ length: 8 }, () => remove(client)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, ...Array(7).fill(401)]);
  const ttl = await system.admin.ttl(`${key(client)}:deleted`);
  assert.ok(ttl > 0 && ttl <= 12, String(ttl));
});

test("a deletion is audited", async () => {
  const client = await register(system.base);
  await remove(client);
  await eventually(async () => (await system.admin.xrange("mcp:audit", "-", "+"))
    .filter(([, fields]) => fields.includes(client.client_id) && fields.includes("client_delete")).length === 1, { what: "one audit entry" });
});
