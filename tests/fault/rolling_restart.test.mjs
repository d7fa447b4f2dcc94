// ctest: LABEL fault  TIMEOUT 240  SERIAL
// Everything is restarted, one process after the other, while people sign in: as a rollout does (DESIGN 8).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

let system;
const record = new Record(import.meta.url, () => system);
before(async () => { system = await startSystem({ edges: 2, signers: 2, brokers: 2, registries: 2, curve: true, transport: "tcp" }); });
after(async () => { await system?.stop(); });

async function end(kind, index) {
  const child = system.processes[kind][index];
  child.signal("SIGTERM");
  assert.deepEqual(await child.exited, { code: 0, signal: null }, child.name);
}

record.test("a rolling restart of everything, over tcp with CURVE", "nothing noticed", async () => {
  const flows = new Flows(system);
  let times = 0;
  await undisturbed(async () => {
    for (let round = 0; round < 2; round += 1) {
      for (const kind of ["registry", "broker", "signer"])
        for (let i = 0; i < 2; i += 1) {
          await count_of(2);
          await system.add(kind); // as a Deployment does: the new one first
          await end(kind, system.processes[kind].findIndex((child) => child.running && !child.expected));
          times += 1;
        }
      for (const index of [0, 1]) {
        await count_of(2);
        await end("edge", index);
        await system.restart("edge", index);
        await system.ready();
        times += 1;
      }
    }
  }, () => flows.sign_in_and_refresh(), { workers: 8 });
  return { times };
});

record.check();
