// GET /metrics of every process tells what has happened, in a form that Prometheus takes; and neither it nor any log line, at the
// highest level, holds a secret of the sign-in that happened.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilConsent, callback_of, claims_of, exchange, forms_of, post_form, post_json, refresh, register, request, signIn, submitConsent } from "../support/client.mjs";
import { admin_ports, parse, value_of } from "../support/metrics.mjs";
import { eventually } from "../support/process.mjs";
import { kinds, startSystem } from "../support/system.mjs";

const secrets = new Map(); // what it is -> its text
const scope = "mcp:example.com:github-tools email openid profile";
let system, admin;
const remember = (what, text) => { assert.ok(text?.length > 7, `${what} is known`); secrets.set(what, text); };
const samples_of = async (kind) => parse(await admin.scrape(kind));

// Everything that a process may hold, by the hand of a client: sign-in with a secret, refresh, reuse, revocation, refusals.
async function use_everything() {
  const client = await register(system.base, { token_endpoint_auth_method: "client_secret_basic" });
  remember("client secret", client.client_secret);
  remember("registration access token", client.registration_access_token);
  const browser = new Browser();
  const asked = await authorizeUntilConsent(system, client, { browser, scope, more: { nonce: "a-nonce-of-the-client" } });
  const [{ fields }] = forms_of(asked.page.text);
  remember("CSRF token", fields.csrf_token);
  for (const { name, value } of browser.cookies.values()) if (/mcp/.test(name)) remember(`cookie ${name}`, value);
  const github_state = new URL(asked.page.url).searchParams.get("state");
  remember("state at GitHub", github_state);
  remember("code of GitHub", new URL(asked.page.url).searchParams.get("code"));
  for (const token of system.github.state.tokens.keys()) remember("token of GitHub", token);
  const given = await submitConsent(asked);
  remember("authorization code", given.code);
  remember("code verifier", asked.code_verifier);
  const { body: tokens } = await exchange(system.base, client, { ...asked, code: given.code });
  remember("access token", tokens.access_token);
  remember("refresh token", tokens.refresh_token);
  remember("ID token", tokens.id_token);
  const { body: next } = await refresh(system.base, client, tokens.refresh_token);
  remember("second access token", next.access_token);
  remember("second refresh token", next.refresh_token);
  const bearer = { headers: { Authorization: `Bearer ${next.access_token}` } };
  assert.equal((await request(`${system.base}/userinfo`, bearer)).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: next.access_token })).status, 200);
  assert.equal((await request(`${system.base}/client/${client.client_id}`, { headers: { Authorization: `Bearer ${client.registration_access_token}` } })).status, 200);
  assert.equal((await exchange(system.base, client, { ...asked, code: given.code })).body.error, "invalid_grant");
  assert.equal((await post_json(`${system.base}/validate`, { token: next.access_token })).status, 400);
  return client;
}

async function be_refused(client) {
  const { tokens, client: open_client } = await signIn(system);
  await refresh(system.base, open_client, tokens.refresh_token);
  assert.equal((await refresh(system.base, open_client, tokens.refresh_token)).body.error, "invalid_grant"); // REFRESH_GRACE_S is 0
  const wrong = { grant_type: "refresh_token", client_id: open_client.client_id, client_secret: "a wrong secret of somebody" };
  remember("wrong secret", wrong.client_secret);
  remember("made-up refresh token", "mcp_refresh__v1.made-up-by-somebody-else");
  assert.notEqual((await post_form(`${system.base}/token`, { ...wrong, refresh_token: secrets.get("made-up refresh token") })).status, 200);
  const denied = await authorizeUntilConsent(system, client, { user: "hubot" });
  assert.equal(denied.page.status, 403);
  const cancelled = await authorizeUntilConsent(system, client, { user: false });
  assert.equal(callback_of(cancelled.page.location).error, "access_denied");
  assert.equal((await request(`${system.base}/nowhere-at-all/a-path-of-the-client`)).status, 404);
}

