// What all pages can do beyond reading: the theme, the key "/" for the search box, and suggestions.
"use strict";

const root = document.documentElement;
const isDark = () =>
  (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

const themeButton = document.querySelector("button.theme");
if (themeButton) {
  const name = () => { themeButton.textContent = isDark() ? themeButton.dataset.light : themeButton.dataset.dark; };
  themeButton.hidden = false;
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch { /* kept for this page only */ }
    name();
  });
  name();
}

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const writes = target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
  if (event.key === "/" && !writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const box = document.getElementById("site-search");
    box?.focus();
    box?.select?.();
  }
});

// Suggestions: a combobox with a list, https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
//
// The text field of a form.search[data-suggest] leads to the page of the chosen thing. Any
// input[data-suggest] is filled in: its attribute is the address that suggests, data-types names
// the types that are wanted, with commas, and data-value what is put in: "label" (as without it),
// "key" or "iri". It then tells "change", and before that "suggested", whose detail is the thing.
{
  const WAIT_MS = 90;
  const WIDEST = 480;
  // Letters that a Korean keyboard has not yet put together are no part of a name.
  const text = (input) => input.value.trim().replace(/(\S)[ㄱ-ㅎㅏ-ㅣ]+$/, "$1");
  let boxes = 0;

  const element = (name, className, content) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = content ?? "";
    return made;
  };

  class Suggestions {
    constructor(input, address, leads) {
      this.input = input;
      this.address = address;
      this.leads = leads;
      this.found = [];
      this.active = -1;
      this.known = new Map();
      this.list = element("ul", "suggestions");
      this.list.id = `suggestions-${boxes += 1}`;
      this.list.hidden = true;
      this.list.setAttribute("role", "listbox");
      this.list.setAttribute("aria-label", input.placeholder || input.name);
      this.said = element("div", "hidden");
      this.said.setAttribute("role", "status");
      input.setAttribute("role", "combobox");
      input.setAttribute("aria-autocomplete", "list");
      input.setAttribute("aria-controls", this.list.id);
      input.setAttribute("aria-expanded", "false");
      input.autocomplete = "off";
      input.parentElement.classList.add("suggesting");
      input.after(this.list, this.said);
      input.addEventListener("input", () => this.typed());
      input.addEventListener("keydown", (event) => this.pressed(event));
      input.addEventListener("blur", () => this.close());
      window.addEventListener("resize", () => {
        if (!this.list.hidden) this.place();
      });
      // A press on the list must not take the focus from the field.
      this.list.addEventListener("mousedown", (event) => event.preventDefault());
      this.list.addEventListener("click", (event) => {
        const option = event.target.closest("li");
        if (option) this.choose([...this.list.children].indexOf(option));
      });
    }

    typed() {
      clearTimeout(this.timer);
      if (!text(this.input)) return this.close();
      this.timer = setTimeout(() => this.ask(), WAIT_MS);
    }

    async ask() {
      const asked = text(this.input);
      this.asking?.abort();
      this.asking = new AbortController();
      const { signal } = this.asking;
      let answer = this.known.get(asked);
      if (!answer) {
        const address = new URL(this.address, location.href);
        address.searchParams.set("q", asked);
        if (this.input.dataset.types) address.searchParams.set("types", this.input.dataset.types);
        try {
          const reply = await fetch(address, { signal, headers: { Accept: "application/json" } });
          if (!reply.ok) return this.close();
          answer = await reply.json();
        } catch { return; } // left for a newer question, or the server is away
        if (answer.ready) this.known.set(asked, answer);
      }
      // An answer that comes late is to another question than the one that stands there.
      if (signal.aborted || document.activeElement !== this.input || text(this.input) !== asked) return;
      this.show(answer);
    }

    show(answer) {
      this.found = answer.suggestions;
      this.active = -1;
      this.input.removeAttribute("aria-activedescendant");
      this.list.setAttribute("aria-label", answer.title);
      this.said.textContent = answer.said;
      this.list.replaceChildren(...this.found.map((one, place) => this.option(one, place)));
      if (!this.found.length) {
        this.hide();
        return;
      }
      this.list.hidden = false;
      this.input.setAttribute("aria-expanded", "true");
      this.place();
    }

    option(one, place) {
      const option = element("li", `type-${one.type.toLowerCase()}`);
      option.id = `${this.list.id}-${place}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      const side = element("span", "side");
      side.append(element("span", "note", one.note), element("span", "kind", one.kind));
      option.append(element("span", "what", one.label), side);
      if (one.alias) option.append(element("span", "alias", one.alias));
      return option;
    }

    // The list stands below the field, as wide as it helps, and within the window.
    place() {
      const { input, list } = this;
      const width = Math.min(Math.max(input.offsetWidth, WIDEST), root.clientWidth - 16);
      const parent = list.offsetParent?.getBoundingClientRect().left ?? 0;
      const over = Math.max(parent + input.offsetLeft + width - (root.clientWidth - 8), 0);
      list.style.width = `${width}px`;
      list.style.left = `${input.offsetLeft - over}px`;
      list.style.top = `${input.offsetTop + input.offsetHeight + 4}px`;
    }

    hide() {
      this.list.hidden = true;
      this.active = -1;
      this.input.setAttribute("aria-expanded", "false");
      this.input.removeAttribute("aria-activedescendant");
    }

    close() {
      clearTimeout(this.timer);
      this.asking?.abort();
      this.hide();
      this.said.textContent = "";
    }

    move(step) {
      const count = this.found.length;
      // From the last the field is reached again, and then the first.
      this.active = (this.active + 1 + step + count + 1) % (count + 1) - 1;
      [...this.list.children].forEach((option, place) => {
        option.setAttribute("aria-selected", String(place === this.active));
        if (place === this.active) option.scrollIntoView({ block: "nearest" });
      });
      if (this.active < 0) this.input.removeAttribute("aria-activedescendant");
      else this.input.setAttribute("aria-activedescendant", `${this.list.id}-${this.active}`);
    }

    pressed(event) {
      if (event.isComposing) return; // the keyboard puts a letter together
      const isOpen = !this.list.hidden;
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        if (isOpen) this.move(event.key === "ArrowDown" ? 1 : -1);
        else if (!event.altKey || event.key === "ArrowDown") this.ask();
        event.preventDefault();
      } else if (event.key === "Enter" && isOpen && this.active >= 0) {
        event.preventDefault();
        this.choose(this.active);
      } else if (event.key === "Escape" && isOpen) {
        event.preventDefault();
        event.stopPropagation();
        this.close();
      }
    }

    choose(place) {
      const one = this.found[place];
      if (!one) return;
      this.close();
      if (this.leads) {
        location.assign(one.address);
        return;
      }
      this.input.value = { key: one.key, iri: one.iri }[this.input.dataset.value] ?? one.label;
      this.input.dispatchEvent(new CustomEvent("suggested", { bubbles: true, detail: one }));
      this.input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  for (const form of document.querySelectorAll("form.search[data-suggest]")) {
    const input = form.querySelector("input[name='q']");
    if (input && !input.dataset.suggest) new Suggestions(input, form.dataset.suggest, true);
  }
  const complete = (within) => {
    for (const input of within.querySelectorAll("input[data-suggest]")) {
      if (input.getAttribute("role") !== "combobox") new Suggestions(input, input.dataset.suggest, false);
    }
  };
  complete(document);
  // A script that adds fields tells so, for those to be completed as well.
  document.addEventListener("fields-added", (event) => complete(event.target));
}
