// ctest: LABEL fault  TIMEOUT 180
// The servers file and the keys reach the processes one after the other: who has them and who does not yet serve the same
// people meanwhile (DESIGN 5). Every worker has files of its own here, written long ago, as in pods on several machines.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach } from "node:test";
import { refresh } from "../support/client.mjs";
import { eventually, temporary_folder } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

const workers = ["registry", "broker", "signer"];
const server = (more = {}) => ({ name: "A server", description: "", allowed_users: ["octocat"], ...more });
const servers_of = (servers) => ({ servers: { "example.com": servers }, redirect_hosts: ["localhost"] });
const long_ago_s = 3600; // a file this old is no longer spreading

const folder = temporary_folder("moments");
const file_of = (kind, index) => join(folder, `${kind}-${index}`, "servers.json");
const refresh_file_of = (index) => join(folder, `signer-${index}`, "refresh-encryption-key");
const refresh_keys = [1, 2].map((version) => `${version}:${randomBytes(32).toString("base64")}`);

// In one step, as a ConfigMap does.
function write(path, text, age_s = 0) {
  const then_s = Date.now() / 1000 - age_s;
  writeFileSync(`${path}.next`, text, { mode: 0o600 });
  utimesSync(`${path}.next`, then_s, then_s);
  renameSync(`${path}.next`, path);
}

let system, flows;
const record = new Record(import.meta.url, () => system);

before(async () => {
  for (const kind of workers)
    for (const index of [0, 1]) {
      mkdirSync(join(folder, `${kind}-${index}`), { mode: 0o700 });
      write(file_of(kind, index), JSON.stringify(servers_of({ "github-tools": server() })), long_ago_s);
    }
  for (const index of [0, 1]) write(refresh_file_of(index), `${refresh_keys[0]}\n`);
  system = await startSystem({ signers: 2, env: {
    ...Object.fromEntries(workers.map((kind) => [kind, (index) => ({ SERVERS_FILE: file_of(kind, index) })])),
    signer: (index) => ({ SERVERS_FILE: file_of("signer", index), REFRESH_ENCRYPTION_KEY: undefined, REFRESH_ENCRYPTION_KEY_FILE: refresh_file_of(index) }) } });
  flows = new Flows(system);
});
after(() => system?.stop());

// This worker, and no other, hears of these servers.
async function tell(kind, index, servers, age_s) {
  const child = system.processes[kind][index];
  const since = child.log.length;
  write(file_of(kind, index), typeof servers === "string" ? servers : JSON.stringify(servers_of(servers)), age_s);
  await child.seen(({ event }) => event === (typeof servers === "string" ? "servers.broken" : "servers.reloaded"), { since });
}
const tell_all = async (servers, age_s) => {
  for (const [kind, index] of [["registry", 0], ["broker", 0], ["signer", 0], ["signer", 1]]) await tell(kind, index, servers, age_s);
};
const tools = "github-tools", news = "new-tools"; // the server that was always there, and the one that comes
beforeEach(() => tell_all({ [tools]: server() }, long_ago_s));

// People at the server that was always there notice nothing of what goes on with another one.
const beside = (disturb) => undisturbed(disturb, () => flows.sign_in_and_refresh(), { workers: 3 });

record.test("a server is added: the broker hears of it after the registry, the signers last, one after the other", "come again", async () => {
  const patient = new Flows(system, { patient: true, scope: `mcp:example.com:${news}` });
  await beside(async () => {
    const both = { [tools]: server(), [news]: server() };
    await tell("registry", 0, both);
    const people = Promise.all(Array.from({ length: 6 }, () => patient.sign_in_and_refresh()));
    await eventually(() => patient.later > 0, { what: "people whom the broker told to come again" });
    await tell("broker", 0, both);
    const later = patient.later;
    await eventually(() => system.logs("signer").some(({ failure }) => failure === "configuration_behind") || patient.later > later + 6,
      { what: "people whom a signer told to come again" });
    await tell("signer", 0, both);
    await count_of(3);
    await tell("signer", 1, both);
    await people;
    await patient.sign_in_and_refresh();
  });
  return { times: 4 };
});

