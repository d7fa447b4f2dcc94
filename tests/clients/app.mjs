// One process of a host application, for tests that need several. Standard input: first a line {url, information, saved},
// what the application had stored; then a line for each time it is to use the MCP server with its access token expired,
// which makes its SDK refresh. Standard output: for each of these a line {whoami, saved} or {error, invalidated}.

import { createInterface } from "node:readline";
import { call, connect, Host } from "./mcp.mjs";
import { sdk_v1 } from "./sdk.mjs";

const sdk = await sdk_v1();
const tell = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
let host, url;

async function use_once() {
  host.spoil_access_token();
  host.invalidated = [];
  try {
    const client = await connect(sdk, host, { url });
    tell({ whoami: await call(client, "whoami"), saved: host.saved });
    await client.close();
  } catch (error) {
    tell({ error: error.constructor.name, invalidated: host.invalidated });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  if (host) {
    await use_once();
  } else {
    const stored = JSON.parse(line);
    host = Object.assign(new Host(), { information: stored.information, saved: stored.saved });
    url = stored.url;
    tell({ waiting: true });
  }
}
