// Puts together the query that gives what is drawn, as the server does for what it sends.
"use strict";

function exploreQuery(pieces, edges, nameOf) {
  const listed = (names, between) => {
    const lines = [""];
    names.forEach((name, place) => {
      const end = place < names.length - 1 ? between : "";
      if (lines.at(-1).length + name.length > 88) lines.push("");
      lines[lines.length - 1] += lines.at(-1) ? ` ${name}${end}` : `${name}${end}`;
    });
    return lines.join("\n      ");
  };
  const filled = (text, some) => {
    const [starts, ends] = ["from", "to"].map((side) => [...new Set(some.map((edge) => nameOf(edge[side])))]);
    const drawn = new Set(some.map((edge) => edge.relation));
    const lists = {
      from: listed(starts, ""),
      to: listed(ends, ","),
      pairs: listed(some.map((edge) => `(${nameOf(edge.from)} ${nameOf(edge.to)})`), ""),
      relations: pieces.relations.filter(([name]) => drawn.has(name)).map(([, iri]) => iri).join(", "),
    };
    return text.replace(/\{(from|to|pairs|relations)\}/g, (_, name) => lists[name]);
  };
  const own = new Set(pieces.parts.map(([part]) => part));
  const partOf = (edge) => (own.has(edge.relation) ? edge.relation : "stated");
  const texts = pieces.parts
    .map(([part, text]) => [text, edges.filter((edge) => partOf(edge) === part)])
    .filter(([, some]) => some.length)
    .map(([text, some]) => filled(text, some));
  return pieces.start + (texts.length ? texts : [filled(new Map(pieces.parts).get("close"), [])]).join(pieces.union) + pieces.end;
}
