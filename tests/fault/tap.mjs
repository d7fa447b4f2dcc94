// A tap on the link between workers and an edge: what either says may be seen, changed, dropped or added to. It forwards
// the bytes of ZMTP 3.0 over unix sockets and understands just enough of them to find the messages of proto/README.md.
//
//   const tap = await open_tap((message, connection) => [message]);
//   startSystem({ env: { signer: (index, system) => (index === 1 ? { EDGES: tap.between(system.edges[0].endpoints.signer) } : {}) } });
//   tap.close();
//
// The function answers the messages to send on, in the place of the one it was given. A message is {from: "worker" or
// "edge", protocol, type, version, time_ms, request_id, subject, traceparent, body}; connection.send(message) sends one
// more, to whom it is not from.

import { connect, createServer } from "node:net";
import { join } from "node:path";
import { temporary_folder } from "../support/process.mjs";

export const types = { HELLO: 1, WELCOME: 2, WHO: 3, READY: 4, REQUEST: 5, REPLY: 6, DRAINING: 7, BYE: 8, PROBE: 9 };

const greeting_bytes = 64;
const flags = { more: 1, long: 2, command: 4 };

// ---- ZMTP: a greeting, then frames of flags, size and content

function frame(content, more) {
  const long = content.length > 255;
  const head = Buffer.alloc(long ? 9 : 2);
  head[0] = (more ? flags.more : 0) | (long ? flags.long : 0);
  if (long) head.writeBigUInt64BE(BigInt(content.length), 1);
  else head[1] = content.length;
  return Buffer.concat([head, content]);
}

// {flag, content, whole} at the start of the bytes, or null when they are not all there yet.
function first_frame(bytes) {
  if (bytes.length < 2) return null;
  const long = (bytes[0] & flags.long) !== 0;
  const head = long ? 9 : 2;
  if (bytes.length < head) return null;
  const size = long ? Number(bytes.readBigUInt64BE(1)) : bytes[1];
  if (bytes.length < head + size) return null;
  return { flag: bytes[0], content: bytes.subarray(head, head + size), whole: bytes.subarray(0, head + size) };
}

// ---- the envelope

function decoded(from, [header, subject, traceparent, body]) {
  return { from, protocol: header[0], type: header[1], version: header[2], time_ms: header.readUInt32BE(4),
    request_id: header.subarray(8, 24).toString("hex"), subject: subject.toString(), traceparent: traceparent.toString(),
    body: body.length > 0 ? JSON.parse(body.toString()) : undefined };
}

function encoded({ protocol = 1, type, version = 0, time_ms = 0, request_id = "0".repeat(32), subject = "", traceparent = "", body }) {
  const header = Buffer.alloc(24);
  header.set([protocol, type, version]);
  header.writeUInt32BE(time_ms, 4);
  header.set(Buffer.from(request_id, "hex"), 8);
  const frames = [header, Buffer.from(subject), Buffer.from(traceparent), Buffer.from(body === undefined ? "" : JSON.stringify(body))];
  return Buffer.concat(frames.map((content, index) => frame(content, index < frames.length - 1)));
}

// Reads one direction; forward(bytes) is what goes on as it is, on_message what is a whole message.
function reader(forward, on_message) {
  let left = Buffer.alloc(0), greeting = greeting_bytes, frames = [];
  return (chunk) => {
    const greeted = chunk.subarray(0, greeting); // comes in parts, each only after the other side's
    if (greeted.length > 0) forward(greeted);
    greeting -= greeted.length;
    left = Buffer.concat([left, chunk.subarray(greeted.length)]);
    for (let found = first_frame(left); found; found = first_frame(left)) {
      left = left.subarray(found.whole.length);
      if (found.flag & flags.command) { forward(found.whole); continue; }
      frames.push(found.content);
      if (found.flag & flags.more) continue;
      on_message(frames);
      frames = [];
    }
  };
}

export async function open_tap(see) {
  let edge_path;
  const path = join(temporary_folder("tap"), "tap.ipc");
  const sockets = new Set();
  const server = createServer((worker) => {
    const edge = connect(edge_path);
    const ends = { worker, edge };
    const other = { worker: "edge", edge: "worker" };
    const connection = { send: (message) => ends[other[message.from]].write(encoded(message)) };
    for (const [from, socket] of Object.entries(ends)) {
      sockets.add(socket);
      const to = ends[other[from]];
      socket.on("data", reader((bytes) => to.write(bytes), (frames) => {
        for (const message of see(decoded(from, frames), connection)) connection.send(message);
      }));
      socket.on("error", () => {}).on("close", () => { sockets.delete(socket); to.destroy(); });
    }
  });
  await new Promise((resolve) => server.listen(path, resolve));
  return {
    // The endpoint for workers of this edge's.
    between(edge_endpoint) {
      edge_path = edge_endpoint.replace(/^ipc:\/\//, "");
      return `ipc://${path}`;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
