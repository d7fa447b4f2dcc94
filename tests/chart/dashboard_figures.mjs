// The dashboards of k8s/mcp-oauth/files/dashboards, drawn from the system itself: it runs under load, Debian's Prometheus scrapes every
// admin port and redis_exporter on loopback, every panel's queries are asked of Prometheus as Grafana would, and each dashboard becomes one picture.
//
//   MCP_OAUTH_BIN=build/dev/bin node tests/chart/dashboard_figures.mjs [SECONDS]        writes k8s/pictures/
//
// In the middle a signer is killed, GitHub becomes slow, and somebody replays what has been used, so that there is something to see.

import assert from "node:assert/strict";
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chart } from "../bench/plot.mjs";
import { authorizeUntilConsent, exchange, post_json, refresh, register, request, signIn } from "../support/client.mjs";
import { start_exporter } from "../support/exporter.mjs";
import { admin_ports } from "../support/metrics.mjs";
import { Child, eventually, free_port, temporary_folder } from "../support/process.mjs";
import { kinds, startSystem } from "../support/system.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "k8s/mcp-oauth/files/dashboards");
const signers = 2, scrape_s = 1, window_s = 10;

export const dashboards = () => readdirSync(folder).filter((name) => name.endsWith(".json")).map((name) => ({ name: basename(name, ".json"), ...JSON.parse(readFileSync(join(folder, name), "utf8")) }));
export const panels_of = (dashboard) => dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]).filter(({ targets }) => targets?.length);

// ---- Prometheus

