// Keys for the buttons of a review, the items that a thing may be, and what became of decisions.
"use strict";

{
  const SEEN_MS = 2500;
  const body = document.body;
  const used = document.querySelector("input.use-keys");
  const kept = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("review-keys") !== "off";
      localStorage.setItem("review-keys", value ? "on" : "off");
    } catch { /* kept for this page only */ }
    return true;
  };

  if (used) {
    used.closest("p").hidden = false;
    used.checked = kept();
    body.classList.toggle("keys", used.checked);
    used.addEventListener("change", () => {
      kept(used.checked);
      body.classList.toggle("keys", used.checked);
    });
  }

  // What will follow stays open or closed from one thing to the next.
  const follows = document.querySelector("details.follows");
  try {
    if (follows && localStorage.getItem("review-follows") === "closed") follows.open = false;
    follows?.addEventListener("toggle", () => localStorage.setItem("review-follows", follows.open ? "open" : "closed"));
  } catch { /* it is open on each page */ }

  // One decision for one press, however often a key repeats.
  let sent = false;
  for (const form of document.querySelectorAll("main form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (sent) event.preventDefault();
      sent = true;
    });
  }
  addEventListener("pageshow", () => { sent = false; });

  const press = (key) => {
    if (key === "?") {
      const help = document.querySelector("details.help");
      help.open = !help.open;
      if (help.open) help.querySelector("summary").focus();
      return true;
    }
    if (key === "e") {
      const other = document.querySelector(".scope input:not(:checked)");
      if (other) other.checked = true;
      return Boolean(other);
    }
    const target = document.querySelector(`main [data-key="${CSS.escape(key)}"]`);
    target?.click();
    return Boolean(target);
  };

  document.addEventListener("keydown", (event) => {
    const target = event.target;
    const writes = target instanceof HTMLElement && (target.isContentEditable
      || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(radio|checkbox)$/.test(target.type)));
    if (writes || event.repeat || event.ctrlKey || event.metaKey || event.altKey || !used?.checked) return;
    if (/^[a-z1-6?]$/.test(event.key) && press(event.key)) event.preventDefault();
  });

  const element = (name, content, values) => Object.assign(document.createElement(name), { textContent: content ?? "" }, values);

  const box = document.querySelector(".candidates[data-candidates]");
  const offer = (one, place) => {
    const line = element("li");
    const button = element("button", "", { name: "act", value: `pick:${one.qid}:${one.relation}` });
    button.dataset.key = place + 1;
    button.setAttribute("aria-keyshortcuts", place + 1);
    button.append(element("kbd", place + 1, { ariaHidden: "true" }), one.label || one.qid, " ", element("small", box.dataset[one.relation]));
    const about = element("span", "", { className: "about" });
    about.append(
      element("a", one.qid, { href: `https://www.wikidata.org/wiki/${one.qid}`, rel: "noreferrer" }),
      ` ${one.description} · ${one.score.toFixed(2)}`,
    );
    line.append(button, about);
    return line;
  };
  const look = async () => {
    const reply = await fetch(box.dataset.candidates, { headers: { Accept: "application/json" } });
    if (!reply.ok) return; // the link to look them up is still there
    const found = await reply.json();
    box.querySelector("ol").replaceChildren(...found.candidates.map(offer));
    box.querySelector(".none").hidden = found.candidates.length > 0;
    box.querySelector(".look").hidden = true;
    const description = document.querySelector(".item .description");
    if (description) description.textContent = found.description;
  };
  if (box) look().catch(() => { /* the server is away: a decision will say so */ });

  const status = document.querySelector(".status[data-busy]");
  const see = async () => {
    const reply = await fetch(status.dataset.status, { headers: { Accept: "application/json" } });
    if (!reply.ok) return;
    const told = await reply.json();
    status.querySelector("[role=status]").textContent = told.text;
    status.querySelector(".problem").hidden = !told.problem;
    status.querySelector(".why").textContent = told.problem;
    for (const one of told.last) {
      const state = document.querySelector(`.last li[data-id="${CSS.escape(one.id)}"] .state`);
      if (state) state.textContent = one.state;
    }
    if (told.busy) setTimeout(() => see().catch(() => {}), SEEN_MS);
    else status.querySelector("form")?.remove();
  };
  if (status) setTimeout(() => see().catch(() => {}), SEEN_MS);
}
