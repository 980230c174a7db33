// The one small module: every page works without it. It only adds comfort.

/* ---------- undo: count down, and go when it is over */
const undo = document.querySelector("[data-undo-seconds]");
if (undo) {
  const form = undo.querySelector("form");
  const left = undo.querySelector("[data-undo-left]");
  const end = performance.now() + Number(undo.dataset.undoSeconds) * 1000;
  const count = setInterval(() => {
    const seconds = Math.ceil((end - performance.now()) / 1000);
    left.textContent = `(${Math.max(seconds, 0)})`;
    if (seconds <= 0) {
      clearInterval(count);
      form.remove();
    }
  }, 250);
}

/* ---------- a re-plan that is being computed: how far it is, and the page anew when it is there */
const planning = document.querySelector("[data-progress]");
if (planning) {
  const look = async () => {
    const answer = await fetch(planning.dataset.progress).catch(() => null);
    if (answer?.ok) {
      const { status, done } = await answer.json();
      if (!["waiting", "computing"].includes(status)) return location.reload();
      planning.querySelector("[data-done]").textContent = done;
      planning.querySelector("progress").value = done;
    }
    return setTimeout(look, 1500);
  };
  setTimeout(look, 1000);
}

/* ---------- a time that is kept for a patient: the minutes that are left */
const kept = [...document.querySelectorAll("[data-kept-until]")];
if (kept.length) {
  setInterval(() => {
    for (const one of kept) one.textContent = Math.max(0, Math.ceil((Date.parse(one.dataset.keptUntil) - Date.now()) / 60000));
  }, 15000);
}

/* ---------- the axis of a course: begin at the present day where it does not fit */
for (const wrap of document.querySelectorAll("[data-scroll-to]")) {
  wrap.scrollLeft = Number(wrap.dataset.scrollTo) - wrap.clientWidth / 2;
}

/* ---------- keys: as calendars have them; never while typing, never with Ctrl, Cmd or Alt */
const follow = (id, otherwise) => {
  const link = document.getElementById(id);
  if (link?.href) link.click();
  else if (otherwise) location.assign(otherwise);
};
const KEYS = {
  t: ["today", () => follow("day-today", "/")],
  j: ["next day, or week", () => follow("day-after")],
  k: ["previous day, or week", () => follow("day-before")],
  d: ["the day", () => follow("view-day", "/")],
  w: ["the week", () => follow("view-week", "/week")],
  n: ["new course", () => document.querySelector('.topnav a[href="/courses/new"]')?.click()],
  "/": ["search patients", () => document.getElementById("q")?.focus()],
  z: ["undo, while it is offered", () => document.querySelector("[data-undo-seconds] form")?.requestSubmit()],
  "?": ["these keys", () => keysDialog().showModal()],
};
const dialogOf = (id, title, ...content) => {
  const dialog = Object.assign(document.createElement("dialog"), { id });
  const heading = Object.assign(document.createElement("h2"), { id: `${id}-title`, textContent: title });
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, ...content);
  document.body.append(dialog);
  return dialog;
};
const buttonOf = (words, press) => {
  const button = Object.assign(document.createElement("button"), { className: "btn", type: "button", textContent: words });
  button.addEventListener("click", press);
  return button;
};
const keysDialog = () => {
  const found = document.getElementById("keys");
  if (found) return found;
  const list = Object.assign(document.createElement("dl"), { className: "facts-list" });
  for (const [key, [words]] of [...Object.entries(KEYS), ["Esc", ["close"]]]) {
    const term = document.createElement("dt");
    term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    list.append(term, Object.assign(document.createElement("dd"), { textContent: words }));
  }
  return dialogOf("keys", "Keys", list, buttonOf("Close", () => document.getElementById("keys").close()));
};
const isTyping = (target) => target.closest("input, select, textarea, dialog, [contenteditable]");
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.id === "q") event.target.blur();
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat || isTyping(event.target)) return;
  if (!document.querySelector(".topbar") || !Object.hasOwn(KEYS, event.key)) return;
  event.preventDefault();
  KEYS[event.key][1]();
});
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = false;
  button.addEventListener("click", KEYS["?"][1]);
}
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

/* ---------- the board's now-line: by the server's clock, each minute */
const nowLine = document.querySelector(".now[data-from]");
if (nowLine) {
  const { from, now, zone, columns } = nowLine.dataset;
  const clock = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" });
  const loaded = Date.now();
  const move = () => {
    const present = new Date(now).getTime() + Date.now() - loaded;
    const column = Math.floor((present - new Date(from)) / 300_000);
    nowLine.hidden = column < 0 || column >= Number(columns);
    nowLine.firstElementChild.className = `at-${column}`;
    nowLine.querySelector("b").textContent = clock.format(present);
  };
  setInterval(move, 60_000);
}

/* ---------- before the sign-in ends, so long without a page; whoever stays loses nothing that was typed */
const WARN = 2 * 60_000;
const topbar = document.querySelector(".topbar");
if (topbar) {
  const IDLE = Number(topbar.dataset.idleSeconds) * 1_000;
  let ends = Date.now() + IDLE;
  const words = Object.assign(document.createElement("p"), { id: "idle-words" });
  words.setAttribute("role", "status");
  const stay = async () => {
    const token = document.querySelector('input[name="csrf_token"]')?.value ?? "";
    const answer = await fetch("/account/stay", { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
    if (answer?.ok && new URL(answer.url).pathname === "/account") {
      ends = Date.now() + IDLE;
      dialog.close();
    } else {
      words.textContent = "That did not work: you may be signed out. Sign in again in another window, then come back: what you typed is still here.";
    }
  };
  const dialog = dialogOf("idle", "Are you still there?", words, buttonOf("Stay signed in", stay));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  setInterval(() => {
    const left = ends - Date.now();
    if (left > WARN) return;
    if (!dialog.open) dialog.showModal();
    words.textContent = left > 0
      ? `You will be signed out in ${Math.max(1, Math.ceil(left / 60_000))} min. Nothing that you typed is lost if you stay.`
      : "You have been signed out. Sign in again in another window, then come back: what you typed is still here.";
  }, 5_000);
}
