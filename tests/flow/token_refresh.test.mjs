// ctest: LABEL flow  TIMEOUT 180
// POST /token with a refresh token: rotation with and without a grace, the access list, and every refusal of DESIGN 6
// with its clause.

import assert from "node:assert/strict";
import { renameSync, utimesSync, writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { claims_of, default_scope, refresh, register, signIn } from "../support/client.mjs";
import { startGithub } from "../support/github/github.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const tools = { name: "GitHub Tools", description: "", allowed_users: ["octocat"] };
const notes = { name: "Notes", description: "", allowed_users: ["octocat"], resource: "https://mcp.example.com/notes" };
const servers_of = (entries) => ({ servers: { "example.com": entries }, redirect_hosts: ["localhost"] });
const servers = servers_of({ "github-tools": tools, notes });

let github, system, strict, client;

before(async () => {
  github = await startGithub();
  system = await startSystem({ servers, github });
  strict = await startSystem({ servers, github, env: { signer: { REFRESH_GRACE_S: "0" } } });
  client = await register(system.base);
});
after(async () => {
  await system?.stop();
  await strict?.stop();
  await github?.close();
});

const tokens_of = async (on = system, more = {}) => {
  const { tokens, client: known } = await signIn(on, more);
  return { ...tokens, g: claims_of(tokens.access_token).jti.split(".")[0], client: known };
};
const try_refresh = (token, more, on = system, who = client) => refresh(on.base, who, token, more);
async function must_refresh(token, more, on, who) {
  const response = await try_refresh(token, more, on, who);
  assert.equal(response.status, 200, response.text);
  return response.body;
}
function assert_refused(response, status, error) {
  assert.equal(response.status, status, response.text);
  assert.equal(response.body.error, error, response.text);
  assert.match(response.headers["cache-control"], /no-store/);
}
const is_valid = async (token, on = system) =>
  (await (await fetch(`${on.base}/validate`, { headers: { Authorization: `Bearer ${token}` }, method: "POST" })).json()).valid;
// Nobody waits for the audit, so that it may come a moment later.
const audited = (on, event, g) => eventually(async () => (await on.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 50))
  .some(([, fields]) => fields.includes(event) && fields.includes(g)), { what: `the audit of ${event}` });

// Every signer of the system has read the file.
async function set_servers(content, { age_s = 0 } = {}) {
  const before = system.logs("signer").filter(({ event }) => event === "servers.reloaded").length;
  const next = `${system.servers_file}.next`, at = Date.now() / 1000 - age_s;
  writeFileSync(next, JSON.stringify(content));
  utimesSync(next, at, at);
  renameSync(next, system.servers_file);
  let seen = 0;
  await system.seen("signer", ({ event }) => event === "servers.reloaded" && ++seen > before);
}

