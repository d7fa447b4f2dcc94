// ctest: LABEL flow  TIMEOUT 120  SERIAL
// An edge that ends by SIGTERM loses no request (DESIGN 2 and 8), with CURVE and over tcp as in a cluster; the other edge and
// the workers go on.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post_json, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, token;
before(async () => {
  system = await startSystem({ edges: 2, curve: true, transport: "tcp" });
  token = (await signIn(system)).tokens.access_token;
});
after(async () => { await system?.stop(); });

// Asks one edge without pause. A refused connection is no loss: nothing was accepted, and an ingress would ask the other edge.
function ask_without_pause(url, own_connection, clients = 16) {
  const load = { answered: 0, lost: [], is_over: false };
  const client = async () => {
    while (!load.is_over) {
      try {
        const { status, text } = await post_json(`${url}/validate`, { token }, { own_connection });
        if (status === 200) load.answered += 1;
        else load.lost.push(`${status} ${text}`);
      } catch (error) {
        if (error.code !== "ECONNREFUSED") load.lost.push(error.code ?? String(error));
        else await new Promise(setImmediate);
      }
    }
  };
  load.ended = Promise.all(Array.from({ length: clients }, client));
  return load;
}

for (const own_connection of [true, false]) {
  test(`an edge that restarts under load loses nothing, with ${own_connection ? "a connection for each request" : "connections that are kept"}`, async () => {
    const load = ask_without_pause(system.edges[1].url, own_connection);
    const some_more = async () => {
      const goal = load.answered + 100;
      await eventually(() => load.answered >= goal, { what: "100 more answers" });
    };
    for (let i = 0; i < 3; i += 1) {
      await some_more();
      const [, edge] = system.processes.edge;
      edge.signal("SIGTERM");
      assert.deepEqual(await edge.exited, { code: 0, signal: null });
      assert.equal((await post_json(`${system.edges[0].url}/validate`, { token })).status, 200, "the other edge goes on");
      await system.restart("edge", 1);
    }
    await some_more();
    load.is_over = true;
    await load.ended;
    assert.deepEqual(load.lost, []);
  });
}
