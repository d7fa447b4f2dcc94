// ctest: LABEL flow  TIMEOUT 120
// Request smuggling on the wire: each doubtful request stands behind good ones in the same segment, or comes in two
// segments, with one more behind it that must never be read. The good ones are answered, then the connection ends, and
// clients beside it notice nothing (RFC 9112 11.2).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json, request, signIn } from "../support/client.mjs";
import { doubtful_chunks, host_header, refused_heads } from "../support/heads.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Raw } from "./raw.mjs";
import { Record } from "./record.mjs";

let system, validate;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem();
  const { tokens } = await signIn(system);
  const body = JSON.stringify({ token: tokens.access_token });
  validate = `POST /validate HTTP/1.1\r\n${host_header}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
});
after(() => system?.stop());

const health = `GET /health HTTP/1.1\r\n${host_header}\r\n`;
const smuggled = `GET /smuggled HTTP/1.1\r\n${host_header}\r\n`; // 404 would tell that it was read

async function good_client() {
  assert.equal((await request(`${system.base}/health`)).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: "x" })).status, 400);
}

// What comes until the edge ends the connection; segments: sent one after the other, each once the one before is read.
async function heard_of(segments) {
  const raw = new Raw(system.edges[0].port);
  await raw.connected;
  raw.socket.setNoDelay(true);
  for (const segment of segments) {
    raw.socket.write(Buffer.from(segment, "latin1"));
    await good_client(); // the edge has turned since
  }
  await eventually(() => raw.is_closed || raw.statuses.includes(404), { what: "the end of the connection", every_ms: 2 });
  raw.socket.destroy();
  return raw.statuses;
}

const ways = [
  ["behind a request that the edge answers alone", (bytes) => [health + bytes + smuggled], [200]],
  ["behind a request that a worker answers", (bytes) => [validate + bytes + smuggled], [200]],
  ["in two segments", (bytes) => [health + bytes.slice(0, bytes.length / 2), bytes.slice(bytes.length / 2) + smuggled], [200]],
  ["with what it hides in a segment of its own", (bytes) => [validate, bytes, smuggled], [200]],
];

for (const [what, cases, refusals] of [
  ["a head that two parsers could read differently", refused_heads, [400]],
  ["a body in chunks that two parsers could read differently", doubtful_chunks, [400, 401]], // 401: POST /token without a client
])
  for (const [way, segments, good] of ways)
    record.test(`${what}, ${way}`, "nothing noticed", async () => {
      await undisturbed(async () => {
        for (const [name, bytes] of Object.entries(cases)) {
          const statuses = await heard_of(segments(bytes));
          assert.deepEqual(statuses.slice(0, good.length), good, `${name}: the good request is answered`);
          const [refusal, ...more] = statuses.slice(good.length);
          assert.ok(refusal === undefined || refusals.includes(refusal), `${name}: ${statuses}`);
          assert.deepEqual(more, [], `${name}: ${statuses}`);
        }
        await count_of(1);
      }, good_client, { workers: 1 });
      return { times: Object.keys(cases).length };
    });

// Its length is known to both sides: nothing to doubt, and nothing of it is a request.
record.test("a request that stands in another's body", "nothing noticed", async () => {
  const carriers = [["GET /health", 200], ["POST /validate", 400], ["DELETE /health", 405]];
  for (const [carrier, status] of carriers) {
    const raw = new Raw(system.edges[0].port);
    await raw.connected;
    assert.equal(await raw.ask(`${carrier} HTTP/1.1\r\n${host_header}Content-Length: ${smuggled.length}\r\n\r\n${smuggled}`), status, carrier);
    assert.equal(await raw.ask(health), 200, "and the next request is the next one");
    assert.equal(raw.statuses.length, 2);
    raw.socket.destroy();
  }
  return { times: carriers.length };
});

record.check();
