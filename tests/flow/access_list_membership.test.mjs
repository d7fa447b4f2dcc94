// ctest: LABEL flow  TIMEOUT 120
// Organisations and teams at sign-in: which memberships count, what GitHub withholds, and that its limits deny nobody.
// DESIGN 6 and 7; GitHub's REST API: organization memberships, teams, single sign-on, rate limits.

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { authorizeUntilCallback, authorizeUntilConsent, callback_of, forms_of, register, submitConsent } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";

const server = (name, rules) => ({ name, description: "", allowed_users: [], ...rules });
const servers = { servers: { "example.com": {
  people: server("People", { allowed_users: ["octocat", "hubot"] }),
  orgs: server("Orgs", { allowed_orgs: ["MY-ORG"] }),
  teams: server("Teams", { allowed_teams: ["My-Org/PLATFORM", "ORG-119/Members"] }),
  invited: server("Invited", { allowed_orgs: ["invited-org"], allowed_teams: ["invited-org/newcomers"] }),
  closed: server("Closed", { allowed_orgs: ["closed-org"] }),
  sso: server("Guarded", { allowed_orgs: ["sso-org"], allowed_users: ["hubot"] }),
  sso_team: server("Guarded team", { allowed_teams: ["sso-org/staff"] }) } },
redirect_hosts: ["localhost"] };

// monalisa of the stand-in, after what the test says has happened.
const monalisa = (more, teams) => system.github.control({ user: { login: "monalisa", id: 2, emails: [], teams: ["my-org/design", ...teams],
  orgs: ["my-org", ...more] } });

let system, client;
before(async () => {
  system = await startSystem({ servers });
  client = await register(system.base, { scope: undefined });
});
after(() => system?.stop());
afterEach(() => { for (const endpoint of ["memberships", "teams"]) system.github.control({ endpoint, failure: "none" }); });

const visit = (name, user, more) => authorizeUntilConsent(system, client, { user, scope: `mcp:example.com:${name}`, more: { prompt: "consent" }, ...more });
async function admits(name, user) {
  const { page } = await visit(name, user);
  assert.equal(page.status, 200, `${user} at ${name}: ${page.text}`);
}
async function refuses(name, user) {
  const asked = await visit(name, user);
  assert.equal(asked.page.status, 403, `${user} at ${name}: ${asked.page.text}`);
  return asked;
}
const audit = async () => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", "20"))
  .map(([, pairs]) => Object.fromEntries(pairs.flatMap((text, i) => i % 2 ? [] : [[text, pairs[i + 1]]])));
const last_denial = async () => (await audit()).find(({ event }) => event === "denial");
const help_of = (page) => /<a class="button main" href="([^"]*)"/.exec(page.text)?.[1];

test("private memberships are asked for, with read:org, and only where organisations or teams decide", async () => {
  const scope_for = async (name) => new URL((await authorizeUntilCallback(system, client, { scope: `mcp:example.com:${name}` })).github_url)
    .searchParams.get("scope");
  for (const name of ["orgs", "teams"]) assert.equal(await scope_for(name), "read:user read:org");
  assert.equal(await scope_for("people"), "read:user");
  await admits("people", "octocat");
  const { memberships, teams } = system.github.report().requests;
  assert.deepEqual([memberships, teams], [0, 0]);
});

test("only active memberships are asked for, a hundred at a time", async () => {
  await admits("orgs", "octocat");
  assert.deepEqual(system.github.report().last.memberships.parameters, { state: "active", per_page: "100", page: "1" });
});

test("organisations and team slugs are compared without case, beyond the first page too", async () => {
  await admits("orgs", "octocat");
  await admits("teams", "octocat");
  await refuses("teams", "monalisa");
  await admits("teams", "joiner");
});

test("an invitation is no membership until it is accepted", async () => {
  monalisa([{ login: "invited-org", state: "pending" }], ["invited-org/newcomers"]);
  await refuses("invited", "monalisa");
  assert.equal((await last_denial()).reason, "user_not_allowed");
  monalisa(["invited-org"], []);
  await admits("invited", "monalisa");
  system.github.control({ reset: true });
});

