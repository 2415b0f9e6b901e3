// The board of matches by keyboard. Without this the page is the same, reached by Tab and its buttons.
// Up and down go from card to card, left and right to the next column; with Shift a card is moved on or back.

const EDITABLE = "input, select, textarea, [contenteditable]";

function keyboardBoard(board) {
  const cards = [...board.querySelectorAll("[data-card]")];
  const columns = [...document.querySelectorAll("[data-columns] a")];
  const said = document.querySelector("[data-said]");
  const here = columns.findIndex((column) => column.hasAttribute("aria-current"));
  let at = 0;

  const say = (words) => { said.textContent = words; };

  // Only one card is in the order of Tab; the arrows choose which.
  function choose(number) {
    cards[at].tabIndex = -1;
    at = number;
    cards[at].tabIndex = 0;
    cards[at].focus();
    say(said.dataset.place.replace("{n}", at + 1).replace("{all}", cards.length));
  }

  function turn(step) {
    const column = columns[here + step];
    if (!column) return say(said.dataset.end);
    window.location.assign(`${column.href}#keys`);
  }

  function move(name) {
    const control = cards[at].querySelector(`[data-${name}] button, a[data-${name}]`);
    if (!control) return say(said.dataset.fixed);
    say(control.textContent);
    // The page that follows keeps the fragment, and so begins here again.
    if (control.form && !control.form.action.includes("#")) control.form.action += "#keys";
    control.click();
  }

  for (const card of cards) card.tabIndex = -1;
  if (cards.length) cards[0].tabIndex = 0;

  board.addEventListener("focusin", (event) => {
    const number = cards.indexOf(event.target.closest("[data-card]"));
    if (number < 0 || number === at) return;
    cards[at].tabIndex = -1;
    at = number;
    cards[at].tabIndex = 0;
  });

  const keys = {
    ArrowDown: () => choose(Math.min(at + 1, cards.length - 1)),
    ArrowUp: () => choose(Math.max(at - 1, 0)),
    Home: () => choose(0),
    End: () => choose(cards.length - 1),
    ArrowRight: () => turn(1),
    ArrowLeft: () => turn(-1),
    "Shift+ArrowRight": () => move("forward"),
    "Shift+ArrowLeft": () => move("back"),
  };

  board.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches(EDITABLE)) return;
    const act = keys[(event.shiftKey ? "Shift+" : "") + event.key];
    if (!act || !(cards.length || /Arrow(Left|Right)/.test(event.key))) return;
    event.preventDefault();
    act();
  });

  document.querySelector("[data-keys]").hidden = false;
  if (window.location.hash === "#keys") {
    if (cards.length) choose(0);
    else board.focus();
    const place = cards.length
      ? said.dataset.place.replace("{n}", 1).replace("{all}", cards.length)
      : said.dataset.empty;
    say(`${columns[here].textContent.trim()} ${place}`);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const board = document.querySelector("[data-board]");
  if (board) keyboardBoard(board);
});
