// What a till asks this scanner to do. The server answers when there is something else to do than what is shown.
import { call, pause } from "../api.js";

const WAIT_S = 25;
/** After no answer, and while the screen is not free for what the till asks, ms. */
const AGAIN_MS = 1000;

/**
 * @param {string} id the scanner this screen is
 * @param {(payment: any) => boolean} collect the till asks for a payment; false when it has to wait
 * @param {() => void} released the till no longer asks for it
 */
export async function scanner(id, collect, released) {
  let showing = null;
  for (;;) {
    try {
      const known = showing ? `&known=${showing}` : "";
      const action = await call("GET", `/v1/scanners/${id}/actions/current?wait_s=${WAIT_S}${known}`);
      if (showing && action?.id !== showing) {
        showing = null;
        released();
      }
      if (!action || showing) continue;
      if (collect(await call("GET", `/v1/payments/${action.payment}`))) showing = action.id;
      else await pause(AGAIN_MS);
    } catch {
      await pause(AGAIN_MS);
    }
  }
}
