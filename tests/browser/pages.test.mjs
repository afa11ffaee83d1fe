// Every page: readable by everybody, at every width, light and dark, and asking nobody else for anything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFindings, openPage, startServer } from "./harness.mjs";

const WIDTHS = [390, 820, 1280];

test("every page passes the accessibility checker and fits its width, light and dark", async (t) => {
  const { base, adminLink } = await startServer(t);
  for (const colorScheme of ["light", "dark"]) {
    const page = await openPage(t, { colorScheme, reducedMotion: "reduce" });
    await page.goto(base);
    await page.getByRole("button", { name: /open the demo store/i }).click();
    await page.waitForURL(/\/shop/);
    if (colorScheme === "light") await page.goto(adminLink);
    const paths = ["/", "/shop", "/kiosk", "/enrol", "/enrol?language=es", "/policy", "/policy?language=es", "/setup", "/problems/capture_rejected", "/nowhere"];
    if (colorScheme === "light") paths.push("/console", "/console/places", "/console/holds");
    for (const path of paths) {
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(base + path);
        const at = `${path} at ${width} px, ${colorScheme}`;
        assert.deepEqual(await accessibilityFindings(page), [], at);
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(overflow <= 0, `${at} is ${overflow} px too wide`);
      }
    }
    assert.deepEqual(page.problems, []);
  }
});

test("the kiosk works from the keyboard alone", async (t) => {
  const { base } = await startServer(t);
  const page = await openPage(t);
  await page.goto(base);
  await page.getByRole("button", { name: /open the demo store/i }).press("Enter");
  await page.waitForURL(/\/shop/);
  await page.goto(`${base}/kiosk`);
  for (const key of ["3", "2", "0"]) await page.getByRole("button", { name: key, exact: true }).press("Enter");
  await page.getByRole("button", { name: "Charge" }).press("Enter");
  await page.getByRole("button", { name: /pay by card instead/i }).press("Enter");
  await page.getByRole("radio", { name: /mastercard/i }).press("Space");
  await page.getByRole("button", { name: /^Pay \W*\d/ }).filter({ visible: true }).press("Enter");
  await page.getByRole("heading", { name: /^Paid/ }).waitFor({ timeout: 10_000 });
  assert.deepEqual(page.problems, []);
});
