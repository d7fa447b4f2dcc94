// Redis with replicas and Sentinels, all private: one master, some replicas, three Sentinels that fail over quickly.
//
//   const redis = await startSentinels({ acl, passwords });        // passwords.replica and .sentinel are those users'
//   startSystem({ redis, env: { all: redis.environment } });
//   (await redis.master()).kill();                                 // a redis.mjs server, which says who is master by ROLE
//   await redis.failed_over(from);                                 // resolves when another one is master, and known as such
//   await redis.stop();

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Child, eventually, free_port, temporary_folder } from "./process.mjs";
import { startRedis } from "./redis.mjs";

const name = "auth"; // what the Sentinels call the master

export async function startSentinels({ acl, passwords, replicas = 2, sentinels = 3, down_after_ms = 400 } = {}) {
  const folder = temporary_folder("sentinel");
  const own = { worker: randomBytes(24).toString("hex"), peer: randomBytes(24).toString("hex") }; // the Sentinels' own users
  const servers = [];
  for (let i = 0; i <= replicas; i += 1)
    servers.push(await startRedis({ acl, tcp: true, appendonly: "everysec", config: {
      masteruser: "replica", masterauth: passwords.replica, "repl-diskless-sync-delay": 0,
      "min-replicas-to-write": 1, "min-replicas-max-lag": 10,
      ...(i > 0 ? { replicaof: `127.0.0.1 ${servers[0].port}` } : {}) } }));

  const watchers = [];
  for (let i = 0; i < sentinels; i += 1) {
    const [port, file] = [await free_port(), join(folder, `sentinel-${i}.conf`)];
    writeFileSync(file, `port ${port}\nbind 127.0.0.1\ndir ${folder}\nlogfile ""\n`
      + `user default off\nuser worker on >${own.worker} resetchannels -@all +sentinel|get-master-addr-by-name\n`
      + `user peer on >${own.peer} allchannels +@all\nsentinel sentinel-user peer\nsentinel sentinel-pass ${own.peer}\n`
      + `sentinel monitor ${name} 127.0.0.1 ${servers[0].port} ${Math.floor(sentinels / 2) + 1}\n`
      + `sentinel auth-user ${name} sentinel\nsentinel auth-pass ${name} ${passwords.sentinel}\n`
      + `sentinel down-after-milliseconds ${name} ${down_after_ms}\nsentinel failover-timeout ${name} 4000\n`, { mode: 0o600 });
    const process = new Child(`sentinel-${i}`, "redis-sentinel", [file], {});
    await process.seen(({ text }) => /Sentinel ID is/.test(text ?? ""));
    watchers.push({ port, process });
  }

  const clients = new Set();
  const kept = (client) => {
    client.on("error", () => {});
    clients.add(client);
    client.once("end", () => clients.delete(client));
    return client;
  };
  const asked = watchers.map(({ port }) => kept(new Redis({ host: "127.0.0.1", port, username: "peer", password: own.peer, enableReadyCheck: false,
    retryStrategy: () => 25, disableClientInfo: true, lazyConnect: true })));
  const facts = async (client) => {
    const list = await client.call("SENTINEL", "MASTER", name);
    return Object.fromEntries(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]]));
  };

  const redis = {
    servers, watchers, passwords,
    url: `redis-sentinel://${watchers.map(({ port }) => `127.0.0.1:${port}`).join(",")}/${name}`,
    environment: { REDIS_SENTINEL_USER: "worker", REDIS_SENTINEL_PASSWORD: own.worker },

    // Every Sentinel knows all others and as many good replicas.
    settled(replicas_good = replicas) {
      return Promise.all(asked.map((client) => eventually(async () => {
        const { "num-other-sentinels": others, "num-slaves": known, flags } = await facts(client);
        return Number(others) === sentinels - 1 && Number(known) >= replicas_good && flags === "master";
      }, { what: "the Sentinels' agreement", timeout_ms: 30_000 })));
    },
    async master_port() {
      return Number((await facts(asked[0])).port);
    },
    async master() {
      const port = await redis.master_port();
      return servers.find((server) => server.port === port);
    },
    fail_over() { return asked[0].call("SENTINEL", "FAILOVER", name); },
    // All Sentinels name another master than this one.
    failed_over(from) {
      return Promise.all(asked.map((client) => eventually(async () => Number((await facts(client)).port) !== from.port,
        { what: "the failover", timeout_ms: 30_000 })));
    },
    // A connection that follows the master.
    client({ username, password } = {}) {
      return kept(new Redis({ sentinels: watchers.map(({ port }) => ({ host: "127.0.0.1", port })), name, username, password,
        sentinelUsername: "peer", sentinelPassword: own.peer, sentinelRetryStrategy: () => 25, retryStrategy: () => 25, lazyConnect: true,
        enableReadyCheck: false, maxRetriesPerRequest: 200, disableClientInfo: true, reconnectOnError: ({ message }) => /^READONLY/.test(message) && 2 }));
    },
    async stop() {
      const ends = [...clients].map((client) => (["end", "wait"].includes(client.status) ? null : once(client, "end")));
      for (const client of clients) client.disconnect();
      await Promise.all(ends);
      await Promise.all(watchers.map(({ process }) => process.stop()));
      await Promise.all(servers.map((server) => server.stop()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.settled();
  return redis;
}
