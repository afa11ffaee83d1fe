// Puts a state of the kiosk on the screen. Reads nothing back.
import { price } from "../money.js";
import { speak } from "../guidance.js";
import { showScreen } from "../screens.js";
import { SCREEN, STEP } from "./machine.js";

/** States in which the card path and "cancel" stand beside what is shown. */
const BESIDE = ["code", "reading", "pin", "hover", "checking", "confirm", "digits", "proving"];

export function view(root, currency) {
  const all = (selector) => root.querySelectorAll(selector);
  const one = (selector) => root.querySelector(selector);
  const write = (name, text) => { for (const element of all(`[data-${name}]`)) element.textContent = text; };

  return {
    show(state) {
      const screen = state === "amount" && root.dataset.scanner ? "ready" : SCREEN[state] ?? state;
      write("due", state === "receipt" ? "Paid" : "To pay");
      one("[data-beside]").hidden = !BESIDE.includes(state);
      one("[data-plate]").inert = state === "opening"; // nothing to show a hand for yet
      const heading = showScreen(root, screen, STEP[state] ?? 0);
      if (!heading) return;
      if (screen !== "hover") speak(heading.textContent);
      if (innerWidth < 832) scrollTo({ top: 0 });
    },
    amount(minor) {
      one("[data-sum]").value = price(minor, currency);
      write("amount", price(minor, currency));
    },
    person(payment) {
      write("initials", payment.initials ?? "");
      write("card", tender(payment, currency));
    },
    wrongDigits(words) {
      note("[data-digits-wrong]", words);
    },
    wrongPin(words) {
      note("[data-pin-wrong]", words);
    },
    cardWhy(words) {
      note("[data-card-why]", words);
    },
    doubt(payment) {
      write("payment", payment);
    },
    trouble(problem) {
      write("trouble-title", problem.title ?? "That did not work");
      write("trouble-detail", problem.detail ?? "");
      write("trouble-id", problem.request_id ? `Number for staff: ${problem.request_id}` : "");
    },
    slip(element, path) {
      one("[data-slip]").replaceChildren(element);
      one("[data-receipt]").href = path;
    },
  };

  function note(selector, words) {
    const element = one(selector);
    element.hidden = !words;
    element.textContent = words ?? "";
  }
}

/** What pays: "€4.00 of credit, €8.40 from Visa •• 4242", or the card alone, or credit alone. */
function tender({ card, credit_minor: credit = 0, amount_minor: amount }, currency) {
  const face = card ? `${brand(card.brand)}\u00a0••\u00a0${card.last4}` : ""; // stays on one line
  if (!credit) return face;
  const first = `${price(credit, currency)} of credit`;
  return credit < amount ? `${first}, ${price(amount - credit, currency)} from ${face}` : first;
}

export function brand(code) {
  return { visa: "Visa", mastercard: "Mastercard" }[code] ?? code;
}
