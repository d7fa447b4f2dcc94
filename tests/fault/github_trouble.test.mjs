// ctest: LABEL fault  TIMEOUT 180
// GitHub is slow, down or wrong while people sign in: they read so, try again and get through once it is over, and clients
// that refresh, which needs no GitHub, notice nothing (DESIGN 8).

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { after, before } from "node:test";
import { startGithub } from "../support/github/github.mjs";
import { eventually } from "../support/process.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flows } from "./flows.mjs";
import { Record } from "./record.mjs";

// The way from the brokers to GitHub's API, which can be shut: connections are refused then. People reach GitHub past it.
class Door {
  constructor(github) { Object.assign(this, { github, sockets: new Set() }); }

  async open(port = 0) {
    this.server = createServer((socket) => {
      const inner = connect(this.github.port, "127.0.0.1");
      for (const [from, to] of [[socket, inner], [inner, socket]]) {
        this.sockets.add(from);
        from.on("error", () => {}).on("close", () => { this.sockets.delete(from); to.destroy(); }).pipe(to);
      }
    }).listen(port, "127.0.0.1");
    await once(this.server, "listening");
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  shut() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

let system, github, door, refreshing;
const record = new Record(import.meta.url, () => system);
const people = 6;
before(async () => {
  github = await startGithub();
  door = await new Door(github).open();
  system = await startSystem({ brokers: 2, github, env: { broker: { GITHUB_API_URL: door.url } } });
  refreshing = await new Flows(system).refreshing(4);
});
after(async () => {
  await system?.stop();
  door?.shut();
  await github?.close();
});

// So many people sign in while begin() has happened, and are through after end(); the refreshers are never told to wait.
async function signing_in_while({ begin, end, told = true }) {
  const flows = new Flows(system, { patient: true });
  await undisturbed(async () => {
    await count_of(4);
    await begin();
    const through = Promise.all(Array.from({ length: people }, () => flows.sign_in_and_refresh({ refreshes: 1 })));
    await Promise.race([through, eventually(() => flows.later >= people, { what: "people who were told to try again", timeout_ms: 30_000 })]);
    assert.equal(flows.later > 0, told);
    await count_of(4);
    await end();
    await through;
    await count_of(4);
  }, refreshing, { workers: 4 });
  return { times: people };
}
const control = (command) => github.control(command);

record.test("GitHub is down: connections are refused", "come again",
  () => signing_in_while({ begin: () => door.shut(), end: () => door.open(door.port) }));

for (const [what, promise, endpoint, failure, more] of [
  ["GitHub is slow", "nothing noticed", "user", "slow", { delay_ms: 1500, told: false }],
  ["GitHub never answers", "come again", "user", "hang"],
  ["GitHub takes no code in time", "come again", "access_token", "hang"],
  ["GitHub closes connections", "come again", "access_token", "reset"],
  ["GitHub closes connections in the middle of an answer", "come again", "user", "cut"],
  ["GitHub says 500", "come again", "access_token", "500"],
  ["what stands before GitHub says 502", "come again", "user", "502"],
  ["GitHub limits our requests (403)", "come again", "user", "rate_limited"],
  ["GitHub limits our requests (429)", "come again", "user", "too_many_requests"],
  ["GitHub answers broken JSON", "come again", "user", "wrong_json"],
  ["GitHub answers JSON of other types", "come again", "access_token", "wrong_types"],
  ["GitHub answers a page in the place of JSON", "come again", "user", "not_json"],
  ["GitHub answers without an end", "come again", "user", "huge"],
]) record.test(what, promise, () => signing_in_while({ told: more?.told, begin: async () => {
  control({ endpoint, failure, ...(more?.delay_ms ? { delay_ms: more.delay_ms } : {}) });
  if (failure !== "hang") return;
  // what stands before GitHub ends what hangs for too long, long before our budget does
  const releasing = setInterval(() => control({ release: true }), 300);
  record.releasing = () => clearInterval(releasing);
}, end: () => {
  control({ endpoint, failure: "none", release: true });
  record.releasing?.();
} }));

record.check();
