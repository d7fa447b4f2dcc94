// ctest: LABEL flow  TIMEOUT 120
// What two HTTP parsers in a row could read differently is refused with 400, and the connection ends, so that nothing
// behind it is taken for a next request (RFC 9112 11.2).

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
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

const H = "Host: auth.example.com\r\n";
const next = `GET /health HTTP/1.1\r\n${H}Connection: close\r\n\r\n`; // the smuggled one
const form = "Content-Type: application/x-www-form-urlencoded\r\n";

test("an ordinary request is answered, and a second one on the same connection", async () => {
  const text = await send(`GET /health HTTP/1.1\r\n${H}\r\n${next}`);
  assert.deepEqual(statuses(text), [200, 200], text);
});

test("HTTP/1.0 is answered", async () => {
  assert.deepEqual(statuses(await send(`GET /health HTTP/1.0\r\n${H}\r\n`)), [200]);
});

const refused = {
  "two Content-Length (RFC 9112 6.3)": `POST /token HTTP/1.1\r\n${H}${form}Content-Length: 3\r\nContent-Length: 3\r\n\r\na=b`,
  "two different Content-Length (RFC 9112 6.3)": `POST /token HTTP/1.1\r\n${H}${form}Content-Length: 0\r\nContent-Length: ${next.length}\r\n\r\n`,
  "Content-Length with Transfer-Encoding (RFC 9112 6.1)": `POST /token HTTP/1.1\r\n${H}${form}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "two Transfer-Encoding": `POST /token HTTP/1.1\r\n${H}${form}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "Transfer-Encoding in HTTP/1.0 (RFC 9112 6.1)": `POST /token HTTP/1.0\r\n${H}${form}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  "obsolete line folding (RFC 9112 5.2)": `GET /health HTTP/1.1\r\n${H}X: a\r\n b\r\n\r\n`,
  "no Host (RFC 9112 3.2)": "GET /health HTTP/1.1\r\nX: a\r\n\r\n",
  "two Host (RFC 9112 3.2)": `GET /health HTTP/1.1\r\n${H}Host: evil.example\r\n\r\n`,
  "a line that ends in a bare LF (RFC 9112 2.2)": `GET /health HTTP/1.1\r\n${H}X: a\n\r\n`,
  "a path without a slash (RFC 9112 3.2.1)": `GET health HTTP/1.1\r\n${H}\r\n`,
  "an absolute target (RFC 9112 3.2.2)": `GET http://auth.example.com/health HTTP/1.1\r\n${H}\r\n`,
  "a space in front of the colon (RFC 9112 5.1)": `GET /health HTTP/1.1\r\n${H}X : a\r\n\r\n`,
  "HTTP/2's preface (HTTP/2 stays off)": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
};

for (const [what, bytes] of Object.entries(refused)) {
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
