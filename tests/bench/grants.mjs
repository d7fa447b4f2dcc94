// Redis memory of one grant: the record that a real sign-in left, copied N times, and with it the first entry of as many
// users' indices, in a Redis configured as deploy/redis/redis.conf says.

import { readFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { exchange } from "../support/client.mjs";
import { startRedis } from "../support/redis.mjs";
import { startSystem } from "../support/system.mjs";
import { claims_of, new_codes, servers, sign_in } from "./endpoints.mjs";

const BATCH = 5000;

// The lines that decide how small a hash is kept.
const encodings = () => Object.fromEntries([...readFileSync(fileURLToPath(new URL("../../deploy/redis/redis.conf", import.meta.url)), "utf8")
  .matchAll(/^((?:hash|zset)-max-listpack-\S+) (\d+)$/gm)].map(([, name, value]) => [name, value]));

async function pattern() {
  const system = await startSystem({ servers });
  try {
    const world = await sign_in(system);
    const [code] = await new_codes(system, world, 1);
    const { body } = await exchange(system.base, world.client, { ...world.asked, code });
    const [g] = claims_of(body.access_token).jti.split(".");
    return await system.admin.hgetall(`mcp:refresh:{${g}}`);
  } finally {
    await system.stop();
  }
}

export async function measure_grants(count, say) {
  const record = await pattern();
  const redis = await startRedis({ config: encodings() });
  try {
    const client = redis.client();
    const used = async () => Number(/used_memory:(\d+)/.exec(await client.info("memory"))[1]);
    const add = async (write) => {
      const before = await used();
      for (let made = 0; made < count; made += BATCH) {
        const pipeline = client.pipeline();
        for (let i = made; i < Math.min(count, made + BATCH); i += 1) write(pipeline, i);
        for (const [error] of await pipeline.exec()) if (error) throw error;
      }
      return ((await used()) - before) / count;
    };
    say(`  ${count} grants ...`);
    const ids = Array.from({ length: count }, () => randomBytes(16).toString("hex"));
    const grant = await add((pipeline, i) => pipeline.hset(`mcp:refresh:{${ids[i]}}`, { ...record, user_id: String(10_000_000 + i) }).expire(`mcp:refresh:{${ids[i]}}`, 2_592_000));
    const index = await add((pipeline, i) => pipeline.zadd(`mcp:grants:${10_000_000 + i}`, Date.now(), ids[i]).expire(`mcp:grants:${10_000_000 + i}`, 2_592_000));
    return { count, bytes: { "the record": Math.round(grant), "with the user's first index entry": Math.round(grant + index) } };
  } finally {
    await redis.stop();
  }
}
