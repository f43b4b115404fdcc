"""What the graph says of itself: its rights, and which digests it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox
from rdflib.namespace import DCTERMS, VOID

from kg.vocab import KG
from kg.web.site.reading import Graph, Shown, SiteJob

_DIGESTS: Final = (
    "SELECT (COUNT(*) AS ?n) (MIN(?day) AS ?first) (MAX(?day) AS ?last) "
    f"{{ ?digest a <{KG.Digest}> ; <{DCTERMS.issued}> ?day }}"
)


@dataclass(frozen=True, slots=True)
class AboutJob(SiteJob):
    """Answer ``rights``, texts with their language, and ``licences``, addresses, of the data set;
    ``triples``, how many builds made; and ``digests``, their number, with ``first`` and ``last``
    day, None where there is no digest."""

    def shown(self, graph: Graph) -> Shown:
        dataset = graph.node("dataset")
        row = next(graph.select(_DIGESTS))
        return {
            "rights": [
                {"text": one.value, "lang": one.language}
                for one in graph.objects(dataset, DCTERMS.rights)
                if isinstance(one, ox.Literal)
            ],
            "licences": [
                one.value
                for one in graph.nodes(dataset, DCTERMS.license)
                if one.value.startswith(("http://", "https://"))
            ],
            "triples": graph.count(dataset, VOID.triples),
            "digests": int(row["n"].value),
            "first": None if row["first"] is None else row["first"].value,
            "last": None if row["last"] is None else row["last"].value,
        }
