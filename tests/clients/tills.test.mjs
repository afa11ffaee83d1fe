// The tills of examples/ against the real server: paid by hand, refused, over a bad line, and while nobody knows yet.
import assert from "node:assert/strict";
import { test } from "node:test";
import { badLine } from "./line.mjs";
import { LANGUAGES, run } from "./programs.mjs";
import { startServer } from "../support/server.mjs";
import { enrol, openShop, pause, payByCard } from "./shop.mjs";

/** Magic amounts: the simulated processor refuses; or it takes the money, and its answer is lost. */
const NOT_ENOUGH = "66602";
const ANSWER_LOST = "66614";

for (const { language, till } of LANGUAGES) {
  test(`${language}: a hand pays, and the till has the receipt`, async (t) => {
    const shop = await openShop(t);
    const hand = await enrol(t, shop);
    const program = run(t, [...till, "1240"], shop.env);
    assert.match(await program.line(), /^pay_\w+: hold a hand/);
    const paid = await hand();
    assert.equal(await program.line(), `Paid. Receipt: ${paid.receipt_path}`);
    assert.equal(await program.end(), 0);
    const receipt = await fetch(`${shop.base}${paid.receipt_path}.txt`);
    assert.match(await receipt.text(), /EUR 12\.40/);
    assert.equal(paid.client_reference, "sale 981");
  });

  test(`${language}: a refused card is told, and the reason`, async (t) => {
    const shop = await openShop(t);
    const program = run(t, [...till, NOT_ENOUGH], shop.env);
    await program.line();
    await payByCard(shop);
    assert.equal(await program.end(), 1);
    assert.equal(await program.line(), "Not paid: insufficient_funds. Nothing was charged.");
  });

  test(`${language}: while nobody knows, nobody is asked to pay again`, async (t) => {
    const shop = await openShop(t);
    const program = run(t, [...till, ANSWER_LOST], shop.env);
    await program.line();
    const asked = await payByCard(shop);
    assert.equal(asked.status, "unknown");
    assert.match(await program.line(), /^Do not pay twice/);
    assert.match(await program.line(), /^(Paid\. Receipt: |Not paid: cancelled)/);
    const end = await shop.till("GET", `/v1/payments/${asked.id}`);
    assert.ok(end.resolved_at, JSON.stringify(end));
    assert.equal(await program.end(), end.status === "captured" ? 0 : 1);
  });

  test(`${language}: what a bad line loses is asked for once, by the same key`, async (t) => {
    const shop = await openShop(t);
    const fates = ["lose_before", "lose_after", { status: 502 }, { status: 429, headers: { "retry-after": "1" } }];
    // The server says so while it still works on what was asked first.
    fates.push({ status: 409, headers: { "content-type": "application/problem+json" }, body: '{"code":"idempotency_conflict"}' });
    const asks = (one) => one.method === "POST" && one.url === "/v1/payments";
    const collects = (one) => one.method === "POST" && one.url.includes("/actions");
    let collected = 0;
    const line = await badLine(t, shop.base, (one) => {
      if (asks(one)) return fates.shift() ?? "pass";
      return collects(one) && collected++ === 0 ? "lose_after" : "pass";
    });
    const start = performance.now();
    const program = run(t, [...till, "500"], { ...shop.env, HANDSEL_TILL_SERVER: line.base });
    await program.line();
    assert.ok(performance.now() - start > 1000, "it waits as long as it is told");
    await payByCard(shop);
    assert.match(await program.line(), /^Paid/);
    const keys = line.seen.filter(asks).map((one) => one.key);
    assert.equal(keys.length, 6);
    assert.equal(new Set(keys).size, 1, "one sale, one key");
    assert.equal(line.seen.filter(collects).length, 2);
    assert.equal((await shop.till("GET", "/v1/payments")).data.length, 1, "one payment");
  });

  test(`${language}: a lost stream goes on after the last event; without one the payment is read`, async (t) => {
    const shop = await openShop(t);
    let streams = 0;
    let dead = false;
    const line = await badLine(t, shop.base, (one) => {
      if (!one.url.startsWith("/v1/events/stream")) return "pass";
      return ++streams > 1 && dead ? { status: 403 } : "pass";
    });
    const program = run(t, [...till, "700"], { ...shop.env, HANDSEL_TILL_SERVER: line.base });
    const payment = (await program.line()).split(":")[0];
    while (streams < 1) await pause(20);
    await pause(300);
    await shop.till("POST", "/v1/payments", { site: shop.site, amount_minor: 1, currency: "EUR" });
    await pause(300);
    line.cut();
    while (streams < 2) await pause(20);
    assert.match(line.seen.findLast((one) => one.url.startsWith("/v1/events")).last, /^evt_/, "from where it was");
    dead = true;
    line.cut();
    while (streams < 4) await pause(20);
    await payByCard(shop);
    assert.match(await program.line(), /^Paid/);
    assert.ok(line.seen.filter((one) => one.url === `/v1/payments/${payment}`).length >= 3, "it was read");
  });

  test(`${language}: the server is killed and started again while a till waits`, async (t) => {
    const shop = await openShop(t);
    const program = run(t, [...till, "900"], shop.env);
    await program.line();
    await shop.stop("SIGKILL");
    await pause(500);
    await startServer(t, { folder: shop.folder, listen: `127.0.0.1:${new URL(shop.base).port}` });
    await payByCard(shop);
    assert.match(await program.line(), /^Paid/);
    assert.equal(await program.end(), 0);
  });
}
