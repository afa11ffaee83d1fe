// What the shopper is told about their hand: one message at a time, long enough to read, spoken if asked.

/** What to say for a reason in `quality.reasons`; six words at most. */
const SAY = {
  start: "Open hand, palm to the camera",
  no_hand: "Open hand, palm to the camera",
  several_hands: "One hand only, please",
  back_of_hand: "Turn your palm to the camera",
  cut_off: "Whole hand into the picture",
  fingers_closed: "Spread your fingers a little",
  too_far: "A little closer",
  too_close: "A little further away",
  too_dark: "More light on your hand",
  too_bright: "Too bright. Shade your hand",
  blurred: "Hold still",
  hand: "Choose a hand to hold up",
  still: "Hold still",
  wait: "Checking…",
  other: "Try once more",
};

/** How long a message stands at least, ms: six words at eight or nine words a second, a fast reader's pace. */
const DWELL_MS = 700;
/** After this long on one message a picture joins it, ms. */
const PICTURE_MS = 3000;

/** @param {HTMLElement} root the plate */
export function guidance(root) {
  const text = root.querySelector("[data-guide]");
  const help = root.querySelector("[data-help]");
  let shown = "", since = 0, waiting = 0, picture = 0;

  function put(message) {
    shown = message;
    since = performance.now();
    text.textContent = message;
    speak(message);
    clearTimeout(picture);
    help.hidden = true;
    picture = setTimeout(() => { help.hidden = root.dataset.source !== "camera"; }, PICTURE_MS);
  }

  return {
    /** @param {string} reason a quality reason, or whole words */
    say(reason) {
      const message = SAY[reason] ?? (reason.includes(" ") ? reason : SAY.other);
      clearTimeout(waiting);
      if (message === shown) return;
      waiting = setTimeout(put, Math.max(0, DWELL_MS - (performance.now() - since)), message);
    },
    hush() {
      clearTimeout(waiting);
      clearTimeout(picture);
      help.hidden = true;
      shown = "";
    },
  };
}

/** Whether messages are spoken; off until somebody asks. */
let aloud = false;

export function speakAloud(on) {
  aloud = on;
  if (!on) window.speechSynthesis?.cancel();
}

export function speak(message) {
  if (!aloud || !window.speechSynthesis) return;
  window.speechSynthesis.cancel();
  window.speechSynthesis.speak(new SpeechSynthesisUtterance(message));
}
