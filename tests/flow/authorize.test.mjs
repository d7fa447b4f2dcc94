// ctest: LABEL flow  TIMEOUT 180
// GET /authorize (RFC 6749 4.1.1): what begins a sign-in, what is refused, where the refusal is told, and what Redis keeps after
// each step. Pages and cookies are http_pages.test.mjs's work.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, beforeEach, test } from "node:test";
import { authorizeUntilConsent, callback_of, default_redirect_uri, default_scope, exchange, form, pkce, register, request,
  submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const day_s = 24 * 3600;
const html = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const server = (more = {}) => ({ name: "S", description: "", allowed_users: ["octocat"], ...more });
const servers = { redirect_hosts: ["localhost"],
  servers: { "example.com": { "github-tools": server(), notes: server({ resource: "https://mcp.example.com/notes", redirect_hosts: ["notes.example.org"] }) } },
  clients: [{ client_id: "configured", client_name: "Configured", redirect_uris: ["https://example.com/configured"], scope: default_scope },
    { client_id: "secretive", client_name: "Secretive", redirect_uris: ["http://localhost/a", "http://localhost/b"], token_endpoint_auth_method: "client_secret_post",
      client_secret_sha256: createHash("sha256").update("its secret").digest("hex") }] };

let system, client;
before(async () => {
  system = await startSystem({ servers });
  client = await register(system.base);
});
after(() => system?.stop());
const session_keys = () => system.admin.keys("mcp:session:*");
beforeEach(async () => { for (const key of await session_keys()) await system.admin.del(key); });

// A good request, with members replaced or (undefined) removed.
const query = (more = {}, by = client) => form({ response_type: "code", client_id: by.client_id, redirect_uri: by.redirect_uris[0], scope: default_scope,
  state: "s t/ä&=", ...pkce(), ...more });
const ask = (more, by, headers = html) => request(`${system.base}/authorize?${query(more, by)}`, { headers });

async function assert_begins(more, by) {
  const response = await ask(more, by);
  assert.equal(response.status, 302, `${JSON.stringify(more)}: ${response.text}`);
  assert.ok(response.headers.location.startsWith(`${system.github.url}/`), `${JSON.stringify(more)}: ${response.headers.location}`);
  const keys = await session_keys();
  assert.equal(keys.length, 1);
  const session = await system.admin.hgetall(keys[0]);
  await system.admin.del(keys[0]);
  return session;
}

// RFC 6749 4.1.2.1: told to the client.
async function assert_told(more, error, by) {
  const response = await ask(more, by);
  assert.equal(response.status, 302, `${JSON.stringify(more)}: ${response.text}`);
  const told = callback_of(response.headers.location);
  assert.equal(told.error, error, `${JSON.stringify(more)}: ${response.headers.location}`);
  assert.equal(told.target, more?.redirect_uri?.split("?")[0] ?? (by ?? client).redirect_uris[0]);
  assert.equal(told.state, "s t/ä&=");
  assert.equal(told.iss, system.base, "RFC 9207 2");
  assert.ok(told.error_description);
  assert.equal(told.code, undefined);
  assert.equal(response.headers["set-cookie"], undefined);
  assert.deepEqual(await session_keys(), [], "no session");
}

// Told to the person, never by redirect: a page for browsers, JSON otherwise.
async function assert_not_redirected(more, error, by) {
  const page = await ask(more, by);
  assert.equal(page.status, 400, `${JSON.stringify(more)}: ${page.text.slice(0, 300)}`);
  assert.match(page.headers["content-type"], /^text\/html/);
  assert.ok(page.text.includes(`<code>${error}</code>`), page.text);
  const json = await ask(more, by, { Accept: "application/json" });
  assert.equal(json.status, 400);
  assert.equal(json.body.error, error, JSON.stringify(more));
  for (const { headers } of [page, json]) assert.equal(headers.location, undefined);
  assert.deepEqual(await session_keys(), [], "no session");
  return page;
}

// ---- before client and redirect are known good

test("an unknown or missing client is told what to do, never redirected (RFC 6749 4.1.2.1)", async () => {
  for (const client_id of ["mcp_any_unknown", `mcp_example.com_${"0".repeat(8)}-0000-4000-8000-000000000000`, "x\ny", "x".repeat(4000), "*"]) {
    const { text } = await assert_not_redirected({ client_id }, "invalid_client");
    assert.match(text, /Remove the connection in your app and add it again/);
  }
  await assert_not_redirected({ client_id: undefined }, "invalid_request");
});

test("an expired client is told what to do", async () => {
  const expired = await register(system.base);
  await system.admin.del(`mcp:client:{${expired.client_id}}`);
  const { text } = await assert_not_redirected({}, "invalid_client", expired);
  assert.match(text, /Remove the connection in your app and add it again/);
});

test("a redirect URI is one of the registered, letter for letter (RFC 9700 2.1)", async () => {
  for (const redirect_uri of ["https://evil.example/callback", `${default_redirect_uri}/`, `${default_redirect_uri}?`, `${default_redirect_uri}?a=b`,
    `${default_redirect_uri}#x`, "https://example.com/Callback", "https://EXAMPLE.com/callback", "https://example.com:443/callback",
    "https://example.com:8443/callback", "http://example.com/callback", "https://u@example.com/callback", "https://example.com/x/../callback",
    "javascript:alert(1)"]) await assert_not_redirected({ redirect_uri }, "invalid_request");
});

test("a redirect URI may be missing when exactly one is registered (RFC 6749 3.1.2.3)", async () => {
  const session = await assert_begins({ redirect_uri: undefined });
  assert.equal(session.redirect_uri, default_redirect_uri);
  const several = await register(system.base, { redirect_uris: ["https://example.com/a", "https://example.com/b"] });
  await assert_not_redirected({ redirect_uri: undefined }, "invalid_request", several);
  assert.equal((await assert_begins({ redirect_uri: "https://example.com/b" }, several)).redirect_uri, "https://example.com/b");
});

test("on loopback any port is the registered one, nothing else is (RFC 8252 7.3)", async () => {
  const native = await register(system.base, { redirect_uris: ["http://localhost:1234/cb", "http://127.0.0.1/cb", "http://[::1]/cb"] });
  for (const redirect_uri of ["http://localhost/cb", "http://localhost:65535/cb", "http://127.0.0.1:49152/cb", "http://[::1]:8080/cb"])
    assert.equal((await assert_begins({ redirect_uri }, native)).redirect_uri, redirect_uri);
  for (const redirect_uri of ["http://localhost:1234/cb2", "https://localhost:1234/cb", "http://localhost:1234/cb?x", "http://127.0.0.2/cb",
    "http://localhost:0/cb", "http://localhost:65536/cb", "http://localhost.example.com/cb", "http://localhost:x/cb"])
    await assert_not_redirected({ redirect_uri }, "invalid_request", native);
});

test("a redirect that the chosen server's policy does not allow is never taken (DESIGN 6)", async () => {
  const loose = await register(system.base, { scope: undefined, redirect_uris: ["https://notes.example.org/cb"] });
  await assert_begins({ scope: "mcp:example.com:notes" }, loose);
  await assert_not_redirected({}, "invalid_redirect_uri", loose);
});

test("no parameter may occur twice, but resource (RFC 6749 3.1; RFC 8707 2)", async () => {
  for (const name of ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "nonce", "prompt",
    "login_hint", "max_age"]) {
    const value = new URLSearchParams(query({ nonce: "n", prompt: "login", login_hint: "octocat" })).get(name) ?? "1";
    const twice = `${query({ nonce: "n", prompt: "login", login_hint: "octocat", max_age: name === "max_age" ? "1" : undefined })}&${form({ [name]: value })}`;
    const { status, headers, body } = await request(`${system.base}/authorize?${twice}`, { headers: { Accept: "application/json" } });
    assert.equal(status, 400, name);
    assert.equal(body.error, "invalid_request", name);
    assert.equal(headers.location, undefined, name);
  }
});

