// ctest: LABEL flow  TIMEOUT 120
// Who was admitted by an organisation or a team, at the refresh: what admitted the person stands in the grant, and a
// membership must be looked up again after reauthenticate_after. DESIGN 6 and issue 3's rules; RFC 6749 5.2.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claims_of, refresh, register, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const day_s = 24 * 3600;
const server = (rules) => ({ name: "A server", description: "", allowed_users: [], ...rules });
const servers_of = (rules) => ({ servers: { "example.com": { tools: server(rules) } }, redirect_hosts: ["localhost"] });
const by_org = { allowed_orgs: ["My-Org"] }, by_team = { allowed_teams: ["my-org/platform"] };

let system, client;
before(async () => {
  system = await startSystem({ servers: servers_of({ ...by_org, ...by_team }) });
  client = await register(system.base, { scope: "mcp:example.com:tools" });
});
after(() => system?.stop());

// Every process that asks the list has read the file.
async function set_servers(rules) {
  const count = (kind) => system.logs(kind).filter(({ event }) => event === "servers.reloaded").length;
  const before_it = { signer: count("signer"), broker: count("broker"), registry: count("registry") };
  system.servers(servers_of(rules));
  await eventually(() => Object.entries(before_it).every(([kind, seen]) => count(kind) > seen), { what: "the reload" });
}

async function grant_of(user = "octocat") {
  const { tokens } = await signIn(system, { client, user, scope: "mcp:example.com:tools" });
  const [g] = claims_of(tokens.access_token).jti.split(".");
  const key = `mcp:refresh:{${g}}`;
  let newest = tokens.refresh_token;
  return {
    g,
    rule: await system.admin.hget(key, "rule"),
    signed_in_before: async (age_s) => system.admin.hset(key, "signed_in_at", Math.floor(Date.now() / 1000) - age_s),
    refresh: async () => {
      const response = await refresh(system.base, client, newest);
      newest = response.body.refresh_token ?? newest;
      return response;
    },
  };
}

const admits = async (grant) => {
  const { status, text } = await grant.refresh();
  assert.equal(status, 200, text);
};
async function refuses(grant, sentence) {
  const { status, body } = await grant.refresh();
  assert.equal(status, 400);
  assert.equal(body.error, "invalid_grant");
  assert.match(body.error_description, sentence);
}
const audited = async (grant, reason) => eventually(async () => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 20))
  .some(([, fields]) => fields.includes("denial") && fields.includes(grant.g) && fields.includes(reason)), { what: `the denial for ${reason}` });

test("the grant records the organisation or team that admitted the person", async () => {
  assert.equal((await grant_of()).rule, "org:My-Org");
  await set_servers(by_team);
  assert.equal((await grant_of()).rule, "team:my-org/platform");
});

for (const [what, rules, without] of [["organisation", by_org, { ...by_org, allowed_orgs: ["other-org"] }], ["team", by_team, { allowed_teams: ["my-org/other"] }]])
  test(`an access rule by ${what} that leaves the file takes its people with it, and brings them back`, async () => {
    await set_servers(rules);
    const grant = await grant_of();
    await admits(grant);
    await set_servers(without);
    await refuses(grant, /no longer on the access list/);
    await audited(grant, "user_no_longer_allowed");
    await set_servers(rules);
    await admits(grant);
  });

test("a membership is good for a day, then the person signs in again", async () => {
  await set_servers(by_org);
  const grant = await grant_of();
  await grant.signed_in_before(day_s - 60);
  await admits(grant);
  await grant.signed_in_before(day_s + 1);
  await refuses(grant, /Sign in again/);
  await audited(grant, "reauthentication_required");
  await admits(await grant_of());
});

test("reauthenticate_after is each server's own, and a change counts for grants that are there", async () => {
  await set_servers({ ...by_org, reauthenticate_after: 600 });
  const grant = await grant_of();
  await grant.signed_in_before(601);
  await refuses(grant, /Sign in again/);
  await set_servers({ ...by_org, reauthenticate_after: 6000 });
  await admits(grant);
  await set_servers({ ...by_org, reauthenticate_after: 600 });
  await refuses(grant, /Sign in again/);
});

test("who is on the list by name or id needs no membership, however long ago the sign-in was", async () => {
  await set_servers(by_org);
  const grant = await grant_of();
  await grant.signed_in_before(10 * day_s);
  await refuses(grant, /Sign in again/);
  for (const allowed_users of [["OctoCat"], [583231]]) {
    await set_servers({ ...by_org, allowed_users });
    await admits(grant);
  }
});
