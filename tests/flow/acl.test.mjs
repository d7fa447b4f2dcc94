// ctest: LABEL flow  TIMEOUT 120
// Every Redis user against every key of DESIGN section 4: what it may do is listed here, all else must be refused.
// The ACL is the one that `mcp-oauth acl` prints; commands go to a real Redis.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { acl_of, command, redis_passwords } from "../support/system.mjs";
import { startRedis } from "../support/redis.mjs";

const passwords = redis_passwords();
const users = Object.keys(passwords);
const workers = ["registry", "broker", "signer"];
const g = "3f0c3f0c3f0c3f0c3f0c3f0c3f0c3f0c";

// One key of each family, and how it is read and written.
const hash = { read: ["HGETALL"], write: ["HSET", "field", "value"] };
const string = { read: ["GET"], write: ["SET", "1", "EX", "60"] };
const keys = {
  session: { name: "mcp:session:{5a}", ...hash },
  code: { name: `mcp:code:{${g}}`, ...hash },
  refresh: { name: `mcp:refresh:{${g}}`, ...hash },
  revoked: { name: `mcp:revoked:{${g}}`, ...string },
  revoked_token: { name: `mcp:revoked:{${g}}:7`, ...string },
  revoked_user: { name: "mcp:revoked:{583231}", ...string },
  approval: { name: "mcp:approval:{583231}:ab", ...hash },
  client: { name: "mcp:client:{mcp_example.com_1}", ...hash },
  client_deleted: { name: "mcp:client:{mcp_example.com_1}:deleted", ...string },
  document: { name: "mcp:document:{5a}", ...hash },
  assertion: { name: "mcp:assertion:{5a}", ...string },
  grants: { name: "mcp:grants:{583231}", read: ["ZRANGE", "0", "-1"], write: ["ZADD", "1", g] },
  rate: { name: "mcp:rate:{register}:ab", read: ["GET"], write: ["INCR"] },
  audit: { name: "mcp:audit", read: ["XRANGE", "-", "+"], write: ["XADD", "*", "event", "test"] },
  worker_registry: { name: "mcp:worker:{registry}:a", ...hash },
  worker_broker: { name: "mcp:worker:{broker}:a", ...hash },
  worker_signer: { name: "mcp:worker:{signer}:a", ...hash },
  foreign: { name: "somebody:else", ...hash },
};

// r: reads, w: writes; what is not here is refused.
const every_read = Object.fromEntries(Object.keys(keys).filter((key) => key !== "foreign").map((key) => [key, "r"]));
const rights = {
  registry: { session: "rw", client: "rw", client_deleted: "rw", document: "rw", rate: "rw", audit: "w", worker_registry: "w" },
  broker: { session: "rw", code: "rw", approval: "rw", grants: "w", rate: "rw", audit: "w", worker_broker: "w" },
  signer: { code: "rw", refresh: "rw", revoked: "rw", revoked_token: "rw", revoked_user: "rw", client: "r", document: "r",
    assertion: "rw", grants: "rw",    rate: "rw", audit: "w", worker_signer: "w" },
  reader: every_read,
  operator: { ...every_read, revoked: "rw", revoked_token: "rw", revoked_user: "rw", audit: "rw" },
  exporter: {},
};
// What each user may end (DEL); a worker may take its own heartbeat away.
const deletes = {
  registry: ["client", "client_deleted", "document", "worker_registry"],
  broker: ["approval", "worker_broker"],
  signer: ["refresh", "worker_signer"],
  reader: [],
  exporter: [],
  operator: ["session", "code", "refresh", "approval", "client", "client_deleted", "document", "grants", "rate"],
};

let redis;
const client = {};

before(async () => {
  redis = await startRedis({ acl: acl_of(passwords) });
  for (const user of users) {
    client[user] = redis.client({ username: user, password: passwords[user], retryStrategy: () => null });
    await client[user].connect();
  }
});
after(() => redis.stop());

