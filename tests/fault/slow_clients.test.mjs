// ctest: LABEL full  TIMEOUT 300
// Clients that send or read as slowly as they can: the edge ends them, and good clients do not notice.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json, request } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { undisturbed } from "./load.mjs";
import { Flood, sockets_of } from "./raw.mjs";
import { Record } from "./record.mjs";

const count = 500;
let system, edge;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem();
  [edge] = system.processes.edge;
});
after(() => system?.stop());

async function good_client() {
  assert.equal((await request(`${system.base}/health`, { own_connection: true })).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: "x" }, { own_connection: true })).status, 400);
  await new Promise((resolve) => setTimeout(resolve, 20)); // a load that leaves time to the slow ones
}

// What the edge has open tells: a client that does not read does not hear its end either.
const dropped = (before) => eventually(() => sockets_of(edge.pid) < before + count / 10, { what: "the end of the slow ones", timeout_ms: 90_000, every_ms: 250 });

for (const [what, first, drip, options] of [
  ["heads that come byte by byte", "GET /health HTTP/1.1\r\nHost: a\r\nX: ", "a"],
  ["bodies that come byte by byte", "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n{", " "],
  ["chunked bodies that come byte by byte", "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"],
  ["clients that read nothing", "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n".repeat(500), "", { reads: false }],
]) {
  record.test(`${count} ${what}`, "nothing noticed", async () => {
    const before = sockets_of(edge.pid);
    await undisturbed(async () => {
      const flood = await new Flood(system.edges[0].port).open(count, ({ socket }) => socket.write(first), options);
      if (drip) flood.drip(drip, 200);
      await eventually(() => sockets_of(edge.pid) >= before + count / 2, { what: "their coming" });
      await dropped(before);
      flood.end();
    }, good_client, { workers: 4 });
    return { times: count };
  });
}

record.check();
