// ctest: LABEL fault  TIMEOUT 120
// More requests than can be answered: the queue is bounded, what does not fit is told at once to come again (503 and
// Retry-After), the edge's memory stays bounded, and what needs none of the busy workers goes on (DESIGN 8).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json, register, request, signIn } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { undisturbed } from "./load.mjs";
import { Raw, memory_bytes } from "./raw.mjs";
import { Record } from "./record.mjs";

const queue_max = 1024, credit = 16; // QUEUE_REQUESTS_MAX and CREDIT_TOTAL of common/base/limits.h
const asked = 2 * queue_max;
// A queued request is its parts, some KB; sanitizers keep what was freed, and shadow the rest.
const memory_max = (process.env.MCP_OAUTH_SANITIZE ? 8 : 1) * 96 * 1024 * 1024;

let system, edge, token;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ signers: 2 });
  [edge] = system.processes.edge;
  token = (await signIn(system)).tokens.access_token;
});
after(() => system?.stop());

const validate = (value) => post_json(`${system.base}/validate`, { token: value }, { own_connection: true });

// Clients who have connected already, so that their requests come at once.
async function clients_of(count) {
  const raws = [];
  while (raws.length < count) { // no more at a time than the kernel queues
    const next = Array.from({ length: 200 }, () => new Raw(system.edges[0].port));
    await Promise.all(next.map(({ connected }) => connected));
    raws.push(...next);
  }
  return raws.slice(0, count);
}
const body = JSON.stringify({ token: "x".repeat(2000) });
const flood = `POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

async function the_rest_goes_on() {
  for (const path of ["/health", "/.well-known/jwks.json", "/.well-known/oauth-authorization-server"])
    assert.equal((await request(`${system.base}${path}`, { own_connection: true })).status, 200, path);
  assert.ok((await register(system.base)).client_id);
}

for (const [what, stop, go_on] of [
  ["every signer stands still (SIGSTOP)", (index) => system.pause("signer", index), (index) => system.resume("signer", index)],
  ["every signer is killed (SIGKILL)", (index) => system.kill("signer", index), (index) => system.restart("signer", index)],
]) record.test(`${asked} requests while ${what}`, "come again", async () => {
  const raws = await clients_of(asked);
  for (const index of [0, 1]) await stop(index);
  const since = edge.log.length;
  let most = 0;
  await undisturbed(async () => {
    const waiting = raws.map((raw) => raw.ask(flood));
    await Promise.race(waiting);
    most = memory_bytes(edge.pid);
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([503]));
  }, the_rest_goes_on, { workers: 1 });
  for (const { text, socket } of raws) {
    assert.match(text, /^retry-after: \d+\r$/im);
    assert.match(text, /"valid":false/);
    socket.destroy();
  }
  const told = edge.log.slice(since).filter(({ plain }) => !plain).map(({ failure }) => failure);
  assert.ok(told.filter((failure) => failure === "overloaded").length >= asked - queue_max - 4 * credit, "what did not fit was told so at once");
  assert.ok(most < memory_max, `the edge had ${(most / 1e6).toFixed(0)} MB`);
  for (const index of [0, 1]) await go_on(index);
  await system.ready();
  assert.equal((await validate(token)).status, 200);
  return { times: 2 };
});

record.test(`${queue_max} requests at once for two signers that work`, "nothing noticed", async () => {
  const answers = await Promise.all(Array.from({ length: queue_max }, (_, index) => validate(index % 2 ? token : "x")));
  answers.forEach(({ status }, index) => assert.equal(status, index % 2 ? 200 : 400));
});

record.check();
