// ctest: LABEL flow  TIMEOUT 180
// `mcp-oauth revoke`, `grants` and `clients` against a real system with its real ACL file: what is revoked is refused by
// every endpoint, everything else goes on, and the audit stream says who did it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claims_of, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { ctl, ctl_start } from "../support/ctl.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const is_valid = async ({ access_token }) => (await post_json(`${system.base}/validate`, { token: access_token })).body.valid;
const refreshes = async (signed) => (await refresh(system.base, signed.client, signed.tokens.refresh_token)).body;
const id_of = ({ tokens }) => claims_of(tokens.access_token).jti.split(".");
const audits = async (wanted) => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 50))
  .map(([, fields]) => Object.fromEntries(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i], fields[2 * i + 1]])))
  .filter((entry) => Object.entries(wanted).every(([name, value]) => entry[name] === value));

async function revoke(...args) {
  const run = await ctl(system, ["revoke", ...args]);
  assert.equal(run.code, 0, run.err);
  return run.out;
}

// A token comes by standard input and is nowhere told.
async function revoke_token(token, args = [], more = {}) {
  const child = ctl_start(system, ["revoke", "token", ...args], more, { stdin: `${token}\n` });
  child.expected = true;
  const { code } = await child.exited;
  assert.equal(child.sanitizer_report, null);
  assert.ok(token.length < 10 || !child.text.join("").includes(token), "the token is not told");
  return { code, out: child.text.join("\n") };
}

test("grants tells what a person has granted, by id and by login", async () => {
  const [first, second] = [await signIn(system, { user: "octocat" }), await signIn(system, { user: "octocat", scope: "mcp:example.com:github-tools email" })];
  const { sub } = claims_of(first.tokens.access_token);
  for (const name of [sub, "octocat", "OctoCat"]) {
    const { code, json } = await ctl(system, ["grants", name, "--json"]);
    assert.equal(code, 0);
    assert.deepEqual([json().user_id, json().login], [sub, "octocat"]);
    assert.deepEqual(json().grants.map(({ g }) => g).sort(), [id_of(first)[0], id_of(second)[0]].sort());
    const grant = json().grants.find(({ g }) => g === id_of(second)[0]);
    assert.equal(grant.client_id, second.client.client_id);
    assert.equal(grant.scope, "mcp:example.com:github-tools email");
    assert.ok(grant.end_at - grant.issued_at > 29 * 86400 && grant.end_at - grant.issued_at <= 30 * 86400 + 60);
  }
  const { out } = await ctl(system, ["grants", sub]);
  assert.match(out, /^user \d+, login octocat: 2 grants$/m);
  assert.match(out, /ends in (29d 23h|30d 0h)/);
  const { code, err } = await ctl(system, ["grants", "nobody"]);
  assert.equal(code, 1);
  assert.match(err, /nobody with the login nobody has a grant/);
  assert.deepEqual((await ctl(system, ["grants", "99999", "--json"])).json(), { user_id: "99999", grants: [] });
});

test("a grant ends as the signer would end it", async () => {
  const [ended, other] = [await signIn(system), await signIn(system)];
  const [g] = id_of(ended);
  const { sub } = claims_of(ended.tokens.access_token);
  assert.equal(await revoke("grant", g, "--dry-run"), `would revoke grant ${g}`);
  assert.equal(await is_valid(ended.tokens), true, "nothing happened yet");
  assert.deepEqual(await audits({ event: "revocation", g }), []);
  assert.equal(await revoke("grant", g), `revoked grant ${g}`);
  assert.equal(await is_valid(ended.tokens), false);
  assert.equal((await refreshes(ended)).error, "invalid_grant");
  assert.equal(await system.redis.zscore(`mcp:grants:{${sub}}`, g), null);
  assert.ok(await system.redis.ttl(`mcp:revoked:{${g}}`) > 86400, "longer than any access token may live");
  const [entry] = await audits({ event: "revocation", g });
  assert.deepEqual([entry.reason, entry.user_id, entry.client_id], ["grant", sub, ended.client.client_id]);
  assert.match(entry.instance, /^operator .+@.+/);
  assert.equal(await is_valid(other.tokens), true);
  assert.match(await revoke("grant", g), /no grant of this id is stored/, "again is no failure");
});

test("an access token ends alone, by its jti or by the server", async () => {
  const signed = await signIn(system);
  const { sub, client_id, jti } = claims_of(signed.tokens.access_token);
  const [g, m] = id_of(signed);
  assert.deepEqual(await revoke_token(signed.tokens.access_token, ["--dry-run"]), { code: 0, out: `would revoke access token ${jti}` });
  assert.equal(await is_valid(signed.tokens), true);
  assert.deepEqual(await revoke_token(signed.tokens.access_token), { code: 0, out: `revoked access token ${jti}` });
  assert.equal(await is_valid(signed.tokens), false);
  assert.ok(await system.redis.ttl(`mcp:revoked:{${g}}:${m}`) >= 3600);
  const [entry] = await audits({ event: "revocation", g });
  assert.deepEqual([entry.reason, entry.user_id, entry.client_id], ["access_token", sub, client_id]);
  const next = await refreshes(signed);
  assert.equal(await is_valid(next), true, "the grant goes on");
  const nowhere = { REDIS_URL: undefined };
  assert.deepEqual(await revoke_token(next.access_token, ["--base-url", `${system.base}/`], nowhere), { code: 0, out: "revoked the token" });
  assert.equal(await is_valid(next), false);
});

