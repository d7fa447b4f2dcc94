// Child processes of the tests: they die with the test, their output is kept, and waiting is by event.
//
//   const child = new Child("signer-0", "/path/mcp-oauth-signer", [], { JWT_PRIVATE_KEY: "..." });
//   await child.seen((line) => line.event === "ready");
//   child.signal("SIGTERM"); const { code, signal } = await child.exited;

import { spawn, spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const lines_max = 50_000;
const sanitizer_reports = /(?:ERROR|WARNING): (?:Address|Leak|Memory|Thread|UndefinedBehavior)Sanitizer|runtime error: |DEADLYSIGNAL/;

// A child gets SIGKILL from the kernel when the test that started it is killed, by ctest's timeout for example.
const die_with_parent = spawnSync("setpriv", ["--pdeathsig", "KILL", "true"]).status === 0
  ? ["setpriv", "--pdeathsig", "KILL", "--"] : [];

const suppressions = fileURLToPath(new URL("tsan.supp", import.meta.url));
export const sanitizer_environment = {
  ASAN_OPTIONS: "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1",
  UBSAN_OPTIONS: "print_stacktrace=1:halt_on_error=1",
  TSAN_OPTIONS: `suppressions=${suppressions}:halt_on_error=0`,
};

export class Child extends EventEmitter {
  constructor(name, file, args, environment, { stdin, cwd, fds = [] } = {}) { // fds: what it has from 3 on
    super();
    this.name = name;
    this.text = [];    // every line of both outputs as it came
    this.log = [];     // the same lines parsed; what is not JSON is {text, plain: true}
    this.expected = false; // a test ended it on purpose
    const [program, ...rest] = [...die_with_parent, file, ...args];
    this.child = spawn(program, rest, { cwd, stdio: [stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", ...fds],
      env: { PATH: process.env.PATH, HOME: tmpdir(), ...sanitizer_environment, ...environment } }); // undefined removes one
    if (typeof stdin === "string") this.child.stdin.end(stdin); // null: an open pipe that the test writes to
    for (const output of [this.child.stdout, this.child.stderr])
      createInterface({ input: output, crlfDelay: Infinity }).on("line", (line) => this.#take(line));
    this.exited = new Promise((resolve) => {
      this.child.once("error", (error) => { this.#take(String(error)); resolve({ code: 127, signal: null }); });
      this.child.once("close", (code, signal) => resolve({ code, signal }));
    }).then((end) => { this.end = end; this.emit("end", end); return end; });
  }

  get pid() { return this.child.pid; }
  get running() { return this.end === undefined; }
  get sanitizer_report() {
    const at = this.text.findIndex((line) => sanitizer_reports.test(line));
    return at < 0 ? null : this.text.slice(at, at + 60).join("\n");
  }

  tail(count = 15) { return this.text.slice(-count).join("\n"); }

  #take(line) {
    let parsed = { text: line, plain: true };
    if (line.startsWith("{")) {
      try { parsed = JSON.parse(line); } catch { /* an ordinary line that begins with a brace */ }
    }
    this.text.push(line);
    if (this.log.push(parsed) > lines_max) {
      this.text.shift();
      this.log.shift();
    }
    this.emit("line", parsed);
  }

  // The first line, past (from number since) or future, for which wanted(line) is true.
  seen(wanted, { timeout_ms = 15_000, since = 0 } = {}) {
    const earlier = this.log.slice(since).find(wanted);
    if (earlier) return Promise.resolve(earlier);
    return new Promise((resolve, reject) => {
      const finish = (settle, value) => {
        clearTimeout(timer);
        this.off("line", on_line).off("end", on_end);
        settle(value);
      };
      const on_line = (line) => { if (wanted(line)) finish(resolve, line); };
      const on_end = ({ code, signal }) => finish(reject, new Error(`${this.name} ended (${signal ?? code}) before the awaited line:\n${this.tail()}`));
      const timer = setTimeout(() => finish(reject, new Error(`${this.name} did not say the awaited line within ${timeout_ms} ms:\n${this.tail()}`)), timeout_ms);
      this.on("line", on_line).on("end", on_end);
      if (!this.running) on_end(this.end);
    });
  }

  // Signals that end a process make its end expected.
  signal(name) {
    if (!["SIGSTOP", "SIGCONT", "SIGHUP", "SIGUSR1", "SIGUSR2"].includes(name)) this.expected = true;
    if (this.running) this.child.kill(name);
  }

  // SIGTERM, or SIGKILL when that is not heeded in time; answers how it ended.
  async stop({ signal = "SIGTERM", timeout_ms = 15_000 } = {}) {
    // Before, not after: a SIGCONT takes back the SIGSTOP with which the leak sanitizer halts an ending process,
    // and its tracer would wait for ever.
    this.signal("SIGCONT");
    this.signal(signal);
    const timer = setTimeout(() => { this.stuck = true; this.signal("SIGKILL"); }, timeout_ms);
    const end = await this.exited;
    clearTimeout(timer);
    return { ...end, stuck: this.stuck === true };
  }
}

// ---- folders, ports, and conditions nobody announces

const folders = [];
process.once("exit", () => folders.forEach((path) => rmSync(path, { recursive: true, force: true })));

export function temporary_folder(name) {
  folders.push(mkdtempSync(join(tmpdir(), `mcp-oauth-${name}-`))); // short: a socket's path has at most 107 bytes
  return folders.at(-1);
}

const can_bind = (port) => new Promise((resolve) => {
  const probe = createServer().once("error", () => resolve(false));
  probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
});

// Below the range from which the kernel takes ports for outgoing connections, so that none of those gets in between.
const given_out = new Set();
export async function free_port() {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    if (given_out.has(port) || !(await can_bind(port))) continue;
    given_out.add(port);
    return port;
  }
  throw new Error("found no free port on 127.0.0.1");
}

// For what no event tells: asks again until check() answers something true. Errors of check() count as "not yet".
export async function eventually(check, { what = "the condition", timeout_ms = 10_000, every_ms = 20 } = {}) {
  const deadline = performance.now() + timeout_ms;
  for (let last = "it stayed false"; ;) {
    try {
      const value = await check();
      if (value) return value;
    } catch (error) { last = error.message; }
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${timeout_ms} ms: ${last}`);
    await new Promise((resolve) => setTimeout(resolve, every_ms));
  }
}
