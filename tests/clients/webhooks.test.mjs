// The receivers of examples/: they take what the real server sends, and nothing else.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { LANGUAGES, run } from "./programs.mjs";
import { openShop } from "./shop.mjs";

/** A payment's whole life, so that there is something to hear of. */
async function sell(shop) {
  const payment = await shop.till("POST", "/v1/payments", { site: shop.site, amount_minor: 1240, currency: "EUR" });
  await shop.till("POST", `/v1/payments/${payment.id}/card`, { sandbox_card: "visa_approved" });
  return payment.id;
}

async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

for (const { language, receiver } of LANGUAGES) {
  for (const which of ["secret", "public_key"]) {
    test(`${language}: events arrive, checked by the ${which}; forged, changed and old ones do not`, async (t) => {
      const shop = await openShop(t);
      const port = await freePort();
      const to = `http://127.0.0.1:${port}/hooks`;
      const post = (headers, body) => fetch(to, { method: "POST", headers, body });
      // On the way, so that a real request can be sent again with something changed.
      const came = [];
      const between = createServer(async (request, response) => {
        const names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
        const headers = Object.fromEntries(names.map((name) => [name, request.headers[name]]));
        const body = Buffer.concat(await request.toArray());
        came.push({ headers, body });
        response.writeHead((await post(headers, body)).status).end();
      });
      await new Promise((done) => between.listen(0, "127.0.0.1", done));
      t.after(() => between.close());
      const url = `http://127.0.0.1:${between.address().port}/`;
      const endpoint = await shop.till("POST", "/v1/webhook_endpoints", { url });
      const program = run(t, receiver, { HANDSEL_TILL_WEBHOOK_KEY: endpoint[which], PORT: `${port}` });
      assert.equal(await program.line(), "ready");
      const payment = await sell(shop);
      const lines = [await program.line(), await program.line()].map((line) => line.split(" ").slice(0, 2).join(" "));
      assert.deepEqual(lines.sort(), [`payment.captured ${payment}`, `payment.created ${payment}`]);

      const again = async (change = {}, body = came[0].body) => (await post({ ...came[0].headers, ...change }, body)).status;
      assert.equal(await again(), 204, "an event may arrive twice");
      const forged = "v1,AAAA v1a,AAAA v1a,!! v1,==== v1 v1a";
      assert.equal(await again({ "webhook-signature": forged }), 401);
      assert.equal(await again({ "webhook-signature": "" }), 401);
      assert.equal(await again({ "webhook-timestamp": "0" }), 401);
      assert.equal(await again({ "webhook-timestamp": "9999999999" }), 401);
      assert.equal(await again({ "webhook-timestamp": "soon" }), 401);
      assert.equal(await again({ "webhook-id": "evt_other" }), 401);
      assert.equal(await again({}, came[0].body.toString().replace("1240", "1")), 401);
      assert.equal(await again({}, "x".repeat(70_000)), 413);
      assert.equal(await again({}, Buffer.from([0xff, 0xfe])), 401);
      assert.equal(program.lines.length, 3, "nothing of that was believed, and nothing told twice");
    });
  }
}
