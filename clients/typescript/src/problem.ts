// What a server refuses, as an error whose code a program can match on.
import type { components } from "./api.js";

/** A refusal as the server words it (RFC 9457). */
export type Problem = components["schemas"]["Problem"];

/** Every code there is. Match on these, never on texts. */
export type Code = components["schemas"]["Code"];

/** The server refused. What is no answer of the server itself (a proxy's page, say) has no code. */
export class Refused extends Error {
  constructor(
    /** The HTTP status. */
    readonly status: number,
    /** The refusal, where it is one of the server's. */
    readonly problem: Problem | undefined,
  ) {
    super(problem ? `${problem.code}: ${problem.detail}` : `status ${status}, not worded by a Handsel server`);
    this.name = "Refused";
  }

  /** Stable: `refund_too_large`, `wrong_state`, … */
  get code(): Code | undefined {
    return this.problem?.code;
  }
}

/** Reads a body as a refusal, if it is one. */
export function problemOf(body: unknown): Problem | undefined {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body ? (body as Problem) : undefined;
}
