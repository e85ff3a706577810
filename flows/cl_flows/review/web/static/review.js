"use strict";
// Review by keyboard. Every page can be read, and every decision made, without this file.
const csrf = document.querySelector("meta[name=csrf]").content;
const desk = document.querySelector(".desk");
const say = (text) => { const toast = document.querySelector(".toast"); if (toast) toast.textContent = text; };
const newToken = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`;
const KEYS_OFF = "labelgate-keys-off";

// ---- what people decided, on its way to the server: kept in the browser until the server has written it
class Outbox {
  constructor(run) {
    this.name = `labelgate-outbox-${run}`;
    this.sending = null;
    this.wait = 1000;
  }
  get waiting() { try { return JSON.parse(localStorage.getItem(this.name)) ?? []; } catch { return []; } }
  set waiting(list) { try { localStorage.setItem(this.name, JSON.stringify(list)); } catch { this.only = list; } }
  add(path, fields) {
    this.waiting = [...this.waiting, { path, fields: { ...fields, token: newToken() } }];
    recount(this.waiting.length);
    return this.flush();
  }
  flush() { return (this.sending ??= this.send().finally(() => { this.sending = null; })); }
  async send() {
    for (let next; (next = this.waiting[0]); ) {
      let answer;
      try {
        answer = await post(next.path, next.fields);
      } catch {
        answer = null;
      }
      if (answer === null || answer.status >= 500 || [401, 403, 421].includes(answer.status)) {
        await trouble(answer, this.waiting.length);
        await new Promise((done) => setTimeout(done, this.wait));
        this.wait = Math.min(this.wait * 2, 15000);
        continue;
      }
      this.wait = 1000;
      this.waiting = this.waiting.filter((entry) => entry.fields.token !== next.fields.token);
      const told = await answer.json();
      if (answer.ok) { quiet(); written(told); } else { refused(next, told); }
    }
  }
}
async function post(path, fields) {
  return fetch(path, {
    method: "POST", body: new URLSearchParams(fields), redirect: "error",
    headers: { "X-CSRF-Token": csrf, Accept: "application/json" },
  });
}
async function trouble(answer, count) {
  const stale = answer && answer.status < 500;
  const why = stale
    ? `${(await answer.json()).error}. Load the page anew: they are kept in this browser and sent again.`
    : "the server does not answer. Trying again; they are kept in this browser.";
  const box = document.querySelector(".trouble");
  if (!box) return;
  box.hidden = false;
  box.dataset.why = why;
  recount(count);
}
function recount(count) {
  const box = document.querySelector(".trouble");
  if (box && !box.hidden) box.textContent = `${count} ${count === 1 ? "decision" : "decisions"} not saved yet: ${box.dataset.why}`;
}
function quiet() { document.querySelector(".trouble")?.setAttribute("hidden", ""); }

// ---- choose among the classes by typing
function makeChooser(run, chosen) {
  const chooser = document.getElementById("chooser");
  const input = chooser.querySelector("input");
  const options = chooser.querySelector(".options");
  let classes = null;
  let found = [];
  let picked = 0;
  const rank = (name, wanted) => {
    if (name === wanted) return 0;
    if (name.startsWith(wanted)) return 1;
    if (name.split(/[\s_\-/]+/).some((word) => word.startsWith(wanted))) return 2;
    return name.includes(wanted) ? 3 : 9;
  };
  const point = () => {
    [...options.children].forEach((option, i) => option.setAttribute("aria-selected", String(i === picked)));
    options.children[picked]?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", found.length ? `option-${picked}` : "");
  };
  const pick = () => { if (!found[picked]) return; chooser.close(); chosen(String(found[picked][0])); };
  const list = () => {
    const wanted = input.value.trim().toLowerCase();
    found = classes.map(([code, name]) => [code, name, rank(name.toLowerCase(), wanted)]).filter(([, , r]) => r < 9)
      .sort((a, b) => a[2] - b[2] || a[0] - b[0]).slice(0, 50);
    picked = 0;
    options.replaceChildren(...found.map(([, name], i) => {
      const option = document.createElement("li");
      option.id = `option-${i}`;
      option.setAttribute("role", "option");
      option.textContent = name;
      option.dir = "auto";
      option.addEventListener("click", () => { picked = i; pick(); });
      return option;
    }));
    chooser.querySelector(".count").textContent = found.length ? "" : "No class has that in its name.";
    point();
  };
  input.addEventListener("input", list);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    if (step) { picked = Math.max(0, Math.min(found.length - 1, picked + step)); point(); event.preventDefault(); }
    if (event.key === "Enter") { event.preventDefault(); pick(); }
  });
  return async () => {
    try {
      classes ??= await (await fetch(`/runs/${run}/classes.json`)).json();
    } catch { say("The server does not answer."); return; }
    input.value = "";
    chooser.showModal();
    input.focus();
    list();
  };
}

// ---- on any page of a run: what was decided before the page was left goes out now
let written = () => {};
let refused = (_, told) => say(told.error);
const place = document.querySelector("nav[data-run]");
if (place && !desk) {
  const left = new Outbox(place.dataset.run);
  if (left.waiting.length) left.flush().then(() => location.reload());
}

// ---- rows like this one: asked for by themselves, as the first time may take long
const compared = new Map();
async function compare(where, wanted = () => true) {
  const slot = where.querySelector("[data-near]");
  if (!slot) return;
  const path = slot.dataset.near;
  for (let tries = 0; tries < 60 && wanted() && !compared.has(path); tries += 1) {
    const answer = await fetch(path).catch(() => null);
    if (answer?.status === 202) await new Promise((done) => setTimeout(done, 400));
    else if (answer?.ok) compared.set(path, await answer.text());
    else return;
  }
  if (wanted() && slot.isConnected && compared.has(path)) slot.innerHTML = compared.get(path);
}
if (!desk) compare(document);

// ---- the gallery
if (desk) {
  const run = desk.dataset.run;
  const outbox = new Outbox(run);
  const cards = [...desk.querySelectorAll(".suspect")];
  const detail = desk.querySelector(".detail");
  const parts = new Map();
  let now = 0;

  const card = () => cards[now];
  const opener = (of) => of.querySelector(".open");
  const part = (of) => {
    const at = of.dataset.position;
    if (!parts.has(at)) {
      parts.set(at, fetch(`/runs/${run}/rows/${at}?part=1${desk.dataset.double ? "&double=1" : ""}`)
        .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status))));
      parts.get(at).catch(() => parts.delete(at));
    }
    return parts.get(at);
  };
  const shown = () => getComputedStyle(detail).display !== "none";
  const show = async () => {
    const of = card();
    if (!of || !shown()) return;
    try {
      const html = await part(of);
      if (of !== card()) return;
      detail.innerHTML = html;
      compare(detail, () => of === card());
    } catch { /* the card itself says what it is */ }
    if (cards[now + 1]) part(cards[now + 1]).catch(() => {});
  };
  const go = (to, focus = true) => {
    if (!cards.length) return;
    now = Math.max(0, Math.min(cards.length - 1, to));
    cards.forEach((other, i) => (i === now ? other.setAttribute("aria-current", "true") : other.removeAttribute("aria-current")));
    if (focus) opener(card()).focus({ preventScroll: true });
    card().scrollIntoView({ block: "nearest" });
    for (const button of document.querySelectorAll(".bar [data-act=take]")) {
      button.disabled = card().dataset.given === card().dataset.suggested;
    }
    show();
  };
  const mark = (of, text, kind = "") => {
    const badge = of.querySelector(".decided");
    badge.textContent = text;
    badge.className = `decided ${kind}`;
    of.classList.toggle("done", text !== "" && kind !== "disputed");
  };
  const decide = (action, code = "") => {
    const of = card();
    if (!of || (action === "take" && of.dataset.given === of.dataset.suggested)) return;
    const note = detail.querySelector("[name=note]")?.value ?? "";
    mark(of, "saving…", "waiting");
    outbox.add(`/runs/${run}/decisions`, { action, code, position: of.dataset.position, note, double: desk.dataset.double });
    parts.delete(of.dataset.position);
    if (now + 1 < cards.length) go(now + 1); else { show(); say("That was the last one here."); document.querySelector(".pages .next")?.focus(); }
  };
  written = (told) => {
    const of = cards.find((one) => one.dataset.position === String(told.position));
    if (of) mark(of, told.said, told.kind);
    if (told.progress) for (const [name, value] of Object.entries(told.progress)) {
      for (const place of document.querySelectorAll(`[data-count=${name}]`)) place.textContent = value;
    }
    parts.delete(String(told.position));
    if (of === card()) show();
  };
  refused = (sent, told) => {
    const of = cards.find((one) => one.dataset.position === String(sent.fields.position));
    if (of) mark(of, "");
    say(`${told.error}${told.hint ? `: ${told.hint}` : ""}`);
  };
  const undo = async () => {
    await outbox.flush();
    const answer = await post(`/runs/${run}/undo`, { token: newToken() }).catch(() => null);
    if (!answer?.ok) { say(answer ? (await answer.json()).error : "The server does not answer: nothing was undone."); return; }
    const told = await answer.json();
    written(told);
    const at = cards.findIndex((one) => one.dataset.position === String(told.position));
    if (at >= 0) go(at);
    say(told.message);
  };

  const open = makeChooser(run, (code) => decide("relabel", code));
  const choose = () => { if (card()) open(); };
  const across = () => {
    const top = cards[0]?.offsetTop;
    return Math.max(1, cards.findIndex((one) => one.offsetTop !== top) === -1 ? cards.length : cards.findIndex((one) => one.offsetTop !== top));
  };
  const acts = {
    keep: () => decide("keep"), take: () => decide("take"), ambiguous: () => decide("ambiguous"),
    none: () => decide("none"), skip: () => decide("skip"), choose, undo,
    open: () => { location.href = opener(card()).href; },
    next: () => (now + 1 < cards.length ? go(now + 1) : document.querySelector(".pages .next")?.click()),
    last: () => (now > 0 ? go(now - 1) : document.querySelector(".pages .last")?.click()),
    up: () => go(now - across()), down: () => go(now + across()),
    help: () => document.getElementById("help").showModal(),
    play: () => { const audio = card()?.querySelector("audio"); if (audio) (audio.paused ? audio.play() : audio.pause()); },
  };
  const keys = {
    k: "keep", t: "take", c: "choose", a: "ambiguous", n: "none", s: "skip", u: "undo", j: "next", p: "last",
    ArrowRight: "next", ArrowLeft: "last", ArrowDown: "down", ArrowUp: "up", "?": "help", " ": "play", o: "open",
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.target.closest("input, select, textarea, audio, summary, [contenteditable]")) return;
    const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    const letter = event.key.length === 1 && event.key !== " ";
    if (!act || (letter && localStorage.getItem(KEYS_OFF)) || (event.key === " " && !card()?.querySelector("audio"))) return;
    event.preventDefault();
    acts[act]();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-act]");
    if (button) { event.preventDefault(); acts[button.dataset.act](); return; }
    const at = cards.indexOf(event.target.closest(".suspect"));
    if (at >= 0 && !event.target.closest("a, button, audio")) go(at);
  });
  desk.addEventListener("focusin", (event) => {
    const at = cards.indexOf(event.target.closest(".suspect"));
    if (at >= 0 && at !== now) go(at, false);
  });
  matchMedia("(min-width: 64rem)").addEventListener("change", show);
  const wanted = cards.findIndex((one) => `#${one.id}` === location.hash);
  go(wanted >= 0 ? wanted : Math.max(0, cards.findIndex((one) => !one.classList.contains("done"))), wanted >= 0);
  outbox.flush();
}

