// Passkeys: asks the server for a question, the device for its answer, and the server whether it fits.
import { call } from "./api.js";

/** The names a question has its bytes under, wherever they stand. */
const BYTES = ["challenge", "id"];

for (const form of document.querySelectorAll("[data-passkey]")) begin(form);

function begin(form) {
  const button = form.querySelector("button");
  const { host } = form.dataset;
  if (!globalThis.PublicKeyCredential || !navigator.credentials) {
    return say(form, location.hostname === host ? "This browser has no passkeys." : elsewhere(host));
  }
  if (location.hostname !== host && !location.hostname.endsWith(`.${host}`)) return say(form, elsewhere(host));
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    say(form, "");
    button.disabled = true;
    try {
      location.assign(await answer(form));
    } catch (problem) {
      say(form, wording(problem));
      button.disabled = false;
      button.focus();
    }
  });
}

/** Where to go on. */
async function answer(form) {
  const name = form.elements.namedItem("name")?.value.trim();
  const adding = form.dataset.passkey !== "sign-in";
  const asked = form.dataset.passkey === "join" ? { name: name ?? "" } : {};
  const { ceremony, publicKey } = await call("POST", form.dataset.start, asked, {});
  const options = { publicKey: readable(publicKey) };
  const made = await (adding ? navigator.credentials.create(options) : navigator.credentials.get(options));
  const credential = sendable(/** @type {PublicKeyCredential} */ (made));
  const answered = await call("POST", form.dataset.finish, { ceremony, credential, ...(adding && { name }) }, {});
  return answered.to;
}

/** A question of JSON as the browser wants it: base64url becomes bytes. */
function readable(question) {
  const read = (value, key) => {
    if (typeof value === "string") return BYTES.includes(key) ? bytes(value) : value;
    if (Array.isArray(value)) return value.map((one) => read(one, key));
    if (value === null || typeof value !== "object") return value;
    // The name of this place is an id that is text.
    const parts = Object.entries(value).map(([name, part]) => [name, key === "rp" ? part : read(part, name)]);
    return Object.fromEntries(parts);
  };
  return read(question, "");
}

/** An answer of the device as JSON. */
function sendable(made) {
  const given = made.response;
  const response = { clientDataJSON: text(given.clientDataJSON) };
  for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[part]) response[part] = text(given[part]);
  }
  return { id: made.id, rawId: text(made.rawId), type: made.type, response, extensions: {} };
}

function bytes(base64url) {
  const plain = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}

function text(buffer) {
  const plain = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function wording(problem) {
  if (problem.name === "InvalidStateError") return "This device has a passkey for you already. Sign in with it.";
  if (problem.name === "NotAllowedError") return "Nothing was chosen. Press the button to try again.";
  return problem.detail ?? "The device did not answer. Try again.";
}

const elsewhere = (host) => `Passkeys belong to a name: open this page under ${host}.`;

function say(form, words) {
  const said = form.querySelector("[data-said]");
  said.textContent = words;
  said.hidden = words === "";
}
