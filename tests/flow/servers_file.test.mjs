// ctest: LABEL flow
// A new servers file while everything runs: who takes it says so, in the log and in the audit stream.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

const servers = { servers: { "example.com": { "github-tools": { name: "GitHub Tools", description: "", allowed_users: ["octocat"] } } } };
const workers = ["broker-0", "registry-0", "signer-0", "signer-1"];
let system;

before(async () => { system = await startSystem({ signers: 2, servers }); });
after(() => system?.stop());

const configurations = async () => (await system.reader.xrange("mcp:audit", "-", "+"))
  .map(([, members]) => Object.fromEntries(Array.from({ length: members.length / 2 }, (_, i) => members.slice(2 * i, 2 * i + 2))))
  .filter(({ event }) => event === "configuration");

test("a new servers file is in the audit stream, once for each worker that took it", async () => {
  assert.deepEqual(await configurations(), []);
  system.servers({ ...servers, redirect_hosts: ["localhost"] });
  const entries = await eventually(async () => {
    const found = await configurations();
    return found.length >= workers.length && found;
  }, { what: "every worker has taken the file" });
  assert.deepEqual(entries.map(({ instance }) => instance).sort(), workers);
  for (const { reason } of entries) assert.equal(reason, "servers_file");
});

test("a broken one is reported by each worker, and is no change", async () => {
  const before = (await configurations()).length;
  system.servers("{ broken");
  for (const kind of ["broker", "registry", "signer"]) await system.seen(kind, ({ event }) => event === "servers.broken");
  assert.equal((await configurations()).length, before);
});