for (const form of document.querySelectorAll("form.choosing")) {
  const button = form.querySelector("[value=relabel]");
  const open = makeChooser(form.dataset.run, (code) => {
    form.elements.code.value = code;
    form.requestSubmit(button);
  });
  document.addEventListener("keydown", (event) => {
    const busy = event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]");
    if (busy || event.key.toLowerCase() !== "c" || event.target.closest("input, select, textarea")) return;
    if (localStorage.getItem(KEYS_OFF)) return;
    event.preventDefault();
    open();
  });
}

// ---- buttons with keys of their own, on pages that show one row
const keyed = [...document.querySelectorAll("[data-key]")];
if (keyed.length && !desk) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, audio")) return;
    if (localStorage.getItem(KEYS_OFF) || document.querySelector("dialog[open]")) return;
    if (event.key === " ") { const audio = document.querySelector(".content audio"); if (audio) { event.preventDefault(); audio.paused ? audio.play() : audio.pause(); } return; }
    const button = keyed.find((one) => one.dataset.key === event.key.toLowerCase());
    if (button) { event.preventDefault(); button.focus(); button.click(); }
  });
}
// ---- a file with answers goes to the server as it is; the preview has the form that takes them
for (const form of document.querySelectorAll("form.upload")) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const warn = form.querySelector(".warn");
    button.disabled = true;
    warn.hidden = true;
    let told;
    try {
      const answer = await fetch(`${form.dataset.to}?from=${form.elements.from.value}`, {
        method: "POST", body: form.elements.file.files[0], redirect: "error",
        headers: { "X-CSRF-Token": csrf, Accept: "application/json", "Content-Type": "application/octet-stream" },
      });
      told = await answer.json();
    } catch {
      told = { error: "the server does not answer, or the file cannot be read", hint: "try again" };
    }
    if (told.next) { location.href = told.next; return; }
    warn.textContent = `${told.error}${told.hint ? `: ${told.hint}` : ""}`;
    warn.hidden = false;
    button.disabled = false;
  });
}

// One answer a page: a second key before the next page is there belongs to nobody.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// ---- filters apply when they change; the button is for pages without scripts
for (const form of document.querySelectorAll("form.live")) {
  const apply = () => {
    for (const field of form.elements) if (field.value === "" || field.value === field.dataset.usual) field.disabled = true;
    form.submit();
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); apply(); });
  form.addEventListener("change", (event) => { if (event.target.matches("select, input[type=checkbox]")) apply(); });
}
for (const box of document.querySelectorAll("#keys-on")) {
  box.checked = !localStorage.getItem(KEYS_OFF);
  box.addEventListener("change", () => (box.checked ? localStorage.removeItem(KEYS_OFF) : localStorage.setItem(KEYS_OFF, "1")));
}
for (const button of document.querySelectorAll("[data-closes]")) button.addEventListener("click", () => button.closest("dialog").close());
for (const node of document.querySelectorAll("[data-reload]")) setTimeout(() => location.reload(), Number(node.dataset.reload));
