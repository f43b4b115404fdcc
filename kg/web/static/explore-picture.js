// The picture itself: how things and relations look, in the colours of the theme.
"use strict";

const explorePicture = (() => {
  const SHAPES = {
    Model: "round-rectangle", Method: "ellipse", Benchmark: "hexagon", Dataset: "barrel", Metric: "diamond",
    Task: "triangle", Paper: "rectangle", Author: "pentagon", Digest: "tag",
  };
  const COLOURS = { Paper: "--ink", Author: "--quiet", Digest: "--accent" };
  const LINES = {
    introduces: ["solid", 2.6], evaluatesOn: ["solid", 1.6], usesMethod: ["solid", 1], addressesTask: ["dashed", 1.4],
    reportsMetric: ["dotted", 1.6], mentions: ["dotted", 1], writtenBy: ["dashed", 1], listedIn: ["dotted", 1],
    broader: ["solid", 2], close: ["solid", 1],
  };
  const LONGEST = 44;
  const NAME = 46;    // the height of a name of three lines
  const NARROW = 560;
  const LIVE = 160;   // so many things at most are drawn while they move

  // A canvas writes every opaque colour as six hex digits.
  const pen = document.createElement("canvas").getContext("2d");
  const shades = (colour) => {
    pen.fillStyle = colour;
    return [1, 3, 5].map((place) => parseInt(pen.fillStyle.slice(place, place + 2), 16));
  };
  const mixed = (one, other, share) => {
    const [a, b] = [shades(one), shades(other)];
    return `rgb(${a.map((shade, place) => Math.round(shade * share + b[place] * (1 - share))).join(",")})`;
  };
  function colours() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    const found = { paper: read("--card"), ink: read("--ink"), quiet: read("--quiet"), line: read("--line"), accent: read("--accent") };
    for (const type of Object.keys(SHAPES)) found[type] = read(COLOURS[type] ?? `--${type.toLowerCase()}`);
    return found;
  }

  function look(set) {
    const types = Object.keys(SHAPES).map((type) => ({
      selector: `node[type = "${type}"]`,
      style: {
        shape: SHAPES[type],
        "background-color": mixed(set[type], set.paper, 0.22),
        "border-color": set[type],
        ...(type === "Paper" ? { width: 15, height: 20 } : {}),
      },
    }));
    const relations = Object.entries(LINES).map(([relation, [line, width]]) => ({
      selector: `edge[relation = "${relation}"]`,
      style: { "line-style": line, width },
    }));
    return [
      { selector: "node", style: {
        label: "data(short)", width: "data(size)", height: "data(size)", "border-width": 1.6, color: set.ink,
        "font-family": getComputedStyle(document.body).fontFamily, "font-size": "data(font)", "text-valign": "bottom", "text-margin-y": 3,
        "text-wrap": "wrap", "text-max-width": "data(room)", "line-height": 1.1,
        "text-outline-color": set.paper, "text-outline-width": 2, "min-zoomed-font-size": 5.5, "overlay-color": set.accent,
      } },
      ...types,
      { selector: "edge", style: {
        "curve-style": "straight", "line-color": mixed(set.quiet, set.paper, 0.62), "target-arrow-color": mixed(set.quiet, set.paper, 0.62),
        "target-arrow-shape": "triangle", "arrow-scale": 0.7, "overlay-color": set.accent,
      } },
      ...relations,
      { selector: 'edge[relation = "close"]', style: { "target-arrow-shape": "none", width: "data(width)", "line-color": mixed(set.quiet, set.paper, 0.38) } },
      { selector: "edge.beside", style: { "curve-style": "bezier" } },
      { selector: "node.opened", style: { "border-width": 3 } },
      { selector: "node.centre", style: { "border-width": 4, "font-weight": "bold", "font-size": 15, "text-max-width": 170 } },
      { selector: "node[large]", style: { "font-size": "data(large)", "text-max-width": "data(width)", "min-zoomed-font-size": 0 } },
      { selector: ".faded", style: { opacity: 0.22 } },
      { selector: "edge.lit", style: { "line-color": set.ink, "target-arrow-color": set.ink, "z-index": 5 } },
      { selector: "node.chosen", style: { "border-color": set.ink, "border-width": 4, "z-index": 9, "underlay-color": set.accent, "underlay-opacity": 0.25, "underlay-padding": 7 } },
      { selector: ".out", style: { display: "none" } },
    ];
  }

  function make(container) {
    cytoscape.warnings(false);  // of relations between things that stand on each other, for a moment
    const cy = cytoscape({
      container, style: look(colours()), minZoom: 0.08, maxZoom: 3, boxSelectionEnabled: false,
      selectionType: "single", autounselectify: true, pixelRatio: Math.min(devicePixelRatio || 1, 2), hideEdgesOnViewport: false,
    });
    const repaint = () => cy.style(look(colours()));
    new MutationObserver(repaint).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    let later;
    cy.on("zoom", () => { clearTimeout(later); later = setTimeout(() => enlarge(cy), 120); });
    // The wheel turns the page until the reader has touched the picture.
    cy.userZoomingEnabled(false);
    document.addEventListener("pointerdown", (event) => cy.userZoomingEnabled(container.contains(event.target)));
    new ResizeObserver(() => cy.resize()).observe(container);
    return cy;
  }

  const shortened = (text) => {
    const letters = [...text];
    return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("").trimEnd()}…` : text;
  };
  const sizeOf = (thing) => (thing.papers ? Math.min(15 + 3.6 * Math.log2(1 + thing.papers / 3), 42) : 17);
  const fontOf = (thing) => (thing.papers ? Math.min(11 + Math.log2(1 + thing.papers / 20), 16) : 10.5);
  const widthOf = (edge) => Math.min(1 + Math.log2(1 + (edge.papers ?? 0)) * 0.7, 6);

  // Have in the picture what is held, and show of it what is `found` to be visible.
  function sync(cy, model, found, nameOf) {
    const shown = new Set([...found.things.map((thing) => thing.iri), ...found.edges.map((edge) => edge.id)]);
    cy.batch(() => {
      cy.elements().forEach((one) => { if (!(one.isNode() ? model.things : model.edges).has(one.id())) one.remove(); });
      for (const thing of model.things.values()) if (cy.getElementById(thing.iri).empty()) cy.add({
        group: "nodes", position: { x: thing.x ?? 0, y: thing.y ?? 0 }, classes: thing.iri === model.centre ? "centre" : "",
        data: { id: thing.iri, type: thing.type, short: shortened(nameOf(thing)), size: sizeOf(thing), font: fontOf(thing), room: fontOf(thing) * 9.6 },
      });
      const between = new Map();
      for (const edge of model.edges.values()) {
        if (cy.getElementById(edge.id).empty()) cy.add({
          group: "edges", data: { id: edge.id, source: edge.from, target: edge.to, relation: edge.relation, width: widthOf(edge) },
        });
        const ends = [edge.from, edge.to].sort().join(" ");
        between.set(ends, (between.get(ends) ?? 0) + 1);
        if (between.get(ends) > 1) cy.getElementById(edge.id).addClass("beside");
      }
      cy.elements().forEach((one) => { one.toggleClass("out", !shown.has(one.id())); });
      cy.nodes().forEach((node) => { node.toggleClass("opened", model.opened.has(node.id())); });
    });
  }

  // However small the picture is, names of what stands out can be read; those of papers are long,
  // and stand in the panel as well.
  function enlarge(cy) {
    const least = Math.min(10 / cy.zoom(), 60);
    const isOut = (node) => node.hasClass("chosen") || (node.hasClass("near") && node.data("type") !== "Paper") || (node.hasClass("centre") && !node.hasClass("faded"));
    cy.batch(() => cy.nodes().forEach((node) => {
      const large = isOut(node) && least > node.data("font") ? least : undefined;
      if (large === node.data("large")) return;
      if (large) node.data({ large, width: large * 11 });
      else node.removeData("large width");
    }));
  }

  // Let a thing and what it is joined to stand out; without one, all look the same.
  function light(cy, iri) {
    const near = iri ? cy.getElementById(iri).closedNeighborhood() : cy.collection();
    cy.batch(() => {
      cy.elements().removeClass("faded lit chosen near");
      if (near.empty()) return;
      cy.elements().difference(near).addClass("faded");
      near.edges().addClass("lit");
      near.nodes().addClass("near");
      cy.getElementById(iri).addClass("chosen");
    });
    enlarge(cy);
  }

  // Give new things a place beside the one that they came with, on the side where there is room.
  function place(model, added, parent) {
    const old = [...model.things.values()].filter((thing) => thing.x !== undefined);
    if (!parent || old.length < 2) {
      for (const thing of added) if (thing.iri === model.centre) { thing.x = 0; thing.y = 0; }
      exploreLayout.seed(added, { x: 0, y: 0 });
      return;
    }
    const middle = { x: 0, y: 0 };
    for (const thing of old) { middle.x += thing.x / old.length; middle.y += thing.y / old.length; }
    exploreLayout.seed(added, parent, Math.atan2(parent.y - middle.y, parent.x - middle.x));
  }

  // Find places for new things; those that stood before hardly move. Without new ones, for all.
  async function arrange(cy, model, added) {
    const fresh = new Set(added ?? model.things.values());
    const list = [...fresh, ...[...model.things.values()].filter((thing) => !fresh.has(thing))];
    const numbers = new Map(list.map((thing, number) => [thing.iri, number]));
    for (const thing of list) thing.tall = sizeOf(thing) + NAME;
    for (const thing of list) if (!fresh.has(thing)) ({ x: thing.x, y: thing.y } = cy.getElementById(thing.iri).position());
    const links = [...model.edges.values()].map((edge) => [numbers.get(edge.from), numbers.get(edge.to)]);
    const options = { moving: fresh.size, heat: added ? 0.7 : 1, wide: Math.max(0.7, Math.min(1.8, cy.width() / Math.max(cy.height(), 1))) };
    const show = () => cy.batch(() => list.forEach((thing) => {
      const node = cy.getElementById(thing.iri), at = node.position();
      if (at.x !== thing.x || at.y !== thing.y) node.position({ x: thing.x, y: thing.y });
    }));
    // A small picture moves as it settles; a large one is drawn once it has.
    const isLive = added && list.length <= LIVE && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    await exploreLayout.settle(list, links, options, isLive ? show : undefined);
    if (!added) exploreLayout.stretch(list, options.wide);
    exploreLayout.separate(list, options.moving);
    show();
    if (added?.length) bringIntoView(cy, cy.nodes().filter((node) => fresh.has(model.things.get(node.id()))));
  }

  // Show all; on a narrow screen only as much around the middle as can be read.
  function fit(cy) {
    const seen = cy.elements(":visible");
    cy.resize();
    cy.fit(seen, 28);
    const level = Math.min(Math.max(cy.zoom(), cy.width() < NARROW ? 0.55 : 0), 1.15);
    if (level === cy.zoom()) return;
    cy.zoom(level);
    cy.center(level < 1 && cy.nodes(".centre").nonempty() ? cy.nodes(".centre") : seen);
  }
  const zoom = (cy, by) => cy.zoom({ level: cy.zoom() * by, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });

  // Move the picture only where something would not be seen.
  function bringIntoView(cy, some) {
    const box = some.renderedBoundingBox({ includeLabels: false });
    if (box.x1 >= 0 && box.y1 >= 0 && box.x2 <= cy.width() && box.y2 <= cy.height()) return;
    if (box.w < cy.width() && box.h < cy.height()) cy.panBy({
      x: Math.max(12 - box.x1, 0) + Math.min(cy.width() - 12 - box.x2, 0), y: Math.max(12 - box.y1, 0) + Math.min(cy.height() - 12 - box.y2, 0),
    });
    else fit(cy);
  }

  const wait = (cy, isBusy) => cy.container().toggleAttribute("aria-busy", isBusy);
  const png = (cy) => cy.png({ output: "blob", full: true, scale: 2, maxWidth: 3600, maxHeight: 3600, bg: colours().paper });

  return { make, shortened, sync, light, place, arrange, fit, zoom, bringIntoView, wait, png };
})();
