// ctest: LABEL flow  TIMEOUT 240  SERIAL
// Workers die with SIGKILL while people sign in and clients refresh: nothing that was asked may be lost (DESIGN 2 and 8).

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, authorizeUntilConsent, exchange, refresh, register, request, submitConsent } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, during } from "./load.mjs";

let system;
before(async () => { system = await startSystem({ signers: 2, brokers: 2, registries: 2 }); });
after(async () => { await system?.stop(); });

// A broker that dies after GitHub's code was used up cannot repeat it: the person passes GitHub once more (DESIGN 2).
async function sign_in_again_if_asked(asked) {
  const github = new URL(system.github.url).origin;
  for (let rounds = 0; rounds < 3 && new URL(asked.page.url).origin === github; rounds += 1)
    asked.page = await asked.browser.submit(asked.page, { within: [system.base, github], button: { name: "user", value: "octocat" } });
}

// One person's whole way. Every answer that is not what it should be is an error of the load.
async function sign_in_and_refresh({ refreshes = 2 } = {}) {
  const client = await register(system.base, { redirect_uris: ["http://localhost:1/callback"] });
  const asked = await authorizeUntilConsent(system, client, { browser: new Browser() });
  await sign_in_again_if_asked(asked);
  assert.equal(asked.page.status, 200, `a consent page: ${asked.page.status} ${asked.page.text.slice(0, 300)}`);
  const given = await submitConsent(asked);
  assert.ok(given.code, `a code: ${given.response.status} ${given.response.text.slice(0, 300)} ${given.location}`);
  let answer = await exchange(system.base, client, { ...asked, code: given.code });
  for (let i = 0; i <= refreshes; i += 1) {
    assert.equal(answer.status, 200, `tokens: ${answer.status} ${answer.text}`);
    if (i < refreshes) answer = await refresh(system.base, client, answer.body.refresh_token);
  }
  return 4 + refreshes;
}

// Kills one worker of the kind again and again, each time after the other took over and a new one came.
async function kill_again_and_again(kind, times) {
  for (let i = 0; i < times; i += 1) {
    const victim = system.processes[kind].length - 1;
    await count_of(3); // let the load reach the victim: three more people got through
    await system.kill(kind, victim);
    await system.add(kind);
  }
}

for (const kind of ["signer", "broker", "registry"]) {
  test(`killing a ${kind} under load loses no request`, async () => {
    const { done, errors } = await during(() => kill_again_and_again(kind, 4), () => sign_in_and_refresh(), { workers: 8 });
    assert.deepEqual(errors, []);
    assert.ok(done > 0, "the load ran");
    console.log(`# ${kind}: 4 killed, ${done} sign-ins completed, 0 lost`);
  });
}

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
  return 4;
}

test("killing a registry under load loses no update and no deletion of a client (RFC 7592)", async () => {
  const { done, errors } = await during(() => kill_again_and_again("registry", 4), () => manage_a_client(), { workers: 8 });
  assert.deepEqual(errors, []);
  assert.ok(done > 0, "the load ran");
});

test("killing the only worker of a kind delays requests until the next one comes", async () => {
  while (system.processes.signer.some((child) => child.running && !child.expected)) {
    const index = system.processes.signer.findIndex((child) => child.running && !child.expected);
    await system.kill("signer", index);
  }
  const client = { client_id: "unknown" };
  const asked = refresh(system.base, client, "mcp_refresh__1.x");
  await system.add("signer");
  const { status } = await asked;
  assert.ok([400, 401].includes(status), `an answer of a signer, not of the edge: ${status}`);
});
