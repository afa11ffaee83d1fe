// One screen of several: used by the kiosk and by enrolling.

/**
 * Shows one screen and how far along it is.
 * @param {HTMLElement} root
 * @param {string} screen its `data-screen`
 * @param {number} step how many of the three steps are done
 * @returns {HTMLElement | null} the heading, focused, if another screen was shown before
 */
export function showScreen(root, screen, step) {
  let changed = false;
  for (const section of root.querySelectorAll("[data-screen]")) {
    const hide = section.dataset.screen !== screen;
    changed ||= section.hidden && !hide;
    section.hidden = hide;
  }
  root.querySelector("[data-progress]").dataset.step = String(step);
  [...root.querySelector("[data-steps]").children].forEach((item, index) => {
    item.classList.toggle("done", index < step);
    if (index === Math.min(step, 2)) item.setAttribute("aria-current", "step");
    else item.removeAttribute("aria-current");
  });
  if (!changed) return null;
  const heading = root.querySelector(`[data-screen="${screen}"] h2`);
  heading.focus({ preventScroll: true });
  return heading;
}
