// Reads a text aloud on request, where the browser can. Its button is there only then.
//
//   <button data-aloud="#what" data-stop="Stop reading" hidden>Read it to me</button>
const speech = window.speechSynthesis;

for (const button of speech ? document.querySelectorAll("[data-aloud]") : []) {
  const start = button.textContent;
  const text = document.querySelector(button.dataset.aloud);
  let reading = false;
  const set = (now) => {
    reading = now;
    button.textContent = now ? button.dataset.stop : start;
    button.setAttribute("aria-pressed", String(now));
  };
  button.hidden = false;
  set(false);
  button.addEventListener("click", () => {
    speech.cancel();
    if (reading) return set(false);
    // A part for each sentence group: some browsers fall silent in the middle of a long text.
    const parts = [...text.children].map((part) => part.textContent.trim()).filter(Boolean);
    parts.forEach((part, index) => {
      const spoken = new SpeechSynthesisUtterance(part);
      spoken.lang = text.closest("[lang]").lang;
      if (index === parts.length - 1) spoken.addEventListener("end", () => set(false));
      spoken.addEventListener("error", () => set(false));
      speech.speak(spoken);
    });
    set(true);
  });
}
if (speech) addEventListener("pagehide", () => speech.cancel());
