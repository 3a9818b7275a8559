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

  // Where the keyboard is, found again on the newer page: by its id, or by what it says and does where one alone does.
  const place = (node) => node.id || JSON.stringify([
    node.tagName, node.textContent, node.href,
    node.form ? [node.form.action, ...[...new FormData(node.form)].filter(([key]) => key !== "csrf")] : "",
  ]);
  const refocus = (focused) => {
    const alike = [...shown.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].filter((node) => place(node) === focused);
    if (alike.length === 1) alike[0].focus({ preventScroll: true });
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
      const focused = document.activeElement && shown.contains(document.activeElement) ? place(document.activeElement) : "";
      const told = shown.dataset.news !== next.dataset.news;
      shown.replaceWith(next);
      shown = next;
      open.forEach((id) => { const box = document.getElementById(id); if (box) box.open = true; });
      if (focused) refocus(focused);
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
