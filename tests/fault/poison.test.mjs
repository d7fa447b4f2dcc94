// ctest: LABEL fault  TIMEOUT 120
// A request that crashes whoever handles it: it is repeated at most twice, then 503 and request.poison in the log; those in
// flight beside it are not lost (DESIGN 2). The product has no way to be crashed, so a tap watches who is given the request
// and kills that worker.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";
import { open_tap, types } from "./tap.mjs";

const signers = 4;
const poisons = 3;
const poison = "poison", innocent = "innocent";

let system, flows;
const killed = new Set(); // the numbers of the signers that met the poison
const taps = new Map();
const record = new Record(import.meta.url, () => system);

// Every signer has a tap of its own, so that its tap knows whom to kill. Innocents are slow: they are still there when
// poison that was sent beside them arrives.
const slow_ms = 50;
async function new_tap(index) {
  taps.set(index, await open_tap((message, connection) => {
    if (message.type !== types.REQUEST) return [message];
    if (message.body.token === poison) {
      killed.add(index);
      system.kill("signer", index);
    } else if (message.body.token === innocent) {
      setTimeout(() => connection.send(message), slow_ms);
      return [];
    }
    return [message];
  }));
}

// Answers when it is ready, or when poison that was waiting for it has killed it, which may be before it says so.
async function add_signer() {
  const index = system.started.signer;
  await new_tap(index);
  await system.add("signer").catch((error) => { if (!killed.has(index)) throw error; });
}

before(async () => {
  for (let index = 0; index < signers; index += 1) await new_tap(index);
  system = await startSystem({ signers, env: { signer: (index, { edges: [edge] }) => ({ EDGES: taps.get(index).between(edge.endpoints.signer) }) } });
  flows = new Flows(system);
});
after(async () => {
  await system?.stop();
  for (const tap of taps.values()) tap.close();
});

record.test("a request that crashes its worker", "come again", async () => {
  const flow = await flows.refreshing(16);
  const [edge] = system.processes.edge;
  await undisturbed(async () => {
    for (let i = 0; i < poisons; i += 1) {
      await count_of(20);
      const since = edge.log.length;
      const before = killed.size;
      const { status, headers, body } = await post_json(`${system.base}/validate`, { token: poison });
      assert.equal(status, 503);
      assert.match(headers["retry-after"], /^\d+$/);
      assert.equal(body.valid, false);
      const line = await edge.seen(({ event }) => event === "request.poison", { since });
      assert.match(line.request_id, /^[0-9a-f]{32}$/);
      assert.equal(line.operation, "validate/1");
      assert.equal(killed.size - before, 3, "it was given to three workers, never to a fourth");
      for (let dead = 0; dead < 3; dead += 1) await add_signer();
    }
    await count_of(20);
  }, flow, { workers: 16 });
  assert.equal(system.logs("edge").filter(({ event }) => event === "request.poison").length, poisons, "only the poison is taken for poison");
  return { times: killed.size };
});

// With one worker at a time, as after a restart, the same requests meet the poison again and again.
record.test("a request that crashes the only worker, beside others that are in flight there each time", "come again", async () => {
  const living = () => system.processes.signer.map((child, index) => [child, index]).filter(([child]) => child.running && !child.expected);
  const [edge] = system.processes.edge;
  for (const [{ name }, index] of living().slice(1)) {
    await system.kill("signer", index);
    // What is sent to a dead one that the edge takes for living counts as repeated too.
    await edge.seen(({ event, worker }) => event === "worker.gone" && worker === name);
  }
  const before = killed.size;
  const ask = (token) => post_json(`${system.base}/validate`, { token });
  const innocents = Array.from({ length: 8 }, () => ask(innocent));
  const poisoned = ask(poison);
  let is_answered = false;
  const over = poisoned.then(() => { is_answered = true; });
  while (killed.size - before < 3 && !is_answered) {
    const [only] = living();
    if (only) await Promise.race([only[0].exited, over]);
    else await add_signer();
  }
  assert.equal(killed.size - before, 3, "it was given to three workers");
  await add_signer();
  for (const { status, text } of await Promise.all(innocents)) assert.equal(status, 400, `an answer of a signer: ${text}`);
  assert.equal((await poisoned).status, 503);
  return { times: killed.size - before };
});

record.check();
