// Raw connections to an edge, for clients that do what no honest one does.
//
//   const flood = new Flood(port);
//   await flood.open(1000, (raw) => raw.socket.write("GET / HTTP/1.1\r\n"));
//   flood.drip("X", 100);                        each of them sends this again and again
//   await flood.closed(1000);                    until the edge has closed so many
//   flood.end();
//
// memory_bytes(pid): what a process has resident now; sockets_of(pid): how many it has; files_max(pid): may have open.

import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { traffic_of } from "../support/client.mjs";
import { eventually } from "../support/process.mjs";

export class Raw {
  // reads: takes what comes; else nothing, or a little every so often.
  constructor(port, { reads = true, reads_every_ms = 0 } = {}) {
    this.text = "";
    this.is_closed = false;
    this.port = port;
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    if (reads && !reads_every_ms) this.socket.on("data", (chunk) => { this.text += chunk.toString("latin1"); });
    else this.socket.pause();
    if (reads_every_ms) this.reading = setInterval(() => this.socket.read(1024), reads_every_ms);
    this.socket.on("error", () => {}).on("end", () => this.socket.end());
    this.connected = new Promise((resolve) => { this.socket.once("connect", () => resolve(true)).once("close", () => resolve(false)); });
    this.closed = new Promise((resolve) => { this.socket.once("close", () => { clearInterval(this.reading); this.is_closed = true; resolve(this.text); }); });
  }

  get statuses() { return [...this.text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)); }

  // A whole request, counted as request() of client.mjs does; answers the status, or undefined when the edge closed instead.
  async ask(text) {
    const counted = traffic_of(`http://127.0.0.1:${this.port}`);
    const before = this.statuses.length;
    counted.sent += 1;
    this.socket.write(text);
    await new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer after ${this.text.length} bytes`)), 30_000);
      const look = () => {
        if (this.statuses.length === before && !this.is_closed) return;
        clearTimeout(timer);
        this.socket.off("data", look);
        resolve();
      };
      this.socket.on("data", look).once("close", look);
      look(); // it may have been closed before
    });
    const status = this.statuses[before];
    if (status !== undefined) counted.answered += 1;
    return status;
  }

  said(pattern, options) { return eventually(() => pattern.test(this.text), { what: `${pattern} after ${this.text.length} bytes`, ...options }); }
}

export class Flood {
  constructor(port) {
    this.port = port;
    this.raws = [];
  }

  // So many connections, some hundred at a time, so that the kernel's queue does not overflow.
  async open(count, first = () => {}, options) {
    for (let left = count; left > 0; left -= 200) {
      const batch = Array.from({ length: Math.min(left, 200) }, () => new Raw(this.port, options));
      await Promise.all(batch.map(async (raw) => { if (await raw.connected) first(raw); }));
      this.raws.push(...batch);
    }
    return this;
  }

  drip(bytes, every_ms) {
    this.dripping = setInterval(() => { for (const { socket, is_closed } of this.raws) if (!is_closed) socket.write(bytes); }, every_ms);
  }

  get open_count() { return this.raws.filter(({ is_closed }) => !is_closed).length; }

  closed(count = this.raws.length, { timeout_ms = 60_000 } = {}) {
    return eventually(() => this.raws.length - this.open_count >= count, { what: `the end of ${count} connections`, timeout_ms, every_ms: 100 });
  }

  end() {
    clearInterval(this.dripping);
    for (const { socket } of this.raws) socket.destroy();
  }
}

export const memory_bytes = (pid) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) * 1024;
export const sockets_of = (pid) => readdirSync(`/proc/${pid}/fd`).length; // all but a few of its files
export const files_max = (pid) => Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, "utf8"))[1]);
