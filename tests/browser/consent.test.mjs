// What happens before a camera lights: the age, the notice in two languages, read aloud where the browser can.
import assert from "node:assert/strict";
import { test } from "node:test";
import { accessibilityFindings, openPage, startServer } from "./harness.mjs";

async function openEnrolment(t, page, query = "") {
  const { base } = await startServer(t);
  await page.goto(base);
  await page.getByRole("button", { name: /open the demo store/i }).click();
  await page.waitForURL(/\/shop/);
  await page.goto(`${base}/enrol${query}`);
  return base;
}

test("whoever is not old enough is sent away before anything is sent", async (t) => {
  const page = await openPage(t);
  await openEnrolment(t, page);
  const sent = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (!pathname.startsWith("/assets/")) sent.push(`${request.method()} ${pathname}`);
  });
  await page.getByRole("button", { name: "No", exact: true }).click();
  await page.getByRole("heading", { name: "Palms are for grown-ups" }).waitFor();
  assert.equal(await page.locator("[data-video]").isVisible(), false);
  assert.deepEqual(await accessibilityFindings(page), []);
  assert.deepEqual(sent, []);
  assert.deepEqual(page.problems, []);
});

test("the notice is in two languages, and is read aloud in the one that is shown", async (t) => {
  const page = await openPage(t);
  await page.addInitScript(() => {
    globalThis.spoken = [];
    const speak = speechSynthesis.speak.bind(speechSynthesis);
    speechSynthesis.speak = (part) => (globalThis.spoken.push(`${part.lang}: ${part.text}`), speak(part));
  });
  await openEnrolment(t, page);
  await page.getByRole("link", { name: "Español" }).click();
  await page.getByRole("button", { name: "Sí, tengo 18 años o más" }).click();
  assert.deepEqual(await accessibilityFindings(page), []);
  await page.getByRole("button", { name: "Léemelo en voz alta" }).click();
  const spoken = await page.evaluate(() => globalThis.spoken);
  const shown = await page.locator("[data-notice] > *").allInnerTexts();
  assert.deepEqual(spoken, shown.map((text) => `es: ${text}`));
  await page.getByLabel("Firma con tu nombre").waitFor();
  assert.deepEqual(page.problems, []);
});

test("where a browser cannot speak, no button says that it can", async (t) => {
  const page = await openPage(t);
  await page.addInitScript(() => Object.defineProperty(globalThis, "speechSynthesis", { value: undefined }));
  await openEnrolment(t, page);
  await page.getByRole("button", { name: "Yes, I am 18 or older" }).click();
  await page.getByRole("button", { name: "I agree." }).waitFor();
  assert.equal(await page.locator("[data-aloud]").isVisible(), false);
  assert.deepEqual(page.problems, []);
});
