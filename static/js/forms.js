// What helps while somebody types; every form works without it.

// The number in an input, as people type it; null where it is none or can be meant in two ways.
function typedNumber(input) {
  const text = (input ? input.value : "").normalize("NFKC").trim().replace(/[%￥¥]/g, "");
  const isGrouped = /^\d{1,3}(,\d{3})+(\.\d*)?$/.test(text);
  const plain = isGrouped ? text.replaceAll(",", "") : text;
  return /^(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : null;
}

function money(amount, symbol) {
  const digits = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return symbol + amount.toLocaleString("en-US", digits);
}

// What a share is a share of: an amount that the page knows, or one that other fields of the form say.
function shareBase(input) {
  const named = (name) => input.form.elements.namedItem(name);
  const of = input.dataset.shareOf;
  if (!of) return Number(input.dataset.base);
  let net = typedNumber(named("income"));
  if (net === null) return null;
  for (const cost of input.form.querySelectorAll("[name^=deductions-][name$=-amount]")) net -= typedNumber(cost) || 0;
  if (of === "net") return net;
  const share = typedNumber(named("pot"));
  if (share === null) return null;
  return of === "pot" ? (net * share) / 100 : net - (net * share) / 100;
}

// Beside each share, what it comes to in money.
function tellShares(form) {
  const tell = () => {
    for (const input of form.querySelectorAll("[data-share-of]")) {
      const place = input.parentElement.querySelector("output.share");
      const share = typedNumber(input);
      const base = share === null ? null : shareBase(input);
      const symbol = input.dataset.symbol || "￥";
      if (place && base === null) place.textContent = "";
      else if (place) {
        const wan = place.dataset.wan.replace("{number}", money(base / 10000, ""));
        const words = place.dataset.words.replace("{base}", symbol === "￥" ? wan : money(base, symbol));
        place.textContent = words.replace("{money}", money((base * share) / 100, symbol));
      }
    }
  };
  form.addEventListener("input", tell);
}

document.addEventListener("DOMContentLoaded", () => {
  for (const form of document.querySelectorAll("form")) {
    if (form.querySelector("[data-share-of]")) tellShares(form);
  }
});
