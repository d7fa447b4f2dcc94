// ctest: LABEL flow  TIMEOUT 120
// PUT /client/{client_id} (RFC 7592 2.2): the registrant replaces what it has registered.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { authorizeUntilConsent, callback_of, default_redirect_uri, default_scope, exchange, refresh, register, request, signIn, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { default_servers, startSystem } from "../support/system.mjs";

let system;
before(async () => {
  system = await startSystem({ servers: { ...default_servers, redirect_hosts: ["localhost", "claude.ai", "cursor:"],
    clients: [{ client_id: "configured", client_name: "Configured", redirect_uris: ["https://example.com/configured"], token_endpoint_auth_method: "none" }] } });
});
after(() => system?.stop());

const at = (client_id) => `${system.base}/client/${client_id}`;
const key = (client) => `mcp:client:{${client.client_id}}`;
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const record = (client) => system.admin.hgetall(key(client));

const put = (client, metadata, { token = client.registration_access_token, headers = {} } = {}) => request(at(client.client_id), { method: "PUT",
  headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), "Content-Type": "application/json", ...headers },
  body: typeof metadata === "string" ? metadata : JSON.stringify(metadata) });
const get = (client) => request(at(client.client_id), { headers: { Authorization: `Bearer ${client.registration_access_token}` } });
// What a client sends that changes nothing.
const same = ({ client_id, client_name, redirect_uris, scope, token_endpoint_auth_method }) =>
  ({ client_id, client_name, redirect_uris, scope, token_endpoint_auth_method });

async function assert_refused(client, metadata, error, status = 400) {
  const before_it = await record(client);
  const { status: told, body, text } = await put(client, metadata);
  assert.equal(told, status, `${JSON.stringify(metadata)}: ${text}`);
  assert.equal(body.error, error, text);
  assert.ok(body.error_description.length > 10);
  assert.deepEqual(await record(client), before_it, "nothing is changed by what is refused");
}

test("RFC 7592 2.2: an update replaces, and answers the registration in full (3)", async () => {
  const client = await register(system.base, { application_type: "native" });
  const metadata = { client_id: client.client_id, client_name: "Renamed", redirect_uris: ["https://claude.ai/cb", "cursor://x/cb"],
    token_endpoint_auth_method: "none" };
  const { status, headers, body, text } = await put(client, metadata);
  assert.equal(status, 200, text);
  assert.match(headers["content-type"], /^application\/json/);
  assert.match(headers["cache-control"], /no-store/);
  assert.equal(body.client_id, client.client_id);
  assert.equal(body.client_name, "Renamed");
  assert.deepEqual(body.redirect_uris, metadata.redirect_uris);
  for (const member of ["scope", "application_type", "client_secret", "client_secret_expires_at"]) assert.ok(!(member in body), `${member} was left out, so it is gone`);
  for (const member of ["created_at", "client_id_issued_at", "registration_client_uri", "registration_access_token"])
    assert.equal(body[member], client[member], `${member} stays`);
  assert.deepEqual({ ...(await get(client)).body, expires_at: 0, last_used: 0 }, { ...body, expires_at: 0, last_used: 0 }, "GET tells the same (RFC 7592 2.1)");
});

test("an update does not prolong the client's life: that is counted from its last use (DESIGN 4)", async () => {
  const client = await register(system.base);
  await system.admin.expire(key(client), 1000);
  const { body } = await put(client, same(client));
  assert.ok(Math.abs(body.expires_at - (Date.now() / 1000 + 1000)) < 10, String(body.expires_at));
  const ttl = await system.admin.ttl(key(client));
  assert.ok(ttl > 900 && ttl <= 1000, String(ttl));
});

test("RFC 7592 2.2: client_id must be sent and be the client's own", async () => {
  const client = await register(system.base);
  const { client_id, ...without } = same(client);
  for (const metadata of [without, { ...without, client_id: null }, { ...without, client_id: "" }, { ...without, client_id: 7 },
    { ...without, client_id: (await register(system.base)).client_id }]) await assert_refused(client, metadata, "invalid_client_metadata");
});

test("RFC 7592 2.2: a client_secret that is sent must be the issued one, and cannot be chosen", async () => {
  const client = await register(system.base, { token_endpoint_auth_method: "client_secret_post" });
  for (const client_secret of ["chosen by the client", "", 7, client.registration_access_token])
    await assert_refused(client, { ...same(client), client_secret }, "invalid_client_metadata");
  const { status, body } = await put(client, { ...same(client), client_secret: client.client_secret, client_name: "Knows its secret" });
  assert.equal(status, 200);
  assert.ok(!("client_secret" in body), "an old secret is not told again");
  assert.equal(body.client_secret_expires_at, 0);
  assert.equal((await record(client)).client_secret_sha256, sha256(client.client_secret));
  const none = await register(system.base);
  await assert_refused(none, { ...same(none), client_secret: "it has none" }, "invalid_client_metadata");
});

