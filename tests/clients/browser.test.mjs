// ctest: LABEL client  TIMEOUT 240
// A real browser clicks through sign-in and consent: Chromium, with its own ideas of cookies, CSP and redirects. Over http
// and over https, and back into each kind of application: one on the web, one on a port of this machine, one with a scheme
// of its own.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { after, before } from "node:test";
import { authorize_url, claims_of, exchange, pkce, register, trust } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { make_certificate } from "../support/tls.mjs";
import { new_context, openChromium, screenshot } from "./browser.mjs";
import { Record } from "./record.mjs";

const record = new Record(import.meta.url), { test } = record;
const web_application = "claude.ai";
const systems = {}, targets = {};
const shown_target = { "https redirect": [web_application], "loopback redirect": ["localhost"], "private scheme": ["cursor:"] };
let chromium, local_application, web_server;

// An application's own listener; it notes what it is called back with.
async function listen(server) {
  const calls = [];
  server.on("request", (request, response) => {
    const url = new URL(request.url, "http://application");
    if (url.pathname.endsWith("callback")) calls.push(Object.fromEntries(url.searchParams));
    response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>app</title><h1>You can close this window</h1>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { calls, port: server.address().port, close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

before(async () => {
  const [tls, web_tls] = [make_certificate(["localhost"]), make_certificate([web_application])];
  trust(tls.certificate);
  local_application = await listen(createServer());
  web_server = await listen(createSecureServer({ cert: web_tls.certificate, key: web_tls.key }));
  targets["https redirect"] = `https://${web_application}/api/mcp/auth_callback`;
  targets["loopback redirect"] = `http://localhost:${local_application.port}/callback`;
  targets["private scheme"] = "cursor://anysphere.cursor-mcp/oauth/callback";
  const servers = { redirect_hosts: ["localhost", web_application, "cursor:"], servers: { "example.com": { "github-tools": {
    name: "GitHub Tools", description: "Repositories and issues", allowed_users: ["octocat", 2] } } } };
  systems.http = await startSystem({ servers });
  systems.https = await startSystem({ servers, tls, host: "localhost" });
  chromium = await openChromium({ names: { [web_application]: web_server.port }, accepted: [tls.spki, web_tls.spki] });
});

after(async () => {
  await chromium?.close();
  await local_application?.close();
  await web_server?.close();
  await systems.http?.stop();
  await systems.https?.stop();
});

async function authorization({ scheme = "http", kind = "loopback redirect", more, client } = {}) {
  const { base } = systems[scheme], redirect_uri = targets[kind];
  const known = client ?? await register(base, { client_name: "Chromium test", redirect_uris: [redirect_uri] });
  const proof = pkce();
  return { client: known, redirect_uri, base, ...proof, url: authorize_url(base, known, { ...proof, redirect_uri, state: "xyz", more }) };
}

// A browser window with a profile of its own, for one test. problems: everything the browser says against our pages.
async function open_page(t, look) {
  const context = await new_context(chromium, look);
  t.after(() => context.close());
  const page = await context.newPage();
  page.problems = [];
  page.on("console", (message) => { if (message.type() === "error" && !message.text().includes("favicon")) page.problems.push(message.text()); });
  page.on("pageerror", (error) => page.problems.push(String(error)));
  return page;
}

const choose = (page, user) => page.getByRole("button", { name: user }).click();
const decide = (page, decision) => page.locator(`button[name=decision][value=${decision}]`).click({ noWaitAfter: true });

async function open_consent(page, asked, user = /octocat/) {
  await page.goto(asked.url);
  await choose(page, user);
  await page.locator("button[name=decision][value=approve]").waitFor();
}

// A doubled click's second navigation aborts the first one, to the same place.
async function wait_for_url(page, is_there, aborts_left = 2) {
  try {
    await page.waitForURL(is_there);
  } catch (error) {
    if (aborts_left === 0 || !/ERR_ABORTED/.test(error.message)) throw error;
    await wait_for_url(page, is_there, aborts_left - 1);
  }
}

// What the redirect to the application carries, when the browser goes there: no policy of our pages held it back.
async function arrival(page, { redirect_uri }, act) {
  const is_there = (url) => url.startsWith(`${redirect_uri}?`);
  const [request] = await Promise.all([page.waitForRequest((one) => is_there(one.url())), act()]);
  if (redirect_uri.startsWith("http")) await wait_for_url(page, (url) => is_there(url.href)); // another scheme leaves the page as it is
  return Object.fromEntries(new URL(request.url()).searchParams);
}

const approve = (page, asked) => arrival(page, asked, () => decide(page, "approve"));

async function assert_redeemed(asked, code) {
  const { status, body, text } = await exchange(asked.base, asked.client, { ...asked, code });
  assert.equal(status, 200, text);
  assert.equal(body.token_type, "Bearer");
}

test("Chromium holds a redirect back when the page's form-action forbids it, so the tests below can fail", async (t) => {
  const server = createServer((request, response) => (request.method === "POST"
    ? response.writeHead(302, { Location: `${targets["private scheme"]}?code=x` }).end()
    : response.writeHead(200, { "Content-Type": "text/html", "Content-Security-Policy": "form-action 'self'" })
      .end("<form method=post><button name=decision value=approve>go</button></form>"))).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => { server.closeAllConnections(); server.close(); });
  const page = await open_page(t);
  await page.goto(`http://127.0.0.1:${server.address().port}/`);
  const went = [];
  page.on("request", (request) => went.push(request.url()));
  const [complaint] = await Promise.all([page.waitForEvent("console"), page.waitForEvent("requestfailed"), decide(page, "approve")]);
  assert.match(complaint.text(), /form-action/);
  assert.deepEqual(went.filter((url) => url.startsWith("cursor:")), []);
});

for (const scheme of ["http", "https"]) {
  const name = `Chromium, over ${scheme}`;

  for (const kind of ["https redirect", "loopback redirect", "private scheme"]) {
    test(`${name}, ${kind}: a person signs in, reads what is asked, agrees, and the client gets its tokens`, async (t) => {
      const asked = await authorization({ scheme, kind });
      const page = await open_page(t);
      await open_consent(page, asked);
      const text = await page.locator("body").innerText();
      for (const shown of ["Chromium test", "GitHub Tools", "octocat", ...shown_target[kind]])
        assert.ok(text.includes(shown), `the consent page shows ${shown}: ${text}`);
      assert.equal(await page.locator("script").count(), 0, "no script");
      await screenshot(page, `consent-${scheme}-${kind.replace(" ", "-")}`);
      const given = await approve(page, asked);
      assert.equal(given.state, "xyz");
      assert.equal(given.iss, asked.base);
      await assert_redeemed(asked, given.code);
      assert.deepEqual(page.problems, []);
      record.proved(name, "sign-in", kind);
    });

    test(`${name}, ${kind}: a doubled click on approve gives one code`, async (t) => {
      const asked = await authorization({ scheme, kind });
      const page = await open_page(t);
      await open_consent(page, asked);
      const codes = [];
      page.on("request", (request) => {
        if (request.url().startsWith(`${asked.redirect_uri}?`)) codes.push(new URL(request.url()).searchParams.get("code"));
      });
      await arrival(page, asked, () => page.locator("button[name=decision][value=approve]").dblclick({ noWaitAfter: true }));
      await page.waitForLoadState("networkidle");
      assert.equal(new Set(codes).size, 1, String(codes));
      await assert_redeemed(asked, codes[0]);
      record.proved(name, "doubled click");
    });
  }

  test(`${name}: two flows in two tabs of one browser both complete`, async (t) => {
    const asked = [await authorization({ scheme }), await authorization({ scheme, kind: "private scheme" })];
    const first = await open_page(t);
    const pages = [first, await first.context().newPage()];
    for (const [index, page] of pages.entries()) await page.goto(asked[index].url);
    for (const page of pages) await choose(page, /octocat/);
    for (const [index, page] of pages.entries()) {
      const { code } = await approve(page, asked[index]);
      await assert_redeemed(asked[index], code);
    }
    record.proved(name, "two tabs");
  });

  test(`${name}: back from the application comes to it again with the same code, and says "you are connected" once it is used`, async (t) => {
    for (const used of [false, true]) {
      const asked = await authorization({ scheme });
      const page = await open_page(t);
      await open_consent(page, asked);
      const { code } = await approve(page, asked);
      if (used) {
        await assert_redeemed(asked, code);
        await page.goBack();
        assert.match(await page.locator("h1").innerText(), /You are connected/);
      } else {
        const again = await arrival(page, asked, () => page.goBack());
        assert.equal(again.code, code);
        await assert_redeemed(asked, code);
      }
    }
    record.proved(name, "back button");
  });

  test(`${name}: back at GitHub another account changes nothing: the page names whom it speaks for, and "not you" changes it`, async (t) => {
    const asked = await authorization({ scheme });
    const page = await open_page(t);
    await open_consent(page, asked);
    await page.goBack();
    await choose(page, /monalisa/);
    assert.match(await page.locator("body").innerText(), /Signed in to GitHub as octocat/);
    await decide(page, "switch");
    await choose(page, /monalisa/);
    await page.getByText("Signed in to GitHub as monalisa").waitFor();
    const { code } = await approve(page, asked);
    const { body } = await exchange(asked.base, asked.client, { ...asked, code });
    assert.equal(claims_of(body.access_token).preferred_username, "monalisa");
  });

  test(`${name}: a consent to a web application is remembered, one to a local program is asked each time`, async (t) => {
    for (const [kind, remembered] of [["https redirect", true], ["loopback redirect", false]]) {
      const page = await open_page(t);
      const first = await authorization({ scheme, kind });
      await open_consent(page, first);
      await approve(page, first);
      const second = await authorization({ scheme, kind, client: first.client });
      await page.goto(second.url);
      if (remembered) await assert_redeemed(second, (await arrival(page, second, () => choose(page, /octocat/))).code);
      else await open_consent(page, second);
    }
    record.proved(name, "remembered consent");
  });

  test(`${name}: denying on the consent page tells the client access_denied`, async (t) => {
    for (const kind of ["https redirect", "loopback redirect", "private scheme"]) {
      const asked = await authorization({ scheme, kind });
      const page = await open_page(t);
      await open_consent(page, asked);
      const told = await arrival(page, asked, () => decide(page, "deny"));
      assert.equal(told.error, "access_denied");
      assert.equal(told.state, "xyz");
      assert.equal(told.iss, asked.base);
    }
    record.proved(name, "denied");
  });
}

test("the pages can be read on a phone, light and dark", async (t) => {
  for (const dark of [false, true]) {
    const asked = await authorization();
    const page = await open_page(t, { phone: true, dark });
    await open_consent(page, asked);
    const name = dark ? "phone-dark" : "phone-light";
    await screenshot(page, `consent-${name}`);
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
    assert.ok(scroll <= client, `nothing stands out sideways: ${scroll} > ${client}`);
    await page.goto(`${asked.base}/authorize?client_id=unknown`);
    await screenshot(page, `error-${name}`);
    await page.goto(asked.base);
    await screenshot(page, `landing-${name}`);
  }
});

test("somebody who is not on the access list reads why, can change the account, and then connects", async (t) => {
  const asked = await authorization();
  const page = await open_page(t);
  await page.goto(asked.url);
  await choose(page, /hubot/);
  await screenshot(page, "denied");
  assert.match(await page.locator("body").innerText(), /hubot/);
  await page.locator("button[name=decision][value=switch]").click();
  await choose(page, /octocat/);
  const { code } = await approve(page, asked);
  assert.ok(code);
});

test("somebody denied can return to the app, which hears access_denied", async (t) => {
  const asked = await authorization();
  const page = await open_page(t);
  await page.goto(asked.url);
  await choose(page, /hubot/);
  const told = await arrival(page, asked, () => page.getByRole("link", { name: /return/i }).click());
  assert.equal(told.error, "access_denied");
  assert.equal(told.state, "xyz");
  assert.equal(told.iss, asked.base);
});

record.check();
