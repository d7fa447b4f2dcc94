// ctest: LABEL flow  TIMEOUT 120
// Two edges behind one address: all state is in Redis (DESIGN 8), so any step of a sign-in may come to either, and one that
// drains leaves the rest to the other. A load on the draining edge itself is edge_restart.test.mjs's work.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { count_of, during } from "../fault/load.mjs";
import { Browser, authorizeUntilConsent, callback_of, exchange, post_json, refresh, register, request, signIn, submitConsent } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system;
before(async () => { system = await startSystem({ edges: 2 }); });
after(() => system?.stop());

const at = (edge, url) => url.replace(/^http:\/\/[^/]+/, system.edges[edge].url);
const answers = async (edge) => (await request(`${system.edges[edge].url}/ready`, { own_connection: true })).status === 200;

test("each step of a sign-in may come to another edge, and iss and aud stay the same", async () => {
  const client = await register(system.edges[1].url);
  assert.ok(client.registration_client_uri.startsWith(system.base), "BASE_URL, whoever was asked");
  const begun = await authorizeUntilConsent(system, client, { base: system.edges[1].url });
  const callback = begun.page.location;
  assert.ok(callback.startsWith(`${system.base}/auth/github/callback?`), callback);
  const page = await begun.browser.fetch(at(1, callback));
  assert.equal(page.status, 200, page.text);
  const again = await begun.browser.fetch(callback);
  assert.equal(again.status, 200, "a reload at the other edge gets the same page");
  const given = await submitConsent({ ...begun, page: { ...page, url: at(0, page.url) } });
  assert.ok(given.code, given.response.text);
  assert.equal(given.iss, system.base);
  const { status, body, text } = await exchange(system.edges[1].url, client, { ...begun, code: given.code });
  assert.equal(status, 200, text);
  const next = await refresh(system.edges[0].url, client, body.refresh_token);
  assert.equal(next.status, 200, next.text);
  for (const { url } of system.edges) {
    const validated = await post_json(`${url}/validate`, { token: next.body.access_token });
    assert.equal(validated.status, 200);
    assert.equal(validated.body.payload.iss, system.base);
  }
  const replayed = await exchange(system.edges[0].url, client, { ...begun, code: given.code });
  assert.equal(replayed.body.error, "invalid_grant", "a code is redeemed once, over all edges (RFC 6749 4.1.2)");
});

test("the cookie binds the browser at every edge (RFC 9700 4.7)", async () => {
  const client = await register(system.base, { redirect_uris: ["http://localhost:7777/cb"] });
  const begun = await authorizeUntilConsent(system, client, { base: system.edges[1].url });
  for (const edge of [0, 1]) assert.equal((await new Browser().fetch(at(edge, begun.page.location))).status, 403);
  assert.equal((await begun.browser.fetch(begun.page.location)).status, 200);
});

test("both edges publish the same metadata and keys", async () => {
  for (const path of ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"]) {
    const [one, two] = await Promise.all(system.edges.map(({ url }) => request(url + path)));
    assert.equal(one.status, 200);
    assert.deepEqual(one.body, two.body, path);
  }
});

test("an edge that ends by SIGTERM loses nothing when requests go on at the other, and the workers keep serving", async () => {
  const client = await register(system.base);
  await signIn(system, { client }); // the consent is remembered from here on
  let edge_of_choice = 1;
  // As an ingress: the same step at the other edge when a connection is refused, never when a request was taken.
  const somewhere = async (step) => {
    const chosen = edge_of_choice; // the flows beside this one may change it meanwhile
    try {
      return await step(system.edges[chosen].url);
    } catch (error) {
      if (error.code !== "ECONNREFUSED" || chosen === 0) throw error;
      edge_of_choice = 0;
      return step(system.edges[0].url);
    }
  };
  const flow = async () => {
    const browser = new Browser();
    const begun = await somewhere((base) => authorizeUntilConsent(system, client, { browser, base }));
    const page = begun.page.location?.startsWith(`${system.base}/`) ? await browser.fetch(begun.page.location) : begun.page;
    const { code } = callback_of(page.location);
    const { status, text, body } = await somewhere((base) => exchange(base, client, { ...begun, code }, { own_connection: true }));
    assert.equal(status, 200, text);
    const next = await somewhere((base) => refresh(base, client, body.refresh_token, {}, { own_connection: true }));
    assert.equal(next.status, 200, next.text);
  };
  const { done, errors } = await during(async () => {
    await count_of(5);
    const [, edge] = system.processes.edge;
    edge.signal("SIGTERM");
    assert.deepEqual(await edge.exited, { code: 0, signal: null });
    await count_of(10);
  }, flow, { workers: 3 });
  assert.deepEqual(errors, []);
  assert.ok(done >= 15);
  assert.equal(edge_of_choice, 0, "the other edge has taken over");
  for (const kind of ["registry", "broker", "signer"]) assert.ok(system.processes[kind][0].running, kind);
  await system.restart("edge", 1);
  await eventually(() => answers(1), { what: "the edge's workers are back" });
  edge_of_choice = 1;
  await flow();
  assert.equal(edge_of_choice, 1);
});
