// ctest: LABEL fault  TIMEOUT 240  SERIAL
// Edges end, die and stand still while people sign in at another edge behind the same address (DESIGN 2 and 8).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { startSystem } from "../support/system.mjs";
import { count_of, during, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

let system;
const record = new Record(import.meta.url, () => system);
before(async () => { system = await startSystem({ edges: 2, signers: 2, brokers: 2, registries: 2 }); });
after(async () => { await system?.stop(); });

const times = 4;
const still_ms = 1500; // longer than a READY is good for, shorter than any request's budget

record.test("an edge ends (SIGTERM) while people sign in at it", "nothing noticed", async () => {
  const flows = new Flows(system);
  await undisturbed(async () => {
    for (let i = 0; i < times; i += 1) {
      const index = flows.edge; // the one that people are at
      const edge = system.processes.edge[index];
      await count_of(3);
      edge.signal("SIGTERM");
      assert.deepEqual(await edge.exited, { code: 0, signal: null });
      await count_of(3);
      await system.restart("edge", index);
      await system.ready();
    }
  }, () => flows.sign_in_and_refresh(), { workers: 8 });
  return { times };
});

record.test("an edge stands still (SIGSTOP) and goes on (SIGCONT)", "nothing noticed", async () => {
  const flows = new Flows(system);
  await undisturbed(async () => {
    for (let i = 0; i < times; i += 1) {
      await count_of(3);
      const index = flows.edge;
      system.pause("edge", index);
      await new Promise((resolve) => setTimeout(resolve, still_ms));
      system.resume("edge", index);
      await count_of(3);
    }
  }, () => flows.sign_in_and_refresh(), { workers: 8 });
  return { times };
});

// A refresh that was in flight is asked again with the same token: the grace answers it. A code means signing in again.
record.test("an edge is killed (SIGKILL) while clients refresh", "in flight", async () => {
  const flows = new Flows(system);
  const workers = 8;
  const flow = await flows.refreshing(workers);
  let lost = 0;
  const { done, errors } = await during(async () => {
    for (let i = 0; i < times; i += 1) {
      await count_of(3 * workers);
      const index = flows.edge;
      await system.kill("edge", index);
      await count_of(3 * workers);
      await system.restart("edge", index);
      await system.ready();
    }
  }, async () => {
    try {
      await flow();
    } catch (error) {
      if (!["ECONNRESET", "EPIPE"].includes(error.code)) throw error;
      lost += 1;
    }
  }, { workers });
  assert.deepEqual(errors, [], "whoever asks again is served");
  assert.ok(done > 0, "the load ran");
  // each client's request, and one more that it sends on a kept connection before it notices that this has ended
  assert.ok(lost <= times * 2 * workers, `${lost} were in flight`);
  return { times };
});

record.check();
