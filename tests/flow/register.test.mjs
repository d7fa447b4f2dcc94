// ctest: LABEL flow  TIMEOUT 120
// POST /register (RFC 7591): what is accepted, what is refused and why, and what Redis keeps.

import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { after, before, test } from "node:test";
import { default_redirect_uri, default_scope, post_json, register, request } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const day_s = 24 * 3600;
const uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
const sha256 = (text) => createHash("sha256").update(text).digest("hex");
const server = (more = {}) => ({ name: "S", description: "", allowed_users: ["octocat"], ...more });

let system;
before(async () => {
  system = await startSystem({ servers: { redirect_hosts: ["localhost", "claude.ai"], servers: { "example.com": {
    "github-tools": server(), notes: server({ redirect_hosts: ["notes.example.org", "cursor:"] }) } } } });
});
after(() => system?.stop());

const ask = (metadata) => post_json(`${system.base}/register`, metadata);
const good = (more = {}) => ({ redirect_uris: [default_redirect_uri], ...more });

async function assert_refused(metadata, error, what = JSON.stringify(metadata)) {
  const { status, headers, body, text } = await ask(metadata);
  assert.equal(status, 400, `${what}: ${text}`);
  assert.equal(body.error, error, `${what}: ${text}`);
  assert.ok(body.error_description.length > 10, what);
  assert.match(headers["cache-control"], /no-store/);
}

async function clients_in_redis() { return (await system.admin.keys("mcp:client:*")).sort(); }

// ---- what is accepted

test("a registration is answered in full, with the original's members (RFC 7591 3.2.1)", async () => {
  const { status, headers, body } = await ask(good({ client_name: "Flow", scope: default_scope }));
  const now = Date.now() / 1000;
  assert.equal(status, 201);
  assert.match(headers["content-type"], /^application\/json/);
  assert.match(headers["cache-control"], /no-store/);
  assert.match(body.client_id, new RegExp(`^mcp_example\\.com_${uuid}$`));
  assert.equal(body.client_name, "Flow");
  assert.deepEqual(body.redirect_uris, [default_redirect_uri]);
  assert.equal(body.scope, default_scope);
  assert.equal(body.token_endpoint_auth_method, "none");
  assert.deepEqual(body.grant_types, ["authorization_code", "refresh_token"]);
  assert.deepEqual(body.response_types, ["code"]);
  assert.ok(Math.abs(body.client_id_issued_at - now) < 10);
  assert.equal(body.created_at, body.client_id_issued_at);
  assert.equal(body.expires_at, body.client_id_issued_at + 60 * day_s);
  assert.equal(body.registration_client_uri, `${system.base}/client/${body.client_id}`);
  assert.match(body.registration_access_token, /^[A-Za-z0-9_-]{43}$/);
  for (const member of ["client_secret", "client_secret_expires_at"]) assert.ok(!(member in body), "no secret unless asked for");
  for (const [name, value] of Object.entries(body)) assert.notEqual(value, null, name);
});

test("Redis keeps the client for 60 days, its token only as a hash (DESIGN 4)", async () => {
  const client = await register(system.base, { token_endpoint_auth_method: "client_secret_post" });
  const key = `mcp:client:{${client.client_id}}`;
  const record = await system.admin.hgetall(key);
  const ttl = await system.admin.ttl(key);
  assert.ok(ttl > 60 * day_s - 30 && ttl <= 60 * day_s, String(ttl));
  assert.equal(record.registration_access_token_sha256, sha256(client.registration_access_token));
  assert.equal(record.client_secret_sha256, sha256(client.client_secret));
  const kept = key + JSON.stringify(record);
  for (const secret of [client.registration_access_token, client.client_secret]) assert.ok(!kept.includes(secret));
  for (const kind of ["edge", "registry"])
    for (const secret of [client.registration_access_token, client.client_secret])
      assert.ok(!JSON.stringify(system.logs(kind)).includes(secret), `${kind} logs no secret`);
});

