// ctest: LABEL fault  TIMEOUT 240  SERIAL
// Clients that flood an edge: its memory stays bounded and good clients are answered as always, each on a new connection.
// The ones that are only slow are slow_clients.test.mjs's.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json, request, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flood, Raw, files_max, memory_bytes, sockets_of } from "./raw.mjs";
import { Record } from "./record.mjs";

const edge_connections_max = 10_000; // HTTP_CONNECTIONS_MAX
const files_reserved = 64;
// HTTP_UNREAD_BYTES_MAX (64 MB), as much again that comes before the next sweep, and 10,000 connections of some KB; twice what
// was measured (116 MB). Sanitizers keep what was freed, and shadow the rest.
const memory_max = (process.env.MCP_OAUTH_SANITIZE ? 8 : 1) * 256 * 1024 * 1024;

let system, edge, token, base_connections;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem();
  [edge] = system.processes.edge;
  token = (await signIn(system)).tokens.access_token;
  base_connections = sockets_of(edge.pid);
});
after(() => system?.stop());

const port = () => system.edges[0].port;
const all_gone = () => eventually(() => sockets_of(edge.pid) <= base_connections + 20, { what: "the end of the flood", timeout_ms: 30_000 });

async function good_client() {
  const [health, validated] = await Promise.all([request(`${system.base}/health`, { own_connection: true }),
    post_json(`${system.base}/validate`, { token }, { own_connection: true })]);
  assert.equal(health.status, 200);
  assert.equal(validated.status, 200, validated.text);
}

// Good clients beside a flood; answers the most memory that the edge had.
async function beside(flood) {
  let most = 0;
  await undisturbed(async () => {
    await count_of(20);
    most = Math.max(most, await flood(() => { most = Math.max(most, memory_bytes(edge.pid)); return most; }));
    await count_of(20);
  }, good_client, { workers: 4 });
  await all_gone();
  await good_client();
  assert.ok(most < memory_max, `the edge had ${(most / 1e6).toFixed(0)} MB`);
}

record.test("more idle connections than an edge takes", "nothing noticed", async () => {
  const files = Math.min(files_max(edge.pid), files_max(process.pid));
  const count = Math.min(edge_connections_max, files - files_reserved) + 500;
  assert.ok(files > count / 2, "this machine lets a process have enough files");
  await beside(async (measure) => {
    const flood = await new Flood(port()).open(Math.min(count, files_max(process.pid) - 500));
    const most = measure();
    await count_of(40); // the oldest of the idle have made room for these
    flood.end();
    return most;
  });
  return { times: count };
});

for (const [what, text, count] of [
  ["unfinished heads of 15 KB", `GET /health HTTP/1.1\r\nHost: a\r\nX: ${"a".repeat(15_000)}`, 4000],
  ["unfinished bodies of 31 KB", `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 32000\r\n\r\n${"a".repeat(31_000)}`, 4000],
  ["unfinished chunked bodies of 31 KB", `POST /token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n7900\r\n${"a".repeat(0x7900)}\r\n`, 4000],
]) {
  record.test(`${count} ${what}`, "nothing noticed", async () => {
    await beside(async (measure) => {
      const flood = await new Flood(port()).open(count, ({ socket }) => { socket.write(text); measure(); });
      await flood.closed(count / 2); // by the edge, because they hold too much of its memory
      flood.end();
      return measure();
    });
    return { times: count };
  });
}

record.test("500 requests in one segment, each answered in its order", "nothing noticed", async () => {
  await beside(async (measure) => {
    const validate = (value) => { const body = JSON.stringify({ token: value });
      return `POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`; };
    const kinds = [["GET /health HTTP/1.1\r\nHost: a\r\n\r\n", 200], [validate("x"), 400], ["GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n", 404], [validate(token), 200]];
    const wanted = Array.from({ length: 500 }, (_, i) => kinds[i % kinds.length]);
    const raws = Array.from({ length: 20 }, () => new Raw(port()));
    await Promise.all(raws.map(async (raw) => {
      await raw.connected;
      raw.socket.write(wanted.map(([text]) => text).join(""));
      await eventually(() => raw.statuses.length === wanted.length, { what: "every answer", timeout_ms: 60_000 });
      assert.deepEqual(raw.statuses, wanted.map(([, status]) => status));
      raw.socket.destroy();
    }));
    return measure();
  });
  return { times: 20 };
});

record.test("200 clients that send thousands of requests and read no answer", "nothing noticed", async () => {
  await beside(async (measure) => {
    const page = "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n".repeat(2000);
    const flood = await new Flood(port()).open(200, ({ socket }) => socket.write(page), { reads: false });
    await count_of(40);
    const most = measure();
    flood.end();
    return most;
  });
  return { times: 200 };
});

record.test("200 clients that close their sending side behind the request are answered", "nothing noticed", async () => {
  await beside(async (measure) => {
    const body = JSON.stringify({ token });
    const raws = Array.from({ length: 200 }, () => new Raw(port()));
    await Promise.all(raws.map(async (raw) => {
      await raw.connected;
      raw.socket.end(`POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      await raw.closed; // the edge ends it, behind its answer
      assert.deepEqual(raw.statuses, [200], raw.text);
    }));
    return measure();
  });
  return { times: 200 };
});

record.check();
