// Long lists in two steps: first the group, then what is in it, or a search over all of them. The list itself
// stays a select with groups, which is what a browser without scripts shows.

function twoSteps(place) {
  const select = place.querySelector("select");
  if (!select || select.querySelectorAll("optgroup").length < 2) return;
  const blank = [...select.children].find((child) => child.tagName === "OPTION") ||
    [...select.options].find((option) => option.value === "");
  const groups = [...select.querySelectorAll("optgroup")]
    .map((element) => ({ element, label: element.label, options: [...element.children].filter((o) => o.value) }))
    .filter((group) => group.options.length);
  const all = groups.flatMap((group) => group.options.map((option) => ({ option, group, text: option.textContent })));
  const row = document.createElement("div");
  row.className = "two-steps";
  const first = document.createElement("select");
  first.setAttribute("aria-label", place.dataset.first);
  first.append(new Option(place.dataset.first, ""), ...groups.map((group, index) => new Option(group.label, index)));
  const search = document.createElement("input");
  search.type = "search";
  search.placeholder = search.ariaLabel = place.dataset.search;
  row.append(first, search);
  select.before(row);

  const show = (entries, isSearch) => {
    const value = select.value;
    for (const entry of entries) {
      entry.option.textContent = isSearch ? `${entry.group.label} · ${entry.text}` : entry.text;
    }
    select.replaceChildren(...(blank ? [blank] : []), ...entries.map((entry) => entry.option));
    select.value = entries.some((entry) => entry.option.value === value) ? value : "";
  };
  const showAll = () => {
    const value = select.value;
    for (const entry of all) entry.option.textContent = entry.text;
    for (const group of groups) group.element.replaceChildren(...group.options);
    select.replaceChildren(...(blank ? [blank] : []), ...groups.map((group) => group.element));
    select.value = value;
  };
  const showGroup = (index) => {
    if (index === "") showAll();
    else show(all.filter((entry) => entry.group === groups[index]), false);
  };
  const choose = (value) => {
    const entry = all.find((each) => each.option.value === value);
    if (!entry) return false;
    first.value = groups.indexOf(entry.group);
    showGroup(first.value);
    select.value = value;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  const chosen = all.find((entry) => entry.option.value && entry.option.value === select.value);
  if (chosen) first.value = groups.indexOf(chosen.group);
  else if ("home" in place.dataset) first.value = 0;
  showGroup(first.value);
  first.addEventListener("change", (event) => {
    event.stopPropagation();
    search.value = "";
    showGroup(first.value);
  });
  for (const kind of ["input", "change"]) {
    search.addEventListener(kind, (event) => {
      event.stopPropagation();
      if (kind === "change") return;
      const words = search.value.trim();
      if (!words) return showGroup(first.value);
      const hits = all.filter((entry) => `${entry.group.label}${entry.text}`.includes(words)).slice(0, 50);
      show(hits, true);
      if (hits.length === 1) {
        select.value = hits[0].option.value;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }
    });
  }
  select.chooseValue = choose;
}

// A unified social credit code tells where and as what its holder is registered; what is filled in stays.
function fillFromCode(input) {
  const form = input.form;
  const named = (name) => form.elements.namedItem(name);
  input.addEventListener("change", () => {
    const code = input.value.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();
    if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(code)) return;
    const region = named("region");
    const place = code.slice(2, 8);
    if (region && !region.value && region.chooseValue) {
      region.chooseValue(place) || region.chooseValue(`${place.slice(0, 4)}00`);
    }
    const kind = named("kind");
    const name = named("name") ? named("name").value : "";
    const kinds = { 91: "enterprise", 93: "farmers_coop", 12: /大学|学院/.test(name) ? "university" : "institute" };
    if (kind && !kind.value && kinds[code.slice(0, 2)]) kind.value = kinds[code.slice(0, 2)];
  });
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("[data-two-steps]").forEach(twoSteps);
  document.querySelectorAll("[data-fills]").forEach(fillFromCode);
});
