// Starts the real binary on a fresh store and a real browser beside it.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const BINARY = required("BINARY_UNDER_TEST");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask browser\``);
  return value;
}

/** Runs one command of the binary to its end; its standard output. */
export async function handsel(...args) {
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "inherit"] });
  let out = "";
  for await (const chunk of child.stdout) out += chunk;
  const code = child.exitCode ?? (await new Promise((done) => child.once("exit", done)));
  if (code !== 0) throw new Error(`handsel ${args.join(" ")}: exit ${code}`);
  return out;
}

/** A folder that is gone when the test ends. */
export async function temporaryFolder(t) {
  const folder = await mkdtemp(join(tmpdir(), "handsel-browser-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The server on a free port with a store of its own: `{ base, adminLink }`. */
export async function startServer(t) {
  const folder = await temporaryFolder(t);
  const child = spawn(BINARY, ["serve", "--listen", "127.0.0.1:0", "--data-dir", folder], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  t.after(() => child.kill());
  const urls = [];
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(line.trim().split(/\s+/).at(-1));
    if (urls.length === 2) break;
  }
  return { base: urls[0].replace(/\/$/, ""), adminLink: urls[1] };
}

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
    if (!["127.0.0.1", ""].includes(url.hostname)) wrong.push(`request to ${url.host}`);
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
