// What the tests of MCP clients share: two protected MCP servers behind one authorization server, the person at the
// browser, and the host application, which is what an MCP client library leaves to its user.
//
//   const world = await startWorld();                     // {system, servers: {tools, notes}, documents, stop()}
//   const host = new Host();
//   const client = await sign_in(sdk, world, host, world.servers.tools);
//   await call(client, "whoami");                         // "octocat (583231)"
//
// sdk: {open(url, host) -> {client, transport}, finish(transport, location), UnauthorizedError}, made by sdk.mjs.

import assert from "node:assert/strict";
import { Browser } from "../support/client.mjs";
import { startDocuments } from "../support/documents.mjs";
import { startSystem } from "../support/system.mjs";
import { startProtectedServer } from "./protected_server.mjs";

export const scopes = { tools: "mcp:example.com:github-tools", notes: "mcp:example.com:notes" };

const server_row = (name, { url }) => ({ name, description: "", allowed_users: ["octocat"], resource: url });

export async function startWorld({ server, ...options } = {}) {
  let system;
  const issuer = () => system.base;
  const servers = {
    tools: await startProtectedServer({ issuer, scope: scopes.tools, ...server }),
    notes: await startProtectedServer({ issuer, scope: scopes.notes, ...server }),
  };
  const documents = await startDocuments(["app.localhost"]); // where clients publish what they are
  const close = () => Promise.all([...Object.values(servers), documents].map((one) => one.close()));
  const registry = { DOCUMENT_CA_FILE: documents.ca_file, DOCUMENT_PRIVATE_HOSTS: documents.private_hosts };
  try {
    system = await startSystem({ ...options, env: { registry, ...options.env }, servers: {
      servers: { "example.com": { "github-tools": server_row("GitHub Tools", servers.tools), notes: server_row("Notes", servers.notes) } },
      redirect_hosts: ["localhost"] } });
  } catch (error) {
    await close();
    throw error;
  }
  return { system, servers, documents, stop: async () => { await close(); await system.stop(); } };
}

// Where a host application keeps what it was given, and how it opens a browser. What is stored is handed out again
// unchanged; discovery is remembered while the person is away at the browser.
export class Host {
  constructor({ redirect = "http://localhost:33418/callback", information, ...metadata } = {}) {
    this.redirectUrl = redirect;
    this.clientMetadata = { client_name: "SDK test", redirect_uris: [redirect], grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"], token_endpoint_auth_method: "none", ...metadata };
    this.information = information;
    this.sent_state = null; // what the client did not ask for, it did not send
    this.invalidated = [];
  }
  state() { return (this.sent_state = `state-${Math.random()}`); }
  clientInformation() { return this.information; }
  saveClientInformation(information) { this.information = information; }
  tokens() { return this.saved; }
  saveTokens(tokens) { this.saved = tokens; }
  saveCodeVerifier(code_verifier) { this.verifier = code_verifier; }
  codeVerifier() { return this.verifier; }
  discoveryState() { return this.discovered; }
  saveDiscoveryState(state) { this.discovered = state; }
  redirectToAuthorization(url) { this.authorization_url = new URL(url); }
  invalidateCredentials(what) {
    this.invalidated.push(what);
    if (what === "all" || what === "tokens") this.saved = undefined;
    if (what === "all" || what === "client") this.information = undefined;
  }
  // As when its time is over: the server will refuse it.
  spoil_access_token() { this.saved = { ...this.saved, access_token: "expired" }; }
}

// The person signs in at GitHub, reads the consent page, decides; answers the address the browser is sent to.
export async function person_decides(world, url, decision, { user = "octocat", browser = new Browser() } = {}) {
  const within = [world.system.base, new URL(world.system.github.url).origin];
  const people = await browser.navigate(url, { within });
  const consent = await browser.submit(people, { within, button: { name: "user", value: user } });
  assert.equal(consent.status, 200, consent.text);
  const answer = await browser.submit(consent, { button: { name: "decision", value: decision } });
  return { location: answer.location, consent };
}

export const agree = (world, url) => person_decides(world, url, "approve");

// The person does what host.authorization_url asks and the client library takes the answer.
export async function finish(sdk, world, host, transport) {
  const { location, consent } = await agree(world, host.authorization_url);
  const url = new URL(location);
  assert.equal(`${url.origin}${url.pathname}`, host.redirectUrl);
  assert.equal(url.searchParams.get("state"), host.sent_state);
  assert.equal(url.searchParams.get("iss"), world.system.base);
  await sdk.finish(transport, url);
  return consent;
}

export async function connect(sdk, host, server) {
  const { client, transport } = sdk.open(server.url, host);
  await client.connect(transport);
  return client;
}

export async function sign_in(sdk, world, host, server) {
  const { client, transport } = sdk.open(server.url, host);
  await assert.rejects(client.connect(transport), sdk.UnauthorizedError);
  await finish(sdk, world, host, transport);
  return connect(sdk, host, server);
}

export const call = async (client, name) => (await client.callTool({ name, arguments: {} })).content[0].text;
