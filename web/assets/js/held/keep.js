// Where a phone keeps the palm: IndexedDB. The blob is sealed already; its key is sealed twice more, under a key that this browser gives to
// nobody, and under what a PIN or a passkey makes.

const STORE = "held";
/** RFC 8018 with SHA-256, as OWASP advises; a PIN is short, so the key beneath it stays in this browser. */
const PASSES = 600_000;
/** After that many wrong PINs in a row each further one waits. */
const FREE_TRIES = 5;
const WAIT_MS = 30_000;
const PRF_INPUT = new TextEncoder().encode("handsel/1/held_palm");

/** What was typed does not open it, or it may not be tried yet. */
export class Locked extends Error {}

/** @returns {Promise<any>} what is kept here, if anything */
export function kept() {
  return ask("readonly", (store) => store.get("palm"));
}

export function forget() {
  return ask("readwrite", (store) => store.delete("palm"));
}

/**
 * @param {{id: string, blob: Uint8Array, key: Uint8Array, shownTo: Uint8Array}} palm
 * @param {string | null} pin none where a passkey unlocks it
 */
export async function keep({ id, blob, key, shownTo }, pin) {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const credential = pin === null ? await newPasskey() : null;
  const under = pin === null ? await ofPasskey(credential, salt) : await ofPin(pin, salt);
  const device = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const sealed = await seal(device, await seal(under, key));
  await ask("readwrite", (store) => store.put({ id, blob, shownTo, salt, credential, device, sealed, wrong: 0, notBefore: 0 }, "palm"));
}

/**
 * @param {any} palm what is kept
 * @param {string | null} pin
 * @returns {Promise<Uint8Array>} the key @throws {Locked}
 */
export async function unlock(palm, pin) {
  const wait = palm.notBefore - Date.now();
  if (wait > 0) throw new Locked(`Too many wrong PINs. Try again in ${Math.ceil(wait / 1000)} seconds.`);
  const under = palm.credential ? await ofPasskey(palm.credential, palm.salt) : await ofPin(pin ?? "", palm.salt);
  let key = null;
  try {
    key = await open(under, await open(palm.device, palm.sealed));
  } catch { /* another PIN */ }
  const wrong = key ? 0 : palm.wrong + 1;
  Object.assign(palm, { wrong, notBefore: wrong >= FREE_TRIES ? Date.now() + WAIT_MS : 0 });
  await ask("readwrite", (store) => store.put(palm, "palm"));
  if (!key) throw new Locked("That PIN does not open it.");
  return key;
}

/** Whether a passkey of this device can make a key. */
export async function canUsePasskey() {
  if (/^[\d.]+$|:/.test(location.hostname)) return false; // passkeys belong to names
  try {
    const can = await PublicKeyCredential.getClientCapabilities();
    return Boolean(can["extension:prf"] && can.userVerifyingPlatformAuthenticator);
  } catch {
    return false;
  }
}

async function newPasskey() {
  const made = await ofDevice(() => navigator.credentials.create({ publicKey: {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { name: "Handsel" },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: "The palm on this phone", displayName: "The palm on this phone" },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }, { type: "public-key", alg: -257 }],
    authenticatorSelection: { userVerification: "required", residentKey: "preferred" },
    extensions: { prf: {} },
  } }));
  if (!made?.getClientExtensionResults().prf?.enabled) throw new Locked("This passkey cannot lock a palm. Use a PIN.");
  return new Uint8Array(made.rawId);
}

async function ofPasskey(credential, salt) {
  const got = await ofDevice(() => navigator.credentials.get({ publicKey: {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    allowCredentials: [{ type: "public-key", id: credential }],
    userVerification: "required",
    extensions: { prf: { eval: { first: PRF_INPUT } } },
  } }));
  const secret = got?.getClientExtensionResults().prf?.results?.first;
  if (!secret) throw new Locked("This passkey gave no key. Try again.");
  const base = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  return derived({ name: "HKDF", hash: "SHA-256", salt, info: PRF_INPUT }, base);
}

/** What a device makes of it; a refusal, in words for its owner. */
async function ofDevice(request) {
  try {
    return await request();
  } catch {
    throw new Locked("The passkey was not used. Try again, or take your palm with a PIN.");
  }
}

async function ofPin(pin, salt) {
  const base = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, ["deriveKey"]);
  return derived({ name: "PBKDF2", hash: "SHA-256", salt, iterations: PASSES }, base);
}

function derived(how, base) {
  return crypto.subtle.deriveKey(how, base, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

async function seal(key, bytes) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes));
  return new Uint8Array([...iv, ...sealed]);
}

async function open(key, sealed) {
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv: sealed.slice(0, 12) }, key, sealed.slice(12)));
}

/** One request to the store, done once it is on the disk. */
function ask(mode, request) {
  return new Promise((done, failed) => {
    const opening = indexedDB.open("handsel", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => failed(opening.error);
    opening.onsuccess = () => {
      const base = opening.result;
      const change = base.transaction(STORE, mode, { durability: "strict" });
      const asked = request(change.objectStore(STORE));
      change.oncomplete = () => { base.close(); done(asked.result); };
      change.onabort = () => { base.close(); failed(change.error); };
    };
  });
}
