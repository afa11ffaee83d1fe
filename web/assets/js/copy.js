// Copies what is shown once.
const button = document.querySelector("[data-copy]");
button.hidden = false;
button.addEventListener("click", async () => {
  const text = document.querySelector("[data-copy-text]");
  const word = document.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(text.textContent);
    word.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(text);
    word.textContent = "Marked: copy it with the keyboard.";
  }
});
