// The HTTP API, as the pages use it.

/** An answer that is a problem (RFC 9457), or no answer at all (`code: "unreachable"`). */
export class Problem extends Error {
  constructor(problem) {
    super(problem.detail);
    Object.assign(this, problem);
  }

  /** Whether the same request with the same key may be sent again: nobody knows yet what became of it. */
  get retryable() {
    return ["unreachable", "internal", "store_unavailable", "idempotency_conflict"].includes(this.code);
  }
}

/**
 * By the kiosk’s session, also where the same browser is signed in as the operator.
 * @returns {Promise<any>} the JSON answer @throws {Problem}
 */
export async function call(method, path, body, headers = { "handsel-as": "kiosk" }) {
  const frame = body instanceof Blob;
  const type = frame ? body.type : "application/json";
  let answer;
  try {
    answer = await fetch(path, {
      method,
      headers: body === undefined ? headers : { "content-type": type, ...headers },
      body: body === undefined || frame ? body : JSON.stringify(body),
    });
  } catch {
    throw new Problem({
      code: "unreachable", status: 0, title: "No connection",
      detail: "The till does not answer. Try again, or pay by card at the counter.",
    });
  }
  const text = await answer.text();
  const json = answer.headers.get("content-type")?.includes("json") ? JSON.parse(text) : null;
  if (answer.ok) return json;
  throw new Problem(
    json ?? { code: "internal", status: answer.status, title: "Something broke", detail: "Try again." },
  );
}

/** Seconds between tries of a request that moves money: the same key each time, so it happens once. */
const WAITS_S = [0.4, 1, 2, 4];

/** A request that moves money or makes something that does: tried again with the same key until it is answered. */
export async function once(key, path, body) {
  for (let tries = 0; ; tries++) {
    try {
      return await call("POST", path, body, { "handsel-as": "kiosk", "idempotency-key": key });
    } catch (problem) {
      if (!problem.retryable || tries === WAITS_S.length) throw problem;
      await pause(WAITS_S[tries] * 1000);
    }
  }
}

/** 128 random bits; also where `crypto.randomUUID` is not offered (plain http on a shop's own network). */
export function freshKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));
