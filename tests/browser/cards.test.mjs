// Linking a card: from the wallet to the processor's own page and back, in a browser that sends no session on its way back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFindings, openPage, startServer } from "./harness.mjs";

test("a card is linked on the processor's page, without scripts", async (t) => {
  const { base, adminLink } = await startServer(t);
  const operator = await openPage(t);
  await operator.goto(base);
  await operator.getByRole("button", { name: /open the demo store/i }).click();
  await operator.waitForURL(/\/shop/);
  await operator.goto(adminLink);
  await operator.waitForURL(/\/console$/);
  const wallet = await operator.evaluate(async () => {
    const headers = { "content-type": "application/json", "handsel-as": "operator" };
    const sites = await (await fetch("/v1/sites", { headers })).json();
    const body = JSON.stringify({ site: sites.data[0].id, display_name: "Wren", of_age: true });
    const made = await fetch("/v1/subjects", { method: "POST", headers, body });
    return (await made.json()).wallet_path;
  });

  // The checker needs scripts of its own, so the way is gone twice.
  for (const javaScriptEnabled of [false, true]) {
    const page = await openPage(t, { javaScriptEnabled, viewport: { width: 390, height: 900 } });
    await page.goto(base + wallet);
    await page.waitForURL(/\/wallet$/);
    await page.getByRole("button", { name: "Link a card" }).click();
    await page.waitForURL(/\/cards\/set_/);
    assert.notEqual(new URL(page.url()).origin, base, "a page of the processor's own");
    if (javaScriptEnabled) {
      assert.deepEqual(await accessibilityFindings(page), []);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px too wide`);
    }
    await page.getByRole("button", { name: /mastercard/i }).click();
    await page.waitForURL(/\/wallet\?done=card$/);
    await page.getByRole("heading", { name: "Mastercard •• 4444" }).first().waitFor();
    assert.deepEqual(page.problems, []);
  }
});
