// The graph view: joins what is held, the picture, the panel beside it, and the address.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("explore-data")?.textContent ?? "null");
  if (!data || typeof cytoscape === "undefined") return;
  const { words, most, base } = data;
  const { filled, amount } = explorePanel;
  const byId = (id) => document.getElementById(id);
  const language = document.documentElement.lang;
  const nameOf = (thing) => thing[language] || thing.label;
  const say = (text, values = {}) => { byId("explore-status").textContent = filled(text, values); };
  const shortIri = (iri) => (iri.startsWith(base) ? iri.slice(base.length) : iri);

  byId("explore-more")?.remove();
  const centre = data.shown.centre;
  const model = new ExploreModel(centre, most.things);
  const cy = explorePicture.make(byId("picture"));
  let chosen = centre;
  let isTouched = false;   // the reader has changed something: before, nothing is faded
  let later;
  let busy = Promise.resolve();

  // ---------------------------------------------------------------- from what is held to what is seen

  const seen = () => ({ ...model.visible(), words, relations: data.relations, nameOf, shortened: explorePicture.shortened, choose, thingOf: (iri) => model.things.get(iri) });

  // Show all that follows from what is held and switched on.
  function draw() {
    const drawn = seen();
    if (!drawn.things.some((thing) => thing.iri === chosen)) chosen = centre;
    explorePicture.sync(cy, model, drawn, nameOf);
    point(drawn);
    fillCounts();
    const values = { n: amount.format(drawn.things.length), m: amount.format(drawn.edges.length), name: centre ? nameOf(model.things.get(centre)) : "" };
    byId("picture").setAttribute("aria-label", filled(centre ? words.picture : words.picture_start, values));
    fillQuery(drawn);
    clearTimeout(later);
    later = setTimeout(() => explorePanel.table(byId("explore-table"), drawn, most.named), 40);
    return values;
  }

  // Show what is chosen.
  function point(drawn) {
    explorePicture.light(cy, isTouched ? chosen : null);
    fillDetails(drawn);
  }

  function fillDetails(drawn) {
    const thing = model.things.get(chosen);
    byId("explore-details").hidden = false;
    if (!thing) { explorePanel.details(byId("explore-details"), drawn, null, []); return; }
    const open = model.opened.get(chosen);
    const acts = [];
    if (!open || open.more) acts.push(["expand", open ? words.expand_more : words.expand, () => expand(chosen)]);
    if (model.order.includes(chosen)) acts.push(["collapse", words.collapse, () => collapse(chosen)]);
    if (chosen !== centre) acts.push(["remove", words.remove, () => remove(chosen)], ["start", words.start_here, `${data.explore}?${new URLSearchParams({ iri: chosen })}`]);
    explorePanel.details(byId("explore-details"), drawn, thing, acts);
  }

  function fillCounts() {
    const counts = new Map();
    for (const one of [...model.things.values()].map((thing) => thing.type).concat([...model.edges.values()].map((edge) => edge.relation))) counts.set(one, (counts.get(one) ?? 0) + 1);
    for (const box of document.querySelectorAll("form.filters input")) {
      box.closest("li").hidden = !counts.has(box.value);
      box.closest("li").querySelector("[data-count]").textContent = amount.format(counts.get(box.value) ?? 0);
    }
  }

  function fillQuery(found) {
    const query = exploreQuery(data.pieces, found.edges, (iri) => model.things.get(iri).in_query);
    const address = `${data.sparql}?${new URLSearchParams({ query })}`;
    byId("explore-query").textContent = query;
    byId("explore-query-form").elements.query.value = query;
    byId("explore-query-form").hidden = address.length <= most.link;
    byId("explore-query-link").hidden = address.length > most.link;
    if (address.length <= most.link) byId("explore-query-link").href = address;
  }

  // The address tells what was opened, taken away and switched off, so that it can be shared.
  function remember() {
    const given = new URLSearchParams(location.search);
    for (const name of ["open", "without", "hide"]) given.delete(name);
    for (const iri of model.order) given.append("open", shortIri(iri));
    for (const iri of [...model.leftOut].slice(-most.left_out)) given.append("without", shortIri(iri));
    for (const name of model.hidden) given.append("hide", name);
    const query = given.toString().replaceAll("%2F", "/");
    history.replaceState(null, "", query ? `?${query}` : location.pathname);
    document.querySelector("[data-tool=reset]").hidden = !model.order.length && !model.leftOut.size && !model.hidden.size;
  }

  function changed() {
    isTouched = true;
    remember();
    return draw();
  }

  // ---------------------------------------------------------------- what the reader does

  // Who comes from the table or the panel goes on in the panel; who pointed stays in the picture.
  function choose(iri, isPointed = false) {
    chosen = iri;
    isTouched = true;
    point(seen());
    const node = cy.getElementById(iri);
    if (node.nonempty()) explorePicture.bringIntoView(cy, node);
    if (!isPointed) byId("explore-chosen")?.focus();
  }

  async function fetched(iri, part) {
    const body = new URLSearchParams({ iri, part, few: iri === centre ? 0 : 1 });
    for (const known of model.things.keys()) body.append("known", known);
    const reply = await fetch(`${data.explore}.json`, { method: "POST", body });
    if (!reply.ok) throw new Error(reply.status);
    return reply.json();
  }

  // One after the other, so that each knows what the one before has added.
  const expand = (iri) => (busy = busy.then(() => open(iri)).catch(() => say(words.failed)));

  async function open(iri) {
    const thing = model.things.get(iri), before = model.opened.get(iri);
    if (!thing || (before && !before.more)) return;
    if (model.things.size >= most.things || model.order.length >= most.opened) { say(words.full, { n: amount.format(model.things.size) }); return; }
    explorePicture.wait(cy, true);
    try {
      const answer = await fetched(iri, (before?.parts ?? 0) + 1);
      model.order.push(iri);
      const added = model.add(answer, iri);
      const values = { n: amount.format(added.length), name: nameOf(thing) };
      explorePicture.place(model, added, thing);
      changed();
      await explorePicture.arrange(cy, model, added);
      say(added.length ? words.added : words.nothing, values);
    } finally {
      explorePicture.wait(cy, false);
    }
  }

  function collapse(iri) {
    const count = model.collapse(iri);
    const values = { n: amount.format(count), name: nameOf(model.things.get(iri)) };
    changed();
    say(words.collapsed, values);
  }

  function remove(iri) {
    const name = nameOf(model.things.get(iri));
    model.remove(iri);
    chosen = centre;
    changed();
    say(words.removed, { name });
    (byId("explore-chosen") ?? byId("explore-table").querySelector("button"))?.focus();
  }

  function save(blob, ending) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${centre ? shortIri(centre).replaceAll(/[^\p{L}\p{N}.]+/gu, "-") : "graph"}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  function saveJson() {
    const { things, edges } = model.visible();
    const plain = {
      centre,
      nodes: things.map(({ iri, label, en, ko, type, papers }) => ({ iri, label, en, ko, type, papers })),
      edges: edges.map(({ from, relation, to, papers }) => ({ from, relation, to, papers })),
      query: byId("explore-query").textContent,
    };
    save(new Blob([JSON.stringify(plain, null, 1)], { type: "application/json" }), "json");
  }

  byId("explore-find").addEventListener("suggested", (event) => location.assign(`${data.explore}?${new URLSearchParams({ iri: event.detail.iri })}`));
  const tools = {
    in: () => explorePicture.zoom(cy, 1.3),
    out: () => explorePicture.zoom(cy, 1 / 1.3),
    fit: () => explorePicture.fit(cy),
    arrange: async () => { await explorePicture.arrange(cy, model, null); explorePicture.fit(cy); },
    full: () => (document.fullscreenElement ? document.exitFullscreen() : byId("explore").requestFullscreen()),
    png: () => { explorePicture.light(cy, null); save(explorePicture.png(cy), "png"); point(seen()); },
    json: saveJson,
  };
  for (const button of document.querySelectorAll("button[data-tool]")) button.addEventListener("click", () => tools[button.dataset.tool]());
  document.addEventListener("fullscreenchange", () => setTimeout(() => explorePicture.fit(cy), 60));
  document.querySelector("form.filters").addEventListener("change", (event) => {
    model.hidden[event.target.checked ? "delete" : "add"](event.target.value);
    const values = changed();
    say(words.drawn, values);
  });
  cy.on("tap", "node", (event) => { choose(event.target.id(), true); if (!model.opened.has(chosen)) expand(chosen); });
  cy.on("tap", "edge", (event) => say(explorePanel.edgeTold({ words, nameOf, thingOf: (iri) => model.things.get(iri) }, model.edges.get(event.target.id()))));
  cy.on("tap", (event) => { if (event.target === cy) { chosen = centre; isTouched = false; point(seen()); } });

  // ---------------------------------------------------------------- the first picture

  async function begin() {
    const given = new URLSearchParams(location.search);
    const wholeIri = (text) => (/^https?:/.test(text) ? text : base + text);
    for (const name of given.getAll("hide")) model.hidden.add(name);
    for (const iri of given.getAll("without")) if (wholeIri(iri) !== centre) model.leftOut.add(wholeIri(iri));
    for (const box of document.querySelectorAll("form.filters input")) box.checked = !model.hidden.has(box.value);
    const added = model.add(data.shown, centre);
    explorePicture.place(model, added, null);
    draw();
    await explorePicture.arrange(cy, model, null);
    explorePicture.fit(cy);
    const opens = given.getAll("open").slice(0, most.opened).map(wholeIri);
    for (const iri of opens) await expand(iri);
    if (opens.length) explorePicture.fit(cy);
    byId("explore").dataset.ready = "true";
  }
  begin();
})();