// true: allowed, false: refused by the ACL; anything else is a mistake of this test.
async function allowed(user, words) {
  try {
    await client[user].call(...words);
    return true;
  } catch (error) {
    if (/^NOPERM|The user executing the script can't/.test(error.message)) return false;
    if (/^WRONGTYPE/.test(error.message)) return true; // it got as far as the key
    throw new Error(`${user}: ${words.join(" ")}: ${error.message}`);
  }
}
const words_of = (key, [verb, ...rest]) => [verb, keys[key].name, ...rest];

for (const user of users) {
  for (const [key, { name }] of Object.entries(keys)) {
    const right = rights[user][key] ?? "";
    test(`${user} ${right.includes("r") ? "may" : "may not"} read and ${right.includes("w") ? "may" : "may not"} write ${name}`, async () => {
      assert.equal(await allowed(user, words_of(key, keys[key].read)), right.includes("r"), "read");
      assert.equal(await allowed(user, words_of(key, keys[key].write)), right.includes("w"), "write");
    });
  }
  test(`${user} may delete ${deletes[user].join(", ") || "nothing"}`, async () => {
    for (const key of Object.keys(keys))
      assert.equal(await allowed(user, ["DEL", keys[key].name]), deletes[user].includes(key), key);
  });
  test(`${user} may not do what concerns all of Redis`, async () => {
    for (const words of [["FLUSHALL"], ["FLUSHDB"], ["KEYS", "*"], ["CONFIG", "SET", "maxmemory", "1"], ["ACL", "SETUSER", "x"],
      ["ACL", "LIST"], ["SHUTDOWN"], ["REPLICAOF", "NO", "ONE"], ["SCRIPT", "FLUSH"], ["MONITOR"],
      ["SUBSCRIBE", "x"], ["PUBLISH", "x", "y"], ["RENAME", "mcp:client:{a}", "mcp:code:{a}"], ["FUNCTION", "LIST"],
      ["COPY", "mcp:client:{a}", "mcp:code:{a}"], ["MIGRATE", "127.0.0.1", "1", "x", "0", "1"], ["SWAPDB", "0", "1"],
      ["RANDOMKEY"], ["CLUSTER", "RESET"], ["CLUSTER", "FAILOVER"], ["READONLY"], ["OBJECT", "HELP"], ["CLIENT", "KILL", "127.0.0.1:1"]])
      assert.equal(await allowed(user, words), false, words.join(" "));
  });
}

for (const user of workers) {
  test(`${user} may not look around, but may ask for the time and whether this is a master`, async () => {
    for (const words of [["SCAN", "0"], ["INFO"], ["DBSIZE"], ["CLIENT", "LIST"], ["CONFIG", "GET", "*"], ["PSUBSCRIBE", "*"]])
      assert.equal(await allowed(user, words), false, words.join(" "));
    for (const words of [["PING"], ["TIME"], ["ROLE"]]) assert.equal(await allowed(user, words), true, words.join(" "));
  });
  test(`a script of ${user} reaches no further than ${user} itself`, async () => {
    for (const [key, { name }] of Object.entries(keys)) {
      const [verb, ...rest] = keys[key].write;
      const inner = `return redis.call('${verb}', '${name}'${rest.map((word) => `, '${word}'`).join("")})`;
      const declared = rights[user].rate === "rw" ? "mcp:rate:{register}:ab" : name;
      // The key is hidden in the text, behind a declared one that this user may use.
      assert.equal(await allowed(user, ["EVAL", inner, "1", declared]), (rights[user][key] ?? "").includes("w"), name);
    }
  });
}

test("a signer's scripts take the code, the grant and its revocation together", async () => {
  const [code, refresh, revoked] = ["code", "refresh", "revoked"].map((key) => keys[key].name);
  assert.equal(await allowed("signer", ["EVAL", "return redis.call('EXISTS', KEYS[3])", "3", code, refresh, revoked]), true);
  assert.equal(await allowed("signer", ["EVAL", "return 1", "2", code, keys.client.name]), false);
  assert.equal(await allowed("broker", ["EVAL", "return 1", "2", code, refresh]), false);
});
test("a signer extends a client's life and cannot make or change one", async () => {
  const { name } = keys.client;
  await client.registry.call("HSET", name, "client_name", "x");
  assert.equal(await allowed("signer", ["EXPIRE", name, "60"]), true);
  for (const words of [["HSET", name, "a", "b"], ["HDEL", name, "client_name"], ["PERSIST", name], ["DEL", name], ["UNLINK", name],
    ["SET", name, "x"], ["GETDEL", name]])
    assert.equal(await allowed("signer", words), false, words.join(" "));
});
test("a broker adds to a person's grants and cannot take one away", async () => {
  for (const words of [["ZREM", keys.grants.name, g], ["ZREMRANGEBYSCORE", keys.grants.name, "-inf", "+inf"], ["DEL", keys.grants.name]])
    assert.equal(await allowed("broker", words), false, words.join(" "));
});
test("nobody rewrites the audit", async () => {
  for (const user of users)
    for (const words of [["XDEL", "mcp:audit", "1-1"], ["XTRIM", "mcp:audit", "MAXLEN", "0"], ["EXPIRE", "mcp:audit", "1"], ["DEL", "mcp:audit"]])
      assert.equal(await allowed(user, words), false, `${user} ${words.join(" ")}`);
});
test("reader and operator may watch keyspace events, by these patterns only", async () => {
  for (const user of ["reader", "operator"]) {
    const watcher = redis.client({ username: user, password: passwords[user], retryStrategy: () => null });
    await watcher.psubscribe("__keyevent@*__:*", "__keyspace@*__:mcp:*");
    await assert.rejects(watcher.psubscribe("*"), /NOPERM/);
    watcher.disconnect();
  }
});
test("a wrong password, another user's password and no password are refused", async () => {
  for (const [username, password] of [["signer", "wrong"], ["signer", passwords.broker], ["nobody", passwords.signer]]) {
    const intruder = redis.client({ username, password, retryStrategy: () => null });
    await assert.rejects(async () => { await intruder.connect(); await intruder.call("PING"); }, /WRONGPASS|NOAUTH|closed/i);
  }
  for (const credentials of [{}, { username: "default", password: "" }]) {
    const stranger = redis.client({ ...credentials, retryStrategy: () => null });
    await assert.rejects(async () => { await stranger.connect(); await stranger.call("PING"); }, /NOAUTH|WRONGPASS|closed/i);
  }
});

test("replicas and Sentinels get at no key, and exist only where they are asked for", async () => {
  const servers = { replica: "r".repeat(32), sentinel: "s".repeat(32) };
  const other = await startRedis({ acl: acl_of({ ...passwords, ...servers }) });
  try {
    for (const [username, password] of Object.entries(servers)) {
      const server = other.client({ username, password, retryStrategy: () => null });
      await server.connect();
      assert.equal(await server.ping(), "PONG");
      for (const { name, read, write } of Object.values(keys))
        for (const [verb, ...rest] of [read, write])
          await assert.rejects(server.call(verb, name, ...rest), /NOPERM/, `${username} ${verb} ${name}`);
      for (const words of [["CONFIG", "GET", "*"], ["ACL", "LIST"], ["FLUSHALL"], ["SHUTDOWN"], ["SUBSCRIBE", "mcp"]])
        await assert.rejects(server.call(...words), /NOPERM/, `${username} ${words}`);
      const stranger = redis.client({ username, password, retryStrategy: () => null });
      await assert.rejects(async () => { await stranger.connect(); await stranger.call("PING"); }, /WRONGPASS|NOAUTH|closed/i);
    }
  } finally {
    await other.stop();
  }
});

// ---- the tool that prints it

test("the ACL file holds no password, and needs every one but the exporter's", () => {
  const text = acl_of(passwords);
  for (const user of users) assert.ok(!text.includes(passwords[user]));
  for (const user of users) {
    const { [user]: missing, ...others } = passwords;
    if (user === "exporter") assert.ok(!acl_of(others).includes("exporter"), "it exists only where it is asked for");
    else assert.throws(() => acl_of(others), new RegExp(`REDIS_PASSWORD_${user.toUpperCase()} is not set`));
    assert.throws(() => acl_of({ ...others, [user]: "" }), /16 to 512 characters/);
    assert.throws(() => acl_of({ ...others, [user]: missing.slice(0, 15) }), /16 to 512 characters/);
  }
});
test("curve-keygen prints two keys of 40 characters, new ones each time", () => {
  const pairs = [1, 2].map(() => command(["curve-keygen"]).trim().split(" "));
  for (const pair of pairs) assert.deepEqual(pair.map((key) => key.length), [40, 40]);
  assert.equal(new Set(pairs.flat()).size, 4);
});
test("an unknown subcommand or argument ends with a sentence", () => {
  assert.throws(() => command(["nonsense"]), /ended with 2: mcp-oauth: there is no subcommand nonsense/);
  assert.throws(() => command([]), /ended with 2: mcp-oauth: a subcommand is missing/);
  assert.throws(() => command(["curve-keygen", "x"]), /ended with 2: mcp-oauth: curve-keygen does not know x/);
  assert.match(command(["--help"]), /curve-keygen/);
  assert.match(command(["--version"]), /^mcp-oauth \d+\.\d+\.\d+\n$/);
});