// ---- afterwards, by redirect

test("response_type must be code (RFC 6749 4.1.1)", async () => {
  await assert_told({ response_type: undefined }, "invalid_request");
  for (const response_type of ["token", "id_token", "code token", "CODE"])
    await assert_told({ response_type }, "unsupported_response_type");
});

test("PKCE is required, by S256 (RFC 7636 4.3, 4.4.1; OAuth 2.1)", async () => {
  for (const more of [{ code_challenge: undefined }, { code_challenge: "" }, { code_challenge: undefined, code_challenge_method: undefined },
    { code_challenge_method: "plain" }, { code_challenge_method: undefined }, { code_challenge_method: "s256" }, { code_challenge_method: "S512" },
    { code_challenge: "x".repeat(42) }, { code_challenge: "x".repeat(129) }, { code_challenge: `${"x".repeat(42)}=` }, { code_challenge: `${"x".repeat(42)}+` },
    { code_challenge: `${"x".repeat(42)}ä` }]) await assert_told(more, "invalid_request");
  for (const code_challenge of ["x".repeat(43), "x".repeat(128)]) assert.equal((await assert_begins({ code_challenge })).code_challenge, code_challenge);
});

test("prompt=none and max_age are login_required (OpenID Connect Core 3.1.2.6)", async () => {
  for (const more of [{ prompt: "none" }, { max_age: "0" }, { max_age: "3600" }]) await assert_told(more, "login_required");
  await assert_told({ prompt: "login none" }, "invalid_request");
  for (const prompt of ["login", "select_account", "consent", "login consent", "unknown"]) assert.equal((await assert_begins({ prompt })).prompt, prompt);
});

