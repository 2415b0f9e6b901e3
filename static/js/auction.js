// The board of a live auction follows the server's frames. Without this the page refreshes itself; what is
// offered is judged by the server's clock in any case, never by this one.

const QUIET = 20000;
const SPREAD = 4000;
const HURRY = 250;

const part = (selector) => document.querySelector(selector);
const isTyping = () => document.activeElement?.matches("#live input");

function show(name, words) {
  const place = part(`[data-live="${name}"]`);
  if (place && place.textContent !== words) place.textContent = words;
}

// `offset`: milliseconds by which the server's clock is ahead of this one.
function showLeft(ends, offset) {
  const left = Math.max(0, Math.floor((Date.parse(ends) - Date.now() - offset) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const days = Math.floor(left / 86400);
  const hours = Math.floor((left % 86400) / 3600);
  const clock = `${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`;
  const day = part("#live").dataset.days.replace("{n}", String(days));
  show("left", days ? `${day}${two(hours)}:${clock}` : `${hours ? `${hours}:` : ""}${clock}`);
}

function followAuction(address) {
  const source = new EventSource(address);
  let newest = null;
  let offset = 0;
  let heard = Date.now();
  let isAsked = false;

  function lost(isLost) {
    const wire = part("[data-wire]");
    if (wire) wire.hidden = !isLost;
  }

  // The server draws table and buttons; many bids in a row ask for them once, a bidder's page sooner. Pages of
  // many people do not ask at the same moment.
  function redraw() {
    if (isAsked) return;
    isAsked = true;
    const live = part("#live");
    window.setTimeout(() => {
      isAsked = false;
      if (!isTyping()) window.htmx.trigger("#live", "bid");
    }, live.dataset.hurry ? 150 + Math.random() * HURRY : 100 + Math.random() * SPREAD);
  }

  function tick() {
    if (!newest?.ends) return;
    if (part("[data-version]").dataset.version !== `${newest.seq}-${newest.status}`) redraw();
    showLeft(newest.ends, offset);
    if (Date.now() - heard > QUIET) lost(true);
  }

  source.onmessage = (event) => {
    const live = part("#live");
    if (!live.dataset.stream) return source.close();
    newest = JSON.parse(event.data);
    offset = Date.parse(newest.now) - Date.now();
    heard = Date.now();
    lost(false);
    if (newest.price) show("price", (newest.price / 100).toLocaleString("en-US", { minimumFractionDigits: 2 }));
    if (newest.leader) show("leader", live.dataset.number.replace("{n}", String(newest.leader).padStart(2, "0")));
    tick();
  };
  source.onopen = () => { heard = Date.now(); lost(false); };
  source.onerror = () => lost(true);
  window.setInterval(tick, 250);
}

// A trial has no stream: its board is asked for each second, but not while somebody types.
function followTrial() {
  let heard = "";
  let offset = 0;
  let beats = 0;
  const beating = window.setInterval(() => {
    const live = part("#live[data-ends]");
    if (!live) { // it is over: the page says how it ended
      window.clearInterval(beating);
      return window.location.reload();
    }
    if (live.dataset.now !== heard) {
      heard = live.dataset.now;
      offset = Date.parse(heard) - Date.now();
    }
    showLeft(live.dataset.ends, offset);
    beats += 1;
    if (beats % 4 === 0 && !isTyping()) window.htmx.trigger("#live", "bid");
  }, 250);
}

const stream = part("[data-stream]");
if (stream && window.EventSource) followAuction(stream.dataset.stream);
else if (part("#live[data-ends]")) followTrial();
