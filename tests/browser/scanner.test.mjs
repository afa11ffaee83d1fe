// A till that knows no palm: it asks a scanner over HTTP, and a person pays at the scanner's screen. And the console that shows
// where its events went.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { accessibilityFindings, openPage, startServer } from "./harness.mjs";

const WIDTHS = [390, 820, 1280];
const LONGEST_WAIT = { timeout: 10_000 };

/** A store with a till and a scanner, and a page that is signed in as the operator. */
async function openStore(t, context) {
  const { base, adminLink } = await startServer(t);
  const page = await openPage(t, context);
  await page.goto(adminLink);
  await page.waitForURL(/\/setup/);
  const operator = (await page.context().cookies()).find((one) => one.name === "handsel_operator").value;
  const caller = (token) => async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() };
    if (body) headers["content-type"] = "application/json";
    const answer = await fetch(base + path, { method, headers, body: body && JSON.stringify(body) });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json().catch(() => null);
  };
  const asOperator = caller(operator);
  const merchant = (await asOperator("POST", "/v1/merchants", { name: "Corner Store", currency: "EUR" })).id;
  const site = (await asOperator("POST", "/v1/sites", { merchant, name: "Front" })).id;
  const till = caller((await asOperator("POST", `/v1/merchants/${merchant}/keys`)).key);
  const scanner = await till("POST", "/v1/scanners", { site, name: "Counter 2" });
  const ask = async (amount_minor) => {
    const payment = (await till("POST", "/v1/payments", { site, amount_minor, currency: "EUR" })).id;
    const actions = `/v1/scanners/${scanner.id}/actions`;
    const action = await till("POST", actions, { type: "collect_payment", payment });
    return { payment, path: `${actions}/${action.id}` };
  };
  return { base, page, till, scanner, ask };
}

test("a scanner takes what a till asks for, and lets go of what it no longer wants", async (t) => {
  const { base, page, till, scanner, ask } = await openStore(t);
  await page.goto(`${base}/console/places`);
  for (const width of WIDTHS) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await accessibilityFindings(page), [], `stores at ${width} px`);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overflow <= 0, `stores at ${width} px are ${overflow} px too wide`);
  }
  await page.getByRole("button", { name: "Open scanner here: Counter 2" }).click();
  await page.waitForURL(base + scanner.kiosk_path);
  const ready = page.getByRole("heading", { name: "Ready" });
  await ready.waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);

  const first = await ask(1240);
  await page.getByRole("button", { name: /pay by card instead/i }).click(LONGEST_WAIT);
  assert.match(await page.locator("[data-sum]").innerText(), /12\.40/);
  await page.getByRole("radio", { name: /mastercard/i }).check();
  await page.getByRole("button", { name: /^Pay \W*\d/ }).filter({ visible: true }).click();
  await page.getByRole("heading", { name: /^Paid/ }).waitFor(LONGEST_WAIT);
  assert.equal((await till("GET", first.path)).status, "succeeded");

  // The next one takes the place of a receipt that nobody put away.
  const second = await ask(500);
  await page.getByRole("button", { name: /pay by card instead/i }).waitFor(LONGEST_WAIT);
  await till("POST", `${second.path}/cancel`);
  await ready.waitFor(LONGEST_WAIT);
  assert.equal((await till("GET", `/v1/payments/${second.payment}`)).status, "requires_palm", "it is still open");

  // The shopper gives up.
  const third = await ask(700);
  await page.getByRole("button", { name: "Cancel" }).click(LONGEST_WAIT);
  await ready.waitFor(LONGEST_WAIT);
  assert.equal((await till("GET", third.path)).status, "cancelled");

  // A card that is refused is told; the till alone asks again.
  const fourth = await ask(900);
  await page.getByRole("button", { name: /pay by card instead/i }).click(LONGEST_WAIT);
  await page.getByRole("radio", { name: /declined/i }).check();
  await page.getByRole("button", { name: /^Pay \W*\d/ }).filter({ visible: true }).click();
  await page.getByRole("heading", { name: "Not paid" }).waitFor(LONGEST_WAIT);
  assert.equal((await till("GET", fourth.path)).status, "failed");
  await page.getByRole("button", { name: "Try again" }).click();
  await ready.waitFor(LONGEST_WAIT);
  assert.deepEqual(page.problems, []);
});

test("the console sends events, shows how they went, and sends one again", async (t) => {
  const came = [];
  const receiver = createServer((request, response) => {
    came.push(request.headers["webhook-id"]);
    request.resume().on("end", () => response.writeHead(204).end());
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  t.after(() => receiver.close());
  const { base, page, ask } = await openStore(t);
  await page.goto(`${base}/console/webhooks`);
  await page.getByRole("textbox", { name: "Address" }).fill(`http://127.0.0.1:${receiver.address().port}/hooks`);
  await page.getByRole("button", { name: "Add" }).press("Enter");
  await page.getByRole("heading", { name: "Its secret, shown once" }).waitFor();
  assert.deepEqual(await accessibilityFindings(page), []);
  await ask(300);
  for (let tries = 0; came.length < 1 && tries < 100; tries++) await page.waitForTimeout(50);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${base}/console/webhooks`);
      const at = `${width} px, ${colorScheme}`;
      assert.deepEqual(await accessibilityFindings(page), [], at);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${at} is ${overflow} px too wide`);
    }
  }
  await page.getByText("Arrived").first().waitFor();
  await page.getByRole("button", { name: /^Replay payment\.created/ }).press("Enter");
  await page.getByRole("status").getByText("It is sent again.").waitFor();
  for (let tries = 0; came.length < 2 && tries < 100; tries++) await page.waitForTimeout(50);
  assert.equal(came.length, 2);
  assert.equal(came[0], came[1], "an event keeps its id");
  assert.deepEqual(page.problems, []);
});
