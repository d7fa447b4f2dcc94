// ctest: LABEL client  TIMEOUT 180
// One client in several processes, as editors and command-line tools run it: they race for the same refresh token. And
// what the race's grace must not give away: a stolen token.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { claims_of, refresh } from "../support/client.mjs";
import { Child, eventually } from "../support/process.mjs";
import { call, Host, sign_in, startWorld } from "./mcp.mjs";
import { Record } from "./record.mjs";
import { sdk_v1 } from "./sdk.mjs";

const record = new Record(import.meta.url), { test } = record;
const grace_s = 1; // of strict
const sdk = await sdk_v1();
const file = (name) => fileURLToPath(new URL(name, import.meta.url));
let world, strict;
before(async () => {
  world = await startWorld();
  strict = await startWorld({ env: { signer: { REFRESH_GRACE_S: String(grace_s) } } });
});
after(async () => {
  await world?.stop();
  await strict?.stop();
});

async function startApp(t, name, { information, saved }) {
  const child = new Child(name, process.execPath, ["--import", file("../support/node18.mjs"), file("app.mjs")], {}, { stdin: null });
  t.after(() => child.stop());
  const write = (text) => child.child.stdin.write(`${text}\n`);
  write(JSON.stringify({ url: world.servers.tools.url, information, saved }));
  await child.seen(({ waiting }) => waiting);
  return { async use() {
    const since = child.log.length;
    write("use");
    return child.seen(({ whoami, error }) => whoami || error, { since });
  } };
}

async function signed_in(on) {
  const host = new Host();
  await (await sign_in(sdk, on, host, on.servers.tools)).close();
  return host;
}

const grant_of = (host) => claims_of(host.saved.access_token).jti.split(".")[0];
const grace_is_over = () => new Promise((resolve) => setTimeout(resolve, grace_s * 1000 + 200));
const audited = (event, g) => eventually(async () => (await strict.system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 100))
  .some(([, fields]) => fields.includes(event) && fields.includes(g)), { what: `the audit entry ${event}` });

test("two processes that refresh at the same moment both keep working, time after time", async (t) => {
  const host = await signed_in(world);
  const apps = await Promise.all(["app-0", "app-1"].map((name) => startApp(t, name, host)));
  for (let round = 0; round < 5; round += 1) {
    const answers = await Promise.all(apps.map((app) => app.use()));
    for (const { whoami, error } of answers) assert.equal(whoami, "octocat (583231)", error);
    const [one, other] = answers.map(({ saved }) => claims_of(saved.access_token).jti);
    assert.notEqual(one, other, "each has an access token of its own");
  }
  record.proved(sdk.name, "refresh race");
});

test("a process that comes late within the grace gets as far, too", async (t) => {
  const host = await signed_in(world);
  const [first, late] = await Promise.all(["first", "late"].map((name) => startApp(t, name, host)));
  for (const app of [first, late, late, first]) {
    const { whoami, error } = await app.use();
    assert.equal(whoami, "octocat (583231)", error);
  }
});

test("a stolen token used after the grace ends the grant for thief and client, and is audited (RFC 9700 4.14.2)", async () => {
  const host = await signed_in(strict);
  const g = grant_of(host);
  const { refresh_token: stolen } = host.saved;
  host.spoil_access_token();
  const client = sdk.open(strict.servers.tools.url, host);
  await client.client.connect(client.transport);
  assert.notEqual(host.saved.refresh_token, stolen, "the client has refreshed; the thief holds what it used");
  await grace_is_over();

  const thief = await refresh(strict.system.base, host.information, stolen);
  assert.equal(thief.status, 400, thief.text);
  assert.equal(thief.body.error, "invalid_grant");
  await audited("reuse", g);

  await assert.rejects(call(client.client, "whoami"), sdk.UnauthorizedError, "its access token is revoked and its refresh token, too");
  assert.ok(host.invalidated.includes("tokens"));
  await client.client.close();
  const again = await sign_in(sdk, strict, host, strict.servers.tools);
  assert.equal(await call(again, "whoami"), "octocat (583231)");
  assert.notEqual(grant_of(host), g);
  await again.close();
  record.proved(sdk.name, "stolen token");
});

test("a thief who is faster than the client is found out by the client's own refresh", async () => {
  const host = await signed_in(strict);
  const g = grant_of(host);
  const thief = await refresh(strict.system.base, host.information, host.saved.refresh_token);
  assert.equal(thief.status, 200, "nobody can tell them apart yet");
  await grace_is_over();

  host.spoil_access_token();
  const { client, transport } = sdk.open(strict.servers.tools.url, host);
  await assert.rejects(client.connect(transport), sdk.UnauthorizedError);
  await audited("reuse", g);
  const next = await refresh(strict.system.base, host.information, thief.body.refresh_token);
  assert.equal(next.body.error, "invalid_grant", "the thief's successor ended with the grant");
});

record.check();