test("an organisation that has not approved this app: the page says where that is seen", async () => {
  const { page } = await refuses("closed", "hubot");
  assert.match(page.text, /must also have approved this sign-in at GitHub/);
  assert.equal(help_of(page), `${system.github.url}/settings/connections/applications/${system.github.client_id}`);
});

test("where only names decide, the page sends nobody to GitHub", async () => {
  const { page } = await refuses("people", "monalisa");
  assert.equal(help_of(page), undefined);
  assert.doesNotMatch(page.text, /organisation/);
});

for (const name of ["sso", "sso_team"])
  test(`an organisation left out for single sign-on (${name}): the page says what to do, and then it works`, async () => {
    const asked = await refuses(name, "monalisa");
    assert.match(asked.page.text, /sign in to it at GitHub, then sign in here again/);
    assert.equal(help_of(asked.page), `${system.github.url}/settings/organizations`);
    const denial = await last_denial();
    assert.deepEqual([denial.login, denial.reason], ["monalisa", "single_sign_on_required"]);
    const reloaded = await asked.browser.fetch(asked.page.url);
    assert.equal(help_of(reloaded), help_of(asked.page), "the session keeps it");
    monalisa(["sso-org"], ["sso-org/staff"]);
    const switched = await submitConsent(asked, "switch");
    const within = [system.base, new URL(system.github.url).origin];
    const page = await asked.browser.submit(await asked.browser.navigate(switched.location), { within, button: { name: "user", value: "monalisa" } });
    assert.equal(page.status, 200, page.text);
    assert.ok((await submitConsent({ ...asked, page })).code);
    system.github.control({ reset: true });
  });

for (const endpoint of ["memberships", "teams"])
  test(`GitHub refuses ${endpoint} until there is a single sign-on session: the page leads there`, async () => {
    system.github.control({ endpoint, failure: "single_sign_on" });
    const asked = await refuses("sso", "octocat");
    assert.equal(help_of(asked.page), `${system.github.url}/orgs/sso-org/sso`);
    assert.equal((await last_denial()).reason, "single_sign_on_required");
    const [form] = forms_of(asked.page.text);
    assert.deepEqual(form.buttons.map(({ value }) => value), ["switch"]);
    const [, back] = /href="(https:\/\/example\.com\/callback[^"]*)"/.exec(asked.page.text);
    assert.equal(callback_of(back.replaceAll("&amp;", "&")).error, "access_denied");
    await admits("sso", "hubot"); // who is on the list by name needs no organisation
  });

for (const [endpoint, failure, retry_after] of [["memberships", "rate_limited"], ["memberships", "secondary_rate_limit", 60],
  ["memberships", "too_many_requests", 37], ["teams", "rate_limited"], ["teams", "secondary_rate_limit", 60]])
  test(`a limit of GitHub is no denial (${endpoint}: ${failure}): wait, try again, and it works`, async () => {
    const before_it = await last_denial();
    const { browser, callback } = await authorizeUntilCallback(system, client, { scope: "mcp:example.com:orgs", more: { prompt: "consent" } });
    system.github.control({ endpoint, failure });
    const told = await browser.fetch(callback);
    assert.equal(told.status, 503, told.text);
    assert.match(told.text, /GitHub asks us to wait/);
    assert.match(told.text, /Try again/);
    const wait_s = Number(told.headers["retry-after"]);
    if (retry_after) assert.equal(wait_s, retry_after);
    else assert.ok(wait_s > 60 && wait_s <= 1800, `X-RateLimit-Reset tells: ${wait_s}`);
    assert.deepEqual(await last_denial(), before_it);
    system.github.control({ endpoint, failure: "none" });
    const within = [system.base, new URL(system.github.url).origin];
    const at_github = await browser.navigate(callback, { within });
    const page = await browser.submit(at_github, { within, button: { name: "user", value: "octocat" } });
    assert.equal(page.status, 200, page.text);
  });
