// A till's client for Handsel. `api.ts` is generated from the API's description; `cargo xtask clients` writes it anew.
export type { components, operations, paths } from "./api.js";
export type { Event } from "./events.js";
export { type Code, type Problem, Refused } from "./problem.js";
export { type Options, type Payment, type PaymentStatus, type Refund, type Sale, type ScannerAction, Till, type Wait } from "./till.js";
export { readWebhook, WebhookVerificationError } from "./webhooks.js";
