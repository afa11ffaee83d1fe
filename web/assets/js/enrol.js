// Enrolling, as one explicit state machine. The camera is lit only after the notice was signed.
//
//   age       says that they are old enough; nothing is sent before, and nothing of whoever is not
//   sign      reads what happens and why; signs by typing their name
//   signing   the subject and the consent are being made
//   where     chooses whether the palm stays here, or with them; not asked where it may only stay with them
//   palm      two captures of one palm
//   other     one palm is enrolled; the other may follow
//   card      which card pays
//   linking   the card is being linked
//   done      the wallet's link, shown once
//   erasing   they stopped: everything made so far is being deleted
//   stopped   says why it ended; nothing was kept
import { call } from "./api.js";
import { stillThere } from "./kiosk/still-there.js";
import { plate } from "./plate.js";
import { showScreen } from "./screens.js";

const TABLE = {
  age: { old_enough: "sign", too_young: "stopped" },
  sign: { signed: "signing" },
  signing: { agreed: "palm", choice: "where", carried: "card", wrong: "sign" },
  where: { here: "palm", with_me: "card" },
  palm: { enrolled: "other", leave: "erasing", ended: "erasing" },
  other: { more: "palm", enough: "card" },
  card: { chosen: "linking" },
  linking: { linked: "done", wrong: "card" },
  erasing: { erased: "stopped" },
};
const SCREEN = { signing: "sign", linking: "card", erasing: "palm" };
const STEP = { age: 0, sign: 0, signing: 0, where: 1, palm: 1, other: 2, card: 2, linking: 2, done: 3 };
/** Captures a palm is enrolled with: the second makes up for how the first was held. */
const CAPTURES = 2;
/** What follows signing, by where a palm may stay. */
const AFTER_SIGNING = { only: "carried", also: "choice", "": "agreed" };
/** Between them, ms: time to lower the hand and hold it again. */
const BETWEEN_MS = 1500;
/** What ends enrolling: everything made so far is deleted. */
const ENDS = ["already_enrolled", "not_found", "forbidden", "unauthenticated", "consent_required"];

/** What whoever is not old enough reads. */
const YOUNG = { title: "Palms are for grown-ups", detail: "Nothing was kept. Cards and cash work as always, at the same price." };

const root = document.body;
const one = (selector) => root.querySelector(selector);
const hand = plate(one("[data-plate]"), capture);
const watch = stillThere(one("[data-still-there]"), () => location.assign(root.dataset.home));
let state = "age";
let subject = null, wallet = "", leaving = "", palms = [];

function send(event, data) {
  const next = TABLE[state]?.[event];
  if (!next) return;
  const from = state;
  state = next;
  show();
  watch.set(true);
  enter(from, event, data);
}

async function enter(from, event, data) {
  if (from === "palm") hand.close();
  switch (state) {
    case "sign": return note("[data-wrong]", data);
    case "signing": return note("[data-wrong]"), sign(data);
    case "palm":
      one("[data-captures]").textContent = "Two captures of one palm.";
      return hand.open(event === "more" ? "Now the other hand" : "start");
    case "other": return void (one("[data-hand]").textContent = data.hand);
    case "card": return note("[data-card-wrong]", data?.detail);
    case "linking": return link(data);
    case "done": return finish();
    case "erasing": return erase(data);
    case "stopped":
      if (event === "too_young") data = YOUNG;
      one("[data-stopped-title]").textContent = data?.title ?? "Stopped. Nothing was kept.";
      one("[data-stopped-detail]").textContent = data?.detail
        ?? "What you signed and what was captured is deleted. Cards work as always.";
  }
}