async function start_prometheus({ ports }, exporter) {
  const data = temporary_folder("prometheus");
  const port = await free_port();
  const targets = Object.values(ports).flat().map((admin) => `"127.0.0.1:${admin}"`).join(", ");
  writeFileSync(join(data, "prometheus.yml"), `global: { scrape_interval: ${scrape_s}s, evaluation_interval: 5s }\n` +
    `rule_files: ["${join(root, "k8s/mcp-oauth/files/alerts.yaml")}"]\n` +
    `scrape_configs: [{ job_name: mcp-oauth, static_configs: [{ targets: [${targets}], labels: { namespace: figures } }] },\n` +
    `  { job_name: redis, static_configs: [{ targets: ["127.0.0.1:${exporter.port}"], labels: { namespace: figures } }] }]\n`);
  const child = new Child("prometheus", "prometheus", [`--config.file=${data}/prometheus.yml`, `--storage.tsdb.path=${data}/tsdb`,
    `--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"], {});
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => (await request(`${url}/-/ready`)).status === 200, { what: "Prometheus", timeout_ms: 30_000 });
  return { child, url };
}

const expression_of = (expr) => expr.replaceAll("$__rate_interval", `${window_s}s`).replaceAll("$__range", `${window_s}s`)
  .replaceAll("$__interval", `${window_s}s`).replace(/\$\{?(?!__)\w+\}?/g, ".*");

async function ask({ url }, path, parameters) {
  const { body, text } = await request(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  assert.equal(body?.status, "success", `${parameters.query}: ${text}`);
  return body.data.result;
}

const legend_of = (format, metric) => (format ? format.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label) => metric[label] ?? "") : Object.values(metric).join(" ")).trim() || "all";

// {legend: [[seconds since the start, value]]}
async function series_of(prometheus, panel, { begin, end }) {
  const series = {};
  for (const { expr, legendFormat } of panel.targets)
    for (const { metric, values } of await ask(prometheus, "query_range", { query: expression_of(expr), start: begin, end, step: 2 * scrape_s }))
      series[legend_of(legendFormat, metric)] = values.map(([at, value]) => [Math.round(at - begin), Number(value)]).filter(([, value]) => Number.isFinite(value));
  return Object.fromEntries(Object.entries(series).filter(([, points]) => points.length > 0));
}

// ---- load

// Signs in, refreshes, validates, is denied, replays, until told to stop.
async function person(system, until, nth) {
  for (let turn = 0; !until.stopped; turn += 1) {
    try {
      const { client, tokens, redirect_uri, code_verifier, code } = await signIn(system);
      let token = tokens;
      for (let i = 0; i < 6 && !until.stopped; i += 1) {
        for (let j = 0; j < 5; j += 1) await post_json(`${system.base}/validate`, { token: token.access_token });
        await request(`${system.base}/.well-known/jwks.json`);
        token = (await refresh(system.base, client, token.refresh_token)).body;
      }
      if (until.mischief && turn % 3 === 0) await exchange(system.base, client, { code, code_verifier, redirect_uri });
      if ((turn + nth) % 4 === 0) await authorizeUntilConsent(system, await register(system.base), { user: "hubot" });
    } catch (error) {
      if (!until.stopped) until.troubles.push(error.message);
    }
  }
}

async function run_load(system, seconds) {
  const until = { stopped: false, mischief: false, troubles: [] };
  const people = Array.from({ length: 6 }, (_, nth) => person(system, until, nth));
  const pause = (share) => new Promise((resolve) => setTimeout(resolve, share * seconds * 1000)); // the picture's own time
  await pause(0.3);
  await system.kill("signer", 1);
  await pause(0.2);
  await system.restart("signer", 1);
  until.mischief = true;
  system.github.control({ endpoint: "user", failure: "slow", delay_ms: 800, times: 40 });
  await pause(0.5);
  until.stopped = true;
  await Promise.all(people);
  return until.troubles;
}

// Runs the system for so long and answers, for each dashboard, what its panels show: [{dashboard, panels: [{panel, series}]}].
export async function figures(seconds) {
  const admin = await admin_ports({ edge: 1, registry: 1, broker: 1, signer: signers });
  const system = await startSystem({ signers, redis_options: { tcp: true }, env: admin.env({ all: { LOG_LEVEL: "information" }, signer: { REFRESH_GRACE_S: "0" } }) });
  const exporter = await start_exporter(system);
  const prometheus = await start_prometheus(admin, exporter);
  try {
    const begin = Date.now() / 1000;
    const troubles = await run_load(system, seconds);
    const range = { begin, end: Date.now() / 1000 };
    const up = await ask(prometheus, "query", { query: "sum(up)" });
    assert.equal(Number(up[0]?.value[1]), kinds.length + signers, "every process is scraped, and Redis");
    const shown = [];
    for (const dashboard of dashboards()) {
      const panels = [];
      for (const panel of panels_of(dashboard)) panels.push({ panel, series: await series_of(prometheus, panel, range) });
      shown.push({ dashboard, panels });
    }
    return { shown, troubles };
  } finally {
    await prometheus.child.stop();
    await exporter.child.stop();
    await system.stop();
  }
}

// ---- pictures

const units = { s: ["ms", 1000], bytes: ["MB", 1e-6], percentunit: ["%", 100], reqps: ["requests/s", 1], ops: ["a second", 1], short: ["", 1] };
const series_max = 9; // that the legend has room for

function picture({ panel, series }) {
  const [label, factor] = units[panel.fieldConfig?.defaults?.unit] ?? [panel.fieldConfig?.defaults?.unit ?? "", 1];
  const highest = ([, points]) => -Math.max(...points.map(([, value]) => value));
  const chosen = Object.entries(series).sort((a, b) => highest(a) - highest(b)).slice(0, series_max);
  return chart({ title: panel.title, x_label: "seconds", y_label: label,
    series: Object.fromEntries(chosen.map(([name, points]) => [name, points.map(([at, value]) => [at, value * factor])])) });
}

// All panels of a dashboard, two beside each other.
function sheet(panels) {
  const [width, height] = [640, 360];
  const inside = panels.map((shown, i) => picture(shown).replace("<svg ", `<svg x="${(i % 2) * width}" y="${Math.floor(i / 2) * height}" width="${width}" height="${height}" `));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * width} ${Math.ceil(panels.length / 2) * height}">\n${inside.join("")}</svg>\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { shown, troubles } = await figures(Number(process.argv[2] ?? 90));
  const pictures = join(root, "k8s/pictures");
  mkdirSync(pictures, { recursive: true });
  for (const { dashboard, panels } of shown) {
    const filled = panels.filter(({ series }) => Object.keys(series).length > 0);
    writeFileSync(join(pictures, `${dashboard.name}.svg`), sheet(filled));
    console.log(`k8s/pictures/${dashboard.name}.svg: ${filled.length} of ${panels.length} panels have data`);
    for (const { panel } of panels.filter((shown_panel) => !filled.includes(shown_panel))) console.log(`  nothing to see: ${panel.title}`);
  }
  console.log(`${troubles.length} requests of the load failed${troubles.length ? `: ${[...new Set(troubles)].slice(0, 3).join("; ")}` : ""}`);
}
