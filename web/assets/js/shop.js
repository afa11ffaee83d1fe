// The demo store: counts goods as they go into the basket. Without this script the form works too: the server adds up.
import { price } from "./money.js";

const form = document.querySelector("form.shop");
const currency = form.dataset.currency;
const goods = [...form.querySelectorAll("[data-good]")];

for (const good of goods) {
  const input = good.querySelector("input");
  const step = (by) => () => {
    input.value = String(Math.min(20, Math.max(0, Math.trunc(Number(input.value)) + by)));
    show();
  };
  for (const [name, by] of [["[data-less]", -1], ["[data-more]", 1]]) {
    const button = good.querySelector(name);
    button.hidden = false;
    button.addEventListener("click", step(by));
  }
  input.addEventListener("input", show);
}
show();

function show() {
  let total = 0;
  const lines = [];
  for (const good of goods) {
    const input = good.querySelector("input");
    const count = Math.min(20, Math.max(0, Math.trunc(Number(input.value)) || 0));
    input.setAttribute("value", String(count));
    good.querySelector("[data-less]").disabled = count === 0;
    if (count === 0) continue;
    const sum = count * Number(good.dataset.price);
    total += sum;
    lines.push(line(`${count} × ${good.dataset.name}`, price(sum, currency)));
  }
  form.querySelector("[data-lines]").replaceChildren(...lines);
  form.querySelector("[data-total]").value = price(total, currency);
  form.querySelector("[data-pay]").disabled = total === 0;
}

function line(...texts) {
  const item = document.createElement("li");
  for (const text of texts) item.append(Object.assign(document.createElement("span"), { textContent: text }));
  return item;
}
