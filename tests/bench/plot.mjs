// Line charts as SVG, light and dark, without a library.

const WIDTH = 640, HEIGHT = 360, LEFT = 64, RIGHT = 150, TOP = 36, BOTTOM = 44;
const colours = ["#2563eb", "#dc2626", "#059669", "#d97706", "#7c3aed", "#0891b2", "#be185d", "#4d7c0f", "#475569"];
const escape = (text) => String(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;");

function ticks(max) {
  const step = 10 ** Math.floor(Math.log10(max / 4 || 1));
  const wide = [1, 2, 5, 10].map((factor) => factor * step).find((size) => max / size <= 6);
  return Array.from({ length: Math.floor(max / wide) + 1 }, (_, i) => i * wide);
}

// series: {name: [[x, y], ...]}. x stands at equal distances, as the few values that were measured.
export function chart({ title, x_label, y_label, series }) {
  const xs = [...new Set(Object.values(series).flat().map(([x]) => x))].sort((a, b) => a - b);
  const y_max = Math.max(...Object.values(series).flat().map(([, y]) => y)) * 1.05 || 1;
  const x_at = (x) => LEFT + (xs.length === 1 ? 0 : (xs.indexOf(x) / (xs.length - 1)) * (WIDTH - LEFT - RIGHT));
  const y_at = (y) => HEIGHT - BOTTOM - (y / y_max) * (HEIGHT - TOP - BOTTOM);
  const grid = ticks(y_max).map((y) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y_at(y)}" y2="${y_at(y)}"/><text x="${LEFT - 6}" y="${y_at(y) + 4}" text-anchor="end">${y.toLocaleString("en")}</text>`);
  const labels = xs.filter((_, i) => i % Math.ceil(xs.length / 10) === 0).map((x) => `<text x="${x_at(x)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${x}</text>`);
  const lines = Object.entries(series).map(([name, points], i) => {
    const path = points.map(([x, y]) => `${x_at(x).toFixed(1)},${y_at(y).toFixed(1)}`).join(" ");
    const dots = xs.length > 30 ? "" : points.map(([x, y]) => `<circle cx="${x_at(x).toFixed(1)}" cy="${y_at(y).toFixed(1)}" r="3" fill="${colours[i % colours.length]}"/>`).join("");
    return `<polyline points="${path}" fill="none" stroke="${colours[i % colours.length]}" stroke-width="2"/>${dots}` +
      `<text x="${WIDTH - RIGHT + 14}" y="${TOP + 14 + 18 * i}" style="fill:${colours[i % colours.length]}">${escape(name)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12">
<style>text{fill:#334155}.grid{stroke:#cbd5e1;stroke-width:.5}.back{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#cbd5e1}.grid{stroke:#475569}.back{fill:#0f172a}}</style>
<rect class="back" width="100%" height="100%"/><text x="${LEFT}" y="20" font-size="14">${escape(title)}</text>
${grid.join("")}${labels.join("")}${lines.join("\n")}
<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escape(x_label)}</text>
<text transform="translate(14 ${HEIGHT / 2}) rotate(-90)" text-anchor="middle">${escape(y_label)}</text>
</svg>\n`;
}

const by_endpoint = (rows, algorithm, value) => {
  const series = {};
  for (const row of rows) if (!row.variant && row.algorithm === algorithm) (series[row.endpoint] ??= []).push([row.in_flight, value(row)]);
  return series;
};

// [name, svg] of everything that the results can show.
export function plot({ rows, scaling, soak, plan }) {
  const charts = [];
  const dynamic = rows?.filter(({ endpoint }) => !["jwks", "metadata"].includes(endpoint));
  if (dynamic?.length) {
    const [algorithm] = plan.algorithms;
    charts.push(["throughput", chart({ title: `Requests a second (${algorithm})`, x_label: "requests in flight", y_label: "requests/s", series: by_endpoint(dynamic, algorithm, (row) => row.per_second) })]);
    charts.push(["latency", chart({ title: `Latency, p99 (${algorithm})`, x_label: "requests in flight", y_label: "ms", series: by_endpoint(dynamic, algorithm, (row) => row.latency_us.p99 / 1000) })]);
  }
  if (scaling) {
    const ideal = scaling.rows.map(({ signers }) => [signers, signers * scaling.rows[0].per_second]);
    charts.push(["scaling", chart({ title: "Signers that wait 2 ms instead of signing", x_label: "signers", y_label: "requests/s",
      series: { measured: scaling.rows.map(({ signers, per_second }) => [signers, per_second]), "n times one": ideal } })]);
    charts.push(["scaling-latency", chart({ title: "Latency with 4 in flight for each signer", x_label: "signers", y_label: "ms",
      series: { p50: scaling.rows.map(({ signers, latency_us }) => [signers, latency_us.p50 / 1000]), p99: scaling.rows.map(({ signers, latency_us }) => [signers, latency_us.p99 / 1000]) } })]);
  }
  if (soak) {
    const every = Math.ceil(soak.samples.length / 60);
    const shown = soak.samples.filter((_, i) => i % every === 0);
    charts.push(["soak", chart({ title: `Private memory over ${soak.minutes} minutes, ${soak.requests.toLocaleString("en")} requests, ${soak.failed} failed`, x_label: "minutes", y_label: "KiB",
      series: Object.fromEntries(Object.keys(soak.memory_kib.end).map((kind) => [kind, shown.map(({ minute, memory_kib }) => [minute, memory_kib[kind]])])) })]);
  }
  return charts;
}