before(async () => {
  admin = await admin_ports({ edge: 1, registry: 1, broker: 1, signer: 1 });
  system = await startSystem({ curve: true, env: admin.env({ all: { LOG_LEVEL: "debug" }, signer: { REFRESH_GRACE_S: "0" } }) });
  const client = await use_everything();
  await be_refused(client);
});
after(() => system?.stop());

test("promtool takes the text of every process", async () => {
  for (const kind of kinds) {
    const run = spawnSync("promtool", ["check", "metrics"], { input: await admin.scrape(kind), encoding: "utf8" });
    assert.equal(run.status, 0, `${kind}: ${run.error ?? ""}${run.stdout}${run.stderr}`);
  }
});

test("the edge counts requests by route, method and status, and paths of no route as none", async () => {
  const samples = await samples_of("edge");
  const requests = (labels) => value_of(samples, "mcp_oauth_http_requests_total", labels);
  assert.equal(requests({ route: "/token", method: "POST", status: "200" }), 4);
  assert.equal(requests({ route: "/register", method: "POST", status: "201" }), 2);
  assert.equal(requests({ route: "/auth/github/callback", method: "GET", status: "403" }), 1);
  assert.equal(requests({ route: "none", method: "GET", status: "404" }), 1);
  assert.equal(value_of(samples, "mcp_oauth_http_request_duration_seconds_count", { route: "/token" }), requests({ route: "/token" }));
  assert.ok(value_of(samples, "mcp_oauth_http_refusals_total", { failure: "code_replayed", error: "invalid_grant" }) >= 1);
});

test("the edge sees its workers, and nothing waits when nothing is asked", async () => {
  const samples = await samples_of("edge");
  for (const kind of kinds.slice(1)) {
    assert.equal(value_of(samples, "mcp_oauth_workers", { kind, state: "ready" }), 1, kind);
    assert.equal(value_of(samples, "mcp_oauth_outstanding_requests", { kind }), 0, kind);
    assert.equal(value_of(samples, "mcp_oauth_worker_requests_in_flight", { kind, worker: `${kind}-0` }), 0, kind);
    assert.ok(value_of(samples, "mcp_oauth_queue_wait_seconds_count", { kind }) > 0, kind);
  }
  assert.equal(value_of(samples, "mcp_oauth_key_set_versions"), 1);
  assert.equal(value_of(samples, "mcp_oauth_public_keys"), 1);
});

test("the signer counts tokens, replays and keys", async () => {
  const samples = await samples_of("signer");
  assert.equal(value_of(samples, "mcp_oauth_tokens_issued_total", { grant_type: "authorization_code", alg: "RS256" }), 2);
  assert.equal(value_of(samples, "mcp_oauth_tokens_issued_total", { grant_type: "refresh_token", alg: "RS256" }), 2);
  assert.equal(value_of(samples, "mcp_oauth_replays_total", { what: "code" }), 1);
  assert.equal(value_of(samples, "mcp_oauth_replays_total", { what: "refresh_token" }), 1);
  assert.equal(value_of(samples, "mcp_oauth_audit_entries_total", { event: "reuse" }), 2);
  const { kid } = JSON.parse(Buffer.from(secrets.get("access token").split(".")[0], "base64url"));
  assert.equal(value_of(samples, "mcp_oauth_signing_key_use_from_timestamp_seconds", { kid, alg: "RS256", state: "used" }), 0);
  assert.equal(value_of(samples, "mcp_oauth_refresh_key_use_from_timestamp_seconds", { version: "v1", state: "used" }), 0);
  assert.equal(value_of(samples, "mcp_oauth_operations_total", { operation: "exchange", result: "ok" }), 2);
  assert.equal(value_of(samples, "mcp_oauth_refusals_total", { failure: "code_replayed", error: "invalid_grant" }), 1);
  assert.equal(value_of(samples, "mcp_oauth_refusals_total", { failure: "refresh_token_replayed", error: "invalid_grant" }), 1);
});

