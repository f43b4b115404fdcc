// What the graph view holds: things and relations, where each came from, and what is switched off.
"use strict";

class ExploreModel {
  constructor(centre, most) {
    this.centre = centre;
    this.most = most;
    this.things = new Map();   // by IRI
    this.edges = new Map();    // by their ends and relation
    this.opened = new Map();   // by IRI: how many parts are here, and whether there are more
    this.order = [];           // the things opened, one after the other, as the address has them
    this.leftOut = new Set();  // things that the reader took away
    this.hidden = new Set();   // types and relations that are switched off
  }

  // Take in an answer of the server; returns the things that are new.
  add(answer, origin) {
    const added = [];
    for (const node of answer.nodes) {
      if (this.leftOut.has(node.iri) && node.iri !== origin) continue;
      if (!this.things.has(node.iri)) {
        if (this.things.size >= this.most) continue;
        this.things.set(node.iri, { ...node, origins: new Set() });
        added.push(this.things.get(node.iri));
      }
      if (node.iri !== origin) this.things.get(node.iri).origins.add(origin);
    }
    const ends = new Set();
    for (const edge of answer.edges) {
      if (!this.things.has(edge.from) || !this.things.has(edge.to)) continue;
      ends.add(edge.from).add(edge.to);
      const known = this.#known(edge);
      if (!known) this.edges.set(`${edge.from} ${edge.relation} ${edge.to}`, { ...edge, id: `${edge.from} ${edge.relation} ${edge.to}` });
      else if (edge.papers) known.papers = Math.max(known.papers ?? 0, edge.papers);
    }
    for (const thing of added) thing.alone = !ends.has(thing.iri);
    if (origin !== null) this.opened.set(origin, { parts: answer.part, more: answer.more });
    return added;
  }

  // Terms that are close are so both ways.
  #known(edge) {
    const found = this.edges.get(`${edge.from} ${edge.relation} ${edge.to}`);
    return found ?? (edge.relation === "close" ? this.edges.get(`${edge.to} close ${edge.from}`) : undefined);
  }

  // Take away what came with a thing alone; returns how many things that were.
  collapse(iri) {
    this.order = this.order.filter((one) => one !== iri);
    if (iri === this.centre) this.opened.set(iri, { parts: 1, more: true });
    else this.opened.delete(iri);
    let count = 0;
    for (const thing of [...this.things.values()]) {
      const wasHere = thing.origins.delete(iri);
      if (wasHere && !thing.origins.size && thing.iri !== this.centre && !this.opened.has(thing.iri)) {
        this.#drop(thing.iri);
        count += 1;
      }
    }
    return count;
  }

  remove(iri) {
    this.leftOut.add(iri);
    this.opened.delete(iri);
    this.order = this.order.filter((one) => one !== iri);
    this.#drop(iri);
  }

  #drop(iri) {
    this.things.delete(iri);
    for (const [key, edge] of this.edges) if (edge.from === iri || edge.to === iri) this.edges.delete(key);
  }

  // What is drawn: the filters leave the middle alone, and take along what is joined to nothing else.
  visible() {
    const isOn = (thing) => thing.iri === this.centre || !this.hidden.has(thing.type);
    const edges = [...this.edges.values()].filter((edge) => !this.hidden.has(edge.relation)
      && isOn(this.things.get(edge.from)) && isOn(this.things.get(edge.to)));
    const joined = new Set(edges.flatMap((edge) => [edge.from, edge.to]));
    const things = [...this.things.values()].filter((thing) => joined.has(thing.iri) || thing.iri === this.centre
      || (isOn(thing) && (thing.alone || this.opened.has(thing.iri))));
    return { things, edges };
  }
}
