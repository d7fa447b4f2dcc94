// ctest: LABEL client  TIMEOUT 180
// A real browser clicks through sign-in and consent: Chromium, with its own ideas of cookies, CSP and redirects.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { authorize_url, exchange, pkce, register } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { new_context, openChromium, screenshot } from "./browser.mjs";

let system, chromium, callback;

// The client's own listener on a loopback port, as command-line clients have one.
async function listen_for_callback() {
  const calls = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    if (url.pathname === "/callback") calls.push(Object.fromEntries(url.searchParams));
    response.writeHead(200, { "Content-Type": "text/html" }).end("<!doctype html><title>app</title><h1>You can close this window</h1>");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { calls, uri: `http://localhost:${server.address().port}/callback`,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

before(async () => {
  callback = await listen_for_callback();
  system = await startSystem();
  chromium = await openChromium();
});

after(async () => {
  await chromium?.close();
  await callback?.close();
  await system?.stop();
});

async function authorization({ redirect_uri = callback.uri, ...registration } = {}) {
  const client = await register(system.base, { client_name: "Chromium test", redirect_uris: [redirect_uri], ...registration });
  const proof = pkce();
  return { client, redirect_uri, ...proof, url: authorize_url(system.base, client, { ...proof, redirect_uri, state: "xyz" }) };
}

// Everything a page says against our own rules ends in here.
function watch_console(page) {
  const problems = [];
  page.on("console", (message) => { if (message.type() === "error") problems.push(message.text()); });
  page.on("pageerror", (error) => problems.push(String(error)));
  return problems;
}

test("a person signs in, reads what is asked, agrees, and the client gets its tokens", async () => {
  const asked = await authorization();
  const context = await new_context(chromium);
  const page = await context.newPage();
  const problems = watch_console(page);
  await page.goto(asked.url);
  await page.getByRole("button", { name: /octocat/ }).click();

  await screenshot(page, "consent");
  const text = await page.locator("body").innerText();
  for (const shown of ["Chromium test", "GitHub Tools", "octocat", "localhost"])
    assert.ok(text.includes(shown), `the consent page shows ${shown}: ${text}`);
  assert.equal(await page.locator("script").count(), 0, "no script");
  await page.locator("button[name=decision][value=approve]").click();
  await page.waitForURL(/\/callback/);

  const given = callback.calls.at(-1);
  assert.equal(given.state, "xyz");
  assert.equal(given.iss, system.base);
  const { status, body } = await exchange(system.base, asked.client, { ...asked, code: given.code });
  assert.equal(status, 200);
  assert.equal(body.token_type, "Bearer");
  assert.deepEqual(problems.filter((problem) => !problem.includes("favicon")), []);
  await context.close();
});

test("the pages can be read on a phone, light and dark", async () => {
  for (const dark of [false, true]) {
    const asked = await authorization();
    const context = await new_context(chromium, { phone: true, dark });
    const page = await context.newPage();
    await page.goto(asked.url);
    await page.getByRole("button", { name: /octocat/ }).click();
    const name = dark ? "phone-dark" : "phone-light";
    await screenshot(page, `consent-${name}`);
    const { scroll, client } = await page.evaluate(() => ({
      scroll: document.documentElement.scrollWidth, client: document.documentElement.clientWidth }));
    assert.ok(scroll <= client, `nothing stands out sideways: ${scroll} > ${client}`);
    await page.goto(`${system.base}/authorize?client_id=unknown`);
    await screenshot(page, `error-${name}`);
    await page.goto(system.base);
    await screenshot(page, `landing-${name}`);
    await context.close();
  }
});

test("somebody who is not on the access list reads why, can change the account, and then connects", async () => {
  const asked = await authorization();
  const context = await new_context(chromium);
  const page = await context.newPage();
  await page.goto(asked.url);
  await page.getByRole("button", { name: /hubot/ }).click();
  await screenshot(page, "denied");
  assert.match(await page.locator("body").innerText(), /hubot/);
  await page.locator("button[name=decision][value=switch]").click();
  await page.getByRole("button", { name: /octocat/ }).click();
  await page.locator("button[name=decision][value=approve]").click();
  await page.waitForURL(/\/callback/);
  assert.ok(callback.calls.at(-1).code);
  await context.close();
});

test("somebody denied can return to the app, which hears access_denied", async () => {
  const asked = await authorization();
  const context = await new_context(chromium);
  const page = await context.newPage();
  await page.goto(asked.url);
  await page.getByRole("button", { name: /hubot/ }).click();
  await page.getByRole("link", { name: /return/i }).click();
  await page.waitForURL(/\/callback/);
  const told = callback.calls.at(-1);
  assert.equal(told.error, "access_denied");
  assert.equal(told.state, "xyz");
  assert.equal(told.iss, system.base);
  await context.close();
});

test("denying on the consent page tells the client access_denied", async () => {
  const asked = await authorization();
  const context = await new_context(chromium);
  const page = await context.newPage();
  await page.goto(asked.url);
  await page.getByRole("button", { name: /octocat/ }).click();
  await page.locator("button[name=decision][value=deny]").click();
  await page.waitForURL(/\/callback/);
  assert.equal(callback.calls.at(-1).error, "access_denied");
  await context.close();
});

test("a doubled click on approve gives one code", async () => {
  const asked = await authorization();
  const context = await new_context(chromium);
  const page = await context.newPage();
  await page.goto(asked.url);
  await page.getByRole("button", { name: /octocat/ }).click();
  const before = callback.calls.length;
  await page.locator("button[name=decision][value=approve]").dblclick();
  await page.waitForURL(/\/callback/);
  await page.waitForLoadState("networkidle");
  const codes = new Set(callback.calls.slice(before).map(({ code }) => code));
  assert.equal(codes.size, 1);
  const { status } = await exchange(system.base, asked.client, { ...asked, code: [...codes][0] });
  assert.equal(status, 200);
  await context.close();
});

test("two flows in two tabs of one browser both complete", async () => {
  const asked = [await authorization(), await authorization()];
  const context = await new_context(chromium);
  const pages = [await context.newPage(), await context.newPage()];
  for (const [index, page] of pages.entries()) await page.goto(asked[index].url);
  for (const page of pages) await page.getByRole("button", { name: /octocat/ }).click();
  for (const [index, page] of pages.entries()) {
    await page.locator("button[name=decision][value=approve]").click();
    await page.waitForURL(/\/callback/);
    const { status } = await exchange(system.base, asked[index].client, { ...asked[index], code: callback.calls.at(-1).code });
    assert.equal(status, 200);
  }
  await context.close();
});
