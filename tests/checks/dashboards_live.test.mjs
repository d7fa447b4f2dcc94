// ctest: LABEL full  TIMEOUT 300  SERIAL
// Every query of every dashboard gives data when Prometheus scrapes the running system: what nobody can see is not monitored.

import assert from "node:assert/strict";
import { test } from "node:test";
import { figures } from "../chart/dashboard_figures.mjs";
import { exporter_metrics_named, metrics_named } from "../support/metrics.mjs";

test("every panel of every dashboard has something to show", async () => {
  const { shown, troubles } = await figures(20);
  assert.deepEqual(troubles, [], "no request of the load was lost, though a signer was killed");
  for (const { dashboard, panels } of shown)
    for (const { panel, series } of panels.filter((one) => one.panel.targets.some(({ expr }) => [...metrics_named(expr), ...exporter_metrics_named(expr)].length > 0)))
      assert.ok(Object.keys(series).length > 0, `${dashboard.name}: ${panel.title}`);
});