test("a scope names exactly one server that exists (RFC 6749 3.3)", async () => {
  for (const scope of ["mcp:example.com:nowhere", "mcp:other.example:github-tools", `${default_scope} mcp:example.com:notes`, "tab\tinside", "quote\"inside"])
    await assert_told({ scope }, "invalid_scope");
  const loose = await register(system.base, { scope: undefined });
  for (const scope of [undefined, "", "email", "mcp:*"]) await assert_told({ scope }, "invalid_scope", loose);
});

test("what is granted: the server of request or registration, and the known words (DESIGN 6)", async () => {
  for (const [scope, granted] of [[undefined, default_scope], [default_scope, default_scope], ["email openid profile offline_access mcp:* unknown",
    `${default_scope} email openid profile offline_access`], [`mcp:example.com:notes email ${"email ".repeat(3)}`, "mcp:example.com:notes email"]]) {
    const { scope: stored } = await assert_begins({ scope });
    assert.deepEqual(stored.split(" ").sort(), granted.split(" ").sort(), scope);
  }
});

test("a resource that is malformed or another server's is invalid_target (RFC 8707 2)", async () => {
  for (const resource of ["https://mcp.example.com/notes#f", "notes", "/notes", "https://", "https://mcp.example.com/%zz", "https://u:p@mcp.example.com/notes"])
    await assert_told({ resource }, "invalid_target");
  await assert_told({ resource: "https://mcp.example.com/notes" }, "invalid_target"); // the scope names github-tools
  for (const resource of ["https://mcp.example.com/other", "https://mcp.example.com/notes?x", "http://mcp.example.com/notes", "https://mcp.example.com:444/notes"])
    await assert_told({ scope: "mcp:example.com:notes", resource }, "invalid_target");
});

test("a configured resource decides; any well-formed one passes where none is configured (DESIGN 6; RFC 8707 2)", async () => {
  for (const resource of ["https://mcp.example.com/notes", "https://mcp.example.com/notes/", "HTTPS://MCP.example.com/notes"]) {
    for (const scope of ["mcp:example.com:notes", "email", `${default_scope} mcp:example.com:notes`]) {
      const session = await assert_begins({ scope, resource });
      assert.equal(session.scope.split(" ")[0], "mcp:example.com:notes");
      assert.equal(session.resource, resource);
    }
  }
  assert.equal((await assert_begins({ resource: "https://anything.example/mcp" })).scope, default_scope);
  const twice = await request(`${system.base}/authorize?${query()}&${form([["resource", "https://a.example/"], ["resource", "https://b.example/"]])}`, { headers: html });
  assert.ok(twice.headers.location.startsWith(system.github.url));
});

test("a state of 4096 bytes comes back, a longer one is refused and not repeated", async () => {
  assert.equal((await assert_begins({ state: "x".repeat(4096) })).state.length, 4096);
  const response = await ask({ state: "x".repeat(4097) });
  const told = callback_of(response.headers.location);
  assert.equal(told.error, "invalid_request");
  assert.equal(told.state, undefined);
  assert.equal(told.iss, system.base);
});

test("other parameters have limits too (RFC 6749 5.2)", async () => {
  for (const more of [{ nonce: "x".repeat(513) }, { login_hint: "x".repeat(257) }, { prompt: "x".repeat(257) }]) await assert_told(more, "invalid_request");
  await assert_begins({ nonce: "x".repeat(512), login_hint: "x".repeat(256) });
});

test("a missing state stays missing, unknown parameters are ignored (RFC 6749 3.1)", async () => {
  assert.ok(!("state" in await assert_begins({ state: undefined, unknown: "x", audience: "y" })));
  const response = await ask({ state: undefined, code_challenge: undefined });
  assert.equal(callback_of(response.headers.location).state, undefined);
});

test("the redirect URI's own query is kept, with a failure and with a code (RFC 6749 3.1.2)", async () => {
  const own = "https://example.com/cb?own=1&x=%2Fa%20b&empty=";
  const with_query = await register(system.base, { redirect_uris: [own] });
  const failed = await ask({ response_type: "token" }, with_query);
  assert.ok(failed.headers.location.startsWith(`${own}&error=unsupported_response_type&`), failed.headers.location);
  const given = await submitConsent(await authorizeUntilConsent(system, with_query));
  assert.ok(given.location.startsWith(`${own}&`), given.location);
  assert.ok(given.code);
  assert.equal(given.own, "1");
});

test("a parameter without a value is one that was left out (RFC 6749 3.1)", async () => {
  assert.equal((await assert_begins({ redirect_uri: "", resource: "", nonce: "", scope: "" })).redirect_uri, default_redirect_uri);
  await assert_told({ response_type: "" }, "invalid_request");
  await assert_told({ code_challenge_method: "" }, "invalid_request");
  await assert_not_redirected({ client_id: "" }, "invalid_request");
});

