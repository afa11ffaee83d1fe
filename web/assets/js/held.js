// The wallet's page for a palm that its owner carries: takes it, seals it in this browser or prints it, and shows its code to scanners.
import { call } from "./api.js";
import { canShow, draw, shown } from "./held/code.js";
import { Locked, canUsePasskey, forget, keep, kept, unlock } from "./held/keep.js";
import { plate } from "./plate.js";

/** A new code this often, ms; each lasts a little longer. */
const RENEW_MS = 45_000;
/** The code goes after this long, ms: a phone that lies about shows none. */
const SHOWN_MS = 180_000;

const root = document.body;
const one = (selector) => root.querySelector(selector);
const hand = plate(one("[data-plate]"), capture);
let wish = null; // what the palm is to be carried on, and its PIN
let showing = 0;

/** Shows what there is to do: one part of the page. */
function part(name) {
  for (const section of root.querySelectorAll("[data-part]")) section.hidden = section.dataset.part !== name;
  one(`[data-part="${name}"] h2`).focus({ preventScroll: true });
}

async function start() {
  const palm = await kept().catch(() => null);
  one("[data-card-only]").hidden = await canShow();
  one("[data-passkey]").hidden = !await canUsePasskey();
  one("[data-unlock-pin]").hidden = Boolean(palm?.credential);
  one("[data-unlock-pin] input").required = !palm?.credential;
  if (palm) part("mine");
}

async function capture(frame) {
  if (!wish) return {};
  const headers = { "handsel-as": "wallet", "handsel-carrier": wish.carrier, "handsel-pin": wish.pin };
  try {
    const made = await call("POST", `/v1/subjects/${root.dataset.subject}/held`, frame, headers);
    await carry(made);
    return {};
  } catch (problem) {
    if (problem.code === "capture_rejected") return { say: problem.quality?.reasons[0] ?? "other", again: true };
    hand.close();
    part("take");
    note("[data-take-wrong]", problem.detail ?? problem.message);
    return {};
  }
}

async function carry({ held, blob, key, shown_to }) {
  const { carrier, pin, passkey } = wish;
  wish = null;
  hand.close();
  if (carrier === "card") return print(bytes(blob));
  try {
    await keep({ id: held.id, blob: bytes(blob), key: bytes(key), shownTo: bytes(shown_to) }, passkey ? null : pin);
  } catch (error) {
    // What nobody can open is of no use: it is turned off.
    await call("DELETE", `/v1/subjects/${root.dataset.subject}/held/${held.id}`, undefined, { "handsel-as": "wallet" });
    throw error instanceof Locked ? error : new Error("This browser keeps nothing. Leave its private mode, or print a card.");
  }
  location.reload();
}

async function print(blob) {
  await draw(one("[data-card-code]"), blob);
  one("[data-file]").href = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  part("card");
}

async function show(pin) {
  const palm = await kept();
  let key;
  try {
    key = await unlock(palm, pin);
  } catch (error) {
    return note("[data-unlock-wrong]", error instanceof Locked ? error.message : "It was not unlocked. Try again.");
  }
  note("[data-unlock-wrong]");
  part("code");
  const mine = ++showing;
  const until = Date.now() + SHOWN_MS;
  while (mine === showing && Date.now() < until) {
    try {
      await draw(one("[data-code]"), await shown(palm.blob, key, palm.shownTo));
    } catch (problem) {
      note("[data-unlock-wrong]", problem.detail ?? "No code could be made. Try again.");
      break;
    }
    await new Promise((done) => setTimeout(done, RENEW_MS));
  }
  key.fill(0);
  if (mine === showing) hide();
}

function hide() {
  showing++;
  one("[data-code]").width = 1; // clears it
  part("mine");
}

function note(selector, words) {
  one(selector).hidden = !words;
  one(selector).textContent = words ?? "";
}

/** Of base64url. */
function bytes(encoded) {
  return Uint8Array.from(atob(encoded.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
}

one("[data-take]").addEventListener("submit", (event) => {
  event.preventDefault();
  const { carrier, pin, again, passkey } = event.target.elements;
  if (pin.value !== again.value) return note("[data-take-wrong]", "The two PINs are not the same.");
  note("[data-take-wrong]");
  wish = { carrier: carrier.value, pin: pin.value, passkey: passkey.checked && carrier.value === "phone" };
  event.target.reset();
  part("palm");
  hand.open();
});
one("[data-unlock]").addEventListener("submit", (event) => {
  event.preventDefault();
  const { pin } = event.target.elements;
  show(pin.value);
  pin.value = "";
});
const on = (name, act) => {
  for (const button of root.querySelectorAll(`[data-${name}]`)) button.addEventListener("click", act);
};
on("stop", () => { wish = null; hand.close(); part("take"); });
on("hide", hide);
on("print", () => window.print());
on("another", () => part("take"));
on("forget", async () => { await forget(); location.reload(); });
addEventListener("pagehide", () => { showing++; });
start();
