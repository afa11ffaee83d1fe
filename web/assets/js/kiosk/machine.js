// The kiosk as one explicit state machine. Pure: knows no page, no clock and no network.
//
//   amount    the till types what is due; a scanner waits for a till to ask
//   opening   a payment is being made at the server
//   code      waiting for the code of a palm that its owner carries
//   reading   one frame with such a code is at the server
//   pin       the PIN of that palm is typed
//   hover     waiting for a hand (camera, photo or a borrowed one)
//   checking  one frame is at the server
//   confirm   somebody was recognised; they see amount, card and initials, and say yes
//   digits    probably somebody; the last four digits of their phone decide
//   proving   those digits are at the server
//   card      the card path beside the palm
//   paying    money is moving; the only state that nothing interrupts
//   doubt     no answer came; asks until it is known, so that nobody pays twice
//   receipt   paid
//   trouble   nothing was charged; says why and what to do
//   closing   the payment is being given up

/** state → event → next state. What is not listed is ignored, so a late answer changes nothing. */
export const TABLE = {
  amount: { charge: "opening", collect: "opening" },
  opening: { opened: "hover", bring: "code", failed: "trouble", released: "amount" },
  code: { frame: "reading", card: "card", cancel: "closing", idle: "closing", released: "amount" },
  reading: {
    seen: "hover", pin: "pin", unread: "code", card: "card", cancel: "closing", idle: "closing", failed: "trouble", released: "amount",
  },
  pin: { typed: "hover", card: "card", cancel: "closing", idle: "closing", released: "amount" },
  hover: {
    bring: "code", frame: "checking", card: "card", cancel: "closing", idle: "closing", failed: "trouble", released: "amount",
  },
  checking: {
    bring: "code", pin: "pin", released: "amount", rejected: "hover", nobody: "hover", known: "confirm", nearly: "digits", spent: "card", cardless: "card",
    card: "card", cancel: "closing", idle: "closing", failed: "trouble",
  },
  confirm: { pay: "paying", notMe: "opening", card: "card", cancel: "closing", idle: "closing", released: "amount" },
  digits: { prove: "proving", notMe: "opening", card: "card", cancel: "closing", idle: "closing", released: "amount" },
  proving: { known: "confirm", wrong: "digits", spent: "card", failed: "trouble", released: "amount" },
  card: { pay: "paying", palm: "opening", cancel: "closing", idle: "closing", released: "amount" },
  paying: { changed: "confirm", paid: "receipt", declined: "card", unanswered: "doubt", failed: "trouble" },
  doubt: { paid: "receipt", declined: "card", failed: "trouble" },
  receipt: { next: "amount", idle: "amount", collect: "opening" },
  trouble: { again: "opening", card: "card", cancel: "closing", idle: "closing" },
  closing: { closed: "amount" },
};

/** Which screen shows a state; states without a face of their own share one. */
export const SCREEN = { opening: "hover", code: "hover", reading: "hover", checking: "hover", proving: "digits", closing: "hover" };

/** How many of the palm's three lines are drawn: shown, confirmed, paid. */
export const STEP = { confirm: 1, digits: 1, proving: 1, paying: 2, doubt: 2, receipt: 3 };

/**
 * @param {(state: string, from: string, event: string, data: any) => void} enter called after every change of state
 */
export function machine(enter) {
  let state = "amount";
  return {
    get state() { return state; },
    /** @returns {boolean} whether the event meant anything in this state */
    send(event, data) {
      const next = TABLE[state][event];
      if (!next) return false;
      const from = state;
      state = next;
      enter(next, from, event, data);
      return true;
    },
  };
}
