// What the parts cost by themselves, in CPU microseconds, in the same run and on the same machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { generateKeyPairSync } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { free_port, temporary_folder } from "../support/process.mjs";
import { startRedis } from "../support/redis.mjs";
import { load, measured, programs, run } from "./measure.mjs";

const pem = { privateKeyEncoding: { type: "pkcs8", format: "pem" }, publicKeyEncoding: { type: "spki", format: "pem" } };
export const keys = {
  RS256: generateKeyPairSync("rsa", { modulusLength: 2048, ...pem }).privateKey,
  ES256: generateKeyPairSync("ec", { namedCurve: "P-256", ...pem }).privateKey,
  EdDSA: generateKeyPairSync("ed25519", pem).privateKey,
};

const sign_us = async (algorithm, seconds) => Number(await run("sign_floor", [seconds], { input: keys[algorithm] }));

async function static_us(seconds) {
  const port = await free_port();
  const server = spawn(join(programs, "static_server"), [String(port)], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(server.stdout, "data");
    const { result, cpu_us } = await measured({ server: [server.pid] }, () => load(port, { connections: 32, seconds, mode: "cycle",
      list: ["GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"] }));
    return cpu_us.server / result.requests;
  } finally {
    server.kill();
    await once(server, "close");
  }
}

async function store_us(seconds) {
  const redis = await startRedis({});
  try {
    const { result, cpu_us } = await measured({ redis: [redis.process.pid] }, () => run("store_floor", [redis.socket, 32, seconds]));
    return cpu_us.redis / Number(result);
  } finally {
    await redis.stop();
  }
}

async function message_us(in_flight, seconds) {
  const folder = temporary_folder("bench");
  try {
    return Number(await run("message_floor", [`ipc://${folder}/m`, in_flight, seconds]));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function floors({ seconds }) {
  return { RS256: await sign_us("RS256", seconds), ES256: await sign_us("ES256", seconds), EdDSA: await sign_us("EdDSA", seconds),
    static: await static_us(seconds), store: await store_us(seconds), message: await message_us(32, seconds), message_alone: await message_us(1, seconds) };
}

// What one row is judged by, measured in a moment before and after it.
export async function floors_beside({ signs }, algorithm) {
  const seconds = 0.4;
  return { static: await static_us(seconds), ...(signs && { signature: await sign_us(algorithm, seconds) }) };
}

// The mean of two, before and after: machines grow slower and faster.
export const mean = (a, b) => Object.fromEntries(Object.keys(a).map((name) => [name, (a[name] + b[name]) / 2]));
