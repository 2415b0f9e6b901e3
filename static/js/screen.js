// The wall shows itself anew each minute; while the site does not answer, the last figures stay.
const EVERY = 60_000;

async function refresh() {
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("main");
    if (fresh) document.querySelector("main").replaceWith(fresh);
  } catch {
    // The network is away: the next minute asks again.
  }
}

setInterval(refresh, EVERY);
