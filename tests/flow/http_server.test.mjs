// ctest: LABEL flow  TIMEOUT 180
// The edge as a server: connections, slow heads, vanished clients, and an end that loses nothing.

import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { post_json, request } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system;

before(async () => { system = await startSystem(); });
after(() => system?.stop());

const HEALTH = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";

// A raw connection: what came so far, and promises of more and of its end.
function open(port = system.edges[0].port) {
  const socket = connect(port, "127.0.0.1");
  const state = { socket, text: "" };
  state.closed = new Promise((resolve) => socket.on("close", () => { state.is_closed = true; resolve(state.text); }));
  socket.on("data", (chunk) => { state.text += chunk; }).on("error", () => {});
  state.said = (pattern) => eventually(() => pattern.test(state.text), { what: String(pattern) });
  return state;
}

test("a connection is kept for several requests (RFC 9112 9.3)", async () => {
  const connection = open();
  for (let count = 1; count <= 3; count += 1) {
    connection.socket.write(HEALTH);
    await eventually(() => connection.text.split("HTTP/1.1 200").length === count + 1, { what: `answer ${count}` });
  }
  connection.socket.destroy();
});

test("a request that comes byte by byte is answered", async () => {
  const connection = open();
  for (const byte of HEALTH) {
    connection.socket.write(byte);
    await new Promise(setImmediate);
  }
  await connection.said(/HTTP\/1\.1 200/);
  connection.socket.destroy();
});

test("a head that grows without end is cut off long before it is costly", async () => {
  const connection = open();
  connection.socket.write("GET / HTTP/1.1\r\nHost: a\r\nX: ");
  const drip = setInterval(() => connection.socket.write("a".repeat(4096)), 20);
  await connection.closed;
  clearInterval(drip);
  assert.doesNotMatch(connection.text, /HTTP\/1\.1 200/);
});

test("a client that vanishes does no harm", async () => {
  for (let i = 0; i < 50; i += 1) {
    const connection = open();
    const body = JSON.stringify({ token: "x" });
    connection.socket.write(`POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      () => connection.socket.resetAndDestroy?.() ?? connection.socket.destroy());
    await connection.closed;
  }
  assert.equal((await post_json(`${system.base}/validate`, { token: "x" })).status, 400);
});

test("without workers the answer is 503 with Retry-After in the protocol's form, within the budget", async () => {
  const lonely = await startSystem();
  try {
    for (const kind of ["registry", "signer", "broker"]) await lonely.kill(kind);
    const started = performance.now();
    const answers = await Promise.all([post_json(`${lonely.base}/register`, { client_name: "x", redirect_uris: ["https://example.com/c"] }),
      post_json(`${lonely.base}/validate`, { token: "x" }), request(`${lonely.base}/authorize?client_id=x`, { headers: { Accept: "text/html" } })]);
    assert.ok(performance.now() - started < 7000);
    for (const { url, status, headers } of answers) {
      assert.equal(status, 503, url);
      assert.match(headers["retry-after"], /^\d+$/, url);
    }
    assert.equal(answers[0].body.error, "temporarily_unavailable");
    assert.equal(answers[1].body.valid, false);
    assert.match(answers[2].headers["content-type"], /^text\/html/);
    assert.equal((await request(`${lonely.base}/health`)).status, 200);
    assert.equal((await request(`${lonely.base}/ready`)).status, 503);
  } finally {
    await lonely.stop();
  }
});

test("SIGTERM answers what is in flight with Connection: close, closes idle connections, and ends with 0", async () => {
  const ending = await startSystem();
  try {
    const idle = open(ending.edges[0].port);
    idle.socket.write(HEALTH);
    await idle.said(/HTTP\/1\.1 200/);
    ending.pause("signer");
    const waiting = open(ending.edges[0].port);
    const body = JSON.stringify({ token: "x" });
    waiting.socket.write(`POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    // a second answered request shows that the first one has been read
    const after_it = open(ending.edges[0].port);
    after_it.socket.write(HEALTH);
    await after_it.said(/HTTP\/1\.1 200/);
    const [edge] = ending.processes.edge;
    edge.signal("SIGTERM");
    await edge.seen(({ event }) => event === "draining");
    ending.resume("signer");
    assert.match(await waiting.closed, /^HTTP\/1\.1 400[\s\S]*connection: close/i);
    await idle.closed;
    assert.deepEqual((({ code, signal }) => ({ code, signal }))(await edge.exited), { code: 0, signal: null });
  } finally {
    await ending.stop();
  }
});

test("two edges on ports of their own share the workers", async () => {
  const both = await startSystem({ edges: 2 });
  try {
    for (const { url } of both.edges) assert.equal((await post_json(`${url}/validate`, { token: "x" })).status, 400, url);
  } finally {
    await both.stop();
  }
});