test("a registration is audited by its id", async () => {
  const { client_id } = await register(system.base);
  const entries = () => system.admin.xrange("mcp:audit", "-", "+");
  // The entry is sent with the answer, by another way.
  await eventually(async () => (await entries()).filter(([, fields]) => fields.includes(client_id)).length === 1,
    { what: "one audit entry" });
});

test("a secret comes only for client_secret_post and client_secret_basic, and then never expires (RFC 7591 3.2.1)", async () => {
  for (const token_endpoint_auth_method of ["client_secret_post", "client_secret_basic"]) {
    const { status, body } = await ask(good({ token_endpoint_auth_method }));
    assert.equal(status, 201);
    assert.equal(body.token_endpoint_auth_method, token_endpoint_auth_method);
    assert.match(body.client_secret, /^[A-Za-z0-9_-]{43}$/);
    assert.equal(body.client_secret_expires_at, 0);
  }
  for (const more of [{}, { token_endpoint_auth_method: "none" }, { token_endpoint_auth_method: null }]) {
    const { body } = await ask(good(more));
    assert.equal(body.token_endpoint_auth_method, "none");
    assert.ok(!("client_secret" in body));
  }
});

const public_jwk = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

test("a client with private_key_jwt registers its keys or their address, and gets no secret (RFC 7591 2)", async () => {
  const token_endpoint_auth_method = "private_key_jwt";
  for (const keys of [{ jwks: { keys: [{ ...public_jwk(), kid: "1", use: "sig" }] } }, { jwks_uri: "https://app.example.com/keys" }]) {
    const { status, body, text } = await ask(good({ token_endpoint_auth_method, ...keys }));
    assert.equal(status, 201, text);
    assert.equal(body.token_endpoint_auth_method, token_endpoint_auth_method);
    for (const member of ["jwks", "jwks_uri"]) assert.deepEqual(body[member], keys[member], member);
    for (const member of ["client_secret", "client_secret_expires_at"]) assert.ok(!(member in body), member);
    const record = await system.admin.hgetall(`mcp:client:{${body.client_id}}`);
    assert.equal(record.jwks_uri, keys.jwks_uri);
    assert.deepEqual(record.jwks && JSON.parse(record.jwks), keys.jwks);
    assert.ok(!("client_secret_sha256" in record));
    const again = await request(body.registration_client_uri, { headers: { authorization: `Bearer ${body.registration_access_token}` } });
    assert.deepEqual(again.body.jwks, keys.jwks);
    assert.equal(again.body.jwks_uri, keys.jwks_uri);
    const { body: shown } = await request(body.registration_client_uri);
    assert.ok(!("jwks" in shown) && !("jwks_uri" in shown), "not to others");
  }
});

test("keys that cannot be used are invalid_client_metadata (RFC 7591 2 and 3.2.2)", async () => {
  const token_endpoint_auth_method = "private_key_jwt";
  const jwks = { keys: [public_jwk()] }, jwks_uri = "https://app.example.com/keys";
  for (const keys of [{}, { jwks, jwks_uri }, { jwks: { keys: [] } }, { jwks: JSON.stringify(jwks) }, { jwks: { keys: [{ ...public_jwk(), d: "x" }] } },
    { jwks: { keys: [{ kty: "oct", k: "x" }] } }, { jwks_uri: "http://app.example.com/keys" }, { jwks_uri: "https://app.example.com" },
    { jwks_uri: "https://a:b@app.example.com/keys" }, { jwks_uri: "https://0x7f.1/keys" }, { jwks_uri: 7 }])
    await assert_refused(good({ token_endpoint_auth_method, ...keys }), "invalid_client_metadata");
});

