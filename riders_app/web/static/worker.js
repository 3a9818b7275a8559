"use strict";
// Keeps the page's few files and the rider's own last page, for when there is no network. Nothing else is kept, and
// a page that leads to signing in takes the kept one away.
const SHELL = `pannier-shell-${EDITION}`;
const MINE = `pannier-mine-${EDITION}`;
const KEPT_MS = 12 * 3600 * 1000;
const PATIENCE_MS = 5000;

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(SHELL).then((shell) => shell.addAll(KEPT.map(
    (path) => new Request(path, path.startsWith("/static/") ? { cache: "no-cache" } : {}),
  ))));
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    let kept = false;
    for (const name of await caches.keys()) {
      if (!name.startsWith("pannier-") || name === SHELL || name === MINE) continue;
      kept = kept || name.startsWith("pannier-mine-");
      await caches.delete(name);
    }
    await self.clients.claim();
    // A new edition brings its own page: without it a rider who loses the network right after has none.
    if (kept) await newest("/my").catch(() => {});
  })());
});

self.addEventListener("fetch", (event) => {
  const asked = event.request;
  const url = new URL(asked.url);
  if (asked.method !== "GET" || url.origin !== self.location.origin) return;
  if (KEPT.includes(url.pathname + url.search)) event.respondWith(file(asked));
  else if (url.pathname === "/my") event.respondWith(mine(asked));
  else if (asked.mode === "navigate") event.respondWith(elsewhere(asked));
});

const file = async (asked) => (await (await caches.open(SHELL)).match(asked)) || fetch(asked);

const mine = async (asked) => {
  const coming = newest(asked);
  const kept = await last();
  if (!kept) return coming;
  const reached = coming.then((answer) => (answer.status === 429 || answer.status >= 500 ? kept : answer), () => kept);
  // Somebody who opens the page waits for it; the page itself, freshening, has one in hand and asks for a newer.
  if (asked.mode !== "navigate") return reached;
  const late = new Promise((yes) => setTimeout(() => yes(kept), PATIENCE_MS));
  return Promise.race([reached, late]);
};

const newest = async (asked) => {
  const answer = await fetch(asked);
  if (answer.type === "opaqueredirect" || answer.redirected || answer.status === 401 || answer.status === 403) {
    await caches.delete(MINE);
  } else if (answer.ok) {
    await keep(answer.clone());
  }
  return answer;
};

const keep = async (answer) => {
  const page = await answer.text();
  if (!page.includes('data-kept="no"')) return;
  const headers = new Headers(answer.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  headers.set("x-kept-at", String(Date.now()));
  await (await caches.open(MINE)).put("/my", new Response(page.replace('data-kept="no"', 'data-kept="yes"'), { headers }));
};

const last = async () => {
  const kept = await (await caches.open(MINE)).match("/my");
  if (!kept) return null;
  if (Date.now() - Number(kept.headers.get("x-kept-at")) < KEPT_MS) return kept;
  await caches.delete(MINE);
  return null;
};

const elsewhere = async (asked) => {
  try {
    return await fetch(asked);
  } catch (lost) {
    if (await last()) return Response.redirect("/my");
    throw lost;
  }
};