test("the broker counts sign-ins, consents and requests to GitHub", async () => {
  const samples = await samples_of("broker");
  for (const [result, count] of [["allowed", 2], ["denied", 1], ["cancelled", 1], ["failed", 0]])
    assert.equal(value_of(samples, "mcp_oauth_sign_ins_total", { result }), count, result);
  assert.equal(value_of(samples, "mcp_oauth_consents_total", { decision: "approve" }), 2);
  assert.equal(value_of(samples, "mcp_oauth_github_requests_total", { step: "token", result: "ok" }), 3);
  assert.equal(value_of(samples, "mcp_oauth_github_requests_total", { step: "emails", result: "ok" }), 1);
  assert.equal(value_of(samples, "mcp_oauth_github_request_duration_seconds_count", { step: "user" }), 3);
});

test("every worker has Redis, knows its clock, and has audited", async () => {
  for (const kind of kinds.slice(1)) {
    const samples = await eventually(async () => {
      const found = await samples_of(kind);
      return value_of(found, "mcp_oauth_redis_clock_difference_seconds") !== undefined && found;
    }, { what: "the clock's difference" });
    assert.ok(Math.abs(value_of(samples, "mcp_oauth_redis_clock_difference_seconds")) < 1, kind);
    assert.equal(value_of(samples, "mcp_oauth_redis_connected"), 1, kind);
    assert.ok(value_of(samples, "mcp_oauth_redis_commands_total", { result: "ok" }) > 0, kind);
    assert.equal(value_of(samples, "mcp_oauth_redis_commands_total", { result: "unavailable" }), 0, kind);
    assert.ok(value_of(samples, "mcp_oauth_audit_entries_total") > 0, kind);
    assert.equal(value_of(samples, "mcp_oauth_edges"), 1, kind);
  }
});

test("every process tells what it is and what it uses", async () => {
  for (const kind of kinds) {
    const samples = await samples_of(kind);
    assert.equal(value_of(samples, "mcp_oauth_build_info", { kind }), 1);
    assert.equal(value_of(samples, "mcp_oauth_ready"), 1);
    assert.ok(value_of(samples, "process_resident_memory_bytes") > 1e6, kind);
    assert.ok(value_of(samples, "process_open_fds") > 5, kind);
    assert.ok(Math.abs(value_of(samples, "process_start_time_seconds") - Date.now() / 1000) < 600, kind);
    assert.ok(value_of(samples, "process_cpu_seconds_total") > 0, kind);
  }
});

test("no metric and no log line holds a secret", async () => {
  const known = new Map([...secrets, ...Object.entries(system.secrets), ...Object.entries(system.passwords),
    ["GitHub's client secret", system.github.client_secret],
    ...Object.entries(system.curve).map(([kind, { secret_key }]) => [`CURVE key of ${kind}`, secret_key])]);
  const key = system.secrets.JWT_PRIVATE_KEY.split("\n")[2];
  known.set("JWT_PRIVATE_KEY", key);
  for (const [what, token] of secrets) if (/access token|ID token/.test(what) && token.includes(".")) known.set(`signature of ${what}`, token.split(".")[2]);
  assert.ok(known.size > 25, `${known.size} secrets`);
  assert.equal(claims_of(secrets.get("access token")).token_type, "access");
  for (const kind of kinds) {
    const told = [await admin.scrape(kind), ...system.processes[kind].flatMap(({ text }) => text)];
    assert.ok(system.logs(kind).some(({ level }) => level === "debug") || kind === "edge", `${kind} logs at level debug`);
    for (const [what, secret] of known) assert.ok(!told.some((line) => line.includes(secret)), `${kind} tells ${what}`);
  }
});

test("every line about a request has its ids", () => {
  for (const kind of kinds)
    for (const line of system.logs(kind).filter(({ event }) => ["request", "request.failed", "answered", "refused"].includes(event))) {
      assert.match(line.request_id, /^[0-9a-f]{32}$/, JSON.stringify(line));
      assert.match(line.trace_id, /^[0-9a-f]{32}$/, JSON.stringify(line));
      assert.match(line.span_id, /^[0-9a-f]{16}$/, JSON.stringify(line));
    }
});
