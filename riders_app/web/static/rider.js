"use strict";
// The rider's page freshens itself, and what is pressed out of reach is kept on the phone and sent, in order, with
// the time it was pressed. Without this script every button is a form, and Refresh does the rest.
(() => {
  let main = document.querySelector("main[data-rider]");
  if (!main || !window.indexedDB || !window.fetch) return;
  const me = main.dataset.rider;
  const first = `<!doctype html>${document.documentElement.outerHTML}`;
  const net = document.getElementById("net");
  const waiting = document.getElementById("waiting");
  const queue = document.getElementById("queue");
  const words = document.getElementById("words").content;
  const say = (key, facts = {}) => words.querySelector(`[data-w="${key}"]`).textContent
    .replace(/\{(\w+)\}/g, (_, name) => facts[name]);

  // The server's clock: a phone's own may be wrong. A page kept from earlier says nothing of now.
  const CLOCK = "pannier-clock";
  const setClock = () => {
    if (main.dataset.kept === "no") localStorage.setItem(CLOCK, String(Date.parse(main.dataset.now) - Date.now()));
  };
  const instant = () => Date.now() + Number(localStorage.getItem(CLOCK) || 0);
  const local = (at) => {
    const zone = /([+-])(\d\d):(\d\d)$/.exec(main.dataset.now);
    const minutes = zone ? (zone[1] === "-" ? -1 : 1) * (Number(zone[2]) * 60 + Number(zone[3])) : 0;
    return new Date(Date.parse(at) + minutes * 60000).toISOString().slice(11, 16);
  };

  // What waits: one row a press, oldest first, in this browser's own store.
  const store = new Promise((yes, no) => {
    const asked = indexedDB.open("pannier", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("presses", { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => yes(asked.result);
    asked.onerror = () => no(asked.error);
  });
  store.catch(() => {});
  const work = async (mode, act) => {
    const turn = (await store).transaction("presses", mode);
    const asked = act(turn.objectStore("presses"));
    return new Promise((yes, no) => {
      turn.oncomplete = () => yes(asked.result);
      turn.onabort = () => no(turn.error);
    });
  };
  const presses = () => work("readonly", (rows) => rows.getAll());
  const keep = (press) => work("readwrite", (rows) => rows.put(press));
  const forget = (id) => work("readwrite", (rows) => rows.delete(id));

  // Showing ---------------------------------------------------------------------------------------------------

  let off = main.dataset.kept === "yes" || !navigator.onLine;
  const tell = (text) => { if (net.textContent !== text) net.textContent = text; };
  const reach = (lost, text) => {
    off = lost;
    net.parentElement.classList.toggle("off", lost);
    tell(text || (lost ? say("off") + (main.dataset.kept === "yes" ? ` ${say("kept", { time: local(main.dataset.now) })}` : "") : ""));
  };

  const line = (press) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    const button = document.createElement("button");
    const about = `${press.words}, ${say("pressed", { time: local(press.at) })}: `;
    const refused = press.state === "refused";
    item.className = refused ? "bad" : "";
    text.textContent = about + (refused ? `${say("refused")}. ${press.error}${press.told ? ` ${say("told")}` : ""}` : off ? say("waits") : say("sending"));
    button.type = "button";
    button.className = "second";
    button.textContent = say(refused ? "read" : "back");
    button.addEventListener("click", async () => { await forget(press.id); show(); });
    item.append(text, button);
    return item;
  };

  const show = async () => {
    const every = await presses();
    const mine = every.filter((press) => press.person === me);
    const lines = mine.filter((press) => press.state === "refused" || press.waited || off).map(line);
    const others = every.filter((press) => press.person !== me);
    for (const press of others) if (instant() - Date.parse(press.at) > 864e5) await forget(press.id);
    if (others.length) {
      const item = document.createElement("li");
      item.textContent = say("other");
      lines.push(item);
    }
    queue.replaceChildren(...lines);
    waiting.hidden = !lines.length;
    look(mine.filter((press) => press.state === "waiting"));
  };

  // The page as it will stand once what waits has been counted.
  const look = (kept) => {
    for (const job of main.querySelectorAll("[data-job]")) {
      const mine = kept.filter((press) => press.job === job.dataset.job);
      let found = false;
      for (const step of job.querySelectorAll("[data-step]")) {
        const said = (then) => mine.some((press) => press.step === step.dataset.step && press.then === then);
        step.hidden = said("next") || found;
        found = found || !step.hidden;
        const here = step.querySelector('form[data-queue="there"]');
        const next = step.querySelector('form[data-queue="next"] > button');
        if (here) here.hidden = said("there");
        if (here && next) {
          next.dataset.was = next.dataset.was || next.className;
          next.className = said("there") ? "big" : next.dataset.was;
        }
      }
      const asked = mine.some((press) => press.then === "asked");
      for (const form of job.querySelectorAll('form[data-queue="asked"], form[data-queue="gone"]')) form.hidden = asked;
      let note = job.querySelector(".asked");
      if (asked && off && !note) {
        note = document.createElement("p");
        note.className = "asked note";
        note.textContent = say("asked");
        job.append(note);
      } else if (!asked && note) note.remove();
      job.hidden = mine.some((press) => press.then === "gone");
    }
  };

  const forward = () => {
    const next = main.querySelector(".job:not([hidden]) .step:not([hidden]) .where") || main.querySelector(".job:not([hidden]) h2[tabindex]");
    if (next) next.focus();
  };

  // The newest page --------------------------------------------------------------------------------------------

  const typing = () => {
    const at = document.activeElement;
    if (main.contains(at) && at.matches("input, select, textarea")) return true;
    return [...main.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => field.value !== field.defaultValue);
  };

  // Where the keyboard is, found again on the newer page: by its id, or by what it says and does where one alone does.
  const place = (node) => node.id || JSON.stringify([
    node.tagName, node.textContent, node.href, node.closest("[data-job]")?.dataset.job, node.closest("[data-step]")?.dataset.step,
    node.form ? [node.form.action, ...[...new FormData(node.form)].filter(([key]) => key !== "csrf")] : "",
  ]);
  const refocus = (focused) => {
    const alike = [...main.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].filter((node) => place(node) === focused);
    if (alike.length === 1) alike[0].focus({ preventScroll: true });
  };

  const fetchPage = async (pressed) => {
    try {
      const answer = await fetch("/my", { headers: { accept: "text/html" }, signal: AbortSignal.timeout(15000) });
      if (answer.redirected) { signIn(); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main[data-rider]");
      if (!next) return;
      if (next.dataset.rider !== me) { location.reload(); return; }
      if (next.dataset.kept === "yes") { reach(true); return; }
      if (off) reach(false);
      if (!pressed && typing()) { main.dataset.csrf = next.dataset.csrf; return; }
      const open = [...main.querySelectorAll("details[open][id]")].map((box) => box.id);
      const focused = main.contains(document.activeElement) ? place(document.activeElement) : "";
      const offers = main.querySelectorAll(".offer").length;
      main.replaceWith(next);
      main = next;
      setClock();
      document.getElementById("clock").textContent = page.getElementById("clock").textContent;
      open.forEach((id) => { const box = document.getElementById(id); if (box) box.open = true; });
      if (focused) refocus(focused);
      await show();
      if (pressed) forward();
      const offer = main.querySelector(".offer h2");
      if (offer && main.querySelectorAll(".offer").length > offers) tell(offer.textContent);
    } catch (_) {
      reach(true);
      await show();
    }
  };

  // Asked for while one is on its way, the page is fetched once more: that one may have left the server before.
  let coming = null;
  let after = null;
  let forwardAfter = false;
  const freshen = (pressed = false) => {
    if (!coming) {
      coming = fetchPage(pressed).finally(() => { coming = null; });
      return coming;
    }
    forwardAfter = forwardAfter || pressed;
    const once = () => {
      const moved = forwardAfter;
      after = null;
      forwardAfter = false;
      return freshen(moved);
    };
    after = after || coming.then(once, once);
    return after;
  };

  const signIn = () => {
    const link = document.createElement("a");
    link.href = "/sign-in?next=/my";
    link.textContent = say("signin");
    net.replaceChildren(`${say("sign")} `, link);
    net.parentElement.classList.add("off");
  };

  // Pressing and sending ----------------------------------------------------------------------------------------

  const MOST_FAULTS = 20;
  const send = async (press) => {
    const body = new FormData();
    body.append("csrf", main.dataset.csrf);
    body.append("key", press.key);
    body.append("at", press.at);
    if (press.waited) body.append("waited", "true");
    for (const [name, value] of press.fields) body.append(name, value);
    let answer;
    try {
      answer = await fetch(press.action, { method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(30000) });
    } catch (_) {
      answer = null;
    }
    // A fault that comes again and again is the press's own: it must not keep those behind it for ever.
    const faults = (press.faults || 0) + (answer && answer.status === 500 ? 1 : 0);
    if (!answer || answer.status === 429 || (answer.status >= 500 && faults < MOST_FAULTS)) {
      await keep({ ...press, waited: true, faults });
      reach(true);
      return false;
    }
    if (answer.status === 401 || answer.status === 403) {
      const was = main.dataset.csrf;
      await keep({ ...press, waited: true });
      await freshen(true);
      if (main.dataset.csrf !== was) return true;
      signIn();
      return false;
    }
    if (answer.ok) await forget(press.id);
    else {
      const told = await answer.json().catch(() => ({}));
      await keep({ ...press, state: "refused", error: told.detail || String(answer.status), told: answer.headers.get("x-desk") === "told" });
    }
    if (off) reach(false, say("sent"));
    else tell(answer.ok && press.then === "stay" ? `${press.words}, ${local(press.at)}. ${say("sent")}` : "");
    return true;
  };

  let sending = false;
  const round = async () => {
    for (let sent = 0; ; sent += 1) {
      const press = (await presses()).find((row) => row.person === me && row.state === "waiting");
      if (!press) return { sent, held: false };
      if (!(await send(press))) return { sent, held: true };
    }
  };
  const drain = async () => {
    if (sending) return;
    let went = { sent: 0, held: true };
    sending = true;
    try {
      went = await (navigator.locks ? navigator.locks.request("pannier", round) : round());
      if (went.sent) await freshen(true);
      else await show();
    } finally {
      sending = false;
    }
    // Pressed while the page came: its own turn. What is held up waits for the network, or for signing in.
    if (!went.held && (await presses()).some((row) => row.person === me && row.state === "waiting")) setTimeout(drain, 0);
  };

  // A photo is sent as small as it can be read, and without what a camera writes into it.
  const smaller = async (file) => {
    try {
      const picture = await createImageBitmap(file);
      const by = Math.min(1, 1280 / Math.max(picture.width, picture.height));
      const paper = document.createElement("canvas");
      [paper.width, paper.height] = [picture.width * by, picture.height * by];
      paper.getContext("2d").drawImage(picture, 0, 0, paper.width, paper.height);
      const made = await new Promise((yes) => paper.toBlob(yes, "image/jpeg", 0.8));
      return made ? new File([made], "photo.jpg", { type: "image/jpeg" }) : file;
    } catch (_) {
      return file;
    }
  };

  const name = () => (crypto.randomUUID ? crypto.randomUUID() : [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join(""));

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (form.id === "leave") { leave(event, form); return; }
    if (off && form.matches("[data-online]")) { event.preventDefault(); tell(say("needs")); return; }
    if (!form.matches("[data-queue]")) return;
    event.preventDefault();
    if (form.dataset.pressed) return;
    form.dataset.pressed = "yes";
    setTimeout(() => delete form.dataset.pressed, 1500);
    const at = new Date(instant()).toISOString();
    const fields = [];
    for (const [key, value] of new FormData(form)) {
      if (!(value instanceof File)) { if (key !== "csrf") fields.push([key, value]); }
      else if (value.size) fields.push([key, await smaller(value)]);
    }
    const step = form.closest("[data-step]");
    const job = form.closest("[data-job]");
    try {
      await keep({
        person: me, key: name(), at, state: "waiting", waited: false, error: "",
        action: new URL(form.action).pathname, fields, words: form.querySelector("button:not([type=button])").textContent.trim(),
        then: form.dataset.queue, job: job ? job.dataset.job : "", step: step ? step.dataset.step : "",
      });
    } catch (_) {
      form.submit(); // no room to keep anything: as without a script
      return;
    }
    await show();
    if (off) forward();
    drain();
  });

  const leave = async (event, form) => {
    event.preventDefault();
    const left = (await presses().catch(() => [])).filter((press) => press.person === me && press.state === "waiting");
    if (left.length && !form.dataset.sure) {
      form.dataset.sure = "yes";
      tell(say("leave"));
      drain();
      return;
    }
    await work("readwrite", (rows) => rows.clear()).catch(() => {});
    localStorage.removeItem(CLOCK);
    if (window.caches) for (const key of await caches.keys()) await caches.delete(key);
    form.submit();
  };

  // Live -------------------------------------------------------------------------------------------------------

  let stream = null;
  const listen = () => {
    if (stream || !window.EventSource || document.hidden) return;
    stream = new EventSource("/my/events");
    stream.onmessage = (event) => { if (event.data !== main.dataset.change) freshen(); };
  };
  const hush = () => { if (stream) stream.close(); stream = null; };
  const back = async () => { await drain(); listen(); if (!document.hidden) freshen(); };
  document.addEventListener("visibilitychange", () => { if (document.hidden) hush(); else back(); });
  window.addEventListener("pagehide", hush);
  window.addEventListener("online", back);
  window.addEventListener("offline", () => { reach(true); show(); });
  setInterval(() => { if (off) back(); }, 10000);
  setInterval(() => { if (!off && !document.hidden) { drain(); freshen(); } }, 60000);

  setClock();
  reach(off);
  show().then(drain).catch(() => {});
  listen();
  if ("serviceWorker" in navigator) {
    navigator.serviceWorker.register("/my/shell/worker.js", { scope: "/my" }).catch(() => {});
    // The very first time, the page came before there was a worker to keep it: it is kept as it came, not fetched again.
    const keepFirst = async () => {
      const headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": "default-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; object-src 'none'",
        "x-kept-at": String(Date.now()),
      };
      const kept = await caches.open(`pannier-mine-${main.dataset.edition}`);
      await kept.put("/my", new Response(first.replace('data-kept="no"', 'data-kept="yes"'), { headers }));
    };
    if (!navigator.serviceWorker.controller) navigator.serviceWorker.addEventListener("controllerchange", () => keepFirst().catch(() => {}), { once: true });
  }
})();
