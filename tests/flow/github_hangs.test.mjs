// ctest: LABEL flow  TIMEOUT 120
// A GitHub that takes requests and never answers, with one broker: whoever waits for it keeps nobody else waiting.
// DESIGN 8; proto/README.md (a request that only waits for a third party is no credit).

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { authorizeUntilCallback, authorizeUntilConsent, authorize_url, exchange, pkce, register, request, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const credit = 16, parked_max = 64; // CREDIT_TOTAL and REQUESTS_PARKED_MAX of common/base/limits.h

let system, client;
before(async () => {
  system = await startSystem();
  client = await register(system.base);
});
after(() => system?.stop());
afterEach(() => system.github.control({ endpoint: "user", failure: "none", release: true }));

// So many people come back from GitHub, which hangs from now on. Answers their browsers and the answers to come.
async function hang(count) {
  const people = await Promise.all(Array.from({ length: count }, () => authorizeUntilCallback(system, client)));
  system.github.control({ endpoint: "user", failure: "hang" });
  const waiting = people.map(({ browser, callback }) => browser.fetch(callback));
  await eventually(() => system.github.report().hanging === count, { what: `${count} sign-ins that hang` });
  return { people, waiting };
}

async function others_go_on(asked) {
  const login = await request(authorize_url(system.base, client, { ...pkce(), state: "x" }));
  assert.equal(new URL(login.headers.location).origin, new URL(system.github.url).origin, login.text);
  const { code } = await submitConsent(asked);
  assert.ok(code, "the consent form works");
  assert.equal((await exchange(system.base, client, { ...asked, code })).status, 200);
}

test("more sign-ins than a broker has credit hang at GitHub: another person's sign-in and consent go on", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "monalisa" });
  const { waiting } = await hang(credit + 4);
  await others_go_on(asked);
  assert.equal(system.github.report().hanging, waiting.length, "while the others still hang");
  system.github.control({ endpoint: "user", failure: "none", release: true });
  for (const page of await Promise.all(waiting)) assert.equal(page.status, 503);
});

test("when too many hang the next one is told to try again, with the sign-in kept", async () => {
  const asked = await authorizeUntilConsent(system, client, { user: "monalisa", more: { prompt: "consent" } });
  const late = await authorizeUntilCallback(system, client);
  const { people, waiting } = await hang(parked_max);
  const told = await late.browser.fetch(late.callback);
  assert.equal(told.status, 503);
  assert.match(told.text, /GitHub does not answer/);
  assert.match(told.text, /Your sign-in is kept/);
  assert.ok(told.headers["retry-after"]);
  assert.match(told.text, /Try again/);
  await others_go_on(asked);
  assert.equal(system.github.report().hanging, parked_max, "while the others still hang");
  system.github.control({ endpoint: "user", failure: "none", release: true });
  await Promise.all(waiting);
  const again = await late.browser.fetch(late.callback);
  assert.equal(again.status, 200, `GitHub's code was not used up: ${again.text}`);
  const anew = await people[0].browser.fetch(people[0].callback);
  assert.equal(new URL(anew.location).origin, new URL(system.github.url).origin, "who was lost goes through GitHub anew");
});
