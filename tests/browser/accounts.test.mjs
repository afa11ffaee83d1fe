// Signing in: with a passkey of Chromium's virtual authenticator, into a wallet and the console.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { accessibilityFindings, handsel, openPage, startServer } from "./harness.mjs";

/** A device that recognises whoever holds it, as a phone does. */
async function addAuthenticator(page) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const options = { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true };
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { ...options, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    count: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials.length,
    recognise: (isUserVerified) => devtools.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified }),
  };
}

/** The page passes the accessibility checker and fits, on a phone and a desk, light and dark; pictures where wished. */
async function look(page, name) {
  const folder = process.env.PICTURES_OF_PAGES;
  if (folder) await mkdir(folder, { recursive: true });
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      const at = `${name} at ${width} px, ${colorScheme}`;
      assert.deepEqual(await accessibilityFindings(page), [], at);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${at} is ${overflow} px too wide`);
      if (folder) await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
}

const passkey = (page) => page.getByRole("button", { name: "Sign in with a passkey" });

/** A store, its kiosk, and a subject who enrolled there without a palm yet: their wallet's address. */
async function enrol(page, base, adminLink) {
  await page.goto(adminLink);
  await page.waitForURL(/\/setup/);
  await page.getByLabel("Name on receipts").fill("Corner Store");
  await page.getByLabel("First site").fill("Front");
  await page.getByRole("button", { name: "Set up the store" }).click();
  await page.getByText("shown once").waitFor();
  return page.evaluate(async () => {
    const ask = async (method, path, body) => {
      const headers = { "handsel-as": "operator", "content-type": "application/json" };
      const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
      if (!answer.ok) throw new Error(await answer.text());
      return answer.json();
    };
    const [site] = (await ask("GET", "/v1/sites")).data;
    await ask("POST", `/v1/sites/${site.id}/sign`);
    const made = await ask("POST", "/v1/subjects", { site: site.id, display_name: "Wren Adeyemi", of_age: true });
    return made.wallet_path;
  });
}

test("a wallet: add a passkey, sign out, come back with it", async (t) => {
  const { base, adminLink } = await startServer(t);
  const page = await openPage(t);
  const device = await addAuthenticator(page);
  const wallet = await enrol(page, base, adminLink);
  await page.goto(base + wallet);
  await page.waitForURL(/\/wallet$/);
  await page.getByLabel("What is this device called?").fill("My phone");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("The passkey is here.").waitFor();
  assert.equal(await device.count(), 1);
  await look(page, "wallet");

  await page.getByRole("button", { name: "Add a passkey" }).scrollIntoViewIfNeeded();
  await page.getByLabel("What is this device called?").fill("My phone again");
  await page.getByRole("button", { name: "Add a passkey" }).click();
  await page.getByText("has a passkey for you already").waitFor();

  await page.getByRole("button", { name: "Close the wallet on this screen" }).click();
  await page.goto(`${base}/wallet`);
  await page.getByRole("heading", { name: "Open your wallet" }).waitFor();
  await look(page, "sign-in");
  await device.recognise(false);
  await passkey(page).click();
  await page.getByRole("alert").filter({ hasText: "Nothing was chosen" }).waitFor({ timeout: 20_000 });
  await device.recognise(true);
  await passkey(page).press("Enter");
  await page.getByRole("heading", { name: "Wren Adeyemi’s wallet" }).waitFor();

  await page.getByRole("button", { name: "Remove the passkey My phone" }).click();
  await page.getByText("The passkey is removed.").waitFor();
  await page.getByRole("button", { name: "Close the wallet on this screen" }).click();
  await page.goto(`${base}/sign-in`);
  await passkey(page).click();
  await page.getByRole("alert").filter({ hasText: "Nobody here signs in with this passkey" }).waitFor();
  assert.deepEqual(page.problems, []);
});

test("the operator’s first run: a link, a passkey, and staff by role", async (t) => {
  const { base, adminLink, folder } = await startServer(t);
  const page = await openPage(t);
  await addAuthenticator(page);
  await page.goto(adminLink);
  await page.waitForURL(/\/setup/);
  await page.goto(`${base}/console/you`);
  await look(page, "you-by-link");
  await page.getByRole("button", { name: "Make me an owner" }).click();
  await look(page, "staff-link");
  await page.getByRole("link", { name: "Open it on this device" }).click();
  await look(page, "join");
  await page.getByLabel("What are you called here?").fill("Fern Holt");
  await page.getByRole("button", { name: "Make a passkey" }).click();
  await page.waitForURL(/\/console$/);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto(`${base}/console`);
  await passkey(page).click();
  await page.getByRole("heading", { name: "Payments" }).waitFor();
  await page.goto(`${base}/console/you`);
  await page.getByRole("heading", { name: "Fern Holt" }).waitFor();
  await look(page, "you");
  await page.goto(`${base}/console/staff`);
  await page.getByRole("heading", { name: "Fern Holt" }).waitFor();
  await look(page, "staff");
  await page.goto(`${base}/console/help`);
  await look(page, "help");

  // An auditor, on a device of their own.
  await page.goto(`${base}/console/staff`);
  await page.getByRole("radio", { name: /^Auditor/ }).check();
  await page.getByRole("button", { name: "Make a link" }).click();
  const link = await page.locator("[data-copy-text]").innerText();
  const theirs = await openPage(t);
  await addAuthenticator(theirs);
  await theirs.goto(link);
  await theirs.getByLabel("What are you called here?").fill("Ash Moran");
  await theirs.getByRole("button", { name: "Make a passkey" }).click();
  await theirs.waitForURL(/\/console\/disputes$/);
  assert.deepEqual(await theirs.getByRole("navigation", { name: "Console" }).getByRole("link").allInnerTexts(), [
    "Disputes", "Settlement", "Legal holds", "Requests", "Quality", "Palm keys", "Backups", "You",
  ]);

  // Locked out: a link from the machine, while the server runs.
  await page.getByRole("button", { name: "Sign out" }).click();
  const said = await handsel("operator", "link", "--data-dir", folder);
  const token = said.trim().split("/").at(-1);
  await page.goto(`${base}/admin/${token}`);
  await page.waitForURL(/\/(setup|console)$/);
  assert.deepEqual([...page.problems, ...theirs.problems], []);
});

test("a wallet: confirm an address by a code, sign out, come back by another one", async (t) => {
  const { base, adminLink, folder } = await startServer(t, { env: { HANDSEL_CODES__KIND: "file" } });
  const page = await openPage(t);
  const wallet = await enrol(page, base, adminLink);
  const code = async (than) => {
    for (let tries = 0; tries < 100; tries++) {
      const text = await readFile(join(folder, "codes.txt"), "utf8").catch(() => "");
      const newest = text.trim().split("\n").at(-1).split(" ").at(-1);
      if (newest && newest !== than) return newest;
      await new Promise((done) => setTimeout(done, 50));
    }
    throw new Error("no code came");
  };
  await page.goto(base + wallet);
  await page.waitForURL(/\/wallet$/);
  const address = page.getByLabel(/^Mail address/);
  await address.fill("wren@mail.example");
  await page.getByRole("button", { name: "Send a code there" }).click();
  const first = await code();
  await page.getByLabel(/^Code sent to/).fill(first === "123456" ? "654321" : "123456");
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByRole("alert").filter({ hasText: "does not fit" }).waitFor();
  await look(page, "code");
  await page.getByLabel(/^Code sent to/).fill(first);
  await page.getByRole("button", { name: "Confirm" }).click();
  await page.getByText("Confirmed.").waitFor();
  await look(page, "wallet-with-code");
  await page.getByRole("button", { name: "Close the wallet on this screen" }).click();
  await page.goto(`${base}/wallet`);
  await address.fill("Wren@Mail.Example");
  await page.getByRole("button", { name: "Send me a code" }).click();
  await page.getByLabel(/^Code sent to/).fill(await code(first));
  await page.getByRole("button", { name: "Open my wallet" }).click();
  await page.getByRole("heading", { name: "Wren Adeyemi’s wallet" }).waitFor();
  assert.deepEqual(page.problems, []);
});
