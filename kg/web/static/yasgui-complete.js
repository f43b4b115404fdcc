// What the editor completes: prefixes, names of the ontology by name or label, variables, and
// terms of the graph by any of their labels.

const MOST = 60;
const KEYWORDS = ("ASC ASK BIND BOUND COALESCE CONCAT CONSTRUCT CONTAINS COUNT DESC DESCRIBE DISTINCT EXISTS FILTER " +
  "GRAPH GROUP_CONCAT IF LANG LCASE LIMIT MINUS OFFSET OPTIONAL PREFIX REGEX REPLACE SAMPLE SELECT STR STRAFTER " +
  "STRSTARTS SUBSTR UNION VALUES WHERE").split(" ").concat(["GROUP BY", "ORDER BY", "NOT EXISTS"]);

export function install(Yasgui, settings, words) {
  const { Yasqe } = Yasgui;
  const names = settings.names.map(([name, kind, label, comment]) => {
    const [prefix, local] = name.split(":");
    return { name, prefix, local: local.toLowerCase(), kind, label, comment, found: `${label} ${local}`.toLowerCase() };
  });
  let asked = null;

  Yasqe.defaults.autocompleters = [];

  Yasqe.prototype.autocomplete = function (byTyping = false) {
    const active = this.state.completionActive;
    if (this.getDoc().somethingSelected() || (byTyping && (active || !typed(this)))) return;
    if (byTyping && !placeOf(this, true)) return;
    this.showHint({
      hint: () => hints(this, byTyping),
      completeSingle: false,
      closeCharacters: /[\s>"(){},;]/,
      container: this.rootEl.closest(".yasgui"),
    });
  };

  /** Tell whether the last change was made at a keyboard: a query that is set asks nothing. */
  function typed(yasqe) {
    return yasqe.typedAt !== undefined && performance.now() - yasqe.typedAt < 300;
  }

  /** Return what stands before the cursor and can be completed: its kind, start and text. */
  function placeOf(yasqe, byTyping) {
    const doc = yasqe.getDoc();
    const cursor = doc.getCursor();
    const before = doc.getLine(cursor.line).slice(0, cursor.ch);
    const type = yasqe.getTokenTypeAt(cursor);
    if (type === "comment" || (type === "string" && !before.endsWith("<"))) return null;
    const kinds = [
      ["prefix", /^\s*PREFIX\s+([\w-]*)$/i],
      ["variable", /[?$](\w*)$/],
      ["term", /<([^<>\s"{}|^`\\]{1,80})$/],
      ["name", /(?:^|[\s(|/^!,;.{[])([A-Za-z][\w-]*:[\w-]*)$/],
      ["word", /(?:^|[\s({])([\p{L}][\p{L}\p{N}_-]{0,80})$/u],
    ];
    for (const [kind, pattern] of kinds) {
      const found = pattern.exec(before);
      if (!found) continue;
      const text = found[1];
      const least = { prefix: 0, variable: 1, term: 2, name: text.indexOf(":") + 2, word: Infinity }[kind];
      if (byTyping && text.length < least) return null;
      return { kind, text, wanted: wantedKind(before), line: cursor.line, from: cursor.ch - text.length, to: cursor.ch };
    }
    const wanted = wantedKind(before);
    return byTyping ? null : { kind: "word", text: "", wanted, line: cursor.line, from: cursor.ch, to: cursor.ch };
  }

  /** Tell what kind of name most likely comes next: after “a” a class, after a subject a property. */
  function wantedKind(before) {
    const [statement] = before.split(/[{.]\s/).slice(-1);
    const words = statement.trimStart().split(/\s+/);
    if (words.at(-2) === "a" || /termType|mentionType/.test(words.at(-2) ?? "")) return "class";
    return words.length === 2 || words.at(-2) === ";" || words.at(-2)?.endsWith(";") ? "property" : "";
  }

  async function hints(yasqe, byTyping) {
    const place = placeOf(yasqe, byTyping);
    if (!place) return { list: [] };
    const list = await { prefix, variable, term, name, word }[place.kind](place.text, yasqe, place.wanted);
    const found = list.slice(0, MOST).map((one) => hint(one));
    const from = { line: place.line, ch: place.from };
    return { list: found, from, to: { line: place.line, ch: place.to } };
  }

  /** Make an entry of the list: what is put in, and what is said of it. */
  function hint({ text, shown = text, about = "", kind = "", title = "", prefix: needed }) {
    return {
      text,
      hint(editor, data, self) {
        editor.replaceRange(self.text, data.from, data.to, "complete");
        if (needed) declare(editor, needed);
      },
      render(element) {
        const put = (tag, content) => element.append(Object.assign(document.createElement(tag), { textContent: content }));
        put("span", shown);
        if (about && about !== shown) put("em", about);
        if (kind) put("small", kind);
        if (title) element.title = title;
      },
    };
  }

  /** Write the prefix at the head of the query, unless it is there. */
  function declare(editor, wanted) {
    if (!settings.prefixes[wanted] || wanted in editor.getPrefixesFromQuery()) return;
    editor.getDoc().replaceRange(`PREFIX ${wanted}: <${settings.prefixes[wanted]}>\n`, { line: 0, ch: 0 });
  }

  const prefix = (text) => Object.entries(settings.prefixes)
    .filter(([one]) => one.startsWith(text.toLowerCase()))
    .map(([one, iri]) => ({ text: `${one}: <${iri}>` }));

  function variable(text, yasqe) {
    const found = new Set(yasqe.getValue().match(/[?$]\w+/g)?.map((one) => one.slice(1)));
    found.delete(text);
    return [...found].filter((one) => one.startsWith(text)).sort().map((one) => ({ text: one, shown: `?${one}` }));
  }

  function name(text, yasqe, kind) {
    const [wanted, part] = text.split(":");
    const local = part.toLowerCase();
    const own = names.filter((one) => one.prefix === wanted);
    own.sort((a, b) => Number(b.kind === kind) - Number(a.kind === kind));
    const starts = own.filter((one) => one.local.startsWith(local));
    const others = own.filter((one) => local.length > 1 && !starts.includes(one) && one.found.includes(local));
    return [...starts, ...others].map(told);
  }

  const told = (one) => ({ text: one.name, about: one.label, kind: words[one.kind], title: one.comment, prefix: one.prefix });

  async function word(text, yasqe, kind) {
    const wanted = text.toLowerCase();
    const keywords = KEYWORDS.filter((one) => text && one.startsWith(text.toUpperCase())).map((one) => ({ text: one }));
    const own = names.filter((one) => one.found.includes(wanted));
    const rank = (one) => 4 * (one.kind === kind) + 2 * one.local.startsWith(wanted) + (one.prefix === "kg");
    own.sort((a, b) => rank(b) - rank(a));
    const things = text.length > 1 ? await suggestions(text) : [];
    return [...keywords, ...own.slice(0, text ? 20 : MOST).map(told), ...things.map((one) => ({ ...one, text: `<${one.iri}>` }))];
  }

  async function term(text) {
    const wanted = text.startsWith(settings.base) ? text.slice(settings.base.length).replace(/^\w+\//, "") : text;
    if (wanted.length < 2 || /^https?:/.test(wanted)) return [];
    return (await suggestions(wanted)).map((one) => ({ ...one, text: `${one.iri}>` }));
  }

  /** Ask which things have a name like this. */
  async function suggestions(text) {
    asked?.abort();
    asked = new AbortController();
    try {
      const reply = await fetch(`${settings.suggest}?${new URLSearchParams({ q: text })}`, { signal: asked.signal, headers: { Accept: "application/json" } });
      if (!reply.ok) return [];
      const found = await reply.json();
      return (found.suggestions ?? []).map((one) => ({ iri: one.iri, shown: one.label, about: one.alias ?? "", kind: one.kind ?? one.type }));
    } catch { // a newer question took its place, or there is no such service
      return [];
    }
  }

  return {
    /** Let an editor tell what is typed, and write prefixes as they are used. */
    watch(yasqe) {
      yasqe.on("change", (_, change) => {
        if (change.origin === "+input" || change.origin === "*compose" || change.origin === "+delete") yasqe.typedAt = performance.now();
        if (change.origin === "+input" && change.text.join("") === ":") {
          const place = placeOf(yasqe, false);
          const used = place?.kind === "name" ? place.text.slice(0, -1) : "";
          if (used) declare(yasqe, used);
        }
      });
    },
  };
}
