// ctest: LABEL flow
// The rights that running processes have given up, seen from outside (DESIGN 7). What each profile refuses is tested by
// tests/unit/common/process/sandbox_test.c; that nothing needed is refused, by all other flow tests, which run with it.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { signIn } from "../support/client.mjs";
import { kinds, startSystem } from "../support/system.mjs";

const skip = process.env.MCP_OAUTH_SANITIZE ? "builds with sanitizers have no sandbox" : false;
let system;
before(async () => { system = await startSystem({ env: { broker: { SANDBOX: "true" } } }); });
after(() => system?.stop());

const status_of = (pid, task = pid) => Object.fromEntries(readFileSync(`/proc/${pid}/task/${task}/status`, "utf8").trim().split("\n")
  .map((line) => line.split(/:\s*/, 2)));

for (const kind of kinds)
  test(`every thread of the ${kind} has a filter and no way back`, { skip }, async () => {
    await signIn(system); // threads that start late have started
    const { pid } = system.processes[kind][0];
    const tasks = readdirSync(`/proc/${pid}/task`);
    assert.ok(tasks.length >= 2, "ZeroMQ has its own");
    for (const task of tasks) {
      const status = status_of(pid, task);
      assert.equal(status.NoNewPrivs, "1");
      assert.equal(status.Seccomp, "2");
    }
  });

test("no process has a capability, or leaves a core dump", { skip }, () => {
  for (const kind of kinds) {
    const { pid } = system.processes[kind][0];
    const { CapEff, CapPrm, CapInh } = status_of(pid);
    assert.deepEqual([CapEff, CapPrm, CapInh].map((bits) => BigInt(`0x${bits}`)), [0n, 0n, 0n], kind);
    assert.match(readFileSync(`/proc/${pid}/limits`, "utf8"), /^Max core file size\s+0\s+0\s/m, kind);
  }
});

test("SANDBOX=false leaves the process as it is, for a debugger", async () => {
  const open = await startSystem({ env: { all: { SANDBOX: "false" } } });
  try {
    assert.equal(status_of(open.processes.signer[0].pid).Seccomp, status_of(process.pid).Seccomp, "as this test itself");
  } finally {
    await open.stop();
  }
});
