// Small improvements; every page works without them. Behaviours are bound by data- attributes.
document.addEventListener("DOMContentLoaded", () => {
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();
  for (const rows of document.querySelectorAll("[data-rows]")) {
    const body = rows.querySelector("tbody");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "btn";
    button.textContent = document.documentElement.lang === "zh-Hant" ? "加一行" : "加一行";
    button.addEventListener("click", () => {
      const last = body.rows[body.rows.length - 1];
      const row = last.cloneNode(true);
      const number = body.rows.length;
      for (const input of row.querySelectorAll("[name]")) {
        input.name = input.name.replace(/-\d+-/, `-${number}-`);
        input.id = input.name;
        input.value = "";
      }
      body.append(row);
      row.querySelector("[name]").focus();
    });
    rows.append(button);
  }
  // A button that was pressed once is not pressed twice.
  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      for (const button of form.querySelectorAll("button")) setTimeout(() => { button.disabled = true; }, 0);
    });
  }
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("form[method=post] button")) button.disabled = false;
  });
});
