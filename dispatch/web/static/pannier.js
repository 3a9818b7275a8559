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

  // A board that cannot be freshened says so, and tries again.
  let lost = false;
  const outOfTouch = (is = true) => {
    lost = is;
    document.getElementById("lost").hidden = !is;
  };

  const freshen = async () => {
    if (busy) { again = true; return; }
    busy = true;
    const limit = new AbortController();
    const late = setTimeout(() => limit.abort(), 15000);
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, signal: limit.signal });
      if (answer.redirected) { if (typing()) outOfTouch(); else location.reload(); return; } // signed out
      if (!answer.ok) { outOfTouch(); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main[data-change]");
      if (!next) return;
      outOfTouch(false);
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
      outOfTouch();
    } finally {
      clearTimeout(late);
      busy = false;
      if (again) { again = false; freshen(); }
    }
  };

  // A browser calls again by itself where a stream ends, but not after an answer that is none, and it waits for ever on
  // one that went silent. The server ends each after 45 s, and a new one tells the number at once.
  const SILENT_MS = 100000;
  let stream = null;
  let heard = 0;
  const hush = () => { if (stream) stream.close(); stream = null; };
  const listen = () => {
    if (stream && stream.readyState !== EventSource.CLOSED && performance.now() - heard < SILENT_MS) return;
    hush();
    heard = performance.now();
    stream = new EventSource("/desk/events");
    stream.onmessage = (event) => {
      heard = performance.now();
      if (event.data !== shown.dataset.change) freshen();
    };
    stream.onerror = (event) => { if (event.target.readyState === EventSource.CLOSED) freshen(); };
  };
  listen();
  setInterval(() => { if (lost || performance.now() - heard > SILENT_MS / 2) freshen(); listen(); }, 10000);
  window.addEventListener("pagehide", hush);
  window.addEventListener("pageshow", (event) => { if (event.persisted) { listen(); freshen(); } });
})();
