// A real browser beside the real binary.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";
import { required } from "../support/server.mjs";

export { handsel, startServer, temporaryFolder } from "../support/server.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A browser page that fails the test on any script error, refused resource or request to another origin. */
export async function openPage(t, { video, ...context } = {}) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"];
  args.push("--disable-component-update", "--disable-sync", "--no-first-run");
  if (video) {
    args.push("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream");
    args.push(`--use-file-for-fake-video-capture=${video}`);
  }
  const browser = await chromium.launch({ executablePath: required("CHROMIUM"), args });
  t.after(() => browser.close());
  const permissions = video ? ["camera"] : [];
  const page = await (await browser.newContext({ permissions, ...context })).newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    // A refused capture is an answer the page expects; the browser logs every 4xx on its own.
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) wrong.push(message.text());
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (!["127.0.0.1", "localhost", ""].includes(url.hostname)) wrong.push(`request to ${url.host}`);
  });
  page.problems = wrong;
  return page;
}

/** What the accessibility checker finds on the page as it is now, as readable lines. */
export async function accessibilityFindings(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() =>
    globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  return found.violations.map((one) => `${one.id}: ${one.help} – ${one.nodes.map((node) => node.target).join(", ")}`);
}
