// A result as a graph: triples, or rows of which two columns name things.

const MOST_NODES = 500;
const MOST_EDGES = 3000;
const TYPES = { Model: "model", Method: "method", Benchmark: "benchmark", Dataset: "dataset", Metric: "metric", Task: "task" };
const RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type";

export function install(Yasgui, { settings, words, result, terms, fill, library }) {
  class GraphView {
    label = words.graph;
    priority = 4;

    constructor(yasr) { this.yasr = yasr; }

    canHandleResults() { return edgesOf(result.resultOf(this.yasr)).length > 0; }

    getIcon() { return null; }

    async initialize() { await library("cytoscape"); }

    destroy() {
      this.drawn?.destroy();
      this.drawn = null;
      this.watcher?.disconnect();
    }

    async draw() {
      this.destroy();
      const found = result.resultOf(this.yasr);
      const all = edgesOf(found);
      const graph = cut(all);
      const names = await terms.names([...graph.nodes]);
      const box = Object.assign(document.createElement("div"), { className: "graph-place", tabIndex: 0 });
      box.setAttribute("role", "img");
      const counts = { nodes: result.number(graph.nodes.size), edges: result.number(graph.edges.length) };
      box.setAttribute("aria-label", fill(words.graphOf, counts));
      const note = Object.assign(document.createElement("p"), { className: "about", textContent: fill(words.graphOf, counts) });
      if (graph.nodes.size < graph.all) note.textContent += ` ${fill(words.cutGraph, { shown: counts.nodes, count: result.number(graph.all) })}`;
      const told = Object.assign(document.createElement("p"), { className: "graph-told" });
      told.setAttribute("role", "status");
      told.textContent = words.clickNode;
      this.yasr.resultsEl.replaceChildren(note, box, told);
      this.drawn = window.cytoscape({
        container: box,
        elements: elements(graph, names, typesOf(found)),
        style: style(),
        layout: layout(graph),
        minZoom: 0.1,
        maxZoom: 4,
      });
      this.drawn.on("tap", "node", ({ target }) => told.replaceChildren(...about(target, names)));
      this.watcher = new MutationObserver(() => this.drawn?.style(style()));
      this.watcher.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      box.addEventListener("keydown", (event) => this.move(event));
    }

    /** Move and zoom by the keyboard. */
    move(event) {
      const steps = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
      const zooms = { "+": 1.25, "=": 1.25, "-": 0.8 };
      const { key } = event;
      if (steps[key]) this.drawn.panBy({ x: steps[key][0], y: steps[key][1] });
      else if (zooms[key]) this.drawn.zoom({ level: this.drawn.zoom() * zooms[key], renderedPosition: { x: this.drawn.width() / 2, y: this.drawn.height() / 2 } });
      else if (key === "0") this.drawn.fit(undefined, 20);
      else return;
      event.preventDefault();
    }
  }

  /** Return triples of a subject, what it is to an object, and the object; both are things. */
  function edgesOf(found) {
    if (found?.edges) return found.edges;
    if (found?.kind !== "graph" && found?.kind !== "rows") return [];
    const things = found.variables.map((_, at) => found.rows.some((row) => isThing(row[at])));
    const places = found.kind === "graph" ? [0, 2] : things.flatMap((is, at) => (is ? [at] : [])).slice(0, 2);
    if (found.kind === "rows" && found.variables.length === 3 && things[0] && things[2]) places.splice(0, 2, 0, 2);
    const [from, to] = places;
    found.edges = to === undefined ? [] : found.rows
      .filter((row) => isThing(row[from]) && isThing(row[to]) && !isType(found, row))
      .map((row) => [row[from].value, to - from === 2 ? row[from + 1]?.value ?? "" : "", row[to].value]);
    return found.edges;
  }

  const isThing = (cell) => cell?.type === "uri" || cell?.type === "bnode";
  /** Classes are no nodes: they are told by colour. */
  const isType = (found, row) =>
    found.kind === "graph" && (row[1]?.value === RDF_TYPE || row[2].value.startsWith(settings.ontology));

  /** Return the type of each term that the triples tell. */
  function typesOf(found) {
    const types = new Map();
    if (found.kind !== "graph") return types;
    for (const [subject, , object] of found.rows) {
      const name = object?.value?.startsWith(settings.ontology) ? TYPES[object.value.slice(settings.ontology.length)] : undefined;
      if (name) types.set(subject.value, name);
    }
    return types;
  }

  /** Leave the nodes that have most links, of as many those that come first, and their links. */
  function cut(edges) {
    const degree = new Map();
    for (const [from, , to] of edges) for (const end of [from, to]) degree.set(end, (degree.get(end) ?? 0) + 1);
    const ranked = [...degree].sort(([, a], [, b]) => b - a).slice(0, MOST_NODES);
    const kept = new Set(ranked.map(([iri]) => iri));
    const drawn = edges.filter(([from, , to]) => kept.has(from) && kept.has(to)).slice(0, MOST_EDGES);
    return { nodes: new Set(drawn.flatMap(([from, , to]) => [from, to])), edges: drawn, all: degree.size };
  }

  function elements({ nodes, edges }, names, types) {
    const degree = new Map();
    for (const [from, , to] of edges) for (const end of [from, to]) degree.set(end, (degree.get(end) ?? 0) + 1);
    return [
      ...[...nodes].map((iri) => ({
        data: { id: iri, name: names.get(iri) ?? terms.short(iri), size: 12 + 6 * Math.sqrt(degree.get(iri)) },
        classes: types.get(iri) ?? kindOf(iri),
      })),
      ...edges.map(([source, what, target], at) => ({
        data: { id: `edge ${at}`, source, target, name: what.includes(":") ? terms.short(what) : what },
      })),
    ];
  }

  const kindOf = (iri) => (iri.startsWith(settings.base) ? `kind-${iri.slice(settings.base.length).split("/")[0]}` : "other");

  /** Choose places by forces, in as many steps as take about a second. */
  function layout({ nodes }) {
    return {
      name: "cose",
      animate: false,
      padding: 20,
      nodeRepulsion: 30_000,
      idealEdgeLength: 40,
      componentSpacing: 20,
      nestingFactor: 1,
      numIter: Math.max(100, Math.min(800, Math.round(3e7 / nodes.size ** 2))),
    };
  }

  function style() {
    const css = getComputedStyle(document.documentElement);
    const colour = (name) => css.getPropertyValue(name).trim();
    const outline = { "text-outline-color": colour("--card"), "text-outline-width": 2 };
    const label = { label: "data(name)", "text-wrap": "ellipsis", "text-max-width": 120, ...outline };
    const node = { width: "data(size)", height: "data(size)", "background-color": colour("--other") };
    const edge = { width: 1, opacity: 0.6, "line-color": colour("--quiet"), "curve-style": "bezier" };
    const arrow = { "target-arrow-shape": "triangle", "target-arrow-color": colour("--quiet"), "arrow-scale": 0.7 };
    return [
      { selector: "node", style: { ...label, ...node, "font-size": 12, color: colour("--ink"), "min-zoomed-font-size": 5 } },
      { selector: ".kind-paper", style: { shape: "round-rectangle", "background-color": colour("--quiet") } },
      { selector: ".kind-author", style: { shape: "diamond" } },
      ...Object.values(TYPES).map((type) => ({ selector: `.${type}`, style: { "background-color": colour(`--${type}`) } })),
      {
        selector: "edge",
        style: { ...label, ...edge, ...arrow, "font-size": 8, color: colour("--quiet"), "text-rotation": "autorotate", "min-zoomed-font-size": 8 },
      },
      { selector: ":selected", style: { "border-width": 3, "border-color": colour("--accent") } },
    ];
  }

  /** Tell of a node that was chosen: its name, as a link, and how many it is next to. */
  function about(node, names) {
    const cell = { type: node.id().includes(":") ? "uri" : "bnode", value: node.id() };
    const count = fill(words.neighbours, { count: result.number(node.neighborhood("node").length) });
    return [terms.shown(cell, names.get(node.id())), ` · ${count}`];
  }

  Yasgui.Yasr.registerPlugin("graph", GraphView);
}
