// A private Redis on a unix socket (and a TCP port when asked) in a folder of its own.
//
//   const redis = await startRedis({ acl: "user default on nopass ~* &* +@all", appendonly: "always", tcp: true });
//   const client = redis.client({ username: "operator", password: "..." });   // ioredis
//   await redis.kill(); await redis.restart(); redis.pause(); redis.resume(); await redis.stop();
//
// The configuration goes in by standard input and the ACL by a file of mode 0600: nothing secret in argv.

import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Child, free_port, temporary_folder } from "./process.mjs";

const ready = ({ text }) => /ready to accept connections at|Ready to accept connections unix/.test(text ?? "");

export async function startRedis({ acl, appendonly = "no", tcp = false, config = {}, program = "redis-server", environment = {} } = {}) {
  const folder = temporary_folder("redis");
  const socket = join(folder, "redis.sock");
  const port = tcp ? await free_port() : 0;
  const lines = {
    unixsocket: socket, unixsocketperm: "700", dir: folder, port, bind: "127.0.0.1", daemonize: "no", save: '""', logfile: '""',
    "maxmemory-policy": "noeviction", appendonly: appendonly === "no" ? "no" : "yes",
    appendfsync: appendonly === "no" ? "everysec" : appendonly, "notify-keyspace-events": '""', ...config };
  if (acl) {
    lines.aclfile = join(folder, "users.acl");
    writeFileSync(lines.aclfile, acl.endsWith("\n") ? acl : `${acl}\n`, { mode: 0o600 });
  }
  const stdin = `${Object.entries(lines).map(([name, value]) => `${name} ${value}`).join("\n")}\n`;
  const clients = new Set();

  const redis = {
    folder, socket, port, url: `unix:${socket}`, tcp_url: tcp ? `redis://127.0.0.1:${port}` : null, process: null,

    async start() {
      redis.process = new Child("redis", program, ["-"], environment, { stdin });
      await redis.process.seen(ready);
    },
    // A connection as this user. It reconnects quickly and by itself, and closes with stop().
    client({ username, password, ...options } = {}) {
      const client = new Redis({ path: socket, username, password, enableReadyCheck: false, lazyConnect: true,
        retryStrategy: () => 25, maxRetriesPerRequest: 200, disableClientInfo: true, ...options });
      client.on("error", () => {});
      clients.add(client);
      client.once("end", () => clients.delete(client));
      return client;
    },
    async kill() {
      redis.process.signal("SIGKILL");
      await redis.process.exited;
    },
    async restart() {
      if (redis.process.running) await redis.process.stop();
      rmSync(socket, { force: true });
      await redis.start();
    },
    pause() { redis.process.signal("SIGSTOP"); },
    resume() { redis.process.signal("SIGCONT"); },
    // Ends the server only; the data and the clients stay for restart().
    async halt() { await redis.process.stop(); },
    async stop() {
      // One that waits to connect again has nothing to end: ioredis would never say so.
      const ends = [...clients].map((client) => (["end", "wait", "reconnecting"].includes(client.status) ? null : once(client, "end")));
      for (const client of clients) client.disconnect();
      await Promise.all(ends);
      await redis.process.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await redis.start();
  return redis;
}
