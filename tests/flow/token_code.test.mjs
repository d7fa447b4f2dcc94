// ctest: LABEL flow  TIMEOUT 180
// POST /token with an authorization code: what it answers, and every refusal of DESIGN 6 with its clause. None of the
// refusals but a replay consumes the code: each is followed by the same exchange done right.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createRemoteJWKSet, jwtVerify } from "jose";
import { authorizeUntilConsent, callback_of, claims_of, default_scope, exchange, post_form, post_json, post_token, refresh, register,
  request, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, client, confidential;

const servers = { servers: { "example.com": {
  "github-tools": { name: "GitHub Tools", description: "", allowed_users: ["octocat"] },
  notes: { name: "Notes", description: "", allowed_users: ["octocat"], resource: "https://mcp.example.com/notes" } } },
redirect_hosts: ["localhost"] };

before(async () => {
  system = await startSystem({ servers });
  client = await register(system.base);
  confidential = await register(system.base, { token_endpoint_auth_method: "client_secret_basic" });
});
after(() => system?.stop());

// A fresh code of a person who agreed, with what redeems it.
async function new_code(who = client, more = {}) {
  const asked = await authorizeUntilConsent(system, who, more);
  const given = asked.page.location ? callback_of(asked.page.location) : await submitConsent(asked);
  assert.ok(given.code, `no code: ${asked.page.status} ${asked.page.text.slice(0, 300)}`);
  return { client: who, code: given.code, code_verifier: asked.code_verifier, redirect_uri: asked.redirect_uri };
}

const redeem = (granted, more, options) => exchange(system.base, granted.client, { ...granted, more }, options);

function assert_refused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.body.error, error, response.text);
  assert.match(response.body.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, "RFC 6749 5.2: characters of error_description");
  assert.match(response.headers["cache-control"], /no-store/);
}

async function assert_refused_and_not_consumed(granted, more, status, error, options) {
  assert_refused(await redeem(granted, more, options), status, error);
  const again = await redeem(granted);
  assert.equal(again.status, 200, `the code is still good: ${again.text}`);
}

