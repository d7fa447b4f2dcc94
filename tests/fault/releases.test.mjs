// ctest: LABEL fault  TIMEOUT 180
// Two releases side by side (DESIGN 2, STYLE 20): workers and edges of the release before and of the next one, which say
// more or less than this one knows, and records with fields of the next one. The releases are taps on the link that rewrite
// what workers and edges of this release say.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { authorizeUntilCallback, claims_of, exchange, refresh, register, request, submitConsent } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";
import { open_tap, types } from "./tap.mjs";

const workers = ["registry", "broker", "signer"];
const news = { zone: { name: "next", weights: [1, 2.5, null, true, { deep: [] }] }, "": "no name", seed_hint: "x".repeat(200) };
const raised = (operation) => operation.replace(/\/(\d+)$/, (_, version) => `/${Number(version) + 1}`);

// What a release makes of a message of this one.
const releases = {
  // Says more than this release knows, in both directions, and can do more. READY has no room for news.
  next: (message) => {
    const body = message.type === types.READY ? message.body : { ...message.body ?? {}, ...news };
    if (message.type === types.HELLO)
      Object.assign(body, { release: "99.0.0", operations: [...body.operations, ...body.operations.map(raised), "teleport/7"] });
    return { ...message, body };
  },
  // Can do nothing any more as this release asks for it.
  far: (message) => (message.type === types.HELLO ? { ...message, body: { ...message.body, operations: message.body.operations.map(raised) } } : message),
  // Says only what it must.
  before: (message) => {
    const needed = { [types.HELLO]: ["kind", "instance", "operations", "keys"], [types.READY]: ["credit", "every_ms"] }[message.type];
    return needed ? { ...message, body: Object.fromEntries(Object.entries(message.body).filter(([name]) => needed.includes(name))) } : message;
  },
};

let system, flows;
const taps = []; // {release, kind, tap, asked}
const names = ["this", "next", "before", "far"];
const release_of = (index) => names[index % names.length];
const record = new Record(import.meta.url, () => system);

before(async () => {
  for (const release of Object.keys(releases))
    for (const kind of workers) {
      const row = { release, kind, asked: 0, answered: 0 };
      row.tap = await open_tap((message) => {
        if (message.type === types.REQUEST) row.asked += 1;
        if (message.type === types.REPLY) row.answered += 1;
        return [releases[release](message)];
      });
      taps.push(row);
    }
  const env = Object.fromEntries(workers.map((kind) => [kind, (index, { edges: [edge] }) => {
    const row = taps.find(({ release, kind: of }) => release === release_of(index) && of === kind);
    return row ? { EDGES: row.tap.between(edge.endpoints[kind]) } : {};
  }]));
  system = await startSystem({ signers: 1, brokers: 1, registries: 1, env });
  flows = new Flows(system);
});
after(async () => {
  await system?.stop();
  for (const { tap } of taps) tap.close();
});

const load = (disturb) => undisturbed(disturb, () => flows.sign_in_and_refresh(), { workers: 6 });
const of_release = (wanted) => taps.filter(({ release }) => release === wanted);

async function end(kind, index) {
  const child = system.processes[kind][index];
  child.signal("SIGTERM");
  assert.deepEqual(await child.exited, { code: 0, signal: null }, child.name);
}

record.test("workers of the release before and of the next one beside those of this one", "nothing noticed", async () => {
  await load(async () => {
    for (const kind of workers) for (const _ of ["next", "before"]) await system.add(kind);
    await count_of(20);
  });
  for (const { release, kind, asked, answered } of [...of_release("next"), ...of_release("before")]) {
    assert.ok(asked > 0, `a ${kind} of the release "${release}" had its share`);
    assert.equal(answered, asked);
  }
  return { times: 2 * workers.length };
});

record.test("workers that cannot be asked as this release asks are left alone", "nothing noticed", async () => {
  await load(async () => {
    for (const kind of workers) await system.add(kind);
    await count_of(10);
  });
  assert.deepEqual(of_release("far").map(({ asked }) => asked), workers.map(() => 0));
  return { times: workers.length };
});

record.test("all workers of this release end: the next one serves alone, and is rolled back", "nothing noticed", async () => {
  await load(async () => {
    for (const kind of workers) for (const release of ["this", "before", "far"]) await end(kind, names.indexOf(release));
    await count_of(10);
    for (const kind of workers) { // one more of this release, and then the next one goes
      await system.add(kind);
      await end(kind, names.indexOf("next"));
    }
    await count_of(10);
  });
  assert.deepEqual(workers.map((kind) => system.processes[kind].filter(({ running }) => running).length), workers.map(() => 1));
  return { times: 4 * workers.length };
});

record.test("records of the next release are read, and what it has added stays through every step", "nothing noticed", async () => {
  const field = "zone", value = JSON.stringify(news);
  const keys = async (pattern) => (await system.admin.keys(pattern)).sort();
  const marked = new Set();
  // Adds the next release's field to every hash that there is now, after all that had it still have it.
  const look = async (pattern) => {
    const found = await keys(pattern);
    assert.ok(found.length > 0, `there is a ${pattern}`);
    for (const key of marked) if (await system.admin.exists(key)) assert.equal(await system.admin.hget(key, field), value, key);
    for (const key of found) {
      if (await system.admin.type(key) !== "hash") continue;
      await system.admin.hset(key, field, value, "", "no name");
      marked.add(key);
    }
  };
  const kept = async (pattern) => {
    for (const key of await keys(pattern)) if (marked.has(key)) assert.equal(await system.admin.hget(key, field), value, key);
  };
  await system.admin.flushdb();
  const client = await register(system.base, { redirect_uris: ["https://example.com/callback"] });
  await look("mcp:client:*");
  const manage = (method, metadata) => request(`${system.base}/client/${client.client_id}`, { method, headers: {
    Authorization: `Bearer ${client.registration_access_token}`, "Content-Type": "application/json" }, body: metadata && JSON.stringify(metadata) });
  const metadata = { client_id: client.client_id, redirect_uris: client.redirect_uris, client_name: "Another name" };
  assert.equal((await manage("PUT", metadata)).status, 200);
  await kept("mcp:client:*");
  assert.equal((await manage("GET")).body.client_name, "Another name");

  for (const round of ["asked", "remembered"]) { // the second time the approval is read, with the new field in it
    const asked = await authorizeUntilCallback(system, client, { scope: "mcp:example.com:github-tools" });
    await look("mcp:session:*");
    const page = await asked.browser.fetch(asked.callback);
    await look("mcp:session:*");
    const given = round === "asked" ? await submitConsent({ browser: asked.browser, page }) : { code: new URL(page.location).searchParams.get("code") };
    assert.ok(given.code, round);
    await look("mcp:code:*");
    await look("mcp:approval:*");
    const tokens = await exchange(system.base, client, { ...asked, code: given.code, redirect_uri: client.redirect_uris[0] });
    assert.equal(tokens.status, 200, tokens.text);
    await look("mcp:refresh:*");
    let { body } = tokens;
    for (let i = 0; i < 3; i += 1) {
      const next = await refresh(system.base, client, body.refresh_token);
      assert.equal(next.status, 200, next.text);
      ({ body } = next);
    }
    const [g] = claims_of(body.access_token).jti.split(".");
    assert.equal(await system.admin.hget(`mcp:refresh:{${g}}`, field), value, "rotations keep it");
    assert.equal(await system.admin.hget(`mcp:refresh:{${g}}`, "n"), "4");
    await kept("mcp:*");
  }
  assert.equal((await manage("DELETE")).status, 204);
  return { times: marked.size };
});

record.check();
