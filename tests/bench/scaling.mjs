// How dispatch grows with the signers, on a machine with fewer cores: signers that wait instead of signing
// (waiting_signer.c). A real one starts first, because the edge tells keys only when it has heard some, and leaves.

import { join } from "node:path";
import { Child } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { load, programs } from "./measure.mjs";

const WAIT_US = 2000, SLOW_US = 10 * WAIT_US;

async function startWaiting(count, wait_us = () => WAIT_US) {
  const system = await startSystem({ env: { all: { LOG_LEVEL: "error" }, edge: { ADMIN_LISTEN: "" } } });
  let made = 0;
  const waiting = [];
  const add = async (us) => {
    const index = (made += 1);
    const child = new Child(`waiting-${index}`, join(programs, "waiting_signer"), [],
      { ...system.environment("signer", index), LOG_LEVEL: "information", INSTANCE: `waiting-${index}`, WAIT_US: String(us) }, { cwd: system.folder });
    waiting.push(child);
    await child.seen(({ event }) => event === "ready");
  };
  for (let i = 0; i < count; i += 1) await add(wait_us(i));
  await system.kill("signer", 0, "SIGTERM");
  return { port: system.edges[0].port, waiting, add,
    remove: async () => { const child = waiting.pop(); await child.stop(); },
    stop: async () => { await Promise.all(waiting.map((child) => child.stop())); await system.stop({ check: false }); } };
}

const requests = { mode: "cycle", list: ["POST /validate HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\nContent-Length: 0\r\n\r\n"] };

async function measure(world, labels, { connections, seconds }) {
  const result = await load(world.port, { connections, seconds, ...requests });
  if (result.statuses[200] !== result.requests || result.unanswered > 0) throw new Error(`scaling: ${JSON.stringify(result)}`);
  return { ...labels, per_second: result.requests / result.seconds, latency_us: result.latency_us };
}

async function with_world(count, wait_us, work) {
  const world = await startWaiting(count, wait_us);
  try {
    return await work(world);
  } finally {
    await world.stop();
  }
}

export async function measure_scaling({ seconds, say }) {
  const rows = [], slow = [];
  for (let signers = 1; signers <= 8; signers += 1) {
    rows.push(await with_world(signers, undefined, (world) => measure(world, { signers }, { connections: 4 * signers, seconds })));
    say(`  ${signers} waiting signers: ${Math.round(rows.at(-1).per_second)}/s`);
  }
  // Arrivals below what the three quick ones do, as with a fleet that is not at its end: 4 in flight.
  for (const [what, wait_us] of [["all alike", () => WAIT_US], ["one ten times slower", (i) => (i === 0 ? SLOW_US : WAIT_US)]])
    slow.push(await with_world(4, wait_us, (world) => measure(world, { what }, { connections: 8, seconds })));
  const autoscaling = await with_world(1, undefined, async (world) => {
    const steps = async () => {
      while (world.waiting.length < 8) await world.add(WAIT_US);
      while (world.waiting.length > 1) await world.remove();
    };
    const [result] = await Promise.all([load(world.port, { connections: 16, seconds: Math.max(10, seconds), ...requests }), steps()]);
    return { answered: result.requests, "200": result.statuses[200] ?? 0, lost: result.requests - (result.statuses[200] ?? 0) + result.unanswered };
  });
  return { rows, slow, autoscaling };
}

