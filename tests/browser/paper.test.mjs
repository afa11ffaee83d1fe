// Paper: the receipt in its forms, a day's settlement, and a dispute from its opening to its end.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFindings, openPage, startServer } from "./harness.mjs";

const WIDTHS = [390, 820, 1280];

/** Pays 3.20 by card at the demo store's kiosk; the receipt's path. */
async function payByCard(page, base) {
  await page.goto(base);
  await page.getByRole("button", { name: /open the demo store/i }).click();
  await page.waitForURL(/\/shop/);
  await page.goto(`${base}/kiosk`);
  for (const key of ["3", "2", "0"]) await page.getByRole("button", { name: key, exact: true }).click();
  await page.getByRole("button", { name: "Charge" }).click();
  await page.getByRole("button", { name: /pay by card instead/i }).click();
  await page.getByRole("button", { name: /^Pay \W*\d/ }).filter({ visible: true }).click();
  await page.getByRole("heading", { name: /^Paid/ }).waitFor({ timeout: 20_000 });
  return page.locator("[data-receipt][href]").getAttribute("href");
}

/** Signs the operator in; the link's page goes on to the console by itself. */
async function signIn(page, adminLink) {
  await page.goto(adminLink);
  await page.waitForURL(/\/console$/);
}

async function readableAtEveryWidth(page, path, colorScheme) {
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(path);
    const at = `${new URL(path).pathname} at ${width} px, ${colorScheme}`;
    assert.deepEqual(await accessibilityFindings(page), [], at);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `${at} is ${overflow} px too wide`);
  }
}

test("a receipt is a page, a text and a PDF; its day settles; its dispute is opened, lost and told", async (t) => {
  const { base, adminLink } = await startServer(t);
  const page = await openPage(t, { reducedMotion: "reduce" });
  const receipt = await payByCard(page, base);

  await page.goto(base + receipt);
  await page.getByText("Simulated card").waitFor();
  const pdf = await page.getByRole("link", { name: /PDF/ }).getAttribute("href");
  const file = await page.request.get(base + pdf);
  assert.equal(file.headers()["content-type"], "application/pdf");
  assert.equal((await file.body()).subarray(0, 5).toString(), "%PDF-");
  await page.getByRole("link", { name: /plain text/ }).click();
  await page.waitForURL(/\.txt$/);
  const text = await page.locator("body").innerText();
  assert.match(text, /EUR 3\.20/);
  const reference = /pay_[0-9A-Z]{26}/.exec(text)[0];

  await signIn(page, adminLink);
  await page.goto(`${base}/console/settlement`);
  await page.getByText("Payments and ledger agree").waitFor();
  await page.getByRole("row", { name: /Captured 1 €3\.20 €3\.20/ }).waitFor();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: "Download CSV" }).click();
  assert.match((await saved).suggestedFilename(), /^payments-.*\.csv$/);

  await page.goto(`${base}/console/disputes`);
  await page.getByLabel("Payment", { exact: true }).fill(reference);
  await page.getByLabel("Who disputes it").selectOption({ label: "The card’s issuer" });
  await page.locator("form[action='/console/disputes'] textarea").fill("Case 17");
  await page.getByRole("button", { name: "Open the dispute" }).click();
  await page.getByText("The dispute is open.").waitFor();
  await page.getByText("Case 17").waitFor();
  for (const path of [receipt, "/console", "/console/settlement", "/console/disputes"]) {
    await readableAtEveryWidth(page, base + path, "light");
  }
  await page.locator("summary").filter({ hasText: "Close" }).click();
  assert.deepEqual(await accessibilityFindings(page), [], "with the form open");
  await page.getByText("Lost: the money is taken back").click();
  await page.getByRole("button", { name: "Close it for good" }).click();
  await page.getByText("The dispute is closed.").waitFor();

  await page.goto(`${base}/console/settlement`);
  await page.getByRole("row", { name: /Lost disputes 1 −€3\.20/ }).waitFor();
  await page.goto(base + receipt);
  await page.getByText("the money goes back to the card").first().waitFor();
  assert.deepEqual(page.problems, []);
});

test("paper is readable in the dark", async (t) => {
  const { base, adminLink } = await startServer(t);
  const page = await openPage(t, { colorScheme: "dark", reducedMotion: "reduce" });
  const receipt = await payByCard(page, base);
  await signIn(page, adminLink);
  for (const path of [receipt, "/console", "/console/settlement", "/console/disputes"]) {
    await readableAtEveryWidth(page, base + path, "dark");
  }
  assert.deepEqual(page.problems, []);
});
