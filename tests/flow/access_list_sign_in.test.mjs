// ctest: LABEL flow  TIMEOUT 120
// The access list at sign-in, and when a consent is remembered. DESIGN 6 and 7; RFC 6749 4.1.2.1, RFC 8252 8.6.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilCallback, authorizeUntilConsent, callback_of, claims_of, exchange, register, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const server = (rules) => ({ name: "A server", description: "", ...rules });
const servers = { servers: { "example.com": {
  "github-tools": server({ name: "GitHub Tools", allowed_users: ["OctoCat", 2] }),
  orgs: server({ allowed_users: [], allowed_orgs: ["My-Org", "org-110"] }),
  teams: server({ allowed_users: [], allowed_teams: ["my-org/platform"] }),
  talkative: server({ name: "n".repeat(1024), allowed_users: ["octocat"] }) } },
redirect_hosts: ["localhost", "cursor:"] };

let system, client;
before(async () => {
  system = await startSystem({ servers });
  client = await register(system.base);
});
after(() => system?.stop());

// Newest first. Other entries may stand between them: every process that reloads the servers file writes one.
const denials = async () => (await system.reader.xrevrange("mcp:audit", "+", "-"))
  .map(([, pairs]) => Object.fromEntries(pairs.flatMap((text, i) => i % 2 ? [] : [[text, pairs[i + 1]]])))
  .filter(({ event }) => event === "denial");
const code_count = async () => (await system.reader.scan("0", "MATCH", "mcp:code:*", "COUNT", "100000"))[1].length;

test("a login is compared without case, a number with the GitHub id", async () => {
  for (const user of ["octocat", "monalisa"]) {
    const { page } = await authorizeUntilConsent(system, client, { user, more: { prompt: "consent" } });
    assert.equal(page.status, 200, page.text);
    assert.match(page.text, new RegExp(user));
  }
});

test("who is not on the list gets a page that says so, no code, and an audit entry", async () => {
  const before_it = await code_count();
  const asked = await authorizeUntilConsent(system, client, { user: "hubot" });
  assert.equal(asked.page.status, 403);
  assert.match(asked.page.text, /hubot/);
  assert.match(asked.page.text, /GitHub Tools/);
  assert.equal(await code_count(), before_it);
  const [denial] = await denials();
  assert.equal(denial.login, "hubot");
  assert.equal(denial.user_id, "480938");
  assert.equal(denial.client_id, client.client_id);
  const [, href] = /href="(https:\/\/example\.com\/callback[^"]*)"/.exec(asked.page.text);
  const told = callback_of(href.replaceAll("&amp;", "&"));
  assert.equal(told.error, "access_denied");
  assert.equal(told.state, asked.state);
  assert.equal(told.iss, system.base);
});

test("approve from the denied page is refused: its form only switches accounts", async () => {
  const before_it = await code_count();
  const asked = await authorizeUntilConsent(system, client, { user: "hubot" });
  const given = await submitConsent(asked, "approve");
  assert.equal(given.status, 403);
  assert.equal(given.code, undefined);
  assert.equal(await code_count(), before_it);
});

test("a server's name of the greatest length does not spoil the page of a denial", async () => {
  const scope = "mcp:example.com:talkative";
  const asked = await authorizeUntilConsent(system, client, { user: "hubot", scope });
  assert.equal(asked.page.status, 403, asked.page.text);
  assert.match(asked.page.text, /hubot/);
  assert.equal((await asked.browser.fetch(asked.page.url)).status, 403, "a reload reads the session again");
});

test("a denied person may use another account", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "hubot" });
  const switched = await submitConsent(asked, "switch");
  const within = [system.base, new URL(system.github.url).origin];
  const page = await asked.browser.submit(await asked.browser.navigate(switched.location), { within, button: { name: "user", value: "octocat" } });
  const given = page.location ? callback_of(page.location) : await submitConsent({ ...asked, page });
  assert.ok(given.code);
});

test("organisation and team rules admit members, over many pages, and nobody else", async () => {
  for (const [scope, user, status] of [["orgs", "octocat", 200], ["orgs", "joiner", 200], ["orgs", "hubot", 403], ["teams", "octocat", 200], ["teams", "monalisa", 403]]) {
    const { page } = await authorizeUntilConsent(system, client, { user, scope: `mcp:example.com:${scope}`, more: { prompt: "consent" } });
    assert.equal(page.status, status, `${user} at ${scope}: ${page.text.slice(0, 200)}`);
  }
});