record.test("a person is let in: one signer hears of it late", "come again", async () => {
  const patient = new Flows(system, { patient: true });
  const others = server({ allowed_users: ["monalisa"] });
  await tell_all({ [tools]: others }, long_ago_s);
  for (const kind of ["registry", "broker"]) await tell(kind, 0, { [tools]: server() });
  const people = Promise.all(Array.from({ length: 6 }, () => patient.sign_in_and_refresh()));
  await eventually(() => patient.later > 0, { what: "people whom a signer told to come again" });
  await tell("signer", 0, { [tools]: server() });
  await patient.sign_in_and_refresh();
  await tell("signer", 1, { [tools]: server() });
  await people;
  return { times: 4 };
});

record.test("a server is removed by mistake, at different moments, and comes back", "come again", async () => {
  const patient = new Flows(system, { patient: true, scope: `mcp:example.com:${news}` });
  const both = { [tools]: server(), [news]: server() };
  await tell_all(both, long_ago_s);
  await beside(async () => {
    const client = await patient.register();
    let tokens = await patient.exchange(client, await patient.code(client));
    const later = patient.later;
    const refreshing = (async () => {
      for (let i = 0; i < 40 || patient.later === later; i += 1) tokens = await patient.refresh(client, tokens.refresh_token);
    })();
    await tell("signer", 0, { [tools]: server() });
    await tell("signer", 1, { [tools]: server() });
    await eventually(() => patient.later > later, { what: "a signer that told to come again" });
    await tell("signer", 1, both);
    await count_of(2);
    await tell("signer", 0, both);
    await refreshing;
    await patient.validate(tokens.access_token);
  });
  return { times: 4 };
});

record.test("a person is shut out at one signer, and let in again: the grant is blocked and not gone", "nothing noticed", async () => {
  const client = await flows.register();
  let tokens = await flows.exchange(client, await flows.code(client));
  await tell("signer", 0, { [tools]: server({ allowed_users: ["monalisa"] }) }, -5);
  const heard = new Set();
  await eventually(async () => {
    const answer = await refresh(system.base, client, tokens.refresh_token);
    heard.add(answer.status === 200 ? "ok" : answer.body.error);
    if (answer.status === 200) tokens = answer.body;
    return heard.size === 2;
  }, { what: "both signers' answers" });
  assert.deepEqual(heard, new Set(["ok", "invalid_grant"]));
  await tell("signer", 0, { [tools]: server() });
  for (let i = 0; i < 8; i += 1) tokens = await flows.refresh(client, tokens.refresh_token);
  return { times: 2 };
});

record.test("a broken file reaches every worker, one after the other", "nothing noticed", async () => {
  await beside(async () => {
    for (const [kind, index] of [["signer", 0], ["broker", 0], ["signer", 1], ["registry", 0]]) {
      await tell(kind, index, "{ broken");
      await count_of(3);
    }
  });
  return { times: 4 };
});

// With a time to begin with, as setup-secrets rotate writes it, nobody notices (flow/key_rotation.test.mjs); a key that is
// used at once is one that the other signer does not know yet.
record.test("a refresh key that is used at once reaches one signer before the other", "come again", async () => {
  const patient = new Flows(system, { patient: true });
  const ring = `${refresh_keys[1]}\n${refresh_keys[0]}\n`;
  const taken = async (index) => {
    const child = system.processes.signer[index], since = child.log.length;
    write(refresh_file_of(index), ring);
    await child.seen((line) => line.event === "keys.changed" && line.ring === "refresh", { since });
  };
  const flow = await patient.refreshing(4);
  await undisturbed(async () => {
    await count_of(8);
    await taken(0);
    await eventually(() => patient.later > 0, { what: "a token of the new key at the signer that does not know it" });
    await taken(1);
    await count_of(8);
  }, flow, { workers: 4 });
  return { times: 2 };
});

record.check();
