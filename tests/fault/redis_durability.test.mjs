// ctest: LABEL flow  TIMEOUT 180  SERIAL
// What Redis has acknowledged, and what it loses: with `appendfsync always` nothing; a write that is gone all the same is
// a refresh token newer than its record, which advances it, or a grant without a record, which costs a new sign-in
// (DESIGN 5).

import assert from "node:assert/strict";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { claims_of, refresh, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { Tally, count_of, during } from "./load.mjs";
import { People, g_of } from "./people.mjs";
import { Record } from "./record.mjs";

let system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ signers: 2, redis_options: { appendonly: "always" } });
});
after(async () => { await system?.stop(); });

const audited = async (event) => (await system.reader.xrevrange("mcp:audit", "+", "-", "COUNT", 5000)).filter(([, fields]) => fields.includes(event));

// A rotation whose answer was lost with Redis is repeated within its grace.
record.test("Redis is killed (SIGKILL) under load and restarts, with appendfsync always", "come again", async () => {
  const people = await People.sign_in(system, 8);
  const kills = 5;
  let turn = 0;
  const flow = async () => {
    if ((turn += 1) % 4 > 0) await people.refresh_one();
    else await people.join();
  };
  const { errors } = await during(async () => {
    for (let round = 0; round < kills; round += 1) {
      await count_of(24);
      await system.redis_server.kill();
      await people.sent_away();
      await system.redis_server.restart();
      await system.ready();
    }
    await count_of(24);
  }, flow, { workers: 8 });
  assert.deepEqual(errors, []);
  assert.ok(people.idle.length > 8, "grants were made under load too");
  await people.refresh_all();
  assert.deepEqual(await audited("failover"), [], "no record was older than its token");
  assert.deepEqual(await audited("reuse"), []);
  for (const kind of ["registry", "broker", "signer"])
    for (const { log } of system.processes[kind])
      assert.ok(log.filter(({ event }) => event === "store.lost").length <= kills, "a kill is one interruption at most");
  return { times: kills, lost: people.lost };
});

// The end of the append-only file that was written last.
function file_of_writes() {
  const folder = join(system.redis_server.folder, "appendonlydir");
  return join(folder, readdirSync(folder).filter((name) => name.endsWith(".incr.aof")).sort().at(-1));
}

record.test("Redis loses its last writes with the end of its file (DESIGN 5)", "last instants", async () => {
  const kept = await signIn(system);
  const kept_size = statSync(file_of_writes()).size;
  let newest = kept.tokens;
  for (let i = 0; i < 3; i += 1) {
    const answer = await refresh(system.base, kept.client, newest.refresh_token);
    assert.equal(answer.status, 200, answer.text);
    newest = answer.body;
  }
  const gone = await signIn(system, { client: kept.client });
  await system.redis_server.kill();
  truncateSync(file_of_writes(), kept_size);
  await system.redis_server.restart();
  await system.ready();

  const g = g_of(newest);
  assert.equal(await system.reader.hget(`mcp:refresh:{${g}}`, "n"), "1", "three rotations are lost");
  const ask = (client, { refresh_token }) => new Tally().ask(() => refresh(system.base, client, refresh_token));
  const adopted = await ask(kept.client, newest);
  assert.equal(adopted.status, 200, adopted.text);
  assert.equal(await system.reader.hget(`mcp:refresh:{${g}}`, "n"), "5", "the record has advanced, and was rotated");
  await eventually(async () => (await audited("failover")).some(([, fields]) => fields.includes(g)), { what: "the audit of the adoption" });
  const jti = (tokens) => claims_of(tokens.access_token).jti;
  assert.equal(new Set([kept.tokens, newest, adopted.body].map(jti)).size, 3, "no access token's id was given twice");
  const next = await ask(kept.client, adopted.body);
  assert.equal(next.status, 200, "and goes on from there");
  assert.equal((await ask(gone.client, gone.tokens)).body.error, "invalid_grant", "a grant without a record is over");
  await signIn(system, { client: kept.client });
  return { lost: 1 };
});

record.check();
