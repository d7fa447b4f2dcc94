// Debian's Chromium, headless, driven by playwright-core, with nothing but loopback to talk to. Screenshots go to tests/output/.
//
//   const chromium = await openChromium({ names: { "claude.ai": port }, accepted: [tls.spki] });
//
// names: where a host is, instead of where its name would lead; accepted: the keys whose certificates are believed, so that
// every other certificate is still checked.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const output = fileURLToPath(new URL("../output/screenshots/", import.meta.url));

export async function openChromium({ names = {}, accepted = [] } = {}) {
  const rules = Object.entries(names).map(([host, port]) => `MAP ${host} 127.0.0.1:${port}`);
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-features=Translate,OptimizationHints,MediaRouter",
    ...(rules.length ? [`--host-resolver-rules=${rules.join(",")}`] : []),
    ...(accepted.length ? [`--ignore-certificate-errors-spki-list=${accepted.join(",")}`] : [])] });
}

// phone: a small touch screen; dark: the colour scheme.
export const new_context = (browser, { phone = false, dark = false } = {}) => browser.newContext({
  viewport: phone ? { width: 390, height: 844 } : { width: 1100, height: 800 }, isMobile: phone, deviceScaleFactor: phone ? 2 : 1,
  colorScheme: dark ? "dark" : "light" });

export async function screenshot(page, name) {
  mkdirSync(output, { recursive: true });
  await page.screenshot({ path: `${output}${name}.png`, fullPage: true });
}
