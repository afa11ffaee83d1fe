// Clears the screen when a shopper has walked away.

/** Without a touch or a key for this long the question comes, ms. */
const QUIET_MS = 60_000;
/** And is answered "no" after this long, seconds. */
const ANSWER_S = 10;

export function stillThere(dialog, onGone) {
  const left = dialog.querySelector("[data-left]");
  let timer = 0, tick = 0, watching = false;

  function restart() {
    clearTimeout(timer);
    if (watching && !dialog.open) timer = setTimeout(ask, QUIET_MS);
  }

  function ask() {
    let seconds = ANSWER_S;
    left.textContent = String(seconds);
    dialog.showModal();
    tick = setInterval(() => {
      left.textContent = String(--seconds);
      if (seconds > 0) return;
      dialog.close();
      onGone();
    }, 1000);
  }

  dialog.addEventListener("close", () => { clearInterval(tick); restart(); });
  dialog.querySelector("[data-here]").addEventListener("click", () => dialog.close());
  for (const sign of ["pointerdown", "keydown"]) addEventListener(sign, restart);

  return {
    /** Called on every change of state, which is a sign of life itself. */
    set(on) {
      watching = on;
      if (!on && dialog.open) dialog.close();
      restart();
    },
  };
}
