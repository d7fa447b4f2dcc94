// A web site for client ID metadata documents: https on loopback under a certificate of its own, for names below
// .localhost, which resolve to loopback by themselves.
//
//   const site = await startDocuments(["app.localhost"]);
//   site.put("/client.json", (url) => ({ client_id: url, ... }), { headers: { "Cache-Control": "max-age=600" } });
//   site.serve("/slow", (request, response) => { ... });
//   registry: { DOCUMENT_PRIVATE_HOSTS: site.private_hosts, DOCUMENT_CA_FILE: site.ca_file }
//   site.url("/client.json"); site.requests_of("/client.json"); site.connections
//   await site.close();

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { temporary_folder } from "./process.mjs";

export async function startDocuments(hosts) {
  const folder = temporary_folder("documents");
  const [key, ca_file] = ["key.pem", "certificate.pem"].map((name) => join(folder, name));
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", ca_file,
    "-days", "2", "-subj", `/CN=${hosts[0]}`, "-addext", `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`], { stdio: "pipe" });
  const routes = new Map(), requests = [], sockets = new Set();
  const server = createServer({ key: readFileSync(key), cert: readFileSync(ca_file) }, (request, response) => {
    requests.push({ url: request.url, method: request.method, headers: request.headers });
    const route = routes.get(request.url);
    if (route) return route(request, response);
    return response.writeHead(404, { "Content-Type": "application/json" }).end("{}");
  });
  server.keepAliveTimeout = 0;
  const site = {
    ca_file, requests, connections: 0,
    serve(path, handler) { routes.set(path, handler); },
    put(path, content, { host = hosts[0], status = 200, headers = {}, type = "application/json" } = {}) {
      const value = typeof content === "function" ? content(site.url(path, host)) : content;
      const body = typeof value === "string" ? value : JSON.stringify(value);
      routes.set(path, (request, response) => response.writeHead(status, { "Content-Type": type, ...headers }).end(body));
      return site.url(path, host);
    },
    url: (path, host = hosts[0]) => `https://${host}:${site.port}${path}`,
    requests_of: (path) => requests.filter(({ url }) => url === path).length,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  server.on("connection", (socket) => {
    site.connections += 1;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", () => {});
  await new Promise((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
  site.port = server.address().port;
  site.private_hosts = hosts.map((host) => `${host}:${site.port}`).join(",");
  return site;
}
