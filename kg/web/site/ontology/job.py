"""How often the graph uses what the ontology defines, with examples."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from rdflib.namespace import RDF

from kg.vocab import KG
from kg.web.site.ontology.terms import ontology
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: Of so many things of a class the example is chosen.
_LOOKED_AT: Final = 300
_CLASSES: Final = f"SELECT ?one (COUNT(*) AS ?n) {{ ?thing <{RDF.type}> ?one }} GROUP BY ?one"
_PROPERTIES: Final = "SELECT ?one (COUNT(*) AS ?n) { ?thing ?one ?value } GROUP BY ?one"
_VALUES: Final = (
    "SELECT ?one (COUNT(*) AS ?n) {{ VALUES ?one {{ {} }} ?thing ?property ?one }} GROUP BY ?one"
)


@dataclass(frozen=True, slots=True)
class OntologyJob(SiteJob):
    """Count how often each class, property and individual is used: ``uses``, by local name, and
    ``examples``, a thing with ``iri`` and ``label`` for each class that has one.

    It looks at every triple, which takes a second for two million; :mod:`kg.web.site.ahead` has
    it answered before anyone asks.
    """

    def shown(self, graph: Graph) -> Shown:
        known = ontology()
        individuals = " ".join(f"<{one.iri}>" for one in known.individuals)
        uses: dict[str, int] = {}
        for query in (_CLASSES, _PROPERTIES, _VALUES.format(individuals)):
            for row in graph.select(query):
                if isinstance(row["one"], Node) and row["one"].value.startswith(str(KG._NS)):
                    uses[row["one"].value.removeprefix(str(KG._NS))] = int(row["n"].value)
        examples = {one.name: _example(graph, Node(one.iri)) for one in known.classes}
        return {"uses": uses, "examples": {name: one for name, one in examples.items() if one}}


def _example(graph: Graph, class_: Node) -> Shown | None:
    """Choose a thing of a class: of terms the commonest that is looked at, else the first."""
    found = islice(graph.subjects(RDF.type, class_), _LOOKED_AT)
    best = min(found, key=lambda one: (-graph.count(one, KG.paperCount), one.value), default=None)
    return None if best is None else {"iri": best.value, "label": graph.label(best)}
