// Small improvements; every page works without them. Behaviours are bound by data- attributes.

// A table of rows to fill in: one more row at a press.
function addRows(rows) {
  const body = rows.querySelector("tbody");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn";
  button.textContent = rows.dataset.add;
  button.addEventListener("click", () => {
    const row = body.rows[body.rows.length - 1].cloneNode(true);
    const number = body.rows.length;
    for (const note of row.querySelectorAll(".field__error")) note.remove();
    for (const share of row.querySelectorAll("output")) share.textContent = "";
    for (const cell of row.querySelectorAll(".field--invalid")) cell.classList.remove("field--invalid");
    for (const input of row.querySelectorAll("[name]")) {
      input.name = input.name.replace(/-\d+-/, `-${number}-`);
      input.id = input.name;
      // The value of a box is what it sends when ticked.
      if (input.type === "checkbox") input.checked = false;
      else input.value = "";
    }
    body.append(row);
    row.querySelector("[name]").focus();
  });
  rows.append(button);
}

// Titles that contain what is being typed, under the search box.
function suggest(input) {
  const list = document.getElementById(input.getAttribute("list"));
  const scope = input.form.querySelector("select[name=scope]");
  let waiting;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const index = scope ? scope.value : input.dataset.index;
      if (input.value.trim().length < 2) return;
      const query = new URLSearchParams({ q: input.value, index });
      const answer = await fetch(`${input.dataset.suggest}?${query}`);
      if (!answer.ok) return;
      list.replaceChildren(...(await answer.json()).map((title) => new Option(title, title)));
    }, 200);
  });
}

// A button that was pressed once is not pressed twice.
function pressOnce(form) {
  form.addEventListener("submit", () => {
    for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; }, 0);
  });
}

document.addEventListener("DOMContentLoaded", () => {
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
  document.querySelectorAll("[data-rows]").forEach(addRows);
  document.querySelectorAll("[data-suggest]").forEach(suggest);
  document.querySelectorAll("form[method=post]").forEach(pressOnce);
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[method=post] button")) button.disabled = false;
  });
});
