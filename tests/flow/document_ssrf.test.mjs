// ctest: LABEL flow  TIMEOUT 120
// A client_id is a URL of a stranger's choice: no spelling of it makes this server connect to what is not public
// (draft-ietf-oauth-client-id-metadata-document 8.6, RFC 6890).

import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, before, test } from "node:test";
import { default_redirect_uri, default_scope, form, pkce, request } from "../support/client.mjs";
import { startDocuments } from "../support/documents.mjs";
import { startSystem } from "../support/system.mjs";

let system, site, port_443, connections_443 = 0;
before(async () => {
  site = await startDocuments(["app.localhost", "localhost"]);
  port_443 = createServer((socket) => { connections_443 += 1; socket.destroy(); });
  // Where the test may not listen there, the log still says that the address was refused before a connect.
  await new Promise((resolve) => port_443.once("error", resolve).listen(443, "::", resolve));
  system = await startSystem(); // no private hosts
});
after(async () => {
  await system?.stop();
  await Promise.all([site?.close(), new Promise((resolve) => port_443.close(resolve))]);
});

const ask = (client_id) => request(`${system.base}/authorize?${form({ response_type: "code", client_id, redirect_uri: default_redirect_uri,
  scope: default_scope, ...pkce() })}`);
const is_fetch_of = (url) => (line) => line.event === "document.fetched" && line.url === url;
const fetch_of = (url) => system.seen("registry", is_fetch_of(url));

function assert_no_connection(what) {
  assert.equal(site.connections, 0, what);
  assert.equal(connections_443, 0, what);
}

const never_asked = (port) => [
  "http://127.0.0.1/c", "http://app.localhost/c", "HTTP://app.localhost/c", "ftp://127.0.0.1/c", "file:///etc/passwd", "gopher://127.0.0.1/c",
  "https://127.0.0.1", "https://127.0.0.1/", "https:///c", "https:c", "https:/127.0.0.1/c",
  "https://0177.0.0.1/c", "https://2130706433/c", "https://0x7f.1/c", "https://0x7f000001/c", "https://017700000001/c", "https://127.1/c", "https://127.0.1/c",
  "https://127.0.0.1./c", "https://localhost./c", "https://%6cocalhost/c", "https://127。0。0。1/c", "https://①27.0.0.1/c", "https://[::1/c", "https://::1/c",
  "https://[fe80::1%25lo]/c", "https://[127.0.0.1]/c",
  "https://user@127.0.0.1/c", "https://user:pw@127.0.0.1/c", "https://example.com@127.0.0.1/c", "https://127.0.0.1\\@example.com/c",
  "https://127.0.0.1/c#f", "https://127.0.0.1/a/../c", "https://127.0.0.1/%2e%2e/c",
  ...["127.0.0.1", "[::1]", "localhost", "app.localhost", "[::ffff:127.0.0.1]", "2130706433"].flatMap((host) => [`https://${host}:${port}/c`, `https://${host}:80/c`,
    `https://${host}:0443/c`]),
];

test("URLs that cannot be a client's are refused as they stand (draft 3)", async () => {
  for (const url of never_asked(site.port)) {
    const { status, body } = await ask(url);
    assert.equal(status, 400, url);
    assert.equal(body.error, "invalid_client", url);
  }
  // The log comes by another way than the answers: what is awaited last has been said after all of them.
  await ask("https://127.0.0.1/last.json");
  await fetch_of("https://127.0.0.1/last.json");
  for (const url of never_asked(site.port)) assert.equal(system.logs("registry").find(is_fetch_of(url)), undefined, url);
  assert_no_connection("no URL is asked");
  assert.equal((await system.admin.keys("mcp:document:*")).length, 1, "only the last");
});

const private_addresses = ["127.0.0.1", "127.255.255.254", "[::1]", "[::]", "0.0.0.0", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]",
  "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "[fc00::1]", "[fd00:ec2::254]",
  "100.64.0.1", "224.0.0.1", "255.255.255.255", "[ff02::1]", "192.0.2.1", "[2001:db8::1]", "localhost", "app.localhost", "LOCALHOST"];

test("addresses that are not public are refused before any connect, by whatever name (draft 8.6)", async () => {
  for (const host of private_addresses) {
    const url = `https://${host}/client.json`;
    const { status, body } = await ask(url);
    assert.equal(status, 503, url);
    assert.equal(body.error, "temporarily_unavailable", url);
    assert.doesNotMatch(body.error_description, /address|private|refused/i, "one answer for all that cannot be fetched");
    assert.equal((await fetch_of(url)).reason, "address_refused", url);
  }
  assert_no_connection("no address is connected to");
});

test("port 443 written out is the same as no port", async () => {
  const url = "https://127.0.0.1:443/client.json";
  assert.equal((await ask(url)).status, 503);
  assert.equal((await fetch_of(url)).reason, "address_refused");
  assert_no_connection(url);
});

test("a jwks_uri on a port of its own is refused at registration", async () => {
  const { status, body } = await request(`${system.base}/register`, { method: "POST", headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ redirect_uris: [default_redirect_uri], token_endpoint_auth_method: "private_key_jwt", jwks_uri: site.url("/keys") }) });
  assert.equal(status, 400);
  assert.equal(body.error, "invalid_client_metadata");
});
