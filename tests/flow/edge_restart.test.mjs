// ctest: LABEL flow  TIMEOUT 120  SERIAL
// An edge that ends by SIGTERM loses no request (DESIGN 2 and 8), with CURVE and over tcp as in a cluster; the other edge and
// the workers go on. Where systemd holds its address, nobody is refused either.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { post_json, signIn } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";

let system, held, token, token_of_held;
before(async () => {
  system = await startSystem({ edges: 2, curve: true, transport: "tcp" });
  held = await startSystem({ held_address: true });
  token = (await signIn(system)).tokens.access_token;
  token_of_held = (await signIn(held)).tokens.access_token;
});
after(async () => {
  await system?.stop();
  await held?.stop();
});

// Asks one edge without pause. A refused connection is no loss where there is another edge: nothing was accepted, and an
// ingress would ask that one.
function ask_without_pause(url, { own_connection, token, may_be_refused = true, clients = 16 }) {
  const load = { answered: 0, lost: [], is_over: false };
  const client = async () => {
    while (!load.is_over) {
      try {
        const { status, text } = await post_json(`${url}/validate`, { token }, { own_connection });
        if (status === 200) load.answered += 1;
        else load.lost.push(`${status} ${text}`);
      } catch (error) {
        if (error.code !== "ECONNREFUSED" || !may_be_refused) load.lost.push(error.code ?? String(error));
        else await new Promise(setImmediate);
      }
    }
  };
  load.ended = Promise.all(Array.from({ length: clients }, client));
  return load;
}

// Three times, each among a hundred answers.
async function restart_under_load(load, restart) {
  const some_more = async () => {
    const goal = load.answered + 100;
    await eventually(() => load.answered >= goal, { what: "100 more answers" });
  };
  for (let i = 0; i < 3; i += 1) {
    await some_more();
    await restart();
  }
  await some_more();
  load.is_over = true;
  await load.ended;
  assert.deepEqual(load.lost, []);
}

for (const own_connection of [true, false]) {
  const how = own_connection ? "a connection for each request" : "connections that are kept";
  test(`an edge that restarts under load loses nothing, with ${how}`, async () => {
    await restart_under_load(ask_without_pause(system.edges[1].url, { own_connection, token }), async () => {
      const [, edge] = system.processes.edge;
      edge.signal("SIGTERM");
      assert.deepEqual(await edge.exited, { code: 0, signal: null });
      assert.equal((await post_json(`${system.edges[0].url}/validate`, { token })).status, 200, "the other edge goes on");
      await system.restart("edge", 1);
    });
  });

  test(`the only edge restarts under load and nobody is refused where systemd holds its address, with ${how}`, async () => {
    await restart_under_load(ask_without_pause(held.base, { own_connection, token: token_of_held, may_be_refused: false }), () => held.restart("edge"));
  });
}
