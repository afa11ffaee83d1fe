// What a phone shows: the blob, and its key with the time, sealed to the installation by HPKE (RFC 9180: base mode, X25519, HKDF-SHA256,
// AES-256-GCM), anew for each code. The server does the same in `held/shown.rs`.
import { call } from "../api.js";

const INFO = text("handsel/1/held_shown");
const KEM = joined(text("KEM"), [0x00, 0x20]);
const SUITE = joined(text("HPKE"), [0x00, 0x20, 0x00, 0x01, 0x00, 0x02]);
const EMPTY = new Uint8Array();

/** Whether this browser can make codes. */
export async function canShow() {
  try {
    return Boolean(await crypto.subtle.generateKey("X25519", false, ["deriveBits"]));
  } catch {
    return false;
  }
}

/**
 * @param {Uint8Array} blob
 * @param {Uint8Array} key the phone's half
 * @param {Uint8Array} shownTo the installation's public key
 * @returns {Promise<Uint8Array<ArrayBuffer>>} what the code holds
 */
export async function shown(blob, key, shownTo, now = Date.now()) {
  const said = joined(key, new Uint8Array(8));
  new DataView(said.buffer).setBigUint64(key.length, BigInt(now));
  const { encapsulated, secret } = await encapsulate(shownTo);
  const context = joined([0], await extract(SUITE, EMPTY, "psk_id_hash", EMPTY), await extract(SUITE, EMPTY, "info_hash", INFO));
  const prk = await extract(SUITE, secret, "secret", EMPTY);
  const aes = await crypto.subtle.importKey("raw", await expand(SUITE, prk, "key", context, 32), "AES-GCM", false, ["encrypt"]);
  const iv = await expand(SUITE, prk, "base_nonce", context, 12);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: joined(blob) }, aes, said);
  return joined(blob, encapsulated, new Uint8Array(sealed));
}

/** Light modules around a code, so that scanners find it. */
const BORDER = 4;
/** Pixels of the canvas a module. */
const SIDE = 8;

/** Draws bytes as one QR code. The server computes it: it is sealed to the server's own key, and shown to one of its scanners anyway. */
export async function draw(canvas, bytes) {
  const body = new Blob([bytes], { type: "application/octet-stream" });
  const rows = await call("POST", "/wallet/held/code", body, { "handsel-as": "wallet" });
  canvas.width = canvas.height = (rows.length + 2 * BORDER) * SIDE;
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = "#000";
  rows.forEach((row, y) => [...row].forEach((dark, x) => {
    if (dark === "1") context.fillRect((x + BORDER) * SIDE, (y + BORDER) * SIDE, SIDE, SIDE);
  }));
}

async function encapsulate(shownTo) {
  const mine = await crypto.subtle.generateKey("X25519", false, ["deriveBits"]);
  const theirs = await crypto.subtle.importKey("raw", joined(shownTo), "X25519", false, []);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, mine.privateKey, 256);
  const encapsulated = new Uint8Array(await crypto.subtle.exportKey("raw", mine.publicKey));
  const prk = await extract(KEM, EMPTY, "eae_prk", new Uint8Array(shared));
  return { encapsulated, secret: await expand(KEM, prk, "shared_secret", joined(encapsulated, shownTo), 32) };
}

function extract(suite, salt, label, ikm) {
  return hmac(salt, joined(text("HPKE-v1"), suite, text(label), ikm));
}

/** Of at most 32 bytes, so one block of HKDF is enough. */
async function expand(suite, prk, label, info, length) {
  const block = await hmac(prk, joined([length >> 8, length & 255], text("HPKE-v1"), suite, text(label), info, [1]));
  return block.slice(0, length);
}

async function hmac(key, message) {
  const padded = key.length ? joined(key) : new Uint8Array(32); // what HMAC makes of an empty key
  const imported = await crypto.subtle.importKey("raw", padded, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

function text(words) {
  return new TextEncoder().encode(words);
}

/** @param {...(Uint8Array | number[])} parts */
function joined(...parts) {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
