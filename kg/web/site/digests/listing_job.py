"""What the list of digests shows, and the order of digests."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from rdflib.namespace import DCTERMS

from kg.vocab import KG
from kg.web.site.reading import Graph, Node, Shown, SiteJob

#: What stands for the year of digests without a date.
UNDATED: Final = "undated"

_DAY: Final = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-[0-9]{2}\Z")

_PREFIXES: Final = f"PREFIX dcterms: <{DCTERMS}> PREFIX kg: <{KG._NS}> "
_DAYS: Final = (
    "SELECT ?digest ?day { ?digest a kg:Digest . OPTIONAL { ?digest dcterms:issued ?day } }"
)
_SIZES: Final = "SELECT ?digest (COUNT(*) AS ?n) { ?entry kg:digest ?digest } GROUP BY ?digest"
# Each part is a SELECT of its own, so that they are joined by their values as a whole: looking
# up the votes of one entry after the other takes ten times as long.
_VOTES: Final = (
    "{ SELECT ?entry ?digest { ?entry kg:digest ?digest } } "
    "{ SELECT ?entry ?votes { ?entry kg:votes ?votes } }"
)
_MOST_VOTED: Final = (
    "SELECT ?digest ?entry ?votes { { SELECT ?digest (MAX(?of_one) AS ?votes) "
    f"{{ {_VOTES.replace('?votes', '?of_one')} }} GROUP BY ?digest }} {_VOTES} }}"
)


@dataclass(frozen=True, slots=True)
class DigestsJob(SiteJob):
    """List the digests of a year, the newest first.

    Answers ``years``, a list of ``{year, digests, papers}``, the newest first, with
    :data:`UNDATED` as the last if there are any; ``months``, papers by month over all years;
    ``year``, the one shown; and ``digests``: ``{iri, label, day, papers, paper, votes}``, where
    ``paper`` is the most voted one, or None.

    Args:
        year: such as ``2024``; the newest one where it is empty, all where it is None.
    """

    year: str | None = ""

    def shown(self, graph: Graph) -> Shown:
        sizes = {
            row["digest"].value: int(row["n"].value) for row in graph.select(_PREFIXES + _SIZES)
        }
        by_year: dict[str, list[tuple[str, str | None]]] = {}
        months: Counter[str] = Counter()
        for iri, day in reversed(days(graph)):
            by_year.setdefault(day[:4] if day else UNDATED, []).append((iri, day))
            if day:
                months[day[:7]] += sizes.get(iri, 0)
        year = next(iter(by_year), "") if self.year == "" else self.year
        shown_years = by_year if year is None else [year]
        listed = [one for name in shown_years for one in by_year.get(name, ())]
        most_voted = _most_voted(graph) if listed else {}
        return {
            "years": [
                {
                    "year": name,
                    "digests": len(ones),
                    "papers": sum(sizes.get(iri, 0) for iri, _ in ones),
                }
                for name, ones in by_year.items()
            ],
            "months": dict(sorted(months.items())),
            "year": year,
            "digests": [
                _digest(graph, iri, day, sizes.get(iri, 0), most_voted.get(iri))
                for iri, day in listed
            ],
        }


def days(graph: Graph) -> list[tuple[str, str | None]]:
    """List all digests with their days, in order; those without a day come first."""
    found: dict[str, str | None] = {}
    for row in graph.select(_PREFIXES + _DAYS):
        if isinstance(row["digest"], Node):
            digest = row["digest"].value
            found[digest] = max(found.get(digest) or "", day_of(row["day"]) or "") or None
    return sorted(found.items(), key=lambda one: (one[1] or "", one[0]))


def day_of(found: Any) -> str | None:
    """Read a day of a solution; None where there is none, or something else."""
    return found.value if found is not None and _DAY.match(found.value) else None


def whole_of(found: Any) -> int | None:
    """Read a whole number of a solution; None where there is none, or something else."""
    try:
        return None if found is None else int(float(found.value))
    except (ValueError, OverflowError):
        return None


def _most_voted(graph: Graph) -> dict[str, tuple[int, str]]:
    """Return the votes and the entry of the most voted entry of each digest."""
    found: dict[str, tuple[int, str]] = {}
    for row in graph.select(_PREFIXES + _MOST_VOTED):
        votes, digest, entry = whole_of(row["votes"]), row["digest"].value, row["entry"].value
        if votes is not None and isinstance(row["entry"], Node):
            found[digest] = min(found.get(digest, (votes, entry)), (votes, entry))
    return found


def _digest(
    graph: Graph, iri: str, day: str | None, papers: int, most: tuple[int, str] | None
) -> Shown:
    paper = next(iter(graph.nodes(Node(most[1]), KG.paper)), None) if most else None
    return {
        "iri": iri,
        "label": graph.label(Node(iri)),
        "day": day,
        "papers": papers,
        "paper": None if paper is None else graph.paper(paper),
        "votes": most[0] if most else None,
    }
