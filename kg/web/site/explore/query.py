"""Relations that the picture of a neighbourhood draws, and the query that gives the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rdflib import URIRef
from rdflib.namespace import DCTERMS, SKOS

from kg.vocab import KG, PREFIXES
from kg.web.jobs import short
from kg.web.site.reading import Graph, Node

#: ``from``, ``relation`` (a name of :data:`RELATIONS`), ``to``, and for those that are close
#: ``papers``: how many mention both.
Edge = dict[str, Any]

#: What a paper says of a term, where it says more than the name.
_ROLES: Final = {
    "introduces": KG.introduces,
    "evaluatesOn": KG.evaluatesOn,
    "usesMethod": KG.usesMethod,
    "addressesTask": KG.addressesTask,
    "reportsMetric": KG.reportsMetric,
}
#: Relations that stand in the graph as they are drawn.
STATED: Final[dict[str, URIRef]] = {
    **_ROLES,
    "mentions": KG.mentions,
    "writtenBy": DCTERMS.creator,
    "broader": SKOS.broader,
}
#: All relations, by the names that answers have for them. The last two are worked out: a
#: digest lists a paper by an entry, and terms are close that stand in the same papers.
RELATIONS: Final[dict[str, URIRef]] = {
    **STATED,
    "listedIn": DCTERMS.isPartOf,
    "close": SKOS.related,
}
_NAMES: Final = {str(iri): name for name, iri in RELATIONS.items()}
_ROLE_PATH: Final = "|".join(short(str(iri)) for iri in _ROLES.values())

#: Parts of the WHERE clause. Lists of things come for the names in braces, ``from`` with
#: blanks between, ``to`` with commas. The script of the page fills them in as well.
_PARTS: Final = {
    "stated": f"""\
    # What the graph says of the things that are drawn.
    VALUES ?from {{ {{from}} }}
    ?from ?relation ?to .
    FILTER(?relation IN ({{relations}}))
    FILTER(?to IN ({{to}}))
    # A paper mentions all that it uses, introduces, …: then the more telling one is drawn.
    FILTER(?relation != kg:mentions || NOT EXISTS {{
      ?from {_ROLE_PATH} ?to
    }})""",
    "listedIn": """\
    # The digests that list the papers.
    VALUES ?from { {from} }
    ?entry kg:paper ?from ; kg:digest ?to .
    FILTER(?to IN ({to}))
    BIND(dcterms:isPartOf AS ?relation)""",
    "close": """\
    # Terms that the same papers mention.
    VALUES (?from ?to) { {pairs} }
    FILTER EXISTS { ?paper kg:mentions ?from , ?to }
    BIND(skos:related AS ?relation)""",
}
_CONSTRUCT: Final = """\
CONSTRUCT {
  ?from ?relation ?to .
  ?from rdfs:label ?fromName .
  ?to rdfs:label ?toName .
}
WHERE {
  {
"""
_UNION: Final = "\n  }\n  UNION\n  {\n"
_END: Final = """
  }
  ?from rdfs:label ?fromName .
  ?to rdfs:label ?toName .
}
"""
_WIDTH: Final = 88
#: The store compares what it finds with each thing of a list: a longer one is looked up here.
_COMPARED: Final = 60
_LISTED: Final = "?entry kg:paper ?paper ; kg:digest ?to"
_KINDS: Final = ("author", "digest", "paper", "term")
#: Ends of IRIs that a prefixed name can have as they are (SPARQL 1.1, ``PN_LOCAL``).
_PLAIN: Final = re.compile(
    r"\A[0-9A-Za-z\uac00-\ud7a3](?:[0-9A-Za-z\uac00-\ud7a3.-]*[0-9A-Za-z\uac00-\ud7a3])?\Z"
)


def pieces(base: str) -> dict[str, Any]:
    """Return what the query is put together from, as :func:`construct` does."""
    prefixes = {name: PREFIXES[name] for name in ("dcterms", "kg", "rdfs", "skos")}
    prefixes |= {kind: f"{base}{kind}/" for kind in _KINDS}
    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in sorted(prefixes.items()))
    return {
        "start": f"{declared}\n{_CONSTRUCT}",
        "parts": list(_PARTS.items()),
        "union": _UNION,
        "end": _END,
        "relations": [(name, short(str(iri))) for name, iri in RELATIONS.items()],
    }


def construct(base: str, edges: Iterable[Edge]) -> str:
    """Return the query that gives *edges* as triples, and the labels of what they join."""
    parts: defaultdict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        parts[edge["relation"] if edge["relation"] in _PARTS else "stated"].append(edge)
    texts = [_filled(name, base, parts[name]) for name in _PARTS if parts[name]]
    told = pieces(base)
    return str(told["start"]) + _UNION.join(texts or [_filled("close", base, [])]) + _END


def _filled(part: str, base: str, edges: Sequence[Edge]) -> str:
    starts, ends = (
        list(dict.fromkeys(written(base, edge[side]) for edge in edges)) for side in ("from", "to")
    )
    pairs = [f"({written(base, edge['from'])} {written(base, edge['to'])})" for edge in edges]
    drawn = {edge["relation"] for edge in edges}
    relations = (short(str(iri)) for name, iri in STATED.items() if name in drawn)
    return (
        _PARTS[part]
        .replace("{from}", _listed(starts, ""))
        .replace("{to}", _listed(ends, ","))
        .replace("{pairs}", _listed(pairs, ""))
        .replace("{relations}", ", ".join(relations))
    )


def _listed(names: Sequence[str], between: str) -> str:
    """Join names, in lines that are not too long to read."""
    lines = [""]
    for place, name in enumerate(names):
        end = between if place < len(names) - 1 else ""
        if len(lines[-1]) + len(name) > _WIDTH:
            lines.append("")
        lines[-1] += f" {name}{end}" if lines[-1] else f"{name}{end}"
    return "\n      ".join(lines)


def written(base: str, iri: str) -> str:
    """Write an IRI as a query has it, short where one of our prefixes fits.

    >>> written("https://w3id.org/paperkg/", "https://w3id.org/paperkg/term/llama-3.1")
    'term:llama-3.1'
    """
    kind, slash, key = iri.removeprefix(base).partition("/")
    if iri.startswith(base) and slash and kind in _KINDS and _PLAIN.match(key):
        return f"{kind}:{key}"
    return f"<{iri}>"


def stated_edges(graph: Graph, starts: Iterable[Node], ends: Iterable[Node]) -> list[Edge]:
    """Return what the graph says of things to others, in the order of their IRIs."""
    wanted = {node.value for node in ends}
    prefixes = str(pieces(graph.base)["start"]).partition("CONSTRUCT")[0]
    relations = ", ".join(short(str(iri)) for iri in STATED.values())
    where = f"{_PARTS['stated']}{_UNION}{_PARTS['listedIn']}".replace("{relations}", relations)
    if len(wanted) > _COMPARED:
        where = where.replace("    FILTER(?to IN ({to}))\n", "")
    where = where.replace("{from}", " ".join(map(str, starts)))
    where = where.replace("{to}", ", ".join(f"<{iri}>" for iri in wanted))
    rows = graph.select(f"{prefixes}SELECT ?from ?relation ?to {{ {{ {where} }} }}")
    found = {
        (row["from"].value, _NAMES[row["relation"].value], to)
        for row in rows
        if (to := row["to"].value) in wanted
    }
    return [{"from": one, "relation": name, "to": other} for one, name, other in sorted(found)]


def joined_papers(graph: Graph, papers: Iterable[Node], ends: Iterable[Node]) -> list[Node]:
    """Return those of some papers that mention, are by or stand in one of some things."""
    from_, to = " ".join(map(str, papers)), ", ".join(map(str, ends))
    if not from_ or not to:
        return []
    prefixes = str(pieces(graph.base)["start"]).partition("CONSTRUCT")[0]
    ways = ("?paper kg:mentions ?to", "?paper dcterms:creator ?to", _LISTED)
    parts = (f"VALUES ?paper {{ {from_} }} {way} FILTER(?to IN ({to}))" for way in ways)
    where = " } UNION { ".join(parts)
    rows = graph.select(f"{prefixes}SELECT DISTINCT ?paper {{ {{ {where} }} }}")
    return [row["paper"] for row in rows]
