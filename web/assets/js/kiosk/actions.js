// What the kiosk does on entering a state: talks to the server and sends the machine what became of it.
import { Problem, call, freshKey, once, pause } from "../api.js";

/** How long an unanswered payment is asked after, seconds between questions. */
const DOUBT_S = 2;
/** After "not recognised", before the camera looks again, ms: time to read it, and to change hands. */
const NOBODY_MS = 2500;

/** Where a payment can still be paid; whatever is over needs a new one. */
const OPEN = ["requires_palm", "requires_step_up", "requires_confirmation"];
/** Where nobody knows yet whether the card was charged. */
const DOUBTFUL = ["processing", "unknown"];
const open = (sale) => OPEN.includes(sale.payment?.status);

/** What a palm that was brought is refused with where another code may do. */
const SHOW_AGAIN = ["held_expired", "held_replayed", "held_invalid", "held_revoked", "held_unreadable"];

/** One sale at a time. Holds its id and its keys, and nothing about the shopper. */
export function actions({ site, currency, reference, bringsPalm }, send) {
  let sale = null;

  /** @param {number} amount minor units */
  function newSale(amount) {
    sale = { amount, key: freshKey(), confirmKey: freshKey(), cardKey: freshKey(), payment: null };
  }

  return {
    get amount() { return sale?.amount ?? 0; },
    /** Whether a till made the payment; then it alone makes another one. */
    get asked() { return sale?.asked ?? false; },
    newSale,

    /** A payment that a till made, to be taken here. */
    take(payment) {
      newSale(payment.amount_minor);
      Object.assign(sale, { payment, asked: true });
    },

    /** opening: a payment for the amount, unless there is one that can still be paid. */
    async open() {
      sale.carried = sale.pin = null;
      if (open(sale)) return opened();
      if (sale.asked) return send("released");
      if (sale.payment) newSale(sale.amount);
      const mine = sale;
      try {
        mine.payment = await make(mine);
        if (mine === sale) opened();
        else await giveUp(mine.payment);
      } catch (problem) {
        if (mine === sale) send("failed", problem);
      }
    },

    /** code: what was brought before counts no longer. */
    bring() { sale.carried = sale.pin = null; },

    /** reading: one frame with a code; says what the plate should tell the shopper. */
    async readCode(frame) {
      const mine = sale;
      try {
        const { carried, opens_with } = await call("POST", "/v1/held/read", frame);
        if (mine !== sale) return {};
        mine.carried = carried;
        if (opens_with === "locked") return send("failed", locked()), {};
        return send(opens_with === "palm_and_pin" ? "pin" : "seen"), {};
      } catch (problem) {
        if (mine !== sale) return {};
        if (problem.code === "held_unreadable") return send("unread"), { say: "Hold the code still, a little closer" };
        if (problem.code === "invalid_frame") return send("unread"), { say: "That picture cannot be read" };
        if (SHOW_AGAIN.includes(problem.code)) return send("unread"), { say: problem.title, restMs: NOBODY_MS };
        if (problem.code === "busy") return send("unread"), { say: "Many at once: one moment", restMs: NOBODY_MS };
        send("failed", problem);
        return {};
      }
    },

    /** pin: goes with the next hands, until another code is shown. */
    pin(typed) { sale.pin = typed; },

    /** checking: one frame; says what the plate should tell the shopper. */
    async identify(frame) {
      const mine = sale;
      try {
        const answer = await look(mine, frame);
        if (mine !== sale) return {};
        mine.payment = answer.payment;
        if (answer.decision === "identified") return send("known", answer.payment), {};
        if (answer.decision === "step_up") return send("nearly", answer.payment), {};
        send("nobody");
        return { say: "Not recognised. Nothing was charged.", restMs: NOBODY_MS };
      } catch (problem) {
        if (mine !== sale) return {};
        if (problem.code === "capture_rejected") {
          send("rejected");
          return { say: problem.quality?.reasons[0] ?? "other", again: true };
        }
        if (problem.code === "pin_wrong" || problem.code === "pin_required") return send("pin", problem.title), {};
        if (SHOW_AGAIN.includes(problem.code)) return send("bring", `${problem.title}. Show it again`), {};
        if (problem.code === "too_many_attempts") return send("spent", problem), {};
        if (problem.code === "no_payment_method") return send("cardless"), {};
        if (problem.code === "busy") return send("rejected"), { say: "Many hands at once: one moment", restMs: NOBODY_MS };
        if (problem.code === "wrong_state") return moved(mine, problem), {};
        if (problem.code === "invalid_frame") return send("rejected"), { say: "That picture cannot be read" };
        send("failed", problem);
        return {};
      }
    },

    /** proving */
    async prove(digits) {
      const mine = sale;
      try {
        mine.payment = await call("POST", `/v1/payments/${mine.payment.id}/step_up`, { phone_last4: digits });
        send("known", mine.payment);
      } catch (problem) {
        if (problem.code === "too_many_attempts") send("spent", problem);
        else if (problem.code === "step_up_failed") send("wrong", problem);
        else send("failed", problem);
      }
    },

    /** paying, by palm or by card: the same key on every try, so it happens once. */
    pay(card) {
      return settle(async () => {
        if (!open(sale)) {
          if (sale.asked) throw over();
          newSale(sale.amount);
          sale.payment = await make(sale);
        }
        const path = `/v1/payments/${sale.payment.id}/${card ? "card" : "confirm"}`;
        return once(card ? sale.cardKey : sale.confirmKey, path, card ? { sandbox_card: card } : {
          shopper: sale.payment.shopper, amount_minor: sale.payment.amount_minor,
        });
      });
    },

    /** doubt: asks until it is known. */
    async ask() {
      for (;;) {
        await pause(DOUBT_S * 1000);
        try {
          const payment = await call("GET", `/v1/payments/${sale.payment.id}`);
          if (!DOUBTFUL.includes(payment.status)) return settle(async () => payment);
        } catch { /* asked again */ }
      }
    },

    /** closing */
    async close() {
      const payment = sale?.payment;
      sale = null;
      if (payment) await giveUp(payment);
      send("closed");
    },

    forget() { sale = null; },
  };

  /** Where a palm may only be compared with the one its owner brings, that one is shown first. */
  function opened() {
    send(bringsPalm ? "bring" : "opened");
  }

  /** The hand is held against what was brought, or looked for. */
  function look({ payment, carried, pin }, frame) {
    if (!carried) return call("POST", `/v1/payments/${payment.id}/identify`, frame);
    const headers = { "handsel-as": "kiosk", "handsel-held": carried, ...(pin ? { "handsel-pin": pin } : {}) };
    return call("POST", `/v1/payments/${payment.id}/verify`, frame, headers);
  }

  function locked() {
    return new Problem({ title: "This palm is locked", detail: "Too many failures. Unlock it in the wallet, or pay by card." });
  }

  function make({ key, amount }) {
    const body = { site, amount_minor: amount, currency };
    if (reference) body.client_reference = reference;
    return once(key, "/v1/payments", body);
  }

  async function settle(request) {
    try {
      const payment = await request(); // may have begun a new sale
      sale.payment = payment;
    } catch (problem) {
      if (problem.code === "wrong_state") return read();
      if (problem.retryable) return send("unanswered", sale.payment?.id);
      return send("failed", problem);
    }
    const { status } = sale.payment;
    if (status === "captured") return send("paid", sale.payment);
    if (DOUBTFUL.includes(status)) return send("unanswered", sale.payment.id);
    if (status === "requires_confirmation") { // somebody else, or another amount: they see it and say yes again
      sale.confirmKey = freshKey();
      return send("changed", sale.payment);
    }
    if (status === "declined") return sale.asked ? send("failed", over()) : send("declined");
    const title = "The payment did not go through";
    return send("failed", new Problem({ title, detail: "Try again, or pay by card." }));
  }

  /** A till's payment that came to nothing. */
  function over() {
    return new Problem({ title: "Not paid", detail: "The card was not accepted, or the till gave up. Staff can ask again." });
  }

  /** The payment moved on while a frame was looked at: on from where it is. */
  async function moved(mine, problem) {
    try {
      mine.payment = await call("GET", `/v1/payments/${mine.payment.id}`);
    } catch { /* the first problem is told */ }
    if (mine !== sale) return;
    const { status } = mine.payment;
    if (status === "requires_confirmation") send("known", mine.payment);
    else if (status === "requires_step_up") send("nearly", mine.payment);
    else if (status === "requires_palm") send("rejected");
    else send("failed", problem);
  }

  /** The payment is elsewhere than this page thought: what the server says is what happened. */
  function read() {
    const { id } = sale.payment;
    return settle(() => call("GET", `/v1/payments/${id}`));
  }

  /** Giving up what was never charged must not hold anybody up; an open payment expires by itself. */
  async function giveUp(payment) {
    try { await call("POST", `/v1/payments/${payment.id}/cancel`); } catch { /* it expires */ }
  }
}
