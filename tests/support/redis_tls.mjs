// A private Redis that speaks only TLS, and a stunnel in front of it with deploy/redis/stunnel.conf.
//
//   const redis = await startTlsRedis({ acl, passwords });         // a redis.mjs server; url is stunnel's socket
//   startSystem({ redis });
//   await redis.stunnel.stop(); await redis.stunnel_start({ authority, host });   // whom it believes, by which name
//   redis.authority, redis.other_authority                         // of tls.mjs: of Redis's certificate, and of none
//   await redis.stop();

import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Child, free_port } from "./process.mjs";
import { startRedis } from "./redis.mjs";
import { make_authority } from "./tls.mjs";

const example = new URL("../../deploy/redis/stunnel.conf", import.meta.url);

// The committed file; the places in it are the test's own.
function stunnel_conf(places) {
  let text = readFileSync(example, "utf8");
  for (const [name, value] of Object.entries(places)) {
    const line = new RegExp(`^;?${name} = .*$`, "m");
    if (!line.test(text)) throw new Error(`deploy/redis/stunnel.conf has no ${name}`);
    text = text.replace(line, `${name} = ${value}`);
  }
  return text;
}

export async function startTlsRedis({ acl, passwords, host = "redis.internal", client_certificates = false, ...options } = {}) {
  const [authority, other_authority] = [make_authority(), make_authority()];
  const [server_certificate, client_certificate] = [authority.issue(host), authority.issue("worker.internal")];
  const tls_port = await free_port();
  const redis = await startRedis({ acl, ...options, config: { "tls-port": tls_port, "tls-cert-file": server_certificate.certificate_file,
    "tls-key-file": server_certificate.key_file, "tls-ca-cert-file": authority.certificate_file,
    "tls-auth-clients": client_certificates ? "yes" : "no", ...options.config } });
  const socket = join(redis.folder, "redis-tls.sock");
  const { stop } = redis;

  return Object.assign(redis, {
    passwords, authority, other_authority, tls_port, url: `unix:${socket}`, stunnel: null,

    async stunnel_start({ authority: believed = authority, host: name = host, certificate = client_certificates } = {}) {
      rmSync(socket, { force: true }); // one that was killed leaves it behind
      const file = join(redis.folder, "stunnel.conf");
      writeFileSync(file, stunnel_conf({ accept: socket, connect: `127.0.0.1:${tls_port}`, CAfile: believed.certificate_file, checkHost: name,
        debug: "notice", ...(certificate ? { cert: client_certificate.certificate_file, key: client_certificate.key_file } : {}) }));
      redis.stunnel = new Child("stunnel", "stunnel4", [file], {});
      await redis.stunnel.seen(({ text }) => /Configuration successful/.test(text ?? ""));
    },
    // What stunnel has said of a certificate that it does not believe, from now on.
    stunnel_refuses() { return redis.stunnel.seen(({ text }) => /certificate verify failed|no matching|CERT: .*(?:error|fail|reject)|alert certificate required/i.test(text ?? "")); },
    async stop() {
      await redis.stunnel?.stop();
      await stop();
    },
  });
}
