// What a till asks this scanner to do. The server is asked once a second, so that a till needs HTTP and nothing else.
import { call, pause } from "../api.js";

const ASK_MS = 1000;

/**
 * @param {string} id the scanner this screen is
 * @param {(payment: any) => boolean} collect the till asks for a payment; false when it has to wait
 * @param {() => void} released the till no longer asks for it
 */
export async function scanner(id, collect, released) {
  let showing = null;
  for (;;) {
    try {
      const action = await call("GET", `/v1/scanners/${id}/actions/current`);
      if (showing && action?.id !== showing) {
        showing = null;
        released();
      }
      if (action && !showing && collect(await call("GET", `/v1/payments/${action.payment}`))) showing = action.id;
    } catch { /* asked again */ }
    await pause(ASK_MS);
  }
}