// ---- pre-registered clients

test("a client of the servers file needs no registration (DESIGN 6)", async () => {
  const configured = { client_id: "configured", redirect_uris: ["https://example.com/configured"] };
  const session = await assert_begins({ scope: undefined, redirect_uri: undefined }, configured);
  assert.equal(session.scope, default_scope);
  assert.equal(session.client_name, "Configured");
  await assert_not_redirected({ redirect_uri: default_redirect_uri }, "invalid_request", configured);
  const secretive = { client_id: "secretive", redirect_uris: ["http://localhost/a"], client_secret: "its secret", token_endpoint_auth_method: "client_secret_post" };
  await assert_not_redirected({ redirect_uri: undefined }, "invalid_request", secretive);
  const asked = await authorizeUntilConsent(system, secretive, { redirect_uri: "http://localhost:7777/b" });
  const { code } = await submitConsent(asked);
  const wrong = await exchange(system.base, { ...secretive, client_secret: "guessed" }, { ...asked, code });
  assert.equal(wrong.body.error, "invalid_client");
  const { status, text } = await exchange(system.base, secretive, { ...asked, code });
  assert.equal(status, 200, text);
  assert.deepEqual(await system.admin.keys("mcp:client:{configured}"), []);
  assert.deepEqual(await system.admin.keys("mcp:client:{secretive}"), []);
});

// ---- Redis after each step

const state_keys = async () => (await system.admin.keys("mcp:*")).filter((key) => !/^mcp:(worker|audit|rate)\b/.test(key)).sort();
async function assert_ttl(key, ttl_s) {
  const ttl = await system.admin.ttl(key);
  assert.ok(ttl > ttl_s - 60 && ttl <= ttl_s, `${key} lives ${ttl} s instead of ${ttl_s}`);
}

test("after each step Redis holds the keys of DESIGN 4 with their lives, and no secret", async () => {
  for (const key of await state_keys()) await system.admin.del(key);
  const fresh = await register(system.base);
  const client_key = `mcp:client:{${fresh.client_id}}`;
  assert.deepEqual(await state_keys(), [client_key]);

  const begun = await authorizeUntilConsent(system, fresh, { user: null });
  const [session] = await session_keys();
  assert.match(session, /^mcp:session:\{[0-9a-f]{64}\}$/);
  assert.deepEqual(await state_keys(), [client_key, session]);
  await assert_ttl(session, 30 * 60);

  const asked = await authorizeUntilConsent(system, fresh);
  const sessions = (await session_keys()).sort();
  assert.deepEqual(await state_keys(), [client_key, ...sessions], "no code before consent");
  for (const key of sessions) await assert_ttl(key, 30 * 60);

  const { code } = await submitConsent(asked);
  const [g] = code.split(".");
  const [approval] = await system.admin.keys("mcp:approval:*");
  const [grants] = await system.admin.keys("mcp:grants:*");
  assert.match(approval, /^mcp:approval:\{\d+\}:/);
  assert.match(grants, /^mcp:grants:\{\d+\}$/);
  assert.deepEqual(await state_keys(), [approval, client_key, `mcp:code:{${g}}`, grants, ...sessions].sort());
  await assert_ttl(`mcp:code:{${g}}`, 10 * 60);
  await assert_ttl(approval, 30 * day_s);
  assert.ok(await system.admin.ttl(grants) > 0);

  await system.admin.expire(client_key, 1000);
  const { status, body } = await exchange(system.base, fresh, { ...asked, code });
  assert.equal(status, 200);
  assert.ok(await system.admin.exists(`mcp:refresh:{${g}}`));
  await assert_ttl(`mcp:refresh:{${g}}`, 30 * day_s);
  assert.ok(await system.admin.ttl(`mcp:code:{${g}}`) <= 10 * 60, "a tombstone");
  // The extension follows the answer (DESIGN 3).
  await eventually(async () => await system.admin.ttl(client_key) > 60 * day_s - 60, { what: "the client's longer life", timeout_ms: 5000 });
  assert.deepEqual(await system.admin.zrange(grants, 0, -1), [g]);

  const cookies = [begun, asked].flatMap(({ browser }) => [...browser.cookies.values()]).filter(({ name }) => name === "mcp_browser").map(({ value }) => value);
  const secrets = [code.split(".")[1], body.access_token, body.refresh_token, asked.code_verifier, fresh.registration_access_token, ...cookies];
  for (const key of await state_keys()) {
    const type = await system.admin.type(key);
    const value = type === "hash" ? await system.admin.hgetall(key) : type === "zset" ? await system.admin.zrange(key, 0, -1) : await system.admin.get(key);
    for (const secret of secrets) assert.ok(!(key + JSON.stringify(value)).includes(secret), key);
  }
});
