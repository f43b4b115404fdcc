"""What is shown of a thing that was found, and by which of its names it was."""

from __future__ import annotations

from typing import Final

from rdflib.namespace import DCTERMS, SKOS

from kg.link.keys import key
from kg.vocab import KG, WD
from kg.web.names.finding import How, Match
from kg.web.names.keys import key_of_name
from kg.web.names.lookup import Names, Thing
from kg.web.names.schema import AUTHOR, PAPER, TERM_TYPES, NameKind, month_text
from kg.web.names.words import words_of
from kg.web.site.reading import Graph, Shown

#: Authors that are shown of a paper, other names of a term, papers that introduced it.
_AUTHORS: Final = 4
_NAMES: Final = 8
_INTRODUCED: Final = 3
#: What was found so has a name that is the same as what was looked for.
_EXACT: Final = (How.IDENTIFIER, How.NAME)


def thing_shown(names: Names, graph: Graph, thing: Thing) -> Shown:
    """Return what is shown of every thing; a term as on every page."""
    month = names.months[thing.number]
    return {
        "iri": graph.base + thing.id,
        "type": thing.type,
        "label": thing.label,
        "en": thing.english,
        "ko": thing.korean,
        "papers": thing.papers,
        "seen": thing.first,
        "since": month_text(month) if month else None,
    }


def hit_shown(
    names: Names, graph: Graph, thing: Thing, match: Match, sought: str, *, briefly: bool
) -> Shown:
    """Return what is shown of a thing that was found.

    ``how`` is the name of a :class:`How`, ``name`` the name by which it was found, None where
    that is the one that is shown or where it was found by something else.

    Args:
        briefly: without what is no part of a table.
    """
    shown = thing_shown(names, graph, thing)
    shown["how"] = match.how.name.lower()
    shown["name"] = name_found(names, thing, match, sought)
    shown["exact"] = match.how in _EXACT
    if briefly:
        return shown
    if thing.type == PAPER:
        shown |= _authors(graph, thing, sought)
    elif thing.type == AUTHOR:
        shown["about"] = thing.others
    else:
        shown["names"] = _other_names(names, thing, shown["name"])
    return shown


def name_found(names: Names, thing: Thing, match: Match, sought: str) -> str | None:
    """Return the name by which a thing was found, if it is none of those that are shown."""
    text = match.text or (names.text(match.row)[1] if match.row else "")
    if match.how is How.START and not text:
        whole = key_of_name(sought)
        others = (other for _, other in names.names_of(thing.number))
        text = next((other for other in others if key(other).startswith(whole)), "")
    if match.how is How.IDENTIFIER or text in (thing.label, thing.english, thing.korean):
        return None
    return text or None


def card_shown(graph: Graph, hit: Shown) -> Shown:
    """Return what else is shown of the term that has the very name that was looked for."""
    node = graph.node(hit["iri"].removeprefix(graph.base))
    introduced = list(graph.subjects(KG.introduces, node))
    papers = sorted((graph.paper(one) for one in introduced), key=lambda one: one["seen"] or "")
    items = (one for name in (SKOS.exactMatch, SKOS.closeMatch) for one in graph.nodes(node, name))
    item = next((one.value for one in items if one.value.startswith(str(WD))), None)
    return {
        "introduced": papers[:_INTRODUCED],
        "wikidata": item,
        "item": item.removeprefix(str(WD)) if item else None,
        "last": graph.text(node, KG.lastSeen),
        "key": node.value.removeprefix(f"{graph.base}term/"),
    }


def is_term(shown: Shown) -> bool:
    """Tell whether what is shown is a term."""
    return shown["type"] in TERM_TYPES


def _other_names(names: Names, thing: Thing, found: str | None) -> list[str]:
    """List names that a term has beside its labels; other spellings of one are none."""
    known = {thing.label, thing.english, thing.korean, found}
    others = (text for kind, text in names.names_of(thing.number) if kind is NameKind.OTHER)
    return [text for text in others if text not in known][:_NAMES]


def _authors(graph: Graph, thing: Thing, sought: str) -> Shown:
    """Return authors of a paper: the first, and those that were looked for."""
    words = words_of(sought)
    labels = [graph.label(one) for one in graph.nodes(graph.node(thing.id), DCTERMS.creator)]
    meant = [
        label
        for label in labels
        if any(one.startswith(word) for one in words_of(label) for word in words)
    ]
    shown = list(dict.fromkeys((*meant, *labels)))[:_AUTHORS]
    return {"authors": shown, "more_authors": len(labels) - len(shown)}