test("RFC 7592 2.2: members that only the server sets must not be sent", async () => {
  const client = await register(system.base);
  for (const member of ["registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"])
    await assert_refused(client, { ...same(client), [member]: client[member] ?? 0 }, "invalid_client_metadata");
  assert.equal((await put(client, { ...same(client), created_at: 1, last_used: 1, expires_at: 1 })).status, 200, "the original's members are ignored");
  assert.equal((await record(client)).created_at, String(client.created_at));
});

test("RFC 7592 2.2: what a registration refuses, an update refuses (RFC 7591 3.2.2)", async () => {
  const client = await register(system.base);
  await assert_refused(client, { ...same(client), redirect_uris: ["https://evil.example/cb"] }, "invalid_redirect_uri");
  await assert_refused(client, { ...same(client), redirect_uris: [] }, "invalid_redirect_uri");
  await assert_refused(client, { ...same(client), redirect_uris: ["javascript:alert(1)"] }, "invalid_redirect_uri");
  await assert_refused(client, { ...same(client), client_name: "a\u202eb" }, "invalid_client_metadata");
  await assert_refused(client, { ...same(client), scope: "mcp:example.com:nowhere" }, "invalid_scope");
  await assert_refused(client, { ...same(client), token_endpoint_auth_method: "tls_client_auth" }, "invalid_client_metadata");
  for (const body of ["", "{", "[]", "null"]) await assert_refused(client, body, "invalid_request");
  const { status } = await put(client, same(client), { headers: { "Content-Type": "text/plain" } });
  assert.equal(status, 400);
});

test("RFC 7592 2.2, RFC 6750 3: only this client's registration access token opens it; without one the challenge names no error", async () => {
  const [client, other] = [await register(system.base, { token_endpoint_auth_method: "client_secret_post" }), await register(system.base)];
  const before_it = await record(client);
  for (const [target, token] of [[client, "wrong"], [client, other.registration_access_token], [client, client.client_secret], [client, "x".repeat(9000)],
    [{ ...client, client_id: "mcp_any_unknown" }, client.registration_access_token], [{ ...client, client_id: "%zz" }, client.registration_access_token],
    [{ ...client, client_id: "configured" }, client.registration_access_token]]) {
    const { status, headers, body, text } = await put(target, { ...same(client), client_name: "Intruder" }, { token });
    assert.equal(status, 401, text);
    assert.equal(body.error, "invalid_token");
    assert.match(headers["www-authenticate"], /^Bearer .*error="invalid_token"/);
  }
  for (const options of [{ token: null }, { token: null, headers: { Authorization: "Basic eDp5" } }]) {
    const { status, headers } = await put(client, same(client), options);
    assert.equal(status, 401);
    assert.match(headers["www-authenticate"], /^Bearer /);
    assert.ok(!headers["www-authenticate"].includes("error"));
  }
  assert.deepEqual(await record(client), before_it);
});

test("RFC 7592 2.2: the first method with a secret gets a new one, another keeps it, none drops it", async () => {
  const client = await register(system.base);
  const methods = async (token_endpoint_auth_method) => (await put(client, { ...same(client), token_endpoint_auth_method })).body;
  const first = await methods("client_secret_post");
  assert.match(first.client_secret, /^[A-Za-z0-9_-]{43}$/);
  assert.equal(first.client_secret_expires_at, 0);
  assert.equal(first.token_endpoint_auth_method, "client_secret_post");
  const second = await methods("client_secret_basic");
  assert.ok(!("client_secret" in second));
  assert.equal((await record(client)).client_secret_sha256, sha256(first.client_secret), "the same secret");
  await assert.rejects(signIn(system, { client: { ...second, client_secret: "not it" } }), /POST \/token answered 401/);
  const signed = await signIn(system, { client: { ...second, client_secret: first.client_secret } });
  assert.ok(signed.tokens.access_token);
  const third = await methods("none");
  assert.ok(!("client_secret" in third) && !("client_secret_expires_at" in third));
  assert.equal((await record(client)).client_secret_sha256, undefined);
  const fourth = await methods("client_secret_post");
  assert.notEqual(fourth.client_secret, first.client_secret);
  assert.ok(!JSON.stringify(await record(client)).includes(fourth.client_secret));
});

