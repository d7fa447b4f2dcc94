// What a process has used, and what the load generator saw.
//
//   const { result, cpu } = await measured(processes, () => load(port, { connections: 32, seconds: 3, ...requests }));

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { bin } from "../support/system.mjs";

export const programs = resolve(bin, "../bench");

// Runs a program of the bench to its end; answers what it printed.
export async function run(name, args, { input } = {}) {
  const child = spawn(join(programs, name), args.map(String), { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.on("error", () => {}); // it may end before it has read everything: the exit code tells
  child.stdin.end(input ?? "");
  const chunks = [];
  child.stdout.on("data", (chunk) => chunks.push(chunk));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${name} ended with ${code}`);
  return Buffer.concat(chunks).toString();
}

const blocks = (list) => Buffer.concat(list.flatMap((text) => [Buffer.from(`${Buffer.byteLength(text)}\n`), Buffer.from(text)]));

// requests: {mode, list} as load.c reads them.
export async function load(port, { connections, seconds, mode, list }) {
  return JSON.parse(await run("load", [port, connections, seconds, mode], { input: blocks(list) }));
}

// CPU nanoseconds of a process and all its threads so far.
export function cpu_ns(pid) {
  let sum = 0;
  for (const task of readdirSync(`/proc/${pid}/task`)) sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]);
  return sum;
}

// The process's share of the memory, in KiB (proportional set size).
export const memory_kib = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);

// What only this process has, in KiB: what a leak would show in, whoever else maps the same libraries.
export const private_kib = (pid) => Number(/^Private_Dirty:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);

// pids: {name: [pid, ...]}. Answers the CPU microseconds of each name while work() ran, beside its result.
export async function measured(pids, work) {
  const read = () => Object.fromEntries(Object.entries(pids).map(([name, list]) => [name, list.reduce((sum, pid) => sum + cpu_ns(pid), 0)]));
  const before = read();
  const result = await work();
  const after = read();
  return { result, cpu_us: Object.fromEntries(Object.keys(pids).map((name) => [name, (after[name] - before[name]) / 1000])) };
}
