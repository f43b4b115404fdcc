// What stands beside the picture: the chosen thing with its relations, and all things as a table.
"use strict";

const explorePanel = (() => {
  // Texts are never read as HTML.
  function make(tag, given = {}, ...inside) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(given)) {
      if (name === "on") element.addEventListener("click", value);
      else if (value !== undefined && value !== null) element.setAttribute(name, value);
    }
    element.append(...inside.filter((one) => one !== null && one !== undefined));
    return element;
  }
  const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  const amount = new Intl.NumberFormat(document.documentElement.lang);
  const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeZone: "UTC" });
  const several = (words, one, many, count) => (count === 1 ? words[one] : filled(words[many], { n: amount.format(count) }));
  const isWeb = (address) => /^https?:\/\//.test(address) || /^\/(?!\/)/.test(address);

  function shape(type) {
    const sample = document.querySelector(`.filters .shape.type-${type.toLowerCase()}`);
    return sample ? sample.cloneNode(true) : "";
  }
  function badge(words, type) {
    return make("span", { class: `badge type-${type.toLowerCase()}` }, words.types[type] ?? type);
  }

  // Relations of a thing by their word, in the order of relations: [word, [[other, edge], …]].
  function joined({ words, relations, edges, thingOf }, iri) {
    const found = new Map();
    for (const edge of edges) {
      if (edge.from !== iri && edge.to !== iri) continue;
      const isBack = edge.from !== iri;
      const key = relations.indexOf(edge.relation) * 2 + (isBack && edge.relation !== "close" ? 1 : 0);
      if (!found.has(key)) found.set(key, [words.relations[edge.relation][isBack ? 1 : 0], []]);
      found.get(key)[1].push([thingOf(isBack ? edge.from : edge.to), edge]);
    }
    return [...found].sort(([one], [other]) => one - other).map(([, value]) => value);
  }

  function meta(words, thing) {
    const told = [];
    if (thing.papers !== null && thing.papers !== undefined) told.push(several(words, "one_paper", "papers", thing.papers));
    if (thing.votes) told.push(several(words, "one_vote", "votes", thing.votes));
    if (thing.type === "Paper" && thing.arxiv) told.push(`arXiv ${thing.arxiv}`);
    const seen = thing.seen && day.format(new Date(`${thing.seen}T00:00Z`));
    if (seen) told.push(thing.type === "Digest" ? seen : filled(words.first_seen, { day: seen }));
    return told.join(" · ");
  }

  // With nothing chosen: the pairs that stand in most papers together.
  function strongest(box, { words, edges, thingOf, nameOf, choose }) {
    const close = edges.filter((edge) => edge.papers).sort((one, other) => other.papers - one.papers).slice(0, 12);
    box.hidden = !close.length;
    const button = (iri) => make("button", { type: "button", class: "plain", on: () => choose(iri) }, nameOf(thingOf(iri)));
    box.append(make("h2", { tabindex: "-1", id: "explore-chosen" }, words.strongest), make("ul", { class: "pairs" },
      ...close.map((edge) => make("li", {}, button(edge.from), " · ", button(edge.to), " ",
        make("span", { class: "about" }, several(words, "one_paper", "papers", edge.papers))))));
  }

  // `acts` are [name of the act, its text, what to do or an address]; `drawn` is what is drawn.
  function details(box, drawn, thing, acts) {
    const { words, nameOf, choose } = drawn;
    const had = box.contains(document.activeElement) ? document.activeElement.dataset.act : undefined;
    box.replaceChildren();
    if (!thing) { strongest(box, drawn); return; }
    const items = (thing.wikidata ?? []).filter((item) => isWeb(item.address)).map((item) =>
      make("li", {}, make("a", { href: item.address, rel: "external" }, `Wikidata ${item.id}`), " ",
        make("span", { class: "about" }, item.relation === "exact" ? words.exact : words.close_match)));
    box.append(
      make("h2", { tabindex: "-1", id: "explore-chosen" }, make("a", { href: isWeb(thing.page) ? thing.page : "#" }, nameOf(thing))),
      make("p", {}, shape(thing.type), " ", badge(words, thing.type), " ", make("span", { class: "about" }, meta(words, thing))),
      make("div", { class: "buttons" }, ...acts.map(([act, text, run]) => (typeof run === "string"
        ? make("a", { class: "button", "data-act": act, href: run }, text)
        : make("button", { type: "button", "data-act": act, on: run }, text)))),
    );
    if (items.length) box.append(make("ul", { class: "plain" }, ...items));
    for (const [word, others] of joined(drawn, thing.iri)) {
      box.append(make("h3", {}, `${word} `, make("span", { class: "about" }, amount.format(others.length))),
        make("ul", { class: "others" }, ...others.map(([other, edge]) => make("li", {},
          make("button", { type: "button", class: "plain", on: () => choose(other.iri) }, shape(other.type), make("span", {}, nameOf(other))),
          edge.papers ? make("span", { class: "about" }, ` ${several(words, "one_paper", "papers", edge.papers)}`) : null))));
    }
    if (had) (box.querySelector(`[data-act="${had}"]`) ?? box.querySelector("h2")).focus({ preventScroll: true });
  }

  // Rows by IRI, each with the relations that it tells: those that stay the same are kept.
  const rows = new Map();

  function table(element, drawn, named) {
    const near = new Map(drawn.things.map((thing) => [thing.iri, []]));
    for (const edge of drawn.edges) for (const end of [edge.from, edge.to]) near.get(end).push(edge);
    const shown = drawn.things.map((thing) => {
      const edges = near.get(thing.iri);
      const told = edges.map((edge) => `${edge.id} ${edge.papers ?? ""}`).join();
      if (rows.get(thing.iri)?.told !== told) rows.set(thing.iri, { told, row: rowOf(drawn, thing, edges, named) });
      return rows.get(thing.iri).row;
    });
    const had = document.activeElement?.closest?.("#explore-table tr")?.dataset.iri;
    element.querySelectorAll("tbody").forEach((old) => old.remove());
    const body = make("tbody", {}, ...shown);
    element.append(body);
    if (had) body.querySelector(`tr[data-iri="${CSS.escape(had)}"] button`)?.focus({ preventScroll: true });
  }

  function rowOf(drawn, thing, edges, named) {
    const { words, nameOf, shortened, choose } = drawn;
    const relations = joined({ ...drawn, edges }, thing.iri).map(([word, others]) => {
      const names = others.slice(0, named).map(([other, edge]) => shortened(nameOf(other)) + (edge.papers ? ` (${amount.format(edge.papers)})` : ""));
      const rest = others.length - named;
      return make("span", { class: "joined" }, make("span", { class: "about" }, word), ` ${names.join(" · ")} `,
        rest > 0 ? make("span", { class: "about" }, filled(words.more, { n: amount.format(rest) })) : null);
    });
    return make("tr", { "data-iri": thing.iri },
      make("td", {}, make("button", { type: "button", class: "plain", "aria-label": filled(words.select, { name: nameOf(thing) }), on: () => choose(thing.iri) }, nameOf(thing))),
      make("td", { class: "type" }, shape(thing.type), ` ${words.types[thing.type] ?? thing.type}`),
      make("td", { class: "number" }, thing.papers === null || thing.papers === undefined ? "" : amount.format(thing.papers)),
      make("td", { class: "long" }, ...relations));
  }

  // A relation as a sentence of its own.
  function edgeTold({ words, thingOf, nameOf }, edge) {
    const papers = edge.papers ? ` (${several(words, "one_paper", "papers", edge.papers)})` : "";
    return `${nameOf(thingOf(edge.from))} · ${words.relations[edge.relation][0]} · ${nameOf(thingOf(edge.to))}${papers}`;
  }

  return { details, table, edgeTold, filled, amount, isWeb };
})();
