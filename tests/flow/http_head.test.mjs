// ctest: LABEL flow  TIMEOUT 120
// What two HTTP parsers in a row could read differently is refused with 400, and the connection ends, so that nothing
// behind it is taken for a next request (RFC 9112 11.2). fault/smuggling.test.mjs sends them behind good requests.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { host_header as H, refused_heads } from "../support/heads.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

// Sends bytes as they are; answers everything that comes until the server closes.
const send = (bytes, { timeout_ms = 15_000 } = {}) => new Promise((resolve, reject) => {
  const socket = connect(system.edges[0].port, "127.0.0.1", () => socket.write(bytes));
  const chunks = [];
  socket.setTimeout(timeout_ms, () => { socket.destroy(); reject(new Error(`not closed in time; it said ${Buffer.concat(chunks)}`)); });
  socket.on("data", (chunk) => chunks.push(chunk));
  socket.on("error", (error) => { if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error); });
  socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
});
const statuses = (text) => [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map(([, status]) => Number(status));

const next = `GET /health HTTP/1.1\r\n${H}Connection: close\r\n\r\n`; // the smuggled one

test("an ordinary request is answered, and a second one on the same connection", async () => {
  const text = await send(`GET /health HTTP/1.1\r\n${H}\r\n${next}`);
  assert.deepEqual(statuses(text), [200, 200], text);
});

test("HTTP/1.0 is answered", async () => {
  assert.deepEqual(statuses(await send(`GET /health HTTP/1.0\r\n${H}\r\n`)), [200]);
});

for (const [what, bytes] of Object.entries(refused_heads)) {
  test(`${what} is refused, and what follows is not read`, async () => {
    const text = await send(bytes + next);
    assert.ok(statuses(text).every((status) => status === 400), text);
    assert.ok(statuses(text).length <= 1, text);
  });
}

test("an upgrade to HTTP/2 is not taken", async () => {
  const text = await send(`GET /health HTTP/1.1\r\n${H}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n${next}`);
  assert.ok(!statuses(text).includes(101), text);
});

test("a head over the limit ends its connection, and others go on (RFC 6585 5)", async () => {
  const text = await send(`GET /health HTTP/1.1\r\n${H}X: ${"a".repeat(20 * 1024)}\r\n\r\n${next}`);
  assert.ok(statuses(text).every((status) => status >= 400), text);
  const endless = await send(`GET /health HTTP/1.1\r\n${H}X: ${"a".repeat(200 * 1024)}`);
  assert.ok(statuses(endless).every((status) => status >= 400), endless);
  assert.deepEqual(statuses(await send(next)), [200]);
});