test("a code becomes tokens (RFC 6749 5.1, RFC 9068 2.2)", async () => {
  const response = await redeem(await new_code(client, { scope: `${default_scope} email` }));
  assert.equal(response.status, 200, response.text);
  assert.match(response.headers["cache-control"], /no-store/);
  const { access_token, token_type, expires_in, refresh_token, scope } = response.body;
  assert.equal(token_type, "Bearer");
  assert.equal(expires_in, 3600);
  assert.equal(scope, `${default_scope} email`);
  assert.match(refresh_token, /^mcp_refresh__v1\.[A-Za-z0-9_-]+$/);
  const keys = createRemoteJWKSet(new URL(`${system.base}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(access_token, keys, { issuer: system.base, audience: default_scope, typ: "at+jwt" });
  assert.equal(protectedHeader.alg, "RS256");
  assert.ok(protectedHeader.kid);
  assert.equal(payload.token_type, "access");
  assert.equal(payload.client_id, client.client_id);
  assert.equal(payload.preferred_username, "octocat");
  assert.match(payload.sub, /^\d+$/);
  assert.ok(payload.email.includes("@"));
  assert.equal(payload.exp - payload.iat, 3600);
  assert.match(payload.jti, /^[0-9a-f]{32}\.1$/);
  assert.equal(payload.nbf, undefined);
  assert.equal(payload.aud, default_scope);
});

test("what is stored has the TTLs of DESIGN 4, and no secret in it", async () => {
  const granted = await new_code();
  const g = granted.code.split(".")[0];
  assert.ok(await system.redis.ttl(`mcp:code:{${g}}`) > 590);
  const { body } = await redeem(granted);
  const { sub } = claims_of(body.access_token);
  const ttl_s = await system.redis.ttl(`mcp:refresh:{${g}}`);
  assert.ok(ttl_s > 30 * 86400 - 60 && ttl_s <= 30 * 86400, `${ttl_s}`);
  assert.ok(await system.redis.ttl(`mcp:code:{${g}}`) > 0, "the tombstone stays");
  await eventually(async () => await system.redis.ttl(`mcp:grants:{${sub}}`) > 30 * 86400 - 60, { what: "the user's index" });
  assert.ok(await system.redis.ttl(`mcp:client:{${client.client_id}}`) > 60 * 86400 - 60);
  const stored = JSON.stringify([await system.redis.hgetall(`mcp:refresh:{${g}}`), await system.redis.hgetall(`mcp:code:{${g}}`)]);
  for (const secret of [granted.code.split(".")[1], body.refresh_token, body.access_token, granted.code_verifier])
    assert.ok(!stored.includes(secret));
});

test("a server with a resource is a second audience (RFC 8707)", async () => {
  const granted = await new_code(client, { scope: "mcp:example.com:notes", more: { resource: "https://mcp.example.com/notes/" } });
  const response = await redeem(granted, { resource: "HTTPS://mcp.example.com/notes" });
  assert.equal(response.status, 200, response.text);
  assert.deepEqual(claims_of(response.body.access_token).aud, ["mcp:example.com:notes", "https://mcp.example.com/notes"]);
});

test("redirect_uri may be left out (OAuth 2.1)", async () => {
  const response = await redeem(await new_code(), { redirect_uri: undefined });
  assert.equal(response.status, 200, response.text);
});

test("a replayed code is refused and revokes what came of it (RFC 6749 4.1.2)", async () => {
  const granted = await new_code();
  const first = await redeem(granted);
  assert.equal(first.status, 200, first.text);
  assert_refused(await redeem(granted), 400, "invalid_grant");
  const validated = await post_json(`${system.base}/validate`, { token: first.body.access_token });
  assert.deepEqual([validated.status, validated.body.valid], [400, false]);
  assert_refused(await refresh(system.base, client, first.body.refresh_token), 400, "invalid_grant");
  await eventually(async () => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 20))
    .some(([, fields]) => fields.includes("reuse") && fields.includes(granted.code.split(".")[0])), { what: "the audit entry" });
});

test("of eight exchanges at once at most one succeeds (RFC 6749 4.1.2)", async () => {
  const granted = await new_code();
  const responses = await Promise.all(Array.from({ length: 8 }, () => redeem(granted)));
  assert.deepEqual(responses.map(({ status }) => status).sort(), [200, 400, 400, 400, 400, 400, 400, 400]);
});

test("an expired code is refused (RFC 6749 4.1.2)", async () => {
  const granted = await new_code();
  await system.redis.del(`mcp:code:{${granted.code.split(".")[0]}}`);
  assert_refused(await redeem(granted), 400, "invalid_grant");
});

test("a guessed secret changes nothing (RFC 6749 10.10)", async () => {
  const granted = await new_code();
  await assert_refused_and_not_consumed(granted, { code: `${granted.code.split(".")[0]}.${"A".repeat(43)}` }, 400, "invalid_grant");
});

for (const [what, code] of [["nonsense", "nonsense"], ["a foreign brace", `${"a".repeat(31)}}.${"A".repeat(43)}`], ["8 KB", "a".repeat(8192)]])
  test(`a code that is ${what} is refused (RFC 6749 5.2)`, async () => {
    assert_refused(await redeem({ client, code, code_verifier: "v".repeat(43) }), 400, "invalid_grant");
  });

const spoilt = [
  ["a missing code", "RFC 6749 4.1.3", { code: undefined }, 400, "invalid_request"],
  ["an empty code", "RFC 6749 3.1", { code: "" }, 400, "invalid_request"],
  ["a missing client_id", "RFC 6749 4.1.3", { client_id: undefined }, 400, "invalid_request"],
  ["an unknown client", "RFC 6749 5.2", { client_id: "mcp_example.com_00000000-0000-4000-8000-000000000000" }, 401, "invalid_client"],
  ["another redirect_uri", "RFC 6749 4.1.3", { redirect_uri: "https://example.com/other" }, 400, "invalid_grant"],
  ["a redirect_uri with another port", "RFC 6749 4.1.3", { redirect_uri: "https://example.com:8443/callback" }, 400, "invalid_grant"],
  ["a missing verifier", "RFC 7636 4.5", { code_verifier: undefined }, 400, "invalid_request"],
  ["a verifier of 42 characters", "RFC 7636 4.1", { code_verifier: "v".repeat(42) }, 400, "invalid_request"],
  ["a verifier of 129 characters", "RFC 7636 4.1", { code_verifier: "v".repeat(129) }, 400, "invalid_request"],
  ["a verifier with a foreign character", "RFC 7636 4.1", { code_verifier: `${"v".repeat(43)}+` }, 400, "invalid_request"],
  ["a wrong verifier", "RFC 7636 4.6", { code_verifier: "v".repeat(43) }, 400, "invalid_grant"],
  ["a resource with a fragment", "RFC 8707 2", { resource: "https://mcp.example.com/x#y" }, 400, "invalid_target"],
  ["a relative resource", "RFC 8707 2", { resource: "/x" }, 400, "invalid_target"],
  ["another server's resource", "RFC 8707 2", { resource: "https://mcp.example.com/notes" }, 400, "invalid_target"],
  ["a missing grant_type", "RFC 6749 4.1.3", { grant_type: undefined }, 400, "invalid_request"],
  ["an unknown grant_type", "RFC 6749 5.2", { grant_type: "password" }, 400, "unsupported_grant_type"],
];
for (const [what, clause, more, status, error] of spoilt)
  test(`${what} is refused and does not consume the code (${clause})`, async () => {
    await assert_refused_and_not_consumed(await new_code(), more, status, error);
  });

test("the code_challenge is no verifier: plain is not supported (RFC 7636 4.6)", async () => {
  const asked = await authorizeUntilConsent(system, client);
  const { code } = asked.page.location ? callback_of(asked.page.location) : await submitConsent(asked);
  await assert_refused_and_not_consumed({ client, ...asked, code }, { code_verifier: asked.code_challenge }, 400, "invalid_grant");
});

test("duplicate parameters are refused (RFC 6749 3.2)", async () => {
  const granted = await new_code();
  for (const name of ["code", "code_verifier", "client_id", "grant_type", "redirect_uri"]) {
    const fields = [["grant_type", "authorization_code"], ["client_id", client.client_id], ["code", granted.code],
      ["code_verifier", granted.code_verifier], ["redirect_uri", granted.redirect_uri]];
    fields.push(fields.find(([known]) => known === name));
    assert_refused(await post_form(`${system.base}/token`, fields), 400, "invalid_request");
  }
  assert.equal((await redeem(granted)).status, 200);
});

test("a resource may repeat (RFC 8707 2)", async () => {
  const granted = await new_code();
  const { status, text } = await post_form(`${system.base}/token`, [["grant_type", "authorization_code"], ["client_id", client.client_id],
    ["code", granted.code], ["code_verifier", granted.code_verifier], ["resource", "https://a.example.org/"], ["resource", "https://b.example.org/"]]);
  assert.equal(status, 200, text);
});

test("a foreign client's code is refused and not consumed (RFC 6749 4.1.3)", async () => {
  const granted = await new_code();
  const other = await register(system.base);
  assert_refused(await redeem({ ...granted, client: other }), 400, "invalid_grant");
  assert.equal((await redeem(granted)).status, 200);
});

test("a client with a secret may use either way, and never none (RFC 6749 2.3, 3.2.1)", async () => {
  const granted = await new_code(confidential);
  const { client_id, client_secret } = confidential;
  const bare = { client_id, token_endpoint_auth_method: "none" };
  const post = { client_id, client_secret, token_endpoint_auth_method: "client_secret_post" };
  assert_refused(await redeem({ ...granted, client: bare }), 401, "invalid_client");
  assert_refused(await redeem({ ...granted, client: { ...post, client_secret: "wrong" } }), 401, "invalid_client");
  const basic = await redeem({ ...granted, client: { ...confidential, client_secret: "wrong" } });
  assert_refused(basic, 401, "invalid_client");
  assert.match(basic.headers["www-authenticate"], /^Basic /, "RFC 6749 5.2: the scheme the client used");
  assert.equal((await redeem({ ...granted, client: post })).status, 200);
  assert.equal((await redeem(await new_code(confidential))).status, 200);
});

test("a public client that shows a secret is refused (RFC 6749 2.3)", async () => {
  const granted = await new_code();
  assert_refused(await redeem({ ...granted, client: { ...client, client_secret: "made up", token_endpoint_auth_method: "client_secret_post" } }),
    401, "invalid_client");
  assert.equal((await redeem(granted)).status, 200);
});

test("two ways of authentication at once are refused (RFC 6749 2.3)", async () => {
  const granted = await new_code(confidential);
  assert_refused(await post_token(system.base, confidential, { grant_type: "authorization_code", code: granted.code,
    code_verifier: granted.code_verifier, client_id: confidential.client_id, client_secret: confidential.client_secret }), 400, "invalid_request");
  assert.equal((await redeem(granted)).status, 200);
});

test("an expired client is told to register again, before anything is said of the code (RFC 6749 5.2)", async () => {
  const gone = await register(system.base);
  const granted = await new_code(gone);
  await system.redis.del(`mcp:client:{${gone.client_id}}`);
  assert_refused(await redeem(granted), 401, "invalid_client");
  assert_refused(await redeem(granted, { code: "nonsense" }), 401, "invalid_client");
});

test("JSON is answered 400 with the reason (RFC 6749 3.2)", async () => {
  const response = await post_json(`${system.base}/token`, { grant_type: "authorization_code" });
  assert_refused(response, 400, "invalid_request");
  assert.match(response.body.error_description, /x-www-form-urlencoded/);
});

for (const [what, body] of [["a broken escape", "grant_type=%zz"], ["bytes that are no UTF-8", "grant_type=%ff%fe"], ["nothing", ""]])
  test(`a body of ${what} is refused (RFC 6749 5.2)`, async () => {
    assert_refused(await post_form(`${system.base}/token`, body), 400, "invalid_request");
  });

test("an oversized body is 413", async () => {
  const { status } = await post_form(`${system.base}/token`, `grant_type=authorization_code&code=${"a".repeat(64 * 1024)}`, { own_connection: true });
  assert.equal(status, 413);
});

test("GET is 405 with Allow (RFC 6749 3.2)", async () => {
  const { status, headers } = await request(`${system.base}/token?grant_type=authorization_code`);
  assert.equal(status, 405);
  assert.match(headers.allow, /POST/);
});

test("a store that is away is 503, never invalid_client or invalid_grant, and the code stays good", async () => {
  const granted = await new_code();
  system.redis_server.pause();
  let response;
  try {
    response = await redeem(granted);
  } finally {
    system.redis_server.resume();
  }
  assert_refused(response, 503, "temporarily_unavailable");
  await system.ready();
  assert.equal((await redeem(granted)).status, 200);
});
