// One trace goes through a whole sign-in: the traceparent that a trusted proxy sends with /authorize is in the log lines of every process,
// on both sides of GitHub, up to the token. Nobody else's traceparent counts.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { authorizeUntilConsent, exchange, post_form, register, submitConsent } from "../support/client.mjs";
import { kinds, startSystem } from "../support/system.mjs";

const trace_id = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { traceparent: `00-${trace_id}-00f067aa0ba902b7-01` };
const steps = [
  ["edge", "route", ["/authorize", "/auth/github/callback", "/authorize", "/token"]],
  ["registry", "operation", ["authorize"]],
  ["broker", "operation", ["login", "callback", "decide"]],
  ["signer", "operation", ["exchange"]],
];

async function sign_in(system) {
  const client = await register(system.base);
  const asked = await authorizeUntilConsent(system, client, { headers });
  const given = await submitConsent(asked);
  const { status } = await exchange(system.base, client, { ...asked, code: given.code });
  assert.equal(status, 200);
}

const lines_of = (system, kind) => system.logs(kind).filter(({ event }) => ["request", "answered"].includes(event));
const sign_in_lines = (system, kind) => lines_of(system, kind).filter(({ route, operation }) => ![route, operation].some((name) => /register/.test(name)));

for (const [who, trusted] of [["a trusted proxy", true], ["anybody else", false]])
  test(`a sign-in whose traceparent came from ${who} is one trace in every process, across GitHub`, async () => {
    const system = await startSystem({ env: { all: { LOG_LEVEL: "debug" }, edge: trusted ? { TRUSTED_PROXIES: "127.0.0.1" } : {} } });
    after(() => system.stop());
    await sign_in(system);
    await system.seen("signer", ({ event, operation }) => event === "answered" && operation === "exchange");
    await system.seen("edge", ({ event, route }) => event === "request" && route === "/token");
    const first = sign_in_lines(system, "edge")[0];
    const expected = trusted ? trace_id : first.request_id; // begun here, a trace has the id of its first request
    for (const [kind, name, wanted] of steps) {
      const lines = sign_in_lines(system, kind);
      assert.deepEqual(lines.map((line) => line[name]), wanted, kind);
      for (const line of lines) assert.equal(line.trace_id, expected, `${kind} ${line[name]}`);
    }
    const spans = kinds.flatMap((kind) => sign_in_lines(system, kind).map(({ span_id }) => span_id));
    assert.equal(new Set(spans).size, spans.length, "each span has its own id");
    assert.ok(!spans.includes("00f067aa0ba902b7"), "none is the proxy's own");
  });

test("what a worker refuses, and what the edge refuses by itself, is in its request's trace", async () => {
  const system = await startSystem({ env: { edge: { TRUSTED_PROXIES: "127.0.0.1" } } });
  after(() => system.stop());
  const wrong = { grant_type: "authorization_code", client_id: "nobody", code: "x.y", code_verifier: "v".repeat(43) };
  assert.equal((await post_form(`${system.base}/token`, wrong, { headers })).status, 401);
  assert.equal((await post_form(`${system.base}/token`, { ...wrong, grant_type: "password" }, { headers })).status, 400);
  const refused = await system.seen("signer", ({ event }) => event === "refused");
  assert.equal(refused.trace_id, trace_id);
  const requests = system.logs("edge").filter(({ event }) => event === "request");
  assert.deepEqual(requests.map((line) => line.trace_id), [trace_id, trace_id]);
  assert.equal(requests[0].request_id, refused.request_id);
});
