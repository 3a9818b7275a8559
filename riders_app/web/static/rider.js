"use strict";
// The rider's page freshens itself, and what is pressed out of reach is kept on the phone and sent, in order, with
// the time it was pressed. Without this script every button is a form, and Refresh does the rest.
(() => {
  let main = document.querySelector("main[data-rider]");
  if (!main || !window.indexedDB || !window.fetch) return;
  const me = main.dataset.rider;
  const { edition } = main.dataset;
  const first = `<!doctype html>${document.documentElement.outerHTML}`;
  const net = document.getElementById("net");
  const waiting = document.getElementById("waiting");
  const queue = document.getElementById("queue");
  const words = document.getElementById("words").content;
  const say = (key, facts = {}) => words.querySelector(`[data-w="${key}"]`).textContent
    .replace(/\{(\w+)\}/g, (_, name) => facts[name]);

  // A signal of our own: some phones have no AbortSignal.timeout.
  const within = (ms) => {
    const limit = new AbortController();
    setTimeout(() => limit.abort(), ms);
    return limit;
  };

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
  let store = null;
  const open = () => new Promise((yes, no) => {
    const asked = indexedDB.open("pannier", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore("presses", { keyPath: "id", autoIncrement: true });
    asked.onsuccess = () => yes(asked.result);
    asked.onerror = () => no(asked.error);
  });
  const work = async (mode, act) => {
    let turn;
    try {
      store = store || open();
      turn = (await store).transaction("presses", mode);
    } catch (lost) {
      // The browser took it away, as when another tab signs out: opened anew the next time.
      store = null;
      throw lost;
    }
    const asked = act(turn.objectStore("presses"));
    return new Promise((yes, no) => {
      turn.oncomplete = () => yes(asked.result);
      turn.onabort = () => no(turn.error);
    });
  };
  const presses = () => work("readonly", (rows) => rows.getAll()).catch(() => []);
  const keep = (press) => work("readwrite", (rows) => rows.put(press));
  // A press changed where it still waits: whoever took it back meanwhile does not find it there again.
  const mend = (press) => work("readwrite", (rows) => {
    const there = rows.getKey(press.id);
    there.onsuccess = () => { if (there.result !== undefined) rows.put(press); };
    return there;
  });
  const forget = (id) => work("readwrite", (rows) => rows.delete(id));

  // Showing ---------------------------------------------------------------------------------------------------

  let off = main.dataset.kept === "yes" || !navigator.onLine;
  // Signed out: nothing is sent until a page of ours comes again.
  let out = false;
  const tell = (text) => { if (net.textContent !== text) net.textContent = text; };
  const reach = (lost, text) => {
    // Out of reach still, and something was said since: that stands.
    const stands = lost && off && !text && net.textContent;
    off = lost;
    net.parentElement.classList.toggle("off", lost);
    if (!stands) tell(text || (lost ? say("off") + (main.dataset.kept === "yes" ? ` ${say("kept", { time: local(main.dataset.now) })}` : "") : ""));
  };

  const line = (press) => {
    const item = document.createElement("li");
    const text = document.createElement("span");
    const button = document.createElement("button");
    const about = `${press.words}, ${say("pressed", { time: local(press.at) })}: `;
    const refused = press.state === "refused";
    item.className = refused ? "bad" : "";
    text.textContent = about + (refused ? `${say("refused")}. ${press.error}${press.told ? ` ${say("told")}` : ""}` : off || out ? say("waits") : say("sending"));
    button.type = "button";
    button.className = "second";
    button.id = `press-${press.id}`;
    button.textContent = say(refused ? "read" : "back");
    button.addEventListener("click", async () => { await forget(press.id); show(); });
    item.append(text, button);
    return item;
  };

  const show = async () => {
    const every = await presses();
    const mine = every.filter((press) => press.person === me);
    const lines = mine.filter((press) => press.state === "refused" || (press.state === "waiting" && (press.waited || off || out))).map(line);
    const others = every.filter((press) => press.person !== me);
    for (const press of others) if (press.state === "counted" || instant() - Date.parse(press.at) > 864e5) await forget(press.id);
    if (others.some((press) => press.state !== "counted")) {
      const item = document.createElement("li");
      item.textContent = say("other");
      lines.push(item);
    }
    // Rows that say the same stay where they are, under the finger or the keyboard that is on them.
    if (queue.innerHTML !== lines.map((item) => item.outerHTML).join("")) {
      const focused = queue.contains(document.activeElement) ? document.activeElement.id : "";
      queue.replaceChildren(...lines);
      const again = focused && document.getElementById(focused);
      if (again) again.focus({ preventScroll: true });
    }
    waiting.hidden = !lines.length;
    look(mine.filter((press) => press.state !== "refused"));
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
      const waits = mine.some((press) => press.then === "asked" && press.state === "waiting");
      if (waits && (off || out) && !note) {
        note = document.createElement("p");
        note.className = "asked note";
        note.textContent = say("asked");
        job.append(note);
      } else if (!waits && note) note.remove();
      job.hidden = mine.some((press) => press.then === "gone");
    }
  };

  const forward = () => {
    const next = main.querySelector(".job:not([hidden]) .step:not([hidden]) .where") || main.querySelector(".job:not([hidden]) h2[tabindex]");
    if (next) next.focus();
  };

  // The newest page --------------------------------------------------------------------------------------------

  // What was typed and not yet sent goes over to the newer page; only under a hand that is typing it is not changed.
  const HAND_MS = 10000;
  // Fields whose form was pressed, and that nobody changed since.
  const given = new WeakSet();
  let touchedAt = -HAND_MS;
  const FIELDS = "input:not([type=hidden]), select, textarea";
  const touched = (field) => {
    if (given.has(field)) return false;
    if (!field.options) return field.value !== field.defaultValue;
    const was = [...field.options].find((option) => option.defaultSelected) || field.options[0];
    return Boolean(was) && field.value !== was.value;
  };
  const typing = () => main.contains(document.activeElement) && document.activeElement.matches(FIELDS) && performance.now() - touchedAt < HAND_MS;
  const carry = (from, to) => {
    for (const field of from.querySelectorAll(FIELDS)) {
      const same = field.id && touched(field) && to.querySelector(`#${CSS.escape(field.id)}`);
      if (!same || same.type !== field.type) continue;
      if (field.type === "file") same.files = field.files;
      else same.value = field.value;
    }
  };
  document.addEventListener("input", (event) => { given.delete(event.target); touchedAt = performance.now(); });
  document.addEventListener("focusin", (event) => { if (event.target.matches(FIELDS)) touchedAt = performance.now(); });

  // Where the keyboard is, found again on the newer page: by its id, or by what it says and does where one alone does.
  const place = (node) => node.id || JSON.stringify([
    node.tagName, node.textContent, node.href, node.closest("[data-job]")?.dataset.job, node.closest("[data-step]")?.dataset.step,
    node.form ? [node.form.action, ...[...new FormData(node.form)].filter(([key]) => key !== "csrf")] : "",
  ]);
  const refocus = (focused) => {
    const alike = [...main.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].filter((node) => place(node) === focused);
    if (alike.length === 1) alike[0].focus({ preventScroll: true });
  };

  // Another edition's page wants its own script. Once each: while a server changes, old and new pages may take turns.
  const EDITIONS = "pannier-editions";
  const isNewer = (found) => {
    const had = `${sessionStorage.getItem(EDITIONS) || ""} ${edition}`;
    if (had.includes(found) || [...main.querySelectorAll(FIELDS)].some(touched)) return false;
    sessionStorage.setItem(EDITIONS, `${had} ${found}`);
    return true;
  };

  let limit = null;
  let leaving = false;
  let later = 0;
  const fetchPage = async (pressed) => {
    if (leaving) return;
    try {
      const counted = (await presses()).filter((press) => press.person === me && press.state === "counted");
      limit = within(15000);
      const answer = await fetch("/my", { headers: { accept: "text/html" }, signal: limit.signal });
      if (answer.redirected) { off = false; signIn(); await show(); return; }
      if (answer.status === 429 || answer.status >= 500) { reach(true); await show(); return; }
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("main[data-rider]");
      if (!next || leaving) return;
      if (next.dataset.rider !== me) { location.reload(); return; }
      if (next.dataset.kept === "yes") { reach(true); await show(); return; }
      if (off || out) reach(false);
      if (out) { out = false; listen(); setTimeout(drain, 0); }
      if (isNewer(next.dataset.edition)) { location.reload(); return; }
      if (!pressed && typing()) {
        main.dataset.csrf = next.dataset.csrf;
        clearTimeout(later);
        later = setTimeout(freshen, HAND_MS);
        await show();
        return;
      }
      const open = [...main.querySelectorAll("details[open][id]")].map((box) => box.id);
      const at = main.contains(document.activeElement) ? document.activeElement : null;
      const focused = at ? place(at) : "";
      const text = at && at.matches(FIELDS) && touched(at);
      const marked = text ? [at.selectionStart, at.selectionEnd] : [];
      const settle = () => {
        if (!focused || main.contains(document.activeElement)) return;
        refocus(focused);
        if (typeof marked[0] === "number" && document.activeElement.id === at.id) document.activeElement.setSelectionRange(...marked);
      };
      const offers = main.querySelectorAll(".offer").length;
      carry(main, next);
      main.replaceWith(next);
      main = next;
      setClock();
      document.getElementById("clock").textContent = page.getElementById("clock").textContent;
      open.forEach((id) => { const box = document.getElementById(id); if (box) box.open = true; });
      settle();
      for (const press of counted) await forget(press.id);
      await show();
      // Where what waits brought it into sight.
      settle();
      if (pressed && !(text && main.contains(document.activeElement))) forward();
      const offer = main.querySelector(".offer h2");
      if (offer && main.querySelectorAll(".offer").length > offers) tell(offer.textContent);
    } catch (_) {
      if (leaving) return;
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
    out = true;
    net.parentElement.classList.add("off");
    if (net.querySelector("a")) return;
    const link = document.createElement("a");
    link.href = "/sign-in?next=/my";
    link.textContent = say("signin");
    net.replaceChildren(`${say("sign")} `, link);
  };

  // Pressing and sending ----------------------------------------------------------------------------------------

  const lighter = async (press) => {
    const fields = await Promise.all(press.fields.map(async ([key, value]) => [key, value instanceof File ? await smaller(value) : value]));
    return { ...press, fields, small: true };
  };

  const MOST_FAULTS = 20;
  const send = async (press) => {
    if (!press.small && press.fields.some(([, value]) => value instanceof File)) {
      press = await lighter(press);
      await mend(press);
    }
    const body = new FormData();
    body.append("csrf", main.dataset.csrf);
    body.append("key", press.key);
    body.append("at", press.at);
    if (press.waited) body.append("waited", "true");
    for (const [name, value] of press.fields) body.append(name, value);
    let answer;
    try {
      answer = await fetch(press.action, { method: "POST", body, headers: { accept: "application/json" }, signal: within(30000).signal });
    } catch (_) {
      answer = null;
    }
    // A fault that comes again and again is the press's own: it must not keep those behind it for ever.
    const faults = (press.faults || 0) + (answer && answer.status === 500 ? 1 : 0);
    if (!answer || answer.status === 429 || (answer.status >= 500 && faults < MOST_FAULTS)) {
      await mend({ ...press, waited: true, faults });
      reach(true);
      return false;
    }
    if (answer.status === 401 || answer.status === 403) {
      const was = main.dataset.csrf;
      await mend({ ...press, waited: true });
      await freshen();
      if (main.dataset.csrf !== was) return true;
      if (!off) signIn();
      return false;
    }
    // What was counted is remembered until a page comes that shows it: the one in hand would ask for it again.
    let back = false;
    if (answer.ok) {
      back = (await mend({ ...press, state: "counted", fields: [] })) === undefined;
    } else {
      const told = await answer.json().catch(() => ({}));
      await mend({ ...press, state: "refused", error: told.detail || String(answer.status), told: answer.headers.get("x-desk") === "told" });
    }
    if (off) reach(false, say("sent"));
    else tell(answer.ok && (back || press.then === "stay") ? `${press.words}, ${local(press.at)}. ${say("sent")}` : "");
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
    if (sending || out || leaving) return;
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
    const fields = [...new FormData(form)].filter(([key, value]) => key !== "csrf" && (!(value instanceof File) || value.size));
    const step = form.closest("[data-step]");
    const job = form.closest("[data-job]");
    try {
      const press = {
        person: me, key: name(), at, state: "waiting", waited: false, error: "",
        action: new URL(form.action).pathname, fields, words: form.querySelector("button:not([type=button])").textContent.trim(),
        then: form.dataset.queue, job: job ? job.dataset.job : "", step: step ? step.dataset.step : "",
      };
      // No room for a large photo, it may be.
      await keep(press).catch(async () => keep(await lighter(press)));
    } catch (_) {
      // No room to keep anything: as without a script.
      form.submit();
      return;
    }
    for (const field of form.querySelectorAll(FIELDS)) given.add(field);
    await show();
    if (off || out) forward();
    drain();
  });

  const leave = async (event, form) => {
    event.preventDefault();
    // The server would not hear of it, and whoever comes next be signed in as this rider.
    if (off) { tell(say("needs")); return; }
    // Another rider's too.
    const left = (await presses()).filter((press) => press.state === "waiting");
    if (left.length && !form.dataset.sure) {
      form.dataset.sure = "yes";
      tell(say("leave"));
      drain();
      return;
    }
    leaving = true;
    hush();
    // A page that came now would be kept again.
    if (limit) limit.abort();
    await work("readwrite", (rows) => rows.clear()).catch(() => {});
    localStorage.removeItem(CLOCK);
    if (window.caches) for (const key of await caches.keys()) await caches.delete(key);
    form.submit();
  };

  // Live -------------------------------------------------------------------------------------------------------

  // A browser calls again by itself where a stream ends, but not after an answer that is none, and it waits for ever on
  // one that went silent. The server ends each after 45 s, and a new one tells the number at once.
  const SILENT_MS = 100000;
  let stream = null;
  let heard = 0;
  const listen = () => {
    if (!window.EventSource || document.hidden || out || leaving) return;
    if (stream && stream.readyState !== EventSource.CLOSED && performance.now() - heard < SILENT_MS) return;
    hush();
    heard = performance.now();
    stream = new EventSource("/my/events");
    stream.onmessage = (event) => {
      heard = performance.now();
      if (event.data !== main.dataset.change) freshen();
    };
    stream.onerror = (event) => { if (event.target.readyState === EventSource.CLOSED && !off && !out) freshen(); };
  };
  const hush = () => { if (stream) stream.close(); stream = null; };
  const back = () => { listen(); drain(); if (!document.hidden) freshen(); };
  document.addEventListener("visibilitychange", () => { if (document.hidden) hush(); else back(); });
  window.addEventListener("pagehide", hush);
  window.addEventListener("pageshow", (event) => {
    // Gone back to after signing out.
    if (event.persisted && leaving) location.replace("/sign-in");
    else if (event.persisted) back();
  });
  window.addEventListener("online", back);
  window.addEventListener("offline", () => { reach(true); show(); });
  // Signed out in another tab: nothing of this rider stays in sight.
  window.addEventListener("storage", (event) => { if (event.key === CLOCK && event.newValue === null) location.replace("/sign-in"); });
  setInterval(() => { if (off && !out) back(); else listen(); }, 10000);
  setInterval(() => { if ((!off || out) && !document.hidden) { drain(); freshen(); } }, 60000);

  setClock();
  reach(off);
  show().then(async () => {
    if ((await presses()).some((press) => press.person === me && press.state === "counted")) freshen();
    await drain();
  }).catch(() => {});
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
