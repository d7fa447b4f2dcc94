// A certificate of a test's own, trusted by nobody who is not told of it.
//
//   const tls = make_certificate(["localhost"]);       // {certificate_file, key_file, certificate, key, spki}
//   startSystem({ tls, host: "localhost" });           // the edge serves https with it
//   createServer({ cert: tls.certificate, key: tls.key });
//   trust(tls.certificate)                             // of client.mjs: its requests accept it
//   const authority = make_authority();                // {certificate_file}: signs certificates for a name each
//   authority.issue("redis.internal")                  // {certificate_file, key_file}
//   spki: the hash by which Chromium is told to accept this one key

import { execFileSync } from "node:child_process";
import { createHash, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { temporary_folder } from "./process.mjs";

const new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export function make_certificate(hosts) {
  const folder = temporary_folder("tls");
  const [certificate_file, key_file] = ["certificate.pem", "key.pem"].map((name) => join(folder, name));
  execFileSync("openssl", ["req", "-x509", ...new_key, "-days", "2",
    "-keyout", key_file, "-out", certificate_file, "-subj", `/CN=${hosts[0]}`,
    "-addext", `subjectAltName=${hosts.map((host) => `DNS:${host}`).join(",")}`], { stdio: "pipe" });
  const [certificate, key] = [certificate_file, key_file].map((file) => readFileSync(file, "utf8"));
  const public_key = createPublicKey(certificate).export({ type: "spki", format: "der" });
  return { certificate_file, key_file, certificate, key, spki: createHash("sha256").update(public_key).digest("base64") };
}

export function make_authority() {
  const folder = temporary_folder("authority");
  const file = (name) => join(folder, name);
  const openssl = (...args) => execFileSync("openssl", args, { stdio: "pipe" });
  openssl("req", "-x509", ...new_key, "-days", "2", "-keyout", file("authority.key"), "-out", file("authority.pem"), "-subj", "/CN=authority");
  return {
    certificate_file: file("authority.pem"),
    issue(host) {
      const [certificate_file, key_file] = [file(`${host}.pem`), file(`${host}.key`)];
      openssl("req", ...new_key, "-keyout", key_file, "-out", file("request"), "-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`);
      openssl("x509", "-req", "-in", file("request"), "-CA", file("authority.pem"), "-CAkey", file("authority.key"), "-CAcreateserial",
        "-days", "2", "-copy_extensions", "copy", "-out", certificate_file);
      return { certificate_file, key_file };
    },
  };
}
