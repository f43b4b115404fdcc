"""What a term is called: its labels, how texts spell it, and of which type its mentions are."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final

import pyoxigraph as ox
from rdflib import URIRef
from rdflib.namespace import SKOS

from kg.vocab import KG, OA
from kg.web.site.reading import Graph, Node, Shown

#: Of more mentions than this, so many are looked at: the store gives them in the order of its
#: own numbers, which is as good as chance and the same each time.
SAMPLE: Final = 800
#: More names of a term are not shown.
_MOST: Final = 200
_KINDS: Final[tuple[tuple[str, URIRef], ...]] = (
    ("preferred", SKOS.prefLabel),
    ("other", SKOS.altLabel),
    ("spelling", SKOS.hiddenLabel),
)
_FORMS: Final = f"""PREFIX kg: <{KG._NS}> PREFIX oa: <{OA}>
SELECT ?form ?type (COUNT(?mention) AS ?count) (SAMPLE(?mention) AS ?one) WHERE {{
  {{ SELECT ?mention WHERE {{ ?mention kg:mentionOf %s }} LIMIT {SAMPLE} }}
  OPTIONAL {{ ?mention oa:exact ?form }}
  OPTIONAL {{ ?mention kg:mentionType ?type }}
}} GROUP BY ?form ?type"""


def names_of(graph: Graph, node: Node) -> Shown:
    """Return the names of a term and the types of its mentions.

    Answers ``names``, each ``{name, lang, kind, count, place}``: ``kind`` is preferred, other
    (an alias) or spelling (it differs in case, space or hyphen only), ``count`` how often texts
    spell it so, and ``place`` the IRI of a mention that does, or None; ``types``, pairs of a
    local name and a count, most mentions first; and ``looked_at``, how many mentions these are.
    """
    counts: Counter[str] = Counter()
    places: dict[str, str] = {}
    types: Counter[str] = Counter()
    for row in graph.select(_FORMS % node):
        count = int(row["count"].value)
        if isinstance(row["type"], Node):
            types[row["type"].value.rpartition("#")[2]] += count
        if isinstance(row["form"], ox.Literal):
            form, place = row["form"].value, row["one"].value
            counts[form] += count
            places[form] = min(place, places.get(form, place))
    return {
        "names": _names(graph, node, counts, places),
        "types": sorted(types.items(), key=lambda item: (-item[1], item[0])),
        "looked_at": types.total(),
    }


def _names(graph: Graph, node: Node, counts: Counter[str], places: dict[str, str]) -> list[Shown]:
    found: dict[str, Shown] = {}
    order: defaultdict[str, int] = defaultdict(int)
    for rank, (kind, predicate) in enumerate(_KINDS):
        for one in graph.objects(node, predicate):
            if isinstance(one, ox.Literal) and one.value not in found:
                order[one.value] = rank
                found[one.value] = {
                    "name": one.value,
                    "lang": one.language,
                    "kind": kind,
                    "count": counts[one.value],
                    "place": places.get(one.value),
                }
    ordered = sorted(found, key=lambda name: (order[name] > 0, -counts[name], order[name], name))
    return [found[name] for name in ordered[:_MOST]]
