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

// Drafts: what is typed into a long form is kept in this browser until it is sent, per person, form and record.
const DRAFT = "draft:";
const SENT = "sent-draft";
const DRAFT_DAYS = 7;
const UNKEPT = new Set(["csrf_token", "once", "held", "revision", "seen"]);

function isLong(form) {
  return form.querySelector("textarea, [data-rows]") && !form.querySelector("[type=password]");
}

function draftKey(form) {
  const { pathname } = new URL(form.getAttribute("action") || location.href, location.href);
  const first = form.querySelector("textarea[name], [data-rows]");
  return `${DRAFT}${document.body.dataset.person}:${pathname}:${first.name || first.dataset.rows}`;
}

function typedPairs(form) {
  const pairs = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !UNKEPT.has(name));
  return JSON.stringify(pairs);
}

function dropDrafts(isDropped) {
  for (const key of Object.keys(localStorage)) {
    if (key.startsWith(DRAFT) && isDropped(key)) localStorage.removeItem(key);
  }
}

// Another person's drafts and old ones go; the one that was sent goes when the answer shows no fault.
function tidyDrafts() {
  const own = `${DRAFT}${document.body.dataset.person}:`;
  const oldest = Date.now() - DRAFT_DAYS * 24 * 3600 * 1000;
  dropDrafts((key) => (document.body.dataset.person && !key.startsWith(own)) || readDraft(key).at < oldest);
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  if (sent && !document.querySelector(".summary, .error-sheet, .field--invalid")) localStorage.removeItem(sent);
}

function readDraft(key) {
  try {
    const draft = JSON.parse(localStorage.getItem(key));
    return draft && Array.isArray(draft.pairs) ? draft : { at: 0, pairs: [] };
  } catch {
    return { at: 0, pairs: [] };
  }
}

function showDraft(form, pairs) {
  const values = new Map();
  for (const [name, value] of pairs) values.set(name, [...(values.get(name) || []), value]);
  for (const rows of form.querySelectorAll("[data-rows]")) {
    const places = pairs.map(([name]) => name.split("-")).filter(([head]) => head === rows.dataset.rows);
    const most = Math.max(-1, ...places.map((parts) => Number(parts[1])));
    const add = rows.querySelector(":scope > button");
    while (add && rows.querySelectorAll("tbody tr").length <= most) add.click();
  }
  for (const input of form.elements) {
    if (!input.name || UNKEPT.has(input.name) || ["hidden", "file", "submit"].includes(input.type)) continue;
    const own = values.get(input.name) || [];
    if (input.type === "checkbox" || input.type === "radio") input.checked = own.includes(input.value);
    else if (own.length) input.value = own.shift();
  }
  form.dispatchEvent(new Event("input", { bubbles: true }));
  form.dispatchEvent(new Event("change", { bubbles: true }));
}

function offerDraft(form, key) {
  const draft = readDraft(key);
  const isShownAgain = form.elements.namedItem("held") || document.querySelector(".summary");
  if (!draft.at || isShownAgain || JSON.stringify(draft.pairs) === typedPairs(form)) return;
  const note = document.getElementById("draft-note").content.firstElementChild.cloneNode(true);
  const words = note.querySelector("span");
  const time = new Date(draft.at).toLocaleString(document.documentElement.lang);
  words.textContent = words.textContent.replace("{time}", time);
  note.querySelector("[data-draft=use]").addEventListener("click", () => {
    showDraft(form, draft.pairs);
    note.remove();
  });
  note.querySelector("[data-draft=drop]").addEventListener("click", () => {
    localStorage.removeItem(key);
    note.remove();
  });
  form.before(note);
}

function keepDraft(form) {
  const key = draftKey(form);
  offerDraft(form, key);
  const shown = typedPairs(form);
  let isDirty = false;
  let waiting;
  const save = () => {
    try {
      localStorage.setItem(key, JSON.stringify({ at: Date.now(), pairs: JSON.parse(typedPairs(form)) }));
    } catch {
      // A full or forbidden storage keeps nothing; the form works as without a script.
    }
  };
  form.addEventListener("input", (event) => {
    if (!event.isTrusted && !isDirty && typedPairs(form) === shown) return;
    isDirty = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, 600);
  });
  form.addEventListener("submit", () => {
    clearTimeout(waiting);
    if (isDirty) save();
    isDirty = false;
    sessionStorage.setItem(SENT, key);
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty && typedPairs(form) !== shown) event.preventDefault();
  });
}

document.addEventListener("DOMContentLoaded", () => {
  tidyDrafts();
  for (const form of document.querySelectorAll("form[method=post]")) if (isLong(form)) keepDraft(form);
  for (const form of document.querySelectorAll("form[action$='/logout']")) {
    form.addEventListener("submit", () => dropDrafts(() => true));
  }
  for (const form of document.querySelectorAll("form")) {
    if (form.querySelector("[data-share-of]")) tellShares(form);
  }
});
