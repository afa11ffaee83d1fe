// The amount, typed like at a till: digits push in from the right, minor units first.

/** The largest amount a payment may have, minor units. */
const MOST_MINOR = 10_000_000;

export function keypad(root, onChange) {
  const screen = root.querySelector('[data-screen="amount"]');
  const charge = screen.querySelector('[data-send="charge"]');
  let minor = 0;

  function press(key) {
    const next = key === "back" ? Math.trunc(minor / 10) : Number(`${minor}${key}`);
    if (next > MOST_MINOR) return;
    minor = next;
    charge.disabled = minor === 0;
    onChange(minor);
  }

  for (const button of screen.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => press(button.dataset.key));
  }
  addEventListener("keydown", (event) => {
    if (screen.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^[0-9]$/.test(event.key)) press(event.key);
    else if (event.key === "Backspace") press("back");
    else if (event.key === "Enter" && event.target.tagName !== "BUTTON") charge.click();
  });

  return {
    get minor() { return minor; },
    clear() { minor = 0; charge.disabled = true; },
  };
}
