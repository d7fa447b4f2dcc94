// Debian's redis_exporter with deploy/redis/exporter.env, for a system whose Redis has a port (redis_options: { tcp: true }).
//
//   const exporter = await start_exporter(system);
//   await request(`${exporter.url}/metrics`);
//   await exporter.child.stop();

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { request } from "./client.mjs";
import { Child, eventually, free_port } from "./process.mjs";

const file = fileURLToPath(new URL("../../deploy/redis/exporter.env", import.meta.url));
const settings = Object.fromEntries(readFileSync(file, "utf8").split("\n").filter((line) => /^[A-Z]/.test(line)).map((line) => line.split(/=(.*)/s)));

export async function start_exporter({ redis_server, passwords }) {
  const port = await free_port(), url = `http://127.0.0.1:${port}`;
  const child = new Child("exporter", "prometheus-redis-exporter", [], { ...settings, REDIS_ADDR: redis_server.tcp_url,
    REDIS_PASSWORD: passwords.exporter, REDIS_EXPORTER_WEB_LISTEN_ADDRESS: `127.0.0.1:${port}` });
  await eventually(async () => (await request(`${url}/health`)).status === 200, { what: "the exporter" });
  return { child, port, url };
}
