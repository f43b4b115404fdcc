// Things in results: where their pages are, what they are called, and how a value is shown.

/** At most so many names are asked for at once. */
const AT_ONCE = 200;
/** A longer text is cut until a reader wants all of it. */
const LONG = 300;
const LONG_NUMBER = /^-?\d{1,15}\.\d{6,}$/;
const NUMBER_TYPES = /#(?:integer|decimal|double|float|int|long)$/;

/** Tell whether a value is a number by its type. */
export const isNumber = (cell) => NUMBER_TYPES.test(cell.datatype ?? "");

/** Make the functions for a server; `settings` and `words` are those of the page. */
export function things(settings, words) {
  const known = new Map();
  const prefixes = Object.entries(settings.prefixes);

  /** Return the address at which this server, or else the web, shows an IRI; null for none. */
  function linkTo(iri) {
    const { base, ontology, root } = settings;
    if (iri.startsWith(ontology)) return `${root}/ontology#${encodeURIComponent(iri.slice(ontology.length))}`;
    const path = iri.startsWith(base) ? iri.slice(base.length) : "";
    if (path && !/[#?]/.test(path)) {
      const [kind, ...rest] = path.split("/");
      const has = settings.single.includes(path) || (settings.kinds.includes(kind) && rest.join("/"));
      if (has) return `${root}/${path.split("/").map(encodeURIComponent).join("/")}`;
    }
    if (/^https?:\/\//.test(iri) && !iri.startsWith(base)) return iri;
    return `${root}/resource?iri=${encodeURIComponent(iri)}`;
  }

  /** Shorten an IRI by the prefixes, or by the start that all our things have. */
  function short(iri) {
    for (const [prefix, start] of prefixes) {
      const rest = iri.startsWith(start) ? iri.slice(start.length) : "";
      if (rest && !/[/#?]/.test(rest)) return `${prefix}:${rest}`;
    }
    return iri.startsWith(settings.base) && iri !== settings.base ? iri.slice(settings.base.length) : iri;
  }

  const isOurs = (iri) =>
    iri.startsWith(settings.base) && !iri.startsWith(settings.ontology) && !/[<>"{}|^`\\\s]/.test(iri);

  /** Look up what things are called; what is not ours, or has no name, is not in the answer. */
  async function names(iris) {
    const missing = [...new Set(iris)].filter((iri) => isOurs(iri) && !known.has(iri));
    for (let start = 0; start < missing.length; start += AT_ONCE) {
      const some = missing.slice(start, start + AT_ONCE);
      const answer = ask(some);
      for (const iri of some) known.set(iri, answer);
    }
    const found = new Map();
    for (const iri of iris) {
      const name = (await known.get(iri))?.get(iri);
      if (name) found.set(iri, name);
    }
    return found;
  }

  /** Ask the graph for the best name of each thing, in the language of the page if it has one. */
  async function ask(iris) {
    const { prefixes: p } = settings;
    // With VALUES for the kinds as well the store would look through all names that there are.
    const query = `SELECT ?iri ?kind ?name { VALUES ?iri { ${iris.map((iri) => `<${iri}>`).join(" ")} } ?iri ?kind ?name
      FILTER(?kind IN (<${p.skos}prefLabel>, <${p.rdfs}label>, <${p.oa}exact>, <${settings.ontology}valueText>)) }`;
    const best = new Map();
    const found = new Map();
    try {
      const headers = { Accept: "application/sparql-results+json" };
      const reply = await fetch(settings.endpoint, { method: "POST", body: new URLSearchParams({ query }), headers });
      if (!reply.ok) return found;
      for (const { iri, kind, name } of (await reply.json()).results.bindings) {
        const preferred = kind.value.endsWith("prefLabel");
        const rank = preferred && name["xml:lang"] === settings.language ? 0 : kind.value.endsWith("#label") ? 1 : preferred ? 3 : 2;
        if (rank < (best.get(iri.value) ?? 9)) {
          best.set(iri.value, rank);
          found.set(iri.value, name.value);
        }
      }
    } catch { /* without names the IRIs are shown */ }
    return found;
  }

  /** Make what a table shows of a value; `name` is what to call it, where that is known. */
  function shown(cell, name) {
    if (cell.type === "uri") {
      const link = document.createElement("a");
      link.href = linkTo(cell.value);
      link.title = cell.value;
      link.textContent = name || short(cell.value);
      if (!name) link.className = "short";
      return link;
    }
    if (cell.type === "bnode") return Object.assign(document.createElement("code"), { textContent: `_:${cell.value}` });
    const text = document.createElement("span");
    if (cell.lang) text.lang = cell.lang;
    else if (cell.datatype && !cell.datatype.endsWith("#string")) text.title = short(cell.datatype);
    if (LONG_NUMBER.test(cell.value) && isNumber(cell)) {
      Object.assign(text, { title: cell.value, textContent: Number(cell.value).toFixed(4) });
      return text;
    }
    text.textContent = cell.value.slice(0, LONG);
    if (cell.value.length <= LONG) return text;
    const all = Object.assign(document.createElement("button"), { type: "button", className: "more", textContent: words.more });
    all.addEventListener("click", () => { text.textContent = cell.value; all.remove(); });
    const both = document.createDocumentFragment();
    both.append(text, "… ", all);
    return both;
  }

  return { linkTo, short, names, shown };
}