test("unknown members are ignored (RFC 7591 2), as real clients send them", async () => {
  const { status, body, text } = await ask(good({ client_uri: "https://x.example", logo_uri: null, contacts: ["a@b.example"], jwks: { keys: [] },
    software_id: "x", software_version: 1, tos_uri: 7, application_type: "native", "client_name#de": "Nein", nested: { deep: [[[1]]] },
    grant_types: ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"], response_types: ["code", "token"] }));
  assert.equal(status, 201, text);
  assert.equal(body.application_type, "native");
  for (const member of ["nested", "jwks", "software_id", "logo_uri"]) assert.ok(!(member in body), member);
  assert.deepEqual(body.grant_types, ["authorization_code", "refresh_token"]);
  assert.deepEqual(body.response_types, ["code"]);
});

test("what is not registered is not echoed, what is replaced is told (RFC 7591 3.2.1)", async () => {
  const members = { client_uri: "https://x.example", logo_uri: "https://x.example/logo.png", contacts: ["a@b.example"], tos_uri: "https://x.example/tos",
    policy_uri: "https://x.example/policy", software_id: "x", software_version: "1", software_statement: "e30.e30.", initiate_login_uri: "https://x.example/go",
    id_token_signed_response_alg: "ES256", default_max_age: 60, require_auth_time: true, subject_type: "pairwise" };
  const { status, body, text } = await ask(good({ ...members, grant_types: ["authorization_code"], response_types: ["code"] }));
  assert.equal(status, 201, text);
  for (const member of Object.keys(members)) assert.ok(!(member in body), member);
  assert.deepEqual(body.grant_types, ["authorization_code", "refresh_token"], "a refresh token is always issued (DESIGN 5)");
  assert.ok(!text.includes("x.example"));
});

test("application_type is accepted and echoed as web or native; other words are ignored (DESIGN 6)", async () => {
  for (const application_type of ["web", "native"]) assert.equal((await ask(good({ application_type }))).body.application_type, application_type);
  for (const application_type of ["desktop", "", null]) {
    const { status, body } = await ask(good({ application_type }));
    assert.equal(status, 201, String(application_type));
    assert.ok(!("application_type" in body));
  }
});

test("without a scope the id names the only domain, and the union of the servers' policies holds (DESIGN 6)", async () => {
  const { status, body } = await ask({ redirect_uris: ["https://notes.example.org/cb", "https://claude.ai/cb", "http://127.0.0.1:1/cb"] });
  assert.equal(status, 201);
  assert.match(body.client_id, new RegExp(`^mcp_example\\.com_${uuid}$`));
  assert.ok(!("scope" in body), "absent, never null");
  assert.equal(body.client_name, "notes.example.org", "a client without a name is called by its host");
  await assert_refused({ redirect_uris: ["https://other.example.org/cb"] }, "invalid_redirect_uri");
});

test("with several domains and no scope the id says any (DESIGN 6)", async () => {
  const several = await startSystem({ redis: undefined, servers: { servers: { "a.example": { x: server() }, "b.example": { x: server() } } } });
  try {
    const one = await post_json(`${several.base}/register`, { redirect_uris: ["https://b.example/cb"] });
    assert.match(one.body.client_id, new RegExp(`^mcp_any_${uuid}$`));
    const other = await post_json(`${several.base}/register`, { redirect_uris: ["https://b.example/cb"], scope: "mcp:b.example:x" });
    assert.match(other.body.client_id, new RegExp(`^mcp_b\\.example_${uuid}$`));
    const foreign = await post_json(`${several.base}/register`, { redirect_uris: ["https://b.example/cb"], scope: "mcp:a.example:x" });
    assert.equal(foreign.body.error, "invalid_redirect_uri", "the chosen server's own policy");
  } finally {
    await several.stop();
  }
});

test("two registrations of the same metadata are two clients", async () => {
  const [one, two] = await Promise.all([ask(good()), ask(good())]);
  for (const member of ["client_id", "registration_access_token"]) assert.notEqual(one.body[member], two.body[member]);
});

test("any origin may register, without credentials (DESIGN 6, CORS)", async () => {
  const { status, headers } = await post_json(`${system.base}/register`, good(), { headers: { Origin: "https://inspector.example" } });
  assert.equal(status, 201);
  assert.equal(headers["access-control-allow-origin"], "*");
  assert.equal(headers["access-control-allow-credentials"], undefined);
  const preflight = await request(`${system.base}/register`, { method: "OPTIONS", headers: { Origin: "https://inspector.example",
    "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,mcp-protocol-version" } });
  assert.ok(preflight.status === 200 || preflight.status === 204, String(preflight.status));
});

// ---- client_name: 1 to 100 characters

test("client_name has 1 to 100 characters, whatever their bytes (DESIGN 6; RFC 7591 2)", async () => {
  for (const client_name of ["x", "x".repeat(100), "ü".repeat(100), "😀".repeat(100), "<b>\"&'"]) {
    const { status, body, text } = await ask(good({ client_name }));
    assert.equal(status, 201, text);
    assert.equal(body.client_name, client_name);
  }
  for (const client_name of ["", " ", "\u2003", "x".repeat(101), "😀".repeat(101), 7, true, ["x"], {}])
    await assert_refused(good({ client_name }), "invalid_client_metadata");
});

test("client_name cannot rewrite the consent page's sentence: no controls, no marks of direction (RFC 9700 4.15)", async () => {
  for (const mark of ["\n", "\r", "\t", "\u007f", "\u0085", "\u2028", "\u202e", "\u2066", "\u200f", "\ufeff"])
    await assert_refused(good({ client_name: `a${mark}b` }), "invalid_client_metadata");
  await assert_refused(good({ client_name: "a\u0000b" }), "invalid_request"); // no text of ours has one: the JSON itself is refused
});

// ---- redirect_uris: 1 to 10

test("there are 1 to 10 redirect URIs (DESIGN 6; RFC 7591 2)", async () => {
  const many = (count) => Array.from({ length: count }, (_, i) => `https://example.com/cb${i}`);
  assert.deepEqual((await ask({ redirect_uris: many(10) })).body.redirect_uris, many(10));
  for (const redirect_uris of [many(11), [], null, undefined, "https://example.com/cb", {}, [7], [null], [["https://example.com/cb"]]])
    await assert_refused({ redirect_uris }, "invalid_redirect_uri");
});

test("a redirect URI is absolute, without fragment or user, https or loopback (RFC 6749 3.1.2, RFC 9700 2.1)", async () => {
  for (const uri of ["", "/cb", "example.com/cb", "//example.com/cb", "https://example.com/cb#x", "https://example.com/cb#", "https://u@example.com/cb",
    "https://u:p@example.com/cb", "http://example.com/cb", "https:///cb", "https:/example.com/cb", "https://example.com:0/cb",
    "https://example.com:99999/cb", "https://exa mple.com/cb", "https://example.com/c b", "https://example.com\\@evil.example/cb",
    "https://example.com/%zz", `https://example.com/${"x".repeat(2048)}`]) await assert_refused({ redirect_uris: [uri] }, "invalid_redirect_uri");
});

test("a scheme that runs inside the browser is never a redirect (DESIGN 6)", async () => {
  for (const uri of ["javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "blob:https://example.com/x", "about:blank"]) {
    await assert_refused({ redirect_uris: [uri] }, "invalid_redirect_uri");
    await assert_refused({ redirect_uris: [default_redirect_uri, uri] }, "invalid_redirect_uri");
  }
});

test("a web host outside the policy refuses the registration, also beside a good one (DESIGN 6)", async () => {
  for (const uri of ["https://evil.example/cb", "https://example.com.evil.example/cb", "https://www.example.com/cb", "https://aclaude.ai/cb",
    "https://notes.example.org/cb"]) {
    await assert_refused(good({ redirect_uris: [uri], scope: default_scope }), "invalid_redirect_uri");
    await assert_refused(good({ redirect_uris: [default_redirect_uri, uri], scope: default_scope }), "invalid_redirect_uri");
  }
});

test("the servers' own domain, the policy's hosts and any loopback are allowed (DESIGN 6; RFC 8252 7.3)", async () => {
  const redirect_uris = ["https://example.com/cb?own=query", "https://EXAMPLE.com/cb", "https://example.com:8443/cb", "https://claude.ai/cb",
    "http://localhost", "http://localhost/cb", "http://127.0.0.1:49152/cb", "http://127.0.0.1/", "http://[::1]:1/cb", "https://localhost:3000/cb"];
  const { status, body, text } = await ask({ redirect_uris, scope: default_scope });
  assert.equal(status, 201, text);
  assert.deepEqual(body.redirect_uris, redirect_uris, "echoed letter for letter");
});

test("a private-use scheme that no policy allows is dropped, the rest is echoed (DESIGN 6; RFC 8252 7.1)", async () => {
  const redirect_uris = ["cursor://anysphere/cb", default_redirect_uri, "com.example.app:/cb"];
  assert.deepEqual((await ask({ redirect_uris, scope: default_scope })).body.redirect_uris, [default_redirect_uri]);
  assert.deepEqual((await ask({ redirect_uris, scope: "mcp:example.com:notes" })).body.redirect_uris, redirect_uris.slice(0, 2));
  assert.deepEqual((await ask({ redirect_uris })).body.redirect_uris, redirect_uris.slice(0, 2), "the union, without a scope");
  await assert_refused({ redirect_uris: ["com.example.app:/cb"] }, "invalid_redirect_uri", "nothing is left");
});

// ---- scope and the rest

test("a scope that names no server here, or several, is invalid_scope (RFC 6749 3.3; the original's error)", async () => {
  for (const scope of ["mcp:example.com:nowhere", "mcp:other.example:github-tools", "mcp:example.com:github-tools mcp:example.com:notes",
    "tab\tinside", "quote\"inside", "ümlaut", 7, ["x"]]) await assert_refused(good({ scope }), "invalid_scope");
  for (const scope of ["", "email openid", "mcp:*", "mcp:example.com", "unknown words", `${default_scope} email offline_access unknown`])
    assert.equal((await ask(good({ scope }))).status, 201, scope);
});

test("other client metadata that cannot be used is invalid_client_metadata (RFC 7591 3.2.2)", async () => {
  for (const more of [{ token_endpoint_auth_method: "private_key_jwt" }, { token_endpoint_auth_method: "" }, { token_endpoint_auth_method: 1 },
    { grant_types: ["implicit"] }, { grant_types: [] }, { grant_types: "authorization_code" }, { response_types: ["token"] }, { response_types: 1 },
    { application_type: 1 }]) await assert_refused(good(more), "invalid_client_metadata");
});

test("a body that is no JSON object, or not declared as JSON, is refused (RFC 7591 3.1, RFC 8259)", async () => {
  for (const body of ["", "{", "null", "[]", "7", "\"x\"", "{}x", "{\"a\":1,\"a\":2}", "\ufeff{}"]) {
    const answer = await ask(body);
    assert.equal(answer.status, 400, `${body}: ${answer.text}`);
    assert.equal(typeof answer.body.error, "string", body);
  }
  for (const type of ["application/x-www-form-urlencoded", "text/plain", ""]) {
    const { status, body } = await post_json(`${system.base}/register`, good(), { headers: { "Content-Type": type } });
    assert.equal(status, 400, type);
    assert.equal(typeof body.error, "string");
  }
  const { status } = await post_json(`${system.base}/register`, good(), { headers: { "Content-Type": "application/json; charset=utf-8" } });
  assert.equal(status, 201);
});

test("an oversized body is refused (RFC 9110 15.5.14)", async () => {
  const { status, body } = await ask(good({ padding: "x".repeat(40 * 1024) }));
  assert.equal(status, 413);
  assert.equal(body.error, "invalid_request");
  const within = await ask(good({ padding: "x".repeat(20 * 1024) }));
  assert.ok([400, 413].includes(within.status), `${within.status}`);
});

test("what is refused leaves nothing behind", async () => {
  const before_it = await clients_in_redis();
  await assert_refused(good({ client_name: "" }), "invalid_client_metadata");
  await assert_refused({ redirect_uris: ["https://evil.example/cb"] }, "invalid_redirect_uri");
  await assert_refused(good({ scope: "mcp:example.com:nowhere" }), "invalid_scope");
  assert.deepEqual(await clients_in_redis(), before_it);
});