test("the new redirect URIs hold at once, the old ones no longer", async () => {
  const client = await register(system.base);
  const { body } = await put(client, { ...same(client), redirect_uris: ["https://claude.ai/new"] });
  const old = await authorizeUntilConsent(system, client, { redirect_uri: default_redirect_uri });
  assert.equal(old.page.status, 400);
  assert.equal(old.page.location, undefined);
  const { tokens } = await signIn(system, { client: body });
  assert.ok(tokens.access_token);
  assert.equal((await refresh(system.base, body, tokens.refresh_token)).status, 200);
});

test("a consent that was remembered is asked again after an update (DESIGN 7)", async () => {
  const { client, browser } = await signIn(system);
  const remembered = await authorizeUntilConsent(system, client, { browser });
  assert.ok(callback_of(remembered.page.location).code, "remembered");
  assert.equal((await put(client, { ...same(client), client_name: "Somebody else" })).status, 200);
  const asked = await authorizeUntilConsent(system, client, { browser });
  assert.equal(asked.page.status, 200, "the consent page");
  assert.ok(asked.page.text.includes("Somebody else"));
  const { code } = await submitConsent(asked);
  assert.equal((await exchange(system.base, client, { ...asked, code })).status, 200);
});

test("an update is audited once, without a secret", async () => {
  const client = await register(system.base);
  const { body } = await put(client, { ...same(client), token_endpoint_auth_method: "client_secret_post" });
  const entries = async () => (await system.admin.xrange("mcp:audit", "-", "+")).filter(([, fields]) => fields.includes(client.client_id) && fields.includes("client_update"));
  const [[, fields]] = await eventually(async () => { const found = await entries(); return found.length === 1 ? found : false; }, { what: "one audit entry" });
  for (const secret of [body.client_secret, client.registration_access_token]) {
    assert.ok(!fields.join(" ").includes(secret));
    for (const kind of ["edge", "registry"]) assert.ok(!JSON.stringify(system.logs(kind)).includes(secret), `${kind} logs no secret`);
  }
});

test("of many updates at once each is whole, and one secret is issued", async () => {
  const client = await register(system.base);
  const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => put(client, { ...same(client), client_name: `Name ${i}`,
    redirect_uris: [`https://example.com/cb${i}`], token_endpoint_auth_method: "client_secret_post" })));
  assert.ok(answers.every(({ status }) => status === 200));
  const told = answers.map(({ body }) => body.client_secret).filter(Boolean);
  assert.equal(told.length, 1, "only one of them made the secret");
  const kept = await record(client);
  assert.equal(kept.client_secret_sha256, sha256(told[0]));
  assert.deepEqual(JSON.parse(kept.redirect_uris), [`https://example.com/cb${kept.client_name.split(" ")[1]}`], "no mixture of two");
});

test("PUT and DELETE pass the strict head, and nowhere else is there such a method (RFC 9110 15.5.6)", async () => {
  const client = await register(system.base);
  for (const method of ["POST", "PATCH"]) {
    const { status, headers } = await request(at(client.client_id), { method });
    assert.equal(status, 405);
    assert.equal(headers.allow, "GET, HEAD, PUT, DELETE, OPTIONS");
  }
  for (const path of ["/register", "/token", "/authorize", "/health", "/.well-known/jwks.json"])
    for (const method of ["PUT", "DELETE"]) assert.equal((await request(`${system.base}${path}`, { method })).status, 405, `${method} ${path}`);
  const preflight = await request(at(client.client_id), { method: "OPTIONS", headers: { Origin: "https://inspector.example", "Access-Control-Request-Method": "PUT" } });
  assert.equal(preflight.headers["access-control-allow-origin"], undefined, "no other origin may change a client (DESIGN 6)");
  assert.equal(preflight.headers["access-control-allow-methods"], undefined);
});

test("without Redis an update is 503, and changes nothing", async () => {
  const client = await register(system.base);
  const before_it = await record(client);
  system.redis_server.pause();
  const { status, headers, body } = await put(client, { ...same(client), client_name: "Lost" });
  assert.equal(status, 503);
  assert.equal(body.error, "temporarily_unavailable");
  assert.ok(headers["retry-after"]);
  system.redis_server.resume();
  await system.ready();
  const kept = await record(client);
  assert.ok(["Lost", before_it.client_name].includes(kept.client_name));
  assert.equal(kept.created_at, before_it.created_at);
});
