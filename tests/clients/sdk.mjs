// The MCP SDKs behind one face: open(url, host) gives a client that is not yet connected, finish(transport, url) hands it
// the address that the browser was sent to, and step_up(url, host, scope) ends with the person asked for more.

import { readFileSync } from "node:fs";

const about = { name: "sdk-test", version: "1.0.0" };
const { dependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const release_of = (name) => (dependencies[name].startsWith("npm:") ? dependencies[name].slice(4).replace(/@([^@]+)$/, " $1") : `${name} ${dependencies[name]}`);

// name: the package's, or an alias of an older release of it.
export async function sdk_v1(name = "@modelcontextprotocol/sdk") {
  const [{ auth, UnauthorizedError }, { Client }, { StreamableHTTPClientTransport }] = await Promise.all(
    ["auth", "index", "streamableHttp"].map((file) => import(`${name}/client/${file}.js`)));
  const open = (url, authProvider) => ({ client: new Client(about), transport: new StreamableHTTPClientTransport(new URL(url), { authProvider }) });
  return {
    name: release_of(name), UnauthorizedError, open,
    finish: (transport, url) => transport.finishAuth(url.searchParams.get("code")),
    // Told insufficient_scope it refreshes, which widens nothing (RFC 6749 6); its host forgets the tokens and asks anew.
    async step_up(url, host, scope) {
      host.invalidateCredentials("tokens");
      await auth(host, { serverUrl: url, scope });
      return open(url, host);
    },
  };
}

export async function sdk_v2({ versionNegotiation } = {}) {
  const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await import("@modelcontextprotocol/client");
  const open = (url, authProvider) => ({ client: new Client(about, { versionNegotiation }),
    transport: new StreamableHTTPClientTransport(new URL(url), { authProvider }) });
  return {
    name: release_of("@modelcontextprotocol/client"), UnauthorizedError, open,
    finish: (transport, url) => transport.finishAuth(url.searchParams),
    step_up: (url, host) => open(url, host), // it has asked by itself
  };
}
