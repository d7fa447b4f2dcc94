// ctest: LABEL check  TIMEOUT 60
// The dashboards ask only for metrics that a process has, and every panel says what it shows. That each query gives data from a running
// system is tested by dashboards_live.test.mjs.

import assert from "node:assert/strict";
import { test } from "node:test";
import { dashboards, panels_of } from "../chart/dashboard_figures.mjs";
import { known_metrics, metrics_named } from "../support/metrics.mjs";

test("there are dashboards", () => assert.ok(dashboards().length > 0));

for (const dashboard of dashboards()) {
  test(`${dashboard.name}: panels have their own id, a title and queries`, () => {
    const panels = panels_of(dashboard);
    assert.equal(new Set(dashboard.panels.map(({ id }) => id)).size, dashboard.panels.length);
    assert.ok(panels.length > 0);
    for (const { title, targets } of panels) {
      assert.ok(title?.length > 3);
      for (const { expr } of targets) assert.ok(expr, title);
    }
  });

  test(`${dashboard.name}: every metric is one of a process's`, () => {
    const known = known_metrics();
    for (const { title, targets } of panels_of(dashboard))
      for (const { expr } of targets)
        for (const name of metrics_named(expr)) assert.ok(known.has(name), `${title}: ${name}`);
  });
}
