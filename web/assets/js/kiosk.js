// The kiosk's page: joins the machine, what it does, and what it shows.
import { machine } from "./kiosk/machine.js";
import { actions } from "./kiosk/actions.js";
import { view } from "./kiosk/view.js";
import { scanner } from "./kiosk/scanner.js";
import { keypad } from "./kiosk/keypad.js";
import { stillThere } from "./kiosk/still-there.js";
import { plate } from "./plate.js";
import { speakAloud } from "./guidance.js";

/** What a palm's code is asked for with. */
const SHOW_CODE = "Show the code of your palm";
/** For a frame that came before the payment was made. */
const EARLY = { say: "One moment", again: true };

const root = document.body;
const { site, currency, reference, home, held } = root.dataset;
const screen = view(root, currency);
const till = machine(enter);
const sale = actions({ site, currency, reference, bringsPalm: held === "only" }, till.send);
const hand = plate(root.querySelector("[data-plate]"), async (frame) => (till.send("frame", frame) ? answered : EARLY));
const keys = keypad(root, (minor) => screen.amount(minor));
const watch = stillThere(root.querySelector("[data-still-there]"), () => till.send("idle"));
let answered = Promise.resolve({});

/** Everything that happens on entering a state. */
async function enter(state, from, event, data) {
  const looking = (name) => ["hover", "checking"].includes(name) ? "hand" : ["code", "reading"].includes(name) ? "code" : "";
  if (looking(from) && looking(from) !== looking(state)) hand.close();
  screen.show(state);
  // A till that asks for a payment waits as long as it likes for somebody to come.
  watch.set(!["amount", "paying", "doubt", "closing"].includes(state) && !(sale.asked && looking(state)));
  switch (state) {
    case "amount": return leave();
    case "opening":
      if (event === "charge") sale.newSale(data);
      if (event === "collect") sale.take(data);
      screen.amount(sale.amount);
      return sale.open();
    case "code": return from === "reading" ? undefined : (sale.bring(), hand.open(data ?? SHOW_CODE, "camera"));
    case "reading": return void (answered = sale.readCode(data));
    case "pin": return screen.wrongPin(data ?? "");
    case "hover":
      if (event === "typed") sale.pin(data);
      return from === "checking" ? undefined : hand.open();
    case "checking": return void (answered = sale.identify(data));
    case "confirm": return screen.amount(data.amount_minor), screen.person(data);
    case "digits": return screen.wrongDigits(event === "wrong" ? "Those digits do not fit. Nothing was charged." : "");
    case "proving": return sale.prove(data);
    case "card":
      return screen.cardWhy({
        declined: "Card not accepted. Nothing was charged. Try another card.",
        cardless: "No card is linked to this palm. Nothing was charged. A card works here, at the same price.",
        spent: "We could not tell who it is. Nothing was charged. A card works here, at the same price.",
      }[event] ?? "");
    case "paying": return sale.pay(data);
    case "doubt": return screen.doubt(data ?? ""), sale.ask();
    case "receipt": return slip(data.receipt_path);
    case "trouble": return screen.trouble(data ?? {});
    case "closing": return sale.close();
  }
}

/** Back to the start: nothing of the shopper stays. */
function leave() {
  sale.forget();
  if (home) return location.assign(home);
  keys.clear();
  screen.amount(0);
}

/** The till slip is the receipt's own page, so that both always say the same. */
async function slip(path) {
  try {
    const page = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    const paper = document.adoptNode(page.querySelector(".slip"));
    for (const part of paper.querySelectorAll(".noprint")) part.remove();
    screen.slip(paper, path);
  } catch {
    screen.slip(document.createTextNode("The receipt is behind the button below."), path);
  }
}

for (const button of root.querySelectorAll("[data-send]")) {
  const event = button.dataset.send;
  button.addEventListener("click", () => till.send(event, event === "charge" ? keys.minor : undefined));
}
root.querySelector("[data-digits]").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.digits;
  till.send("prove", input.value);
  input.value = "";
});
root.querySelector("[data-pin]").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.elements.pin;
  till.send("typed", input.value);
  input.value = "";
});
root.querySelector("[data-cards]").addEventListener("submit", (event) => {
  event.preventDefault();
  till.send("pay", event.target.elements.sandbox_card.value);
});
root.querySelector("[data-speak]").addEventListener("click", (event) => {
  const button = event.currentTarget;
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  root.querySelector("[data-speak-word]").textContent = on ? "on" : "off";
  speakAloud(on);
});

if (Number(root.dataset.amount) > 0) till.send("charge", Number(root.dataset.amount));
if (root.dataset.scanner) {
  scanner(root.dataset.scanner, (payment) => till.send("collect", payment), () => till.send("released"));
}
