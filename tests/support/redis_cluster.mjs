// A private Redis Cluster: masters with their replicas, the slots shared out evenly.
//
//   const redis = await startCluster({ acl, passwords, admin: { username: "tests", password }, masters: 3, replicas: 3 });
//   startSystem({ redis });
//   const server = await redis.master_of("mcp:code:{0f}");       // a redis.mjs server
//   await redis.move_slot(redis.slot_of(key), from, to, between); // between(): while the slot is neither here nor there
//   await redis.stop();
//
// admin: a user that may do everything. passwords.replica is the user `replica`.

import { once } from "node:events";
import { Cluster } from "ioredis";
import { eventually, free_port } from "./process.mjs";
import { startRedis } from "./redis.mjs";

const slots_count = 16384;

export async function startCluster({ acl, passwords, admin, masters = 3, replicas = 0 } = {}) {
  const servers = [], clients = new Set();
  for (let i = 0; i < masters + replicas; i += 1) {
    const server = await startRedis({ acl, tcp: true, appendonly: "everysec", config: {
      "cluster-enabled": "yes", "cluster-port": await free_port(), "cluster-node-timeout": 1000, "cluster-require-full-coverage": "no",
      "cluster-replica-validity-factor": 0, masteruser: "replica", masterauth: passwords.replica, "repl-diskless-sync-delay": 0 } });
    server.admin = server.client(admin);
    server.bus_port = Number((await server.admin.config("GET", "cluster-port"))[1]);
    server.id = await server.admin.cluster("MYID");
    await server.admin.call("CLUSTER", "SET-CONFIG-EPOCH", i + 1);
    servers.push(server);
  }

  const redis = {
    servers, passwords,
    url: `redis-cluster://${servers.slice(0, 2).map(({ port }) => `127.0.0.1:${port}`).join(",")}`,

    // Every server that lives sees the whole cluster well, with so many masters that have slots.
    settled() {
      return Promise.all(servers.filter(({ process }) => process.running).map((server) => eventually(async () => {
        const [info, slots] = [await server.admin.cluster("INFO"), await server.admin.cluster("SLOTS")];
        const owners = new Set(slots.map(([, , [, port]]) => port));
        return /cluster_state:ok/.test(info) && owners.size === masters
          && slots.reduce((sum, [first, last]) => sum + last - first + 1, 0) === slots_count
          && [...owners].every((port) => servers.some((one) => one.port === port && one.process.running));
      }, { what: `the cluster as 127.0.0.1:${server.port} sees it`, timeout_ms: 30_000 })));
    },
    async slot_of(key) { return servers.find(({ process }) => process.running).admin.cluster("KEYSLOT", key); },
    async master_of_slot(slot) {
      const slots = await servers.find(({ process }) => process.running).admin.cluster("SLOTS");
      const [, , [, port]] = slots.find(([first, last]) => first <= slot && slot <= last);
      return servers.find((server) => server.port === port);
    },
    async master_of(key) { return redis.master_of_slot(await redis.slot_of(key)); },
    async replica_of(master) {
      const nodes = await master.admin.cluster("NODES");
      const [id] = nodes.split("\n").map((line) => line.split(" ")).find(([, , , of]) => of === master.id);
      return servers.find((server) => server.id === id);
    },
    // The way of redis-cli --cluster reshard, with a pause before its keys move, and one before everybody is told.
    async move_slot(slot, from, to, between = async () => {}) {
      await to.admin.cluster("SETSLOT", slot, "IMPORTING", from.id);
      await from.admin.cluster("SETSLOT", slot, "MIGRATING", to.id);
      await between();
      for (;;) {
        const keys = await from.admin.cluster("GETKEYSINSLOT", slot, 100);
        if (keys.length === 0) break;
        await from.admin.call("MIGRATE", "127.0.0.1", to.port, "", 0, 5000, "AUTH2", admin.username, admin.password, "KEYS", ...keys);
      }
      await between();
      for (const server of [to, from, ...servers.filter((one) => one !== to && one !== from)])
        if (server.process.running && (await server.admin.role())[0] === "master")
          await server.admin.cluster("SETSLOT", slot, "NODE", to.id);
    },
    client({ username, password } = {}) {
      const client = new Cluster(servers.map(({ port }) => ({ host: "127.0.0.1", port })), { lazyConnect: true, enableReadyCheck: false,
        clusterRetryStrategy: () => 50, retryDelayOnFailover: 50, retryDelayOnClusterDown: 50, maxRedirections: 100, slotsRefreshTimeout: 2000,
        redisOptions: { username, password, disableClientInfo: true, maxRetriesPerRequest: 20 } });
      client.on("error", () => {});
      clients.add(client);
      client.once("end", () => clients.delete(client));
      return client;
    },
    async stop() {
      const ends = [...clients].map((client) => (["end", "wait"].includes(client.status) ? null : once(client, "end")));
      for (const client of clients) client.disconnect();
      await Promise.all(ends);
      await Promise.all(servers.map((server) => server.stop()));
    },
  };

  for (let i = 0; i < masters; i += 1)
    await servers[i].admin.call("CLUSTER", "ADDSLOTSRANGE", Math.ceil(i * slots_count / masters), Math.ceil((i + 1) * slots_count / masters) - 1);
  for (const server of servers.slice(1)) await servers[0].admin.call("CLUSTER", "MEET", "127.0.0.1", server.port, server.bus_port);
  for (let i = masters; i < servers.length; i += 1)
    await eventually(() => servers[i].admin.cluster("REPLICATE", servers[i % masters].id).then(() => true), { what: "a replica's acquaintance with its master" });
  await redis.settled();
  for (let i = masters; i < servers.length; i += 1)
    await eventually(async () => /master_link_status:up/.test(await servers[i].admin.info("replication")), { what: "a replica's first data" });
  return redis;
}
