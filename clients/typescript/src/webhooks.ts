// Whether a request to the till's own server really comes from its Handsel server (https://www.standardwebhooks.com).
import { createPublicKey, verify } from "node:crypto";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { Event } from "./events.js";

/** How far the clocks may be apart, either way. */
const TOLERANCE_S = 5 * 60;
/** What stands before the 32 bytes of an ed25519 key to make it a key that Node reads (RFC 8410). */
const ED25519_SPKI = Buffer.from("302a300506032b6570032100", "hex");

export { WebhookVerificationError };

/**
 * The event in a webhook's body, exactly as it arrived, if it was signed lately.
 *
 * @param key the endpoint's secret, `whsec_…`, or the installation's public key, `whpk_…`
 * @throws {WebhookVerificationError} otherwise
 */
export function readWebhook(body: Buffer | string, headers: Record<string, unknown>, key: string): Event {
  const text = body.toString();
  const [id, time, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => headers[name]);
  if (typeof id !== "string" || typeof time !== "string" || typeof signatures !== "string") {
    throw new WebhookVerificationError("not signed");
  }
  if (key.startsWith("whpk_")) verifyEd25519(key, id, time, signatures, text);
  else new Webhook(key).verify(text, { "webhook-id": id, "webhook-timestamp": time, "webhook-signature": signatures });
  return JSON.parse(text) as Event;
}

/** The library of the standard checks secrets only; public keys are checked by Node's own cryptography. */
function verifyEd25519(key: string, id: string, time: string, signatures: string, text: string): void {
  if (!/^\d{1,12}$/.test(time) || Math.abs(Date.now() / 1000 - Number(time)) > TOLERANCE_S) {
    throw new WebhookVerificationError("signed too long ago, or in the future");
  }
  const bytes = Buffer.from(key.slice("whpk_".length), "base64");
  const publicKey = createPublicKey({ key: Buffer.concat([ED25519_SPKI, bytes]), format: "der", type: "spki" });
  const signed = Buffer.from(`${id}.${time}.${text}`);
  const good = signatures
    .split(" ")
    .filter((one) => one.startsWith("v1a,"))
    .some((one) => verify(null, signed, publicKey, Buffer.from(one.slice("v1a,".length), "base64")));
  if (!good) throw new WebhookVerificationError("no signature of this key");
}
