// docs/INTEGRATE.md as a newcomer follows it: each block of commands is run in order, and prints what stands below it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { delimiter, dirname } from "node:path";
import { test } from "node:test";
import { required, temporaryFolder } from "../support/server.mjs";
import { openShop } from "./shop.mjs";

const END = "--- the end of a block ---";

test("every command of docs/INTEGRATE.md prints what the page says", async (t) => {
  const page = await readFile(new URL("../../docs/INTEGRATE.md", import.meta.url), "utf8");
  const shop = await openShop(t, { scanner: false });
  const blocks = [...page.matchAll(/```sh\n(.*?)```\n(?:```text\n(.*?)```\n)?/gs)];
  assert.ok(blocks.length >= 9);
  assert.ok(blocks.every((block) => block[2]), "each says what it prints");
  const script = blocks.map((block) => `${block[1]}\necho '${END}'\n`).join("");
  const said = await bash(t, script.replace("http://localhost:8321", shop.base).replace("hsk_test_…", shop.key));
  const outputs = said.split(`${END}\n`);
  for (const [n, block] of blocks.entries()) assert.equal(cut(outputs[n] ?? "nothing"), block[2], block[1]);
});

/** Ids and secrets as the page has them. */
function cut(text) {
  return text.replace(/\b(pay_|whsec_|whpk_)[\w+/=]+/g, "$1…");
}

async function bash(t, script) {
  const PATH = dirname(required("BINARY_UNDER_TEST")) + delimiter + process.env.PATH;
  const env = { ...process.env, PATH };
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], {
    cwd: await temporaryFolder(t),
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill());
  let said = "";
  for await (const part of child.stdout) said += part;
  return said;
}
