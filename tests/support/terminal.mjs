// What a program shows on a terminal, and a picture of it.
//
//   const text = await in_terminal("mcp-oauth keys --once", environment, { columns: 130 });   with its colours (ECMA-48 SGR)
//   writeFileSync("keys.svg", terminal_svg(text, { command: "mcp-oauth keys" }));

import assert from "node:assert/strict";
import { Child } from "./process.mjs";

// util-linux's script makes the pseudo-terminal.
export const start_in_terminal = (command, environment, { columns = 130, rows = 50 } = {}) =>
  new Child("script", "script", ["-qefc", `stty cols ${columns} rows ${rows}; exec ${command}`, "/dev/null"],
    { TERM: "xterm-256color", SHELL: "/bin/sh", ...environment }, { stdin: null });

// Runs it to its end.
export async function in_terminal(command, environment, size) {
  const child = start_in_terminal(command, environment, size);
  child.expected = true;
  const { code } = await child.exited;
  assert.equal(code, 0, child.text.join("\n"));
  return child.text.map((line) => line.replace(/\r$/, "")).join("\n");
}

const colours = { 31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea", 90: "#8b949e" };
const escaped = (text) => text.replace(/[&<>]/g, (character) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[character]);

// Pieces of one line with the same look; a look lasts until it is reset.
function pieces_of(line, look) {
  const pieces = [];
  for (const part of line.split(/(\x1b\[[0-9;]*m)/)) {
    const [, codes] = /^\x1b\[([0-9;]*)m$/.exec(part) ?? [];
    if (codes === undefined) {
      const text = part.replace(/\x1b\[[0-9;?]*[a-zA-Z]/g, "");
      if (text) pieces.push({ text, ...look });
      continue;
    }
    for (const code of (codes || "0").split(";").map(Number)) {
      if (code === 0) for (const name of Object.keys(look)) delete look[name];
      else if (code === 1) look.bold = true;
      else if (code === 2) look.dim = true;
      else if (colours[code]) look.colour = colours[code];
    }
  }
  return pieces;
}

function cut(pieces, columns) {
  let left = columns;
  return pieces.map((piece) => ({ ...piece, text: piece.text.slice(0, Math.max(0, (left -= piece.text.length) + piece.text.length)) })).filter(({ text }) => text);
}

// Lines that are longer are cut at the right edge.
export function terminal_svg(text, { command, columns = 130 }) {
  const lines = [`\x1b[90m$\x1b[0m ${command}`, ...text.replace(/\n+$/, "").split("\n")], look = {};
  const [character, line, margin] = [7.8, 18, 16];
  const rows = lines.map((one) => cut(pieces_of(one, look), columns));
  const width = Math.ceil(Math.max(...rows.map((pieces) => pieces.reduce((sum, piece) => sum + piece.text.length, 0))) * character + 2 * margin);
  const spans = rows.map((pieces, i) => {
    let at = 0;
    return pieces.map((piece) => {
      const x = margin + at * character;
      at += piece.text.length;
      if (!piece.text.trim()) return "";
      const style = `${piece.colour ? ` fill="${piece.colour}"` : ""}${piece.bold ? ' font-weight="bold"' : ""}${piece.dim ? ' opacity="0.65"' : ""}`;
      return `<text x="${x.toFixed(1)}" y="${margin + (i + 1) * line - 5}" textLength="${(piece.text.length * character).toFixed(1)}"${style} xml:space="preserve">${escaped(piece.text)}</text>`;
    }).join("");
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${rows.length * line + 2 * margin}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13" fill="#e6edf3">\n` +
    `<rect width="100%" height="100%" rx="8" fill="#0d1117"/>\n${spans.join("\n")}\n</svg>\n`;
}
