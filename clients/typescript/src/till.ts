// What every till needs: a sale that is asked for once, a scanner that collects it, and its end.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./api.js";
import { openEvents } from "./events.js";
import { problemOf, Refused } from "./problem.js";
import { fetchUntilAnswered, jitter, sleep } from "./retry.js";

type Schemas = components["schemas"];
export type Payment = Schemas["Payment"];
export type PaymentStatus = Schemas["PaymentStatus"];
export type Sale = Omit<Schemas["CreatePayment"], "capture"> & Partial<Pick<Schemas["CreatePayment"], "capture">>;
export type Refund = Schemas["Refund"];
export type ScannerAction = Schemas["ScannerAction"];

/**
 * Where a till need not wait any longer: where a payment stays, and `accepted`, with which a shop that is cut off goes on. `unknown` is
 * none of these: it becomes known by itself, and nobody may pay again before.
 */
const ENDS: readonly PaymentStatus[] = ["accepted", "authorized", "captured", "declined", "cancelled", "expired"];

/** Which server, and as whom. */
export interface Options {
  /** `https://pay.example`, without a path. */
  server: string;
  /** The till's key: `hsk_test_…` or `hsk_live_…`. */
  key: string;
  /** How long a request is tried again before it fails, in milliseconds. */
  patienceMs?: number;
}

/** How to wait for a payment's end. */
export interface Wait {
  /** How long, in milliseconds; a scanner shows a payment for five minutes. */
  timeoutMs?: number;
  /** Told each time the payment is seen to stand somewhere else. */
  onChange?: (payment: Payment) => void;
}

/** One merchant's till. */
export class Till {
  /** Every request there is, typed by the API's description: `till.api.GET("/v1/sites")`. Tried again like the till's own. */
  readonly api: Client<paths>;
  readonly #server: string;
  readonly #key: string;

  constructor({ server, key, patienceMs = 30_000 }: Options) {
    this.#server = server.replace(/\/+$/, "");
    this.#key = key;
    const headers = { authorization: `Bearer ${key}` };
    this.api = createClient<paths>({ baseUrl: this.#server, headers, fetch: fetchUntilAnswered(patienceMs) });
  }

  /** Opens a payment. `idempotencyKey` names the sale: a till that may be switched off in between stores it before it asks. */
  async open(sale: Sale, idempotencyKey: string = crypto.randomUUID()): Promise<Payment> {
    const body = { capture: "now" as const, ...sale };
    return taken(await this.api.POST("/v1/payments", { body, params: keyed(idempotencyKey) }));
  }

  /** Has a scanner show an open payment to the shopper. Asked again, it goes on with what it does. */
  async collect(scanner: string, payment: string): Promise<ScannerAction> {
    const body = { type: "collect_payment" as const, payment };
    const params = { path: { id: scanner } };
    return taken(await this.api.POST("/v1/scanners/{id}/actions", { body, params, headers: repeatable() }));
  }

  /** A payment as it is now. */
  async payment(id: string, signal: AbortSignal | null = null): Promise<Payment> {
    return taken(await this.api.GET("/v1/payments/{id}", { params: { path: { id } }, signal }));
  }

  /** Gives an open payment up, or lets go of what was set aside. */
  async cancel(id: string): Promise<Payment> {
    const params = { path: { id } };
    return taken(await this.api.POST("/v1/payments/{id}/cancel", { params, headers: repeatable() }));
  }

  /** Takes what was set aside, all or a part. */
  async capture(id: string, amount_minor?: number, idempotencyKey: string = crypto.randomUUID()): Promise<Payment> {
    const params = { path: { id }, ...keyed(idempotencyKey) };
    const body = amount_minor === undefined ? {} : { amount_minor };
    return taken(await this.api.POST("/v1/payments/{id}/capture", { params, body }));
  }

  /** Gives money back. */
  async refund(
    id: string,
    body: Schemas["CreateRefund"],
    idempotencyKey: string = crypto.randomUUID(),
  ): Promise<Refund> {
    const params = { path: { id }, ...keyed(idempotencyKey) };
    return taken(await this.api.POST("/v1/payments/{id}/refunds", { params, body }));
  }

  /**
   * Waits until a payment stays where it is, and gives it as it was last seen: after `timeoutMs` that may be `unknown` or still
   * open. Follows the events, goes on after the last one when the connection is lost, and reads the payment where there are none.
   */
  async wait(id: string, { timeoutMs = 360_000, onChange }: Wait = {}): Promise<Payment> {
    const time = AbortSignal.timeout(timeoutMs);
    let seen: Payment | undefined;
    try {
      for await (const payment of this.#states(id, time)) {
        if (payment.status !== seen?.status) onChange?.(payment);
        seen = payment;
        if (ENDS.includes(payment.status)) return payment;
      }
    } catch (error) {
      if (!time.aborted || !seen) throw error;
    }
    return seen ?? this.payment(id);
  }

  /** A payment as it is, again and again: after each event of it, and at least each time the stream of events is opened. */
  async *#states(id: string, time: AbortSignal): AsyncGenerator<Payment> {
    let last: string | undefined;
    for (let tries = 0; ; tries = Math.min(tries + 1, 3)) {
      const events = await openEvents(this.#server, this.#key, last, time).catch(() => []);
      // Read once they are followed, so that nothing can happen in between.
      const now = await this.payment(id, time).catch(passing);
      if (now) yield now;
      try {
        for await (const event of events) {
          last = event.id;
          tries = 0;
          if (event.data.payment.id === id) yield event.data.payment;
        }
      } catch {
        // The connection is lost; the next round goes on after `last`.
      }
      await sleep(jitter(tries), time);
    }
  }
}

function keyed(idempotencyKey: string): { header: { "Idempotency-Key": string } } {
  return { header: { "Idempotency-Key": idempotencyKey } };
}

/** What changes nothing when it is done twice may be tried again as well. */
function repeatable(): { "idempotency-key": string } {
  return { "idempotency-key": crypto.randomUUID() };
}

/** What was asked for, or the refusal as an error. */
function taken<T>(answer: { data?: T; error?: unknown; response: Response }): T {
  if (answer.data !== undefined && answer.response.ok) return answer.data;
  throw new Refused(answer.response.status, problemOf(answer.error));
}

/** Lets pass what may be over in a moment: no connection, or a server that cannot answer now. */
function passing(error: unknown): undefined {
  if (error instanceof Refused && error.status < 500 && error.status !== 429) throw error;
}
