// ctest: LABEL flow  TIMEOUT 120
// consent: before_github (DESIGN 7; MCP security best practices, confused deputy): the person agrees to the client before
// anything is asked of GitHub, and nothing but GitHub's sign-in stands between that and the code.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilConsent, callback_of, exchange, post_form, register, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const servers = { servers: { "example.com": {
  "github-tools": { name: "GitHub Tools", description: "", allowed_users: ["octocat"], consent: "before_github" },
  after: { name: "After", description: "", allowed_users: ["octocat"] } } }, redirect_hosts: ["localhost"] };
let system, client, github;

before(async () => {
  system = await startSystem({ servers });
  client = await register(system.base);
  github = new URL(system.github.url).origin;
});
after(() => system?.stop());

const within = () => [system.base, github];
const begin = (options) => authorizeUntilConsent(system, client, { user: null, ...options });
const choose = (browser, page, user = "octocat") => browser.submit(page, { within: within(), button: { name: "user", value: user } });
const press = ({ browser, page }, decision) => browser.submit(page, { within: within(), button: { name: "decision", value: decision } });
const codes = async () => (await system.admin.keys("mcp:code:*")).length;
const audit = async (event) => (await system.reader.xrange("mcp:audit", "-", "+"))
  .map(([, pairs]) => Object.fromEntries(pairs.flatMap((text, i) => i % 2 ? [] : [[text, pairs[i + 1]]]))).filter((entry) => entry.event === event);

async function assert_complete(asked, page) {
  const { code, state, iss } = callback_of(page.location);
  assert.equal(state, asked.state);
  assert.equal(iss, system.base);
  const { status, text } = await exchange(system.base, client, { ...asked, code });
  assert.equal(status, 200, text);
}

test("the page comes first, names everything but an account, and GitHub has heard nothing", async () => {
  const asked = await begin();
  assert.equal(asked.page.status, 200);
  assert.ok(asked.page.url.startsWith(system.base), asked.page.url);
  for (const words of ["Flow test", "GitHub Tools", "example.com", "Next you sign in with GitHub"]) assert.ok(asked.page.text.includes(words), words);
  assert.ok(!asked.page.text.includes("Signed in to GitHub"));
  assert.ok(!asked.page.text.includes("Not you?"));
  assert.ok(asked.page.headers["set-cookie"], "the browser is bound from here on");
});

test("approve leads to GitHub and from there straight to the client, with a code that works", async () => {
  const asked = await begin();
  const people = await press(asked, "approve");
  assert.ok(people.url.startsWith(github), people.url);
  assert.equal(await codes(), 0, "no code exists before somebody has signed in");
  await assert_complete(asked, await choose(asked.browser, people));
  await eventually(async () => (await audit("consent")).some(({ reason, g }) => reason === "before_github" && g), { what: "the consent is audited" });
});

test("deny goes back to the client with access_denied, and GitHub is never asked (RFC 6749 4.1.2.1)", async () => {
  const asked = await begin();
  const given = await submitConsent(asked, "deny");
  assert.equal(given.error, "access_denied");
  assert.equal(given.state, asked.state);
  assert.equal(given.iss, system.base);
});

test("the first decision counts: approve after deny is still denied", async () => {
  const asked = await begin();
  assert.equal((await submitConsent(asked, "deny")).error, "access_denied");
  assert.equal((await submitConsent(asked, "approve")).error, "access_denied");
});

test("a doubled click, the back button and a second approve lead to the same sign-in", async () => {
  const asked = await begin();
  const [first, second] = await Promise.all([press(asked, "approve"), press(asked, "approve")]);
  assert.equal(first.url, second.url);
  const again = await press(asked, "approve");
  assert.equal(again.url, first.url);
  const landed = await choose(asked.browser, again);
  const back = await submitConsent(asked, "approve"); // the old form, once more
  assert.equal(back.code, callback_of(landed.location).code, "the same code while it is unredeemed");
  await assert_complete(asked, landed);
});

test("two tabs of one browser go their own ways", async () => {
  const browser = new Browser();
  const one = await begin({ browser }), two = await begin({ browser });
  const one_at_github = await press(one, "approve"), two_at_github = await press(two, "approve");
  await assert_complete(two, await choose(browser, two_at_github));
  await assert_complete(one, await choose(browser, one_at_github));
});

test("a forged or foreign form gives nothing (RFC 6749 10.12, RFC 9700 4.7)", async () => {
  const asked = await begin(), other = await begin();
  const field = ({ page }, name) => new RegExp(`name="${name}" value="([^"]+)"`).exec(page.text)[1];
  const forged = await submitConsent(asked, "approve", { overrides: { csrf_token: "A".repeat(43) } });
  assert.equal(forged.status, 403);
  const foreign_token = await submitConsent(asked, "approve", { overrides: { csrf_token: field(other, "csrf_token") } });
  assert.equal(foreign_token.status, 403);
  const bare = await post_form(`${system.base}/authorize`, { session: field(asked, "session"), csrf_token: field(asked, "csrf_token"), decision: "approve" });
  assert.equal(bare.status, 403, "no cookie");
});

test("somebody who is not on the access list agrees, signs in, and reads that there is no access", async () => {
  const asked = await begin();
  const page = await choose(asked.browser, await press(asked, "approve"), "hubot");
  assert.equal(page.status, 403);
  assert.match(page.text, /hubot/);
  assert.equal(page.location, undefined);
});

test("it is asked each time, whoever agreed before: nobody is known yet", async () => {
  const browser = new Browser();
  for (let i = 0; i < 2; i += 1) {
    const asked = await begin({ browser });
    assert.equal(asked.page.status, 200);
    await assert_complete(asked, await choose(browser, await press(asked, "approve")));
  }
});

test("a server that asks after GitHub cannot be agreed to before (DESIGN 7)", async () => {
  const late = await register(system.base, { scope: "mcp:example.com:after" });
  const browser = new Browser();
  const asked = await authorizeUntilConsent(system, late, { browser, user: null, scope: "mcp:example.com:after" });
  assert.ok(asked.page.url.startsWith(github));
  const session = (await system.admin.keys("mcp:session:*")).map((key) => key.slice("mcp:session:{".length, -1));
  const cookie = [...browser.cookies.values()].map(({ name, value }) => `${name}=${value}`).join("; ");
  for (const s of session) {
    const { status } = await post_form(`${system.base}/authorize`, { session: s, csrf_token: "A".repeat(43), decision: "approve" }, { headers: { Cookie: cookie } });
    assert.equal(status, 403);
  }
});
