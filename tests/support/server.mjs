// Starts the real binary: commands to their end, and servers on a fresh store.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = required("BINARY_UNDER_TEST");

/** What `cargo xtask` has put into the environment. */
export function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run \`cargo xtask test\``);
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
  const folder = await mkdtemp(join(tmpdir(), "handsel-test-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The server, on a free port and with a store of its own unless told otherwise: `{ base, adminLink, folder, stop }`. */
export async function startServer(t, { folder, listen = "127.0.0.1:0", env = {} } = {}) {
  folder ??= await temporaryFolder(t);
  const child = spawn(BINARY, ["serve", "--listen", listen, "--data-dir", folder], {
    stdio: ["ignore", "pipe", "ignore"],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((done) => child.once("exit", done));
  const stop = (signal) => (child.kill(signal), ended);
  t.after(() => stop());
  const urls = [];
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(line.trim().split(/\s+/).at(-1));
    if (urls.length === 2) break;
  }
  return { base: urls[0].replace(/\/$/, ""), adminLink: urls[1], folder, stop };
}
