// What the fault tests count, as tables in README.md: a row for each fault, with the requests that were sent, answered and
// lost while it lasted.
//
//   const record = new Record(import.meta.url, () => system);
//   record.test("a signer is killed", "nothing noticed", async (t) => { ...; return { times: 4 }; });
//   record.check();                     // last in the file: a test that README.md has this file's rows, no more, no less
//
// A test fails when more was lost, or told to come again, than its promise allows. A run leaves its rows in
// tests/output/fault/; node tests/fault/table.mjs prints them all as tests/output/fault-summary.md, and with --write carries
// them over into README.md. Counts differ from run to run: only faults and promises are compared with README.md.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { section_of } from "../support/sections.mjs";
import { traffic_of } from "../support/client.mjs";

export const readme = fileURLToPath(new URL("README.md", import.meta.url));
export const output = fileURLToPath(new URL("../output/fault/", import.meta.url));

export const promises = {
  "nothing noticed": { later: 0, lost: 0, meaning: "every request is answered as if nothing had happened" },
  "come again": { later: Infinity, lost: 0,
    meaning: "nothing is lost; meanwhile requests may be answered 503 with Retry-After, and succeed when they are repeated" },
  "in flight": { later: Infinity, lost: Infinity,
    meaning: "only what was in flight is lost, such as a code whose answer nobody heard; whoever asks again is served, nobody is signed out" },
  "last instants": { later: Infinity, lost: Infinity,
    meaning: "what Redis had not told its replicas is lost with it: a grant of the last instants, which costs a new sign-in" },
};

const row = (cells) => `| ${cells.join(" | ")} |\n`;
const columns = ["fault", "promise", "times", "sent", "answered", "come again", "lost"];

export const table_of = (rows) => row(columns) + row(["---", "---", ...columns.slice(2).map(() => "--:")])
  + rows.map(({ fault, promise, times, sent, answered, later, lost }) => row([fault, promise, times, sent, answered, later, lost])).join("");

export const legend = () => Object.entries(promises).map(([name, { meaning }]) => `- **${name}**: ${meaning}\n`).join("");

const named = (table) => table?.split("\n").slice(2).map((line) => line.split(" | ").slice(0, 2).join(" | "));

export class Record {
  constructor(file, system) {
    this.name = basename(fileURLToPath(file), ".test.mjs");
    this.system = system;
    this.rows = [];
  }

  #traffic() {
    const sum = { sent: 0, answered: 0, later: 0 };
    for (const { url } of this.system().edges)
      for (const [name, count] of Object.entries(traffic_of(url))) sum[name] += count;
    return sum;
  }

  // node:test's own, one after the other. run answers {times, lost}: how often the fault came, and what else than a missing
  // answer was a loss. Everything that a test has sent must be answered when it ends.
  test = (fault, promise, run) => test(fault, async (t) => {
    const allowed = promises[promise];
    assert.ok(allowed, `${promise} is no promise of record.mjs`);
    const before = this.#traffic();
    const { times = 1, lost: wrong = 0 } = (await run(t)) ?? {};
    const after = this.#traffic();
    const [sent, answered, later] = ["sent", "answered", "later"].map((name) => after[name] - before[name]);
    const lost = sent - answered + wrong;
    this.rows.push({ fault, promise, times, sent, answered, later, lost });
    assert.ok(sent > 0, "there were requests to lose");
    assert.ok(lost <= allowed.lost, `${lost} of ${sent} requests are lost`);
    assert.ok(later <= allowed.later, `${later} of ${sent} requests were told to come again`);
  });

  check() {
    test("README.md has these faults and promises", () => {
      mkdirSync(output, { recursive: true });
      writeFileSync(`${output}${this.name}.json`, JSON.stringify(this.rows, null, 2));
      assert.deepEqual(named(table_of(this.rows)), named(section_of(readFileSync(readme, "utf8"), this.name)),
        "README.md differs from this run; if that is right: node tests/fault/table.mjs --write");
    });
  }
}