test("the e-mail address is GitHub's verified primary one, and only when asked for", async () => {
  for (const [scope, email] of [["", undefined], [" email", "octocat@example.com"]]) {
    const asked = await authorizeUntilConsent(system, client, { scope: `mcp:example.com:github-tools${scope}`, more: { prompt: "consent" } });
    const { code } = await submitConsent(asked);
    const { body } = await exchange(system.base, client, { ...asked, code });
    assert.equal(claims_of(body.access_token).email, email);
  }
});

test("somebody who leaves the list between page and click gets no code", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "monalisa", more: { prompt: "consent" } });
  assert.equal(asked.page.status, 200);
  const before_it = await code_count();
  const denied_before = (await denials()).length;
  const less = structuredClone(servers);
  less.servers["example.com"]["github-tools"].allowed_users = ["octocat"];
  system.servers(less);
  await system.seen("broker", ({ event }) => event === "servers.reloaded");
  const given = await submitConsent(asked);
  assert.equal(given.status, 403);
  assert.equal(await code_count(), before_it);
  const [denial, ...older] = await denials();
  assert.deepEqual([denial.login, denial.reason], ["monalisa", "user_not_allowed"]);
  assert.equal(older.length, denied_before, "one click, one denial");
  system.servers(servers);
  await eventually(async () => {
    const { page } = await authorizeUntilConsent(system, client, { user: "monalisa", more: { prompt: "consent" } });
    assert.equal(page.status, 200);
    return true;
  }, { what: "the old list again" });
});

test("a server that leaves the file while GitHub is asked is 503, not the person's denial, and a reload goes on", async () => {
  const { browser, callback } = await authorizeUntilCallback(system, client, { scope: "mcp:example.com:talkative" });
  const reloads = () => system.logs("broker").filter(({ event }) => event === "servers.reloaded").length;
  const reloaded = async (content) => {
    const count = reloads();
    system.servers(content);
    await eventually(() => reloads() > count, { what: "the reload" });
  };
  system.github.control({ endpoint: "user", failure: "slow", delay_ms: 1500 });
  const waiting = browser.fetch(callback);
  await eventually(async () => {
    const [, keys] = await system.reader.scan("0", "MATCH", "mcp:session:*", "COUNT", "100000");
    return (await Promise.all(keys.map((key) => system.reader.hget(key, "claim_until")))).some(Boolean);
  }, { what: "the claim" });
  const less = structuredClone(servers);
  delete less.servers["example.com"].talkative;
  await reloaded(less);
  const failed = await waiting;
  assert.equal(failed.status, 503, failed.text);
  system.github.control({ endpoint: "user", failure: "none" });
  await reloaded(servers);
  const again = await browser.fetch(callback);
  assert.equal(again.status, 302, again.text);
  assert.equal(new URL(again.location).origin, new URL(system.github.url).origin);
});

// ---- remembered consent

// Whether a second authorization of the same kind still shows the page.
async function asks_again(own, options = {}, second = options) {
  const browser = new Browser();
  const first = await authorizeUntilConsent(system, own, { browser, ...options });
  if (!first.page.location) assert.ok((await submitConsent(first)).code);
  const { page } = await authorizeUntilConsent(system, own, { browser, ...second });
  if (page.location) assert.ok(callback_of(page.location).code, page.location);
  return page.status === 200;
}

test("a consent to an https redirect is remembered; prompt=consent still asks (OpenID Connect Core 3.1.2.1)", async () => {
  const own = await register(system.base);
  assert.equal(await asks_again(own), false);
  assert.equal(await asks_again(own, {}, { more: { prompt: "consent" } }), true);
});

test("a consent to a loopback or private-use redirect is asked every time (RFC 8252 8.6)", async () => {
  for (const uri of ["http://localhost:33418/callback", "http://127.0.0.1/callback", "cursor://example/callback"])
    assert.equal(await asks_again(await register(system.base, { redirect_uris: [uri] })), true, uri);
});

test("another scope, another person, another client is asked anew", async () => {
  const own = await register(system.base);
  assert.equal(await asks_again(own, {}, { scope: "mcp:example.com:github-tools email" }), true);
  assert.equal(await asks_again(own, {}, { user: "monalisa" }), true);
  const { page } = await authorizeUntilConsent(system, await register(system.base), {});
  assert.equal(page.status, 200);
});

test("a deny is not remembered, and forgets nothing", async () => {
  const own = await register(system.base);
  const asked = await authorizeUntilConsent(system, own);
  await submitConsent(asked, "deny");
  const { page } = await authorizeUntilConsent(system, own);
  assert.equal(page.status, 200);
});
