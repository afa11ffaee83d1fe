// Sends a request until it has an answer. The same request each time, with the same Idempotency-Key, so that it is done once.

/** The first wait is at most this long; each next one up to twice as long. */
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
/** How long one try may take: longer than the server waits for a processor. */
const TRY_MS = 60_000;

/** `fetch` that tries again, for at most `patienceMs`, after a lost connection, a 5xx and a 429 that says when. */
export function fetchUntilAnswered(patienceMs: number): (request: Request) => Promise<Response> {
  return async (request) => {
    const end = Date.now() + patienceMs;
    for (let tries = 0; ; tries++) {
      const answer = await once(request).catch((error: unknown) => error);
      const wait = Math.max(jitter(tries), retryAfterMs(answer));
      if (!(await isWorthRepeating(request, answer)) || Date.now() + wait > end) {
        if (answer instanceof Response) return answer;
        throw answer;
      }
      if (answer instanceof Response) await answer.body?.cancel();
      await sleep(wait, request.signal);
    }
  };
}

/** Waits, or throws as soon as the signal says so. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((done, fail) => {
    const give = () => (clearTimeout(timer), fail(signal?.reason));
    const timer = setTimeout(() => (signal?.removeEventListener("abort", give), done()), ms);
    if (signal?.aborted) give();
    else signal?.addEventListener("abort", give, { once: true });
  });
}

/** Between nothing and twice as much each time, so that tills that lost their server together do not come back together. */
export function jitter(tries: number): number {
  return Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** tries);
}

function once(request: Request): Promise<Response> {
  return fetch(request.clone(), { signal: AbortSignal.any([request.signal, AbortSignal.timeout(TRY_MS)]) });
}

async function isWorthRepeating(request: Request, answer: unknown): Promise<boolean> {
  if (request.signal.aborted) return false;
  const repeatable = request.method !== "POST" || request.headers.has("idempotency-key");
  if (!(answer instanceof Response)) return repeatable;
  // Refused before anything was done. A 429 without `retry-after` is about a payment, and stays.
  if (answer.status === 429) return answer.headers.has("retry-after");
  // The first one still runs: its answer comes to whoever asks again.
  if (answer.status === 409) return repeatable && (await code(answer)) === "idempotency_conflict";
  return repeatable && answer.status >= 500;
}

/** What a problem is called, without using its body up. */
async function code(answer: Response): Promise<unknown> {
  return answer.clone().json().then((problem) => problem?.code, () => undefined);
}

function retryAfterMs(answer: unknown): number {
  const seconds = answer instanceof Response ? Number(answer.headers.get("retry-after")) : 0;
  return Number.isFinite(seconds) ? seconds * 1000 : 0;
}
