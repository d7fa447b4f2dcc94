// Debian's Chromium, headless, driven by playwright-core, with nothing but loopback to talk to. Screenshots go to tests/output/.

import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const output = fileURLToPath(new URL("../output/screenshots/", import.meta.url));

export async function openChromium() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-features=Translate,OptimizationHints,MediaRouter"] });
}

// phone: a small touch screen; dark: the colour scheme.
export const new_context = (browser, { phone = false, dark = false } = {}) => browser.newContext({
  viewport: phone ? { width: 390, height: 844 } : { width: 1100, height: 800 }, isMobile: phone, deviceScaleFactor: phone ? 2 : 1,
  colorScheme: dark ? "dark" : "light" });

export async function screenshot(page, name) {
  mkdirSync(output, { recursive: true });
  await page.screenshot({ path: `${output}${name}.png`, fullPage: true });
}
