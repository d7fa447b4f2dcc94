// ctest: LABEL flow  TIMEOUT 120  SERIAL
// Redis behind TLS: a Redis that speaks nothing else, and deploy/redis/stunnel.conf beside the workers. It believes no
// other authority and no other name; when it ends, or Redis does, everything recovers by itself (DESIGN 8).

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { post_form, post_json, refresh, signIn } from "../support/client.mjs";
import { startTlsRedis } from "../support/redis_tls.mjs";
import { acl_of, redis_passwords, startSystem } from "../support/system.mjs";
import { count_of, during } from "./load.mjs";
import { People } from "./people.mjs";
import { Record } from "./record.mjs";

let redis, system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  const passwords = redis_passwords();
  redis = await startTlsRedis({ passwords, acl: `${acl_of(passwords)}\nuser tests on >${passwords.operator} ~* &* +@all`,
    appendonly: "always", client_certificates: true });
  await redis.stunnel_start();
  system = await startSystem({ redis, signers: 2 });
});
after(async () => {
  await system?.stop();
  await redis?.stop();
});

// Under load, and nobody loses a grant.
async function lose_nothing(disturb) {
  const people = await People.sign_in(system, 4);
  const { done, errors } = await during(async () => {
    await count_of(8);
    await disturb(people);
    await system.ready();
    await count_of(8);
  }, () => people.refresh_one(), { workers: 4 });
  assert.deepEqual(errors, []);
  assert.ok(done > 0);
  await people.refresh_all();
  return { lost: people.lost };
}

test("everything goes through TLS", async () => {
  const { client, tokens } = await signIn(system);
  const next = await refresh(system.base, client, tokens.refresh_token);
  assert.equal(next.status, 200, next.text);
  assert.equal((await post_form(`${system.base}/revoke`, { client_id: client.client_id, token: next.body.refresh_token })).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: next.body.access_token })).body.valid, false);
  const workers = (await system.admin.client("LIST")).split("\n").filter((line) => / user=(?:registry|broker|signer) /.test(line));
  assert.ok(workers.length >= 4);
  for (const line of workers) assert.match(line, new RegExp(` laddr=127\\.0\\.0\\.1:${redis.tls_port} `), "by the TLS port");
});

test("Redis answers nobody there who speaks no TLS", async () => {
  const heard = await new Promise((resolve) => {
    const socket = connect(redis.tls_port, "127.0.0.1", () => socket.write("PING\r\n"));
    const chunks = [];
    socket.on("data", (chunk) => chunks.push(chunk)).once("error", () => {}).once("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
  assert.doesNotMatch(heard, /PONG|NOAUTH/);
});

record.test("stunnel is killed (SIGKILL) and started again", "come again", () => lose_nothing(async (people) => {
  redis.stunnel.signal("SIGKILL");
  await redis.stunnel.exited;
  await people.sent_away();
  await redis.stunnel_start();
}));

record.test("Redis behind stunnel is killed (SIGKILL) and started again", "come again", () => lose_nothing(async (people) => {
  await redis.kill();
  await people.sent_away();
  await redis.restart();
}));

// One after the other: an authority that has not signed Redis's certificate, a name that is not in it, and a stunnel
// without the certificate that Redis wants to see.
record.test("whoever stands in Redis's place has the wrong certificate, or stunnel has none", "come again", async () => {
  let lost = 0;
  for (const wrong of [{ authority: redis.other_authority }, { host: "other.internal" }, { certificate: false }]) {
    const result = await lose_nothing(async (people) => {
      await redis.stunnel.stop();
      await redis.stunnel_start(wrong);
      await redis.stunnel_refuses();
      await people.sent_away();
      const clients = await system.admin.client("LIST");
      assert.doesNotMatch(clients, / user=(?:registry|broker|signer) /, "no worker came through");
      await redis.stunnel.stop();
      await redis.stunnel_start();
    });
    lost += result.lost;
  }
  return { times: 3, lost };
});

record.check();
