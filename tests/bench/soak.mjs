// Hours of every endpoint in turn: no answer but the expected ones, and memory that stays where it is. Redis grows by
// the clients that are registered, as it should; the processes must not.

import { startSystem } from "../support/system.mjs";
import { endpoints, servers, sign_in } from "./endpoints.mjs";
import { keys } from "./floors.mjs";
import { load, private_kib } from "./measure.mjs";

const CONNECTIONS = 4, ROUND_SECONDS = 2;
const names = ["token_code", "token_refresh", "validate", "introspect", "register", "authorize", "metadata"];
const kinds = ["edge", "registry", "broker", "signer"];

export async function measure_soak({ minutes, say }) {
  const system = await startSystem({ servers, redis_options: { appendonly: "everysec" }, env: { all: { LOG_LEVEL: "error" }, signer: { JWT_PRIVATE_KEY: keys.ES256 } } });
  const totals = { requests: 0, failed: 0 };
  const samples = [];
  try {
    const world = await sign_in(system);
    const began = performance.now();
    const minute = () => (performance.now() - began) / 60_000;
    const sample = () => samples.push({ minute: Number(minute().toFixed(2)), requests: totals.requests,
      memory_kib: Object.fromEntries(kinds.map((kind) => [kind, private_kib(system.processes[kind][0].pid)])) });
    while (minute() < minutes) {
      for (const name of names) {
        const { status, prepare } = endpoints[name];
        const requests = await prepare(system, world, { connections: CONNECTIONS, count: 1000 });
        const result = await load(system.edges[0].port, { connections: CONNECTIONS, seconds: ROUND_SECONDS, ...requests });
        totals.requests += result.requests;
        totals.failed += result.requests - (result.statuses[status] ?? 0) + result.unanswered;
      }
      // What was registered is not what is measured: a day's registrations in an hour would fill the memory of the machine.
      const clients = (await system.admin.keys("mcp:client:*")).filter((key) => !key.includes(world.client.client_id));
      for (let i = 0; i < clients.length; i += 1000) await system.admin.unlink(...clients.slice(i, i + 1000));
      sample();
      if (samples.length % 20 === 0) say(`  ${minute().toFixed(0)} min: ${totals.requests} requests, ${totals.failed} failed, ${JSON.stringify(samples.at(-1).memory_kib)} KiB`);
    }
  } finally {
    await system.stop();
  }
  const [settled] = samples.slice(Math.floor(samples.length / 10)), last = samples.at(-1);
  return { minutes, ...totals, memory_kib: { settled: settled.memory_kib, end: last.memory_kib }, samples };
}
