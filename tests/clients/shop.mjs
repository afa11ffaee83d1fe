// A shop with a till and a scanner, made along the API, and the shopper at its scanner.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { handsel, startServer, temporaryFolder } from "../support/server.mjs";

/** Opens a shop on a server of its own, with a scanner unless told otherwise; `env` is what the examples read. */
export async function openShop(t, { scanner: withScanner = true } = {}) {
  const server = await startServer(t);
  const claimed = await fetch(server.adminLink, { redirect: "manual" });
  const cookie = claimed.headers.getSetCookie().find((one) => one.startsWith("handsel_operator="));
  const operator = caller(server.base, cookie.split(/[=;]/)[1]);
  const merchant = (await operator("POST", "/v1/merchants", { name: "Corner Store", currency: "EUR" })).id;
  const site = (await operator("POST", "/v1/sites", { merchant, name: "Front" })).id;
  await operator("POST", `/v1/sites/${site}/sign`);
  const key = (await operator("POST", `/v1/merchants/${merchant}/keys`)).key;
  const till = caller(server.base, key);
  const scanner = withScanner ? (await till("POST", "/v1/scanners", { site, name: "Counter 2" })).id : undefined;
  const env = { HANDSEL_TILL_SERVER: server.base, HANDSEL_TILL_KEY: key, HANDSEL_TILL_SITE: site, HANDSEL_TILL_SCANNER: scanner };
  return { ...server, operator, till, env, merchant, site, scanner, key };
}

/** Sends one request in somebody's name and gives the answer's body. */
export function caller(base, token) {
  return async (method, path, body, mediaType = "application/json") => {
    const headers = { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() };
    if (body) headers["content-type"] = mediaType;
    if (body && mediaType === "application/json") body = JSON.stringify(body);
    const answer = await fetch(base + path, { method, headers, body });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
    return answer.status === 204 ? null : answer.json().catch(() => null);
  };
}

/** The payment that a scanner is asked to collect, once it is. */
export async function shown(shop) {
  for (let tries = 0; tries < 400; tries++) {
    const action = await shop.operator("GET", `/v1/scanners/${shop.scanner}/actions/current`);
    if (action) return action.payment;
    await pause(50);
  }
  throw new Error("the scanner was not asked for anything");
}

/** Holds a card to the scanner. */
export async function payByCard(shop) {
  return shop.operator("POST", `/v1/payments/${await shown(shop)}/card`, { sandbox_card: "visa_approved" });
}

/** Enrols somebody with a drawn palm; what pays with another picture of it. */
export async function enrol(t, shop) {
  const folder = await temporaryFolder(t);
  await handsel("synth", "--palms", "1", "--captures", "3", "--seed", "5", "--out", folder);
  const frames = await Promise.all([0, 1, 2].map((n) => readFile(join(folder, `hand/0000-left/1/0${n}.jpg`))));
  const subject = { site: shop.site, display_name: "Wren", of_age: true, phone_last4: "4821" };
  const { id } = (await shop.till("POST", "/v1/subjects", subject)).subject;
  const notice = await shop.till("GET", "/v1/notices/payment");
  await shop.till("POST", `/v1/subjects/${id}/consents`, {
    purpose: "payment",
    notice_version: notice.version,
    notice_sha256: notice.sha256,
    signature: "Wren",
  });
  await shop.till("POST", `/v1/subjects/${id}/payment_methods`, { sandbox_card: "visa_approved" });
  for (const frame of frames.slice(0, 2)) {
    await shop.till("POST", `/v1/subjects/${id}/references`, frame, "image/jpeg");
  }
  return async () => {
    const path = `/v1/payments/${await shown(shop)}`;
    const found = await shop.operator("POST", `${path}/identify`, frames[2], "image/jpeg");
    if (found.decision === "step_up") await shop.operator("POST", `${path}/step_up`, { phone_last4: "4821" });
    else assert.equal(found.decision, "identified");
    return shop.operator("POST", `${path}/confirm`);
  };
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
