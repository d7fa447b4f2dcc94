// ctest: LABEL flow  TIMEOUT 120
// Keys between the processes (proto/README.md, Security), over tcp as in a cluster: the whole sign-in, and who is refused.
// Other broken pairs of keys are tests/unit/proto/link_curve_test.c's work.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { claims_of, default_scope, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { command, startSystem } from "../support/system.mjs";

const curve_pair = () => command(["curve-keygen"]).trim().split(/\s+/);
const [, foreign_secret] = curve_pair();

// What the signers beyond the first are started with.
const strangers = [null, () => ({ CURVE_SECRET_KEY: foreign_secret }), () => ({ CURVE_SECRET_KEY: system.curve.broker.secret_key })];

let system;
before(async () => {
  system = await startSystem({ curve: true, transport: "tcp", env: { signer: (index) => strangers[index]?.() } });
});
after(() => system?.stop());

// The signers that the edge has let in.
const arrived = () => system.logs("edge").filter(({ event, kind }) => event === "worker.new" && kind === "signer").map(({ worker }) => worker);

// Starts another signer, whom the edge must turn away; a worker that no edge welcomes never says that it is ready.
async function assert_refused(event_of_edge) {
  system.add("signer").catch(() => {});
  const signer = system.processes.signer.at(-1);
  await system.seen("edge", ({ event }) => event === event_of_edge);
  const { tokens } = await signIn(system); // the first one answers everything
  for (let i = 0; i < 20; i += 1) {
    const { status, text } = await post_json(`${system.base}/validate`, { token: tokens.access_token });
    assert.equal(status, 200, text);
  }
  assert.deepEqual(arrived(), ["signer-0"]);
  assert.ok(signer.running);
  assert.ok(!signer.log.some(({ event }) => event === "ready"));
}

test("the whole sign-in works with keys, over tcp", async () => {
  const { client, tokens } = await signIn(system);
  assert.equal(claims_of(tokens.access_token).scope.split(" ")[0], default_scope);
  const { status, body } = await post_json(`${system.base}/validate`, { token: tokens.access_token });
  assert.equal(status, 200);
  assert.equal(body.valid, true);
  const next = await refresh(system.base, client, tokens.refresh_token);
  assert.equal(next.status, 200, next.text);
  assert.equal((await request(`${system.base}/client/${(await register(system.base)).client_id}`)).status, 200);
});

test("a worker with a foreign key is refused (RFC 27 of ZeroMQ)", async () => {
  await assert_refused("link.refused");
});

test("a worker with the key of another kind is refused (DESIGN 2: the User-Id equals the kind)", async () => {
  await assert_refused("message.malformed");
});
