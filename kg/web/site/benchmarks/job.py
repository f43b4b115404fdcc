"""What the list of benchmarks shows: how much is known of each, and its best score."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import pyoxigraph as ox
from rdflib.namespace import SKOS

from kg.folding import fold
from kg.vocab import KG
from kg.web.site.benchmarks.claims import Claim, claims_of
from kg.web.site.benchmarks.leaderboard import SURE, boards_of, metric_key
from kg.web.site.benchmarks.leaderboard_job import aliases
from kg.web.site.benchmarks.shown import row_shown
from kg.web.site.reading import Graph, Node, Shown, SiteJob

_COUNTS: Final = f"""PREFIX kg: <{KG._NS}>
SELECT ?benchmark (COUNT(DISTINCT ?paper) AS ?papers) (COUNT(?result) AS ?results) WHERE {{
  {{ ?paper kg:evaluatesOn ?benchmark }}
  UNION {{ ?result kg:benchmark ?benchmark . ?paper kg:hasResult ?result }}
  ?benchmark a kg:DataTerm .
}} GROUP BY ?benchmark"""
_NAMES: Final = f"""PREFIX kg: <{KG._NS}> PREFIX skos: <{SKOS}>
SELECT ?term (GROUP_CONCAT(STR(?name); SEPARATOR="\\n") AS ?names) WHERE {{
  ?term a kg:DataTerm ; skos:prefLabel|skos:altLabel|skos:hiddenLabel ?name
}} GROUP BY ?term"""
_BOARDS: Final = """PREFIX kg: <%s>
SELECT ?benchmark ?metric ?name ?unit ?split ?setting (COUNT(?result) AS ?count)
  (MIN(?value) AS ?low) (MAX(?value) AS ?high)
  (GROUP_CONCAT(STR(?result); SEPARATOR=" ") AS ?results)
WHERE {
  VALUES ?benchmark { %s }
  ?result kg:benchmark ?benchmark ; kg:resultKind ?kind ; kg:value ?value ; kg:confidence ?sure .
  FILTER(?kind IN (kg:absolute, kg:comparison) && ?sure >= %s)
  OPTIONAL { ?result kg:metric ?metric }
  OPTIONAL { ?result kg:metricText ?name }
  OPTIONAL { ?result kg:unit ?unit }
  OPTIONAL { ?result kg:split ?split }
  OPTIONAL { ?result kg:setting ?setting }
} GROUP BY ?benchmark ?metric ?name ?unit ?split ?setting"""


@dataclass(frozen=True, slots=True)
class BenchmarkCountsJob(SiteJob):
    """Tell of each benchmark and data set that something is evaluated on how much there is.

    Answers ``benchmarks``: triples of an IRI and the numbers of papers and of results.
    """

    def shown(self, graph: Graph) -> Shown:
        return {
            "benchmarks": [
                (row["benchmark"].value, int(row["papers"].value), int(row["results"].value))
                for row in graph.select(_COUNTS)
                if isinstance(row["benchmark"], Node)
            ]
        }


@dataclass(frozen=True, slots=True)
class BenchmarkNamesJob(SiteJob):
    """Tell all names of each benchmark and data set, folded: ``names``, texts by IRI."""

    def shown(self, graph: Graph) -> Shown:
        return {
            "names": {
                row["term"].value: "\n".join(map(fold, row["names"].value.split("\n")))
                for row in graph.select(_NAMES)
            }
        }


@dataclass(frozen=True, slots=True)
class BestScoresJob(SiteJob):
    """Tell what a list shows of some benchmarks.

    Answers ``benchmarks``, by IRI: ``term``, ``aliases``, ``first`` and ``last`` day, ``size`` of
    the leaderboard with most sure claims, and ``best``, its first row; 0 and None without one.
    """

    iris: tuple[str, ...]

    def shown(self, graph: Graph) -> Shown:
        best = _best(graph, self.iris)
        shown = {}
        for iri in self.iris:
            node = Node(iri)
            size, claim = best.get(iri, (0, None))
            rows = [] if claim is None else boards_of([claim])[0].rows
            shown[iri] = {
                "term": graph.term(node),
                "aliases": aliases(graph, node),
                "first": graph.text(node, KG.firstSeen),
                "last": graph.text(node, KG.lastSeen),
                "size": size,
                "best": row_shown(graph, rows[0]) if rows else None,
            }
        return {"benchmarks": shown}


def _best(graph: Graph, iris: tuple[str, ...]) -> dict[str, tuple[int, Claim | None]]:
    """Find the best-filled leaderboard of each benchmark: its size and its best claim."""
    if not iris:
        return {}
    nodes = " ".join(str(Node(iri)) for iri in iris)
    grouped: dict[str, dict[tuple[str, ...], list[Any]]] = defaultdict(lambda: defaultdict(list))
    for row in graph.select(_BOARDS % (KG._NS, nodes, SURE)):
        metric, name = row["metric"], row["name"]
        label = graph.label(metric) if isinstance(metric, Node) else name and name.value
        told = (row[one].value if row[one] else "" for one in ("unit", "split", "setting"))
        grouped[row["benchmark"].value][(metric_key(label), *told)].append(row)
    found = {}
    for iri, boards in grouped.items():
        rows = max(sorted(boards.items()), key=lambda item: _size(item[1]))[1]
        found[iri] = (_size(rows), _best_claim(graph, rows))
    return found


def _size(rows: list[Any]) -> int:
    return sum(int(row["count"].value) for row in rows)


def _best_claim(graph: Graph, rows: list[Any]) -> Claim | None:
    metrics = [row["metric"] for row in rows if isinstance(row["metric"], Node)]
    falling = not any(graph.text(one, KG.higherIsBetter) == "false" for one in metrics)
    ends: list[ox.Literal] = [row["high" if falling else "low"] for row in rows]
    end = (max if falling else min)(ends, key=lambda one: float(one.value))
    results = sorted(result for row in rows for result in row["results"].value.split(" "))
    best = next((node for node in map(Node, results) if graph.has(node, KG.value, end)), None)
    return next(iter(claims_of(graph, [] if best is None else [best])), None)