async function sign({ name, phone }) {
  const notice = one("[data-notice]").dataset;
  try {
    if (!subject) {
      const made = await call("POST", "/v1/subjects", {
        site: root.dataset.site, display_name: name, of_age: true, ...(phone ? { phone_last4: phone } : {}),
      });
      subject = made.subject.id;
      wallet = new URL(made.wallet_path, location.href).href;
      leaving = new URL(made.leave_path, location.href).href;
    }
    await call("POST", `/v1/subjects/${subject}/consents`, {
      purpose: "payment", notice_version: Number(notice.version), notice_sha256: notice.sha256, signature: name,
    });
    send(AFTER_SIGNING[root.dataset.held]);
  } catch (problem) {
    const outdated = problem.code === "notice_outdated";
    send("wrong", outdated ? "The text has changed. Reload the page to read the new one." : problem.detail);
  }
}

async function capture(frame) {
  if (state !== "palm") return {};
  try {
    const { reference } = await call("POST", `/v1/subjects/${subject}/references`, frame);
    if (reference.captures < CAPTURES) {
      one("[data-captures]").textContent = `One of ${CAPTURES} captures: ${reference.hand} palm.`;
      return { say: "Good. Lower it, and once more", again: true, restMs: BETWEEN_MS };
    }
    if (!palms.includes(reference.hand)) palms.push(reference.hand);
    send("enrolled", reference);
    return {};
  } catch (problem) {
    if (problem.code === "capture_rejected") return { say: problem.quality?.reasons[0] ?? "other", again: true };
    if (problem.code === "palms_differ") return { say: "The same hand again, please", again: true, restMs: BETWEEN_MS };
    if (problem.code === "invalid_frame") return { say: "That picture cannot be read" };
    if (ENDS.includes(problem.code)) send("ended", problem);
    return { say: problem.title, restMs: BETWEEN_MS };
  }
}

async function link(card) {
  try {
    await call("POST", `/v1/subjects/${subject}/payment_methods`, { sandbox_card: card });
    send("linked");
  } catch (problem) {
    send("wrong", problem);
  }
}

/** Nobody is left half enrolled: the wallet's own secret may delete, also where the kiosk may not. */
async function erase(problem) {
  const bearer = { authorization: `Bearer ${wallet.split("/").pop()}` };
  try {
    await call("DELETE", `/v1/subjects/${subject}`, undefined, bearer);
    send("erased", problem && { title: problem.title, detail: `${problem.detail} What was made just now is deleted.` });
  } catch {
    send("erased", { title: "Stopped", detail: `Deleting could not be finished. Do it from your wallet: ${wallet}` });
  }
}

/** Leaving half way is leaving: nothing waits here without a card or a second capture. */
function abandon() {
  if (!subject || ["done", "erasing", "stopped"].includes(state)) return;
  fetch(`/v1/subjects/${subject}`, {
    method: "DELETE", keepalive: true, headers: { authorization: `Bearer ${wallet.split("/").pop()}` },
  });
}

function finish() {
  one("[data-wallet]").textContent = wallet;
  one("[data-open]").href = wallet;
  one("[data-leave]").textContent = leaving;
  if (palms.length) return;
  one("[data-done]").textContent = "Nearly done. Take your palm with you.";
  one("[data-carry]").hidden = false;
}

function show() {
  if (showScreen(root, SCREEN[state] ?? state, STEP[state] ?? 0)) scrollTo({ top: 0 });
}

function note(selector, words) {
  one(selector).hidden = !words;
  one(selector).textContent = words ?? "";
}

one("[data-sign]").addEventListener("input", () => watch.set(true));
addEventListener("pagehide", abandon);
one("[data-sign]").addEventListener("submit", (event) => {
  event.preventDefault();
  const { name, phone } = event.target.elements;
  send("signed", { name: name.value.trim(), phone: phone.value });
});
one("[data-cards]").addEventListener("submit", (event) => {
  event.preventDefault();
  send("chosen", event.target.elements.sandbox_card.value);
});
for (const button of root.querySelectorAll("[data-send]")) {
  button.addEventListener("click", () => send(button.dataset.send));
}
one("[data-copy]").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(wallet);
    one("[data-copied]").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(one("[data-wallet]"));
    one("[data-copied]").textContent = "Marked above: copy it with the keyboard.";
  }
});
