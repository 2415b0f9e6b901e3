// The board of a live auction follows the server's frames. Without this the page refreshes itself; what is
// offered is judged by the server's clock in any case, never by this one.

const QUIET = 20000;
const SPREAD = 4000;

function followAuction(address) {
  const source = new EventSource(address);
  const part = (selector) => document.querySelector(selector);
  let newest = null;
  let offset = 0;
  let heard = Date.now();
  let isAsked = false;

  function show(name, words) {
    const place = part(`[data-live="${name}"]`);
    if (place && place.textContent !== words) place.textContent = words;
  }

  function lost(isLost) {
    const wire = part("[data-wire]");
    if (wire) wire.hidden = !isLost;
  }

  // The server draws table and buttons; many bids in a row ask for them once, a bidder's page sooner.
  function redraw() {
    if (isAsked) return;
    isAsked = true;
    const live = part("#live");
    window.setTimeout(() => {
      isAsked = false;
      if (document.activeElement?.matches("#live input")) return;
      window.htmx.trigger("#live", "bid");
    }, 100 + (live.dataset.hurry ? 0 : Math.random() * SPREAD));
  }

  function tick() {
    if (!newest?.ends) return;
    if (part("[data-version]").dataset.version !== `${newest.seq}-${newest.status}`) redraw();
    const left = Math.max(0, Math.floor((Date.parse(newest.ends) - Date.now() - offset) / 1000));
    const two = (number) => String(number).padStart(2, "0");
    const days = Math.floor(left / 86400);
    const hours = Math.floor((left % 86400) / 3600);
    const clock = `${two(Math.floor((left % 3600) / 60))}:${two(left % 60)}`;
    const day = part("#live").dataset.days.replace("{n}", String(days));
    show("left", days ? `${day}${two(hours)}:${clock}` : `${hours ? `${hours}:` : ""}${clock}`);
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

const stream = document.querySelector("[data-stream]");
if (stream && window.EventSource) followAuction(stream.dataset.stream);
