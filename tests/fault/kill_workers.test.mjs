// ctest: LABEL flow  TIMEOUT 240  SERIAL
// Workers die with SIGKILL while people sign in and clients refresh: nothing that was asked may be lost (DESIGN 2 and 8).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { refresh, register, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

let system, flows;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ signers: 2, brokers: 2, registries: 2 });
  flows = new Flows(system);
});
after(async () => { await system?.stop(); });

const times = 8;

// Kills one worker of the kind again and again, each time after the other took over and a new one came.
async function undisturbed_by_kills(kind, flow) {
  await undisturbed(async () => {
    for (let i = 0; i < times; i += 1) {
      const victim = system.processes[kind].length - 1;
      await count_of(3); // let the load reach the victim: three more people got through
      await system.kill(kind, victim);
      await system.add(kind);
    }
  }, flow, { workers: 8 });
  return { times };
}

for (const kind of ["signer", "broker", "registry"])
  record.test(`a ${kind} is killed (SIGKILL) while people sign in`, "nothing noticed",
    () => undisturbed_by_kills(kind, () => flows.sign_in_and_refresh()));

// A client's whole life at its registration: each answer is needed for the next step.
async function manage_a_client() {
  const client = await register(system.base, { redirect_uris: ["http://localhost:1/callback"] });
  const ask = (method, metadata) => request(`${system.base}/client/${client.client_id}`, { method, headers: {
    Authorization: `Bearer ${client.registration_access_token}`, "Content-Type": "application/json" }, body: metadata && JSON.stringify(metadata) });
  const metadata = { client_id: client.client_id, redirect_uris: ["http://localhost:2/callback"] };
  const confidential = await ask("PUT", { ...metadata, token_endpoint_auth_method: "client_secret_post" });
  assert.equal(confidential.status, 200, confidential.text);
  assert.ok(confidential.body.client_secret, "the new secret is told, whoever made it");
  const open = await ask("PUT", { ...metadata, client_secret: confidential.body.client_secret });
  assert.equal(open.status, 200, open.text);
  const removed = await ask("DELETE");
  assert.equal(removed.status, 204, removed.text);
}

record.test("a registry is killed (SIGKILL) while clients are updated and deleted (RFC 7592)", "nothing noticed",
  () => undisturbed_by_kills("registry", () => manage_a_client()));

record.test("the only worker of a kind is killed (SIGKILL) and another comes", "nothing noticed", async () => {
  const living = system.processes.signer.map((child, index) => [child, index]).filter(([child]) => child.running && !child.expected);
  for (const [, index] of living) await system.kill("signer", index);
  const client = { client_id: "unknown" };
  const asked = refresh(system.base, client, "mcp_refresh__1.x");
  await system.add("signer");
  const { status } = await asked;
  assert.ok([400, 401].includes(status), `an answer of a signer, not of the edge: ${status}`);
  return { times: living.length };
});

record.check();