test("a refresh token ends with its grant, by the server alone", async () => {
  const signed = await signIn(system);
  const without = await revoke_token(signed.tokens.refresh_token);
  assert.equal(without.code, 1);
  assert.match(without.out, /a refresh token is revoked by the server alone: give --base-url/);
  assert.equal((await revoke_token(signed.tokens.refresh_token, [], { BASE_URL: system.base })).code, 0);
  assert.equal(await is_valid(signed.tokens), false);
  assert.equal((await refreshes(signed)).error, "invalid_grant");
  for (const [token, args, words] of [["nonsense", [], /no access token/], ["a.b.c", [], /no access token/], ["", [], /holds no token/],
    ["nonsense", ["--base-url", system.base], /no token of its own/], ["x", ["--base-url", "http://127.0.0.1:1"], /does not answer/]]) {
    const { code, out } = await revoke_token(token || " ", args);
    assert.equal(code, 1, out);
    assert.match(out, words);
  }
});

test("everything of a person ends, and nothing of others; a new sign-in is good", async () => {
  const client = await register(system.base);
  const [first, second, other] = [await signIn(system, { client }), await signIn(system), await signIn(system, { user: "monalisa" })];
  const { sub } = claims_of(first.tokens.access_token);
  const planned = await revoke("user", "octocat", "--dry-run");
  assert.match(planned, new RegExp(`^would revoke everything of user ${sub}$`, "m"));
  assert.equal(await is_valid(first.tokens), true);
  const told = await revoke("user", "octocat");
  for (const signed of [first, second]) {
    assert.ok(told.includes(`revoked grant ${id_of(signed)[0]}`), told);
    assert.equal(await is_valid(signed.tokens), false);
    assert.equal((await refreshes(signed)).error, "invalid_grant");
  }
  assert.equal(await is_valid(other.tokens), true);
  assert.ok(await system.redis.ttl(`mcp:revoked:{${sub}}`) > 90 * 86400);
  assert.equal((await audits({ event: "revocation", user_id: sub, reason: "user" })).length, 1);
  assert.equal(await system.redis.exists(`mcp:grants:{${sub}}`), 0);
  // What is issued in the second of the revocation counts as issued before it.
  await eventually(async () => is_valid((await signIn(system, { client })).tokens), { what: "a new sign-in" });
});

test("a client ends with every grant that it was given", async () => {
  const [client, kept] = [await register(system.base), await register(system.base)];
  const [first, second, other] = [await signIn(system, { client }), await signIn(system, { client }), await signIn(system, { client: kept })];
  assert.equal(await revoke("client", client.client_id, "--dry-run"), `would revoke client ${client.client_id}\nwould revoke 2 of its grants`);
  assert.equal(await revoke("client", client.client_id), `revoked client ${client.client_id}\nrevoked 2 of its grants`);
  for (const signed of [first, second]) {
    assert.equal(await is_valid(signed.tokens), false);
    assert.equal((await refreshes(signed)).error, "invalid_client");
  }
  assert.equal(await is_valid(other.tokens), true);
  assert.equal((await request(`${system.base}/client/${client.client_id}`)).status, 404);
  assert.equal((await audits({ event: "client_delete", client_id: client.client_id, reason: "operator" })).length, 1);
  assert.equal((await audits({ event: "revocation", client_id: client.client_id, reason: "client" })).length, 1);
  assert.equal(await revoke("client", client.client_id), `revoked client ${client.client_id}\nrevoked 0 of its grants`, "again is no failure");
});

test("clients tells who is registered and until when, and no secret", async () => {
  const client = await register(system.base, { client_name: "Secret \u202e keeper", token_endpoint_auth_method: "client_secret_basic" })
    .catch(() => register(system.base, { client_name: "Secret keeper", token_endpoint_auth_method: "client_secret_basic" }));
  const { code, json } = await ctl(system, ["clients", "--json"]);
  assert.equal(code, 0);
  const [found] = json().filter(({ client_id }) => client_id === client.client_id);
  assert.equal(found.has_secret, true);
  assert.deepEqual(found.redirect_uris, client.redirect_uris);
  assert.ok(found.expires_at - found.client_id_issued_at >= 60 * 86400 - 5);
  assert.ok(!JSON.stringify(json()).includes("sha256"));
  const list = await ctl(system, ["clients", "list"]);
  assert.match(list.out, new RegExp(`^(?:59d 23h|60d 0h) +client_secret_basic +${client.client_id} `, "m"));
  const shown = await ctl(system, ["clients", "show", client.client_id]);
  assert.match(shown.out, /^authenticates by +client_secret_basic$/m);
  assert.match(shown.out, /^ends at +20\d\d-/m);
  assert.deepEqual((await ctl(system, ["clients", "show", client.client_id, "--json"])).json().client_id, client.client_id);
  const missing = await ctl(system, ["clients", "show", "mcp_example.com_nobody"]);
  assert.equal(missing.code, 1);
  assert.match(missing.err, /there is no client mcp_example.com_nobody/);
});

test("the reader may look and may not revoke", async () => {
  const signed = await signIn(system);
  const [g] = id_of(signed);
  const as_reader = { REDIS_USER: "reader", REDIS_PASSWORD: system.passwords.reader };
  for (const args of [["grants", "octocat"], ["clients"]]) assert.equal((await ctl(system, args, as_reader)).code, 0);
  for (const args of [["grant", g], ["user", "octocat"], ["client", signed.client.client_id]]) {
    const { code, err } = await ctl(system, ["revoke", ...args], as_reader);
    assert.equal(code, 1);
    assert.match(err, /does not let this user do that: use the user operator/);
  }
  assert.equal(await is_valid(signed.tokens), true);
});

test("what it does not know is misuse", async () => {
  for (const args of [["revoke"], ["revoke", "nonsense"], ["revoke", "grant"], ["revoke", "grant", "xyz"], ["revoke", "token", "secret"], ["grants"], ["clients", "show"], ["clients", "x", "y"]])
    assert.equal((await ctl(system, args)).code, 2, args.join(" "));
});
