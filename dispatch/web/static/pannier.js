"use strict";
// The desk freshens itself when the evening moved; without this script its Refresh link does the same.
(() => {
  const news = document.getElementById("news");
  let shown = document.querySelector("main[data-change]");
  if (!shown || !("EventSource" in window)) return;
  let busy = false;
  let again = false;

  const typing = () => {
    const at = document.activeElement;
    if (shown.contains(at) && at.matches("input, select, textarea")) return true;
    return [...shown.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  };

  const freshen = async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main[data-change]");
      if (!next) return;
      if (typing()) { document.getElementById("stale").hidden = false; return; }
      const open = [...shown.querySelectorAll("details[open][id]")].map((box) => box.id);
      const focused = document.activeElement && shown.contains(document.activeElement) ? document.activeElement.id : "";
      const told = shown.dataset.news !== next.dataset.news;
      shown.replaceWith(next);
      shown = next;
      open.forEach((id) => { const box = document.getElementById(id); if (box) box.open = true; });
      if (focused) { const back = document.getElementById(focused); if (back) back.focus({ preventScroll: true }); }
      if (told && news) news.textContent = next.dataset.news;
    } catch (_) {
      // The network went: the stream calls again by itself, and the next change brings the page.
    } finally {
      busy = false;
      if (again) { again = false; freshen(); }
    }
  };

  const stream = new EventSource("/desk/events");
  stream.onmessage = (event) => { if (event.data !== shown.dataset.change) freshen(); };
  window.addEventListener("pagehide", () => stream.close());
})();
