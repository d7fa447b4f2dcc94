// What Redis's events of keys cost (notify-keyspace-events of deploy/redis/redis.conf), with nobody listening and with
// `mcp-oauth watch`: Redis's CPU time of one refresh, in turns within one run.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bin, startSystem } from "../support/system.mjs";
import { endpoints, servers, sign_in } from "./endpoints.mjs";
import { keys } from "./floors.mjs";
import { cpu_ns, load } from "./measure.mjs";

const CONNECTIONS = 16;
const flags = /^notify-keyspace-events (\S+)$/m.exec(readFileSync(fileURLToPath(new URL("../../deploy/redis/redis.conf", import.meta.url)), "utf8"))[1];

export async function measure_events({ seconds, rounds, say }) {
  const system = await startSystem({ servers, redis_options: { appendonly: "everysec" }, env: { all: { LOG_LEVEL: "error" }, signer: { JWT_PRIVATE_KEY: keys.ES256 } } });
  const sums = { off: 0, on: 0, watched: 0 };
  try {
    const world = await sign_in(system);
    const redis_us = async (events) => {
      await system.admin.config("SET", "notify-keyspace-events", events);
      const requests = await endpoints.token_refresh.prepare(system, world, { connections: CONNECTIONS });
      const pid = system.redis_server.process.pid, before = cpu_ns(pid);
      const { requests: answered } = await load(system.edges[0].port, { connections: CONNECTIONS, seconds, ...requests });
      return (cpu_ns(pid) - before) / 1000 / answered;
    };
    const watched = async () => {
      const child = spawn(join(bin, "mcp-oauth"), ["watch", "keys"], { stdio: ["ignore", "ignore", "inherit"],
        env: { PATH: process.env.PATH, REDIS_URL: system.redis_server.url, REDIS_USER: "reader", REDIS_PASSWORD: system.passwords.reader } });
      try {
        return await redis_us(flags);
      } finally {
        child.kill("SIGINT");
        await once(child, "close");
      }
    };
    for (let round = 0; round < rounds; round += 1) {
      say(`  events of keys, ${round + 1} of ${rounds} ...`);
      sums.off += await redis_us("");
      sums.on += await redis_us(flags);
      sums.watched += await watched();
    }
  } finally {
    await system.stop();
  }
  return { flags, rounds, redis_us: Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / rounds])) };
}
