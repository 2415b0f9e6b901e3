// What a visitor collects stays in the browser: outcomes to compare, and listings kept for later.
// Pages are the same for everybody; without a script, checkboxes and addresses do the same for one page.

const MOST = 4;

function load(name) {
  try {
    const rows = JSON.parse(localStorage.getItem(`kezhuan.${name}`) || "[]");
    return Array.isArray(rows) ? rows.filter((row) => row && typeof row.n === "string") : [];
  } catch {
    return [];
  }
}

function store(name, rows) {
  try {
    localStorage.setItem(`kezhuan.${name}`, JSON.stringify(rows.slice(0, 100)));
  } catch {
    // A browser that keeps nothing still shows the page.
  }
}

// The tray: what was chosen to compare, on every page of a list.
function drawTray(tray) {
  const rows = load("compare");
  const names = tray.querySelector("[data-tray-names]");
  names.replaceChildren(...rows.map((row) => {
    const chip = document.createElement("button");
    chip.type = "button";
    chip.className = "mark";
    chip.textContent = `${row.title || row.n} ×`;
    chip.addEventListener("click", () => { drop(row.n); });
    return chip;
  }));
  const query = rows.map((row) => `n=${encodeURIComponent(row.n)}`).join("&");
  const link = tray.querySelector("[data-tray-link]");
  link.href = `${link.dataset.trayLink}?${query}`;
  tray.hidden = rows.length === 0;
  for (const box of boxes()) box.checked = rows.some((row) => row.n === box.value);
}

function boxes() {
  return document.querySelectorAll("input[type=checkbox][name=n][form=compare]");
}

function redraw() {
  document.querySelectorAll("[data-tray]").forEach(drawTray);
}

function drop(number) {
  store("compare", load("compare").filter((row) => row.n !== number));
  redraw();
}

function pick(number, title) {
  const rows = load("compare").filter((row) => row.n !== number);
  const notice = document.querySelector("[data-tray-full]");
  if (notice) notice.hidden = rows.length < MOST;
  if (rows.length < MOST) store("compare", [...rows, { n: number, title }]);
  redraw();
}

function bindBoxes() {
  for (const box of boxes()) {
    box.addEventListener("change", () => {
      const title = box.closest("article")?.querySelector("h2 a, h3 a")?.textContent.trim() || box.value;
      if (box.checked) pick(box.value, title);
      else drop(box.value);
    });
  }
}

// Kept listings: a button on each page, and a page of them all.
function bindKeep(button) {
  const { n, title } = button.dataset;
  const draw = () => {
    const isKept = load("kept").some((row) => row.n === n);
    button.textContent = isKept ? button.dataset.kept : button.dataset.keep;
    button.setAttribute("aria-pressed", String(isKept));
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const rows = load("kept");
    const rest = rows.filter((row) => row.n !== n);
    store("kept", rest.length === rows.length ? [{ n, title }, ...rest] : rest);
    draw();
    document.querySelectorAll("[data-kept-count]").forEach(drawCount);
  });
  draw();
}

function drawCount(link) {
  const rows = load("kept");
  const query = rows.map((row) => `n=${encodeURIComponent(row.n)}`).join("&");
  link.href = `${link.dataset.keptCount}?${query}`;
  link.hidden = rows.length === 0;
  link.querySelector("[data-number]").textContent = String(rows.length);
}

document.addEventListener("DOMContentLoaded", () => {
  bindBoxes();
  document.querySelectorAll("[data-keep]").forEach(bindKeep);
  document.querySelectorAll("[data-kept-count]").forEach(drawCount);
  for (const button of document.querySelectorAll("[data-pick]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      pick(button.dataset.pick, button.dataset.title);
    });
  }
  redraw();
});
document.addEventListener("htmx:after:swap", () => { bindBoxes(); redraw(); });