test("a refresh token is rotated (RFC 9700 4.14.2)", async () => {
  const first = await tokens_of(system, { client });
  const second = await must_refresh(first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal(second.token_type, "Bearer");
  assert.equal(second.scope, first.scope);
  const [old, fresh] = [claims_of(first.access_token), claims_of(second.access_token)];
  assert.equal(fresh.jti, `${first.g}.2`);
  assert.deepEqual([fresh.sub, fresh.aud, fresh.client_id], [old.sub, old.aud, old.client_id]);
  assert.ok(await is_valid(first.access_token), "an older access token lives on");
  assert.ok(await is_valid(second.access_token));
  await must_refresh(second.refresh_token);
  await audited(system, "refresh", first.g);
});

test("within the grace a lost answer is given again; once its successor is used the token is only invalid", async () => {
  const first = await tokens_of(system, { client });
  const [second, again] = [await must_refresh(first.refresh_token), await must_refresh(first.refresh_token)];
  assert.notEqual(claims_of(second.access_token).jti, claims_of(again.access_token).jti);
  const third = await must_refresh(again.refresh_token);
  assert_refused(await try_refresh(first.refresh_token), 400, "invalid_grant");
  assert.ok(await is_valid(third.access_token), "nothing is revoked");
  await must_refresh(third.refresh_token);
});

test("eight refreshes at once all succeed, and each answer is good for the next one", async () => {
  const first = await tokens_of(system, { client });
  const answers = await Promise.all(Array.from({ length: 8 }, () => must_refresh(first.refresh_token)));
  assert.equal(new Set(answers.map(({ access_token }) => claims_of(access_token).jti)).size, 8);
  for (const { refresh_token } of answers) await must_refresh(refresh_token);
});

test("without a grace a replayed token revokes the whole grant (RFC 9700 4.14.2)", async () => {
  const first = await tokens_of(strict);
  const second = await must_refresh(first.refresh_token, {}, strict, first.client);
  assert_refused(await try_refresh(first.refresh_token, {}, strict, first.client), 400, "invalid_grant");
  assert.equal(await is_valid(second.access_token, strict), false);
  assert.equal(await is_valid(first.access_token, strict), false);
  assert_refused(await try_refresh(second.refresh_token, {}, strict, first.client), 400, "invalid_grant");
  assert.equal(await strict.redis.exists(`mcp:refresh:{${first.g}}`), 0);
  assert.ok(await strict.redis.ttl(`mcp:revoked:{${first.g}}`) >= 3600);
  await audited(strict, "reuse", first.g);
});

test("a foreign client's refresh token is refused and stays good (RFC 6749 6)", async () => {
  const { refresh_token } = await tokens_of(system, { client });
  const other = await register(system.base);
  assert_refused(await try_refresh(refresh_token, {}, system, other), 400, "invalid_grant");
  await must_refresh(refresh_token);
});

test("an expired client is told to register again (RFC 6749 5.2)", async () => {
  const gone = await register(system.base);
  const { refresh_token } = await tokens_of(system, { client: gone });
  await system.redis.del(`mcp:client:{${gone.client_id}}`);
  assert_refused(await try_refresh(refresh_token, {}, system, gone), 401, "invalid_client");
});

test("a confidential client must authenticate (RFC 6749 6)", async () => {
  const { client: known, refresh_token } = await tokens_of(system, { registration: { token_endpoint_auth_method: "client_secret_post" } });
  assert_refused(await try_refresh(refresh_token, { client_secret: undefined }, system, known), 401, "invalid_client");
  assert_refused(await try_refresh(refresh_token, { client_secret: "wrong" }, system, known), 401, "invalid_client");
  await must_refresh(refresh_token, {}, system, known);
});

test("an ended grant is invalid (RFC 6749 5.2)", async () => {
  const { refresh_token, g } = await tokens_of(system, { client });
  await system.redis.del(`mcp:refresh:{${g}}`);
  assert_refused(await try_refresh(refresh_token), 400, "invalid_grant");
});

for (const [what, token, error] of [["missing", undefined, "invalid_request"], ["empty", "", "invalid_request"],
  ["nonsense", "nonsense", "invalid_grant"], ["sealed by nobody", `mcp_refresh__v1.${"A".repeat(200)}`, "invalid_grant"]])
  test(`a refresh token that is ${what} is refused (RFC 6749 5.2)`, async () => {
    assert_refused(await try_refresh(token), 400, error);
  });

test("a spoilt refresh token is refused, and so is an access token (RFC 6749 5.2)", async () => {
  const { refresh_token, access_token } = await tokens_of(system, { client });
  const at = refresh_token.length - 10;
  const spoilt = `${refresh_token.slice(0, at)}${refresh_token[at] === "A" ? "B" : "A"}${refresh_token.slice(at + 1)}`;
  assert_refused(await try_refresh(spoilt), 400, "invalid_grant");
  assert_refused(await try_refresh(access_token), 400, "invalid_grant");
  await must_refresh(refresh_token);
});

test("a token of a key that this signer does not know yet is 503, not invalid_grant", async () => {
  const { refresh_token } = await tokens_of(system, { client });
  assert_refused(await try_refresh(refresh_token.replace("__v1.", "__v9.")), 503, "temporarily_unavailable");
  await must_refresh(refresh_token);
});

test("scope may be narrowed for this access token, never widened (RFC 6749 6)", async () => {
  const first = await tokens_of(system, { client, scope: `${default_scope} email` });
  const narrow = await must_refresh(first.refresh_token, { scope: default_scope });
  assert.equal(narrow.scope, default_scope);
  assert.equal(claims_of(narrow.access_token).email, undefined);
  const wide = await must_refresh(narrow.refresh_token, { scope: `${default_scope} email openid` });
  assert.equal(wide.scope, `${default_scope} email`);
  assert_refused(await try_refresh(wide.refresh_token, { scope: "mcp:example.com:notes" }), 400, "invalid_scope");
  await must_refresh(wide.refresh_token);
});

test("another server's resource is refused and rotates nothing (RFC 8707 2)", async () => {
  const { refresh_token } = await tokens_of(system, { client });
  assert_refused(await try_refresh(refresh_token, { resource: "https://mcp.example.com/notes" }), 400, "invalid_target");
  assert_refused(await try_refresh(refresh_token, { resource: "https://mcp.example.com/x#y" }), 400, "invalid_target");
  await must_refresh(refresh_token, { resource: "https://anything.example.org/" });
});

test("a removed user's refresh fails, and works again when the user is back", async () => {
  const first = await tokens_of(system, { client });
  await set_servers(servers_of({ "github-tools": { ...tools, allowed_users: ["hubot"] }, notes }));
  try {
    assert_refused(await try_refresh(first.refresh_token), 400, "invalid_grant");
    await audited(system, "denial", first.g);
    assert.equal(await system.redis.exists(`mcp:refresh:{${first.g}}`), 1, "the grant is blocked, not deleted");
  } finally {
    await set_servers(servers);
  }
  await must_refresh(first.refresh_token);
});

test("a server that is gone is 503 while the file is young, and invalid_grant after", async () => {
  const { refresh_token, g } = await tokens_of(system, { client });
  try {
    await set_servers(servers_of({ notes }));
    assert_refused(await try_refresh(refresh_token), 503, "temporarily_unavailable");
    await set_servers(servers_of({ notes }), { age_s: 600 });
    assert_refused(await try_refresh(refresh_token), 503, "temporarily_unavailable"); // whoever let the person in just now knew a newer file
    await system.admin.hset(`mcp:refresh:{${g}}`, "signed_in_at", Math.floor(Date.now() / 1000) - 3600);
    assert_refused(await try_refresh(refresh_token), 400, "invalid_grant");
  } finally {
    await set_servers(servers);
  }
  await must_refresh(refresh_token);
});

test("a broken servers file is reported and the old one stays", async () => {
  const { refresh_token } = await tokens_of(system, { client });
  system.servers("{ broken");
  try {
    await system.seen("signer", ({ event }) => event === "servers.broken");
    await must_refresh(refresh_token);
  } finally {
    await set_servers(servers);
  }
});

test("a store that is away is 503 and rotates nothing", async () => {
  const { refresh_token, g } = await tokens_of(system, { client });
  system.redis_server.pause();
  let response;
  try {
    response = await try_refresh(refresh_token);
  } finally {
    system.redis_server.resume();
  }
  assert_refused(response, 503, "temporarily_unavailable");
  await system.ready();
  assert.equal(await system.redis.hget(`mcp:refresh:{${g}}`, "n"), "1");
  await must_refresh(refresh_token);
});
