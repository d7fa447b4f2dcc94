// ctest: LABEL fault  TIMEOUT 120
// An edge with room for 600 connections, and more who want one: who only occupies a place makes room, and nobody is ended
// whose request is on its way or worked at (services/edge/http_patience.h).

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { post_json, request } from "../support/client.mjs";
import { startSystem } from "../support/system.mjs";
import { count_of, undisturbed } from "./load.mjs";
import { Flood, Raw } from "./raw.mjs";
import { Record } from "./record.mjs";

const room = 600, files_reserved = 64; // FILES_RESERVED of http_server.c

let system;
const record = new Record(import.meta.url, () => system);
before(async () => {
  system = await startSystem({ signers: 1, wrapper: { edge: ["prlimit", `--nofile=${room + files_reserved}:${room + files_reserved}`] } });
});
after(() => system?.stop());

const port = () => system.edges[0].port;
const health = "GET /health HTTP/1.1\r\nHost: a\r\n\r\n";
const validate = `POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{"token":"x"}`;

async function good_client() {
  assert.equal((await request(`${system.base}/health`, { own_connection: true })).status, 200);
  assert.equal((await post_json(`${system.base}/validate`, { token: "x" }, { own_connection: true })).status, 400);
}

for (const [what, first, drip, options] of [
  ["connections that send nothing", ""],
  ["connections that have had an answer and ask no more", health],
  ["heads that come byte by byte", "GET /health HTTP/1.1\r\nHost: a\r\nX: ", "a"],
  ["bodies that come byte by byte", "POST /validate HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n{", " "],
  ["clients that read no answer", "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n".repeat(500), "", { reads: false }],
  ["clients that read an answer by and by", "GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n\r\n".repeat(500), "", { reads_every_ms: 50 }],
]) {
  record.test(`an edge with room for ${room}: ${2 * room} ${what}`, "nothing noticed", async () => {
    await undisturbed(async () => {
      const flood = await new Flood(port()).open(2 * room, ({ socket }) => socket.write(first), options);
      if (drip) flood.drip(drip, 100);
      await count_of(20);
      flood.end();
      await count_of(4);
    }, good_client, { workers: 2 });
    return { times: 2 * room };
  });
}

// Clients that keep their connections to an edge that is nine tenths full: patience is 16 s with an idle one, 5 s with a body.
const kept = room * 0.9, still_ms = 6000;
const kept_clients = async (count) => {
  const raws = Array.from({ length: count }, () => new Raw(port()));
  await Promise.all(raws.map(async (raw) => { await raw.connected; assert.equal(await raw.ask(health), 200); }));
  return raws;
};

record.test(`${kept} clients who keep their connections to an edge with room for ${room}`, "nothing noticed", async () => {
  const raws = await kept_clients(kept);
  const statuses = await Promise.all(raws.map(async (raw, index) => {
    const own = [];
    for (let i = 0; i < 20; i += 1) {
      own.push(await raw.ask(index % 2 ? health : validate));
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return own;
  }));
  assert.deepEqual(new Set(statuses.flat()), new Set([200, 400]));
  for (const { socket } of raws) socket.destroy();
});

record.test("the same edge stands still (SIGSTOP) while they ask, whole or in halves", "nothing noticed", async () => {
  const raws = await kept_clients(kept);
  const halves = raws.filter((_, index) => index % 3 === 0), wholes = raws.filter((_, index) => index % 3 !== 0);
  for (const { socket } of halves) socket.write(validate.slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 600)); // the edge has seen them (SWEEP_EVERY_MS), and times them from there
  system.pause("edge");
  const asked = [...wholes.map((raw) => raw.ask(validate)), ...halves.map((raw) => raw.ask(validate.slice(20)))];
  await new Promise((resolve) => setTimeout(resolve, still_ms)); // longer than an edge so full waits for a body
  system.resume("edge");
  assert.deepEqual(new Set(await Promise.all(asked)), new Set([400]));
  for (const { socket } of raws) socket.destroy();
});

record.check();
