"""Saved queries as SHACL examples, for the graph where editors look for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import Literal, NamedNode, Triple
from rdflib.namespace import RDF, RDFS, XSD

from kg.queries.bind import bind_terms, uses
from kg.queries.model import SavedQuery
from kg.queries.values import Term
from kg.sparql import Frame, Nesting, Token, decode, tokenize
from kg.vocab import EXAMPLES_GRAPH, PREFIXES, SCHEMA, SH, language_of

#: The property and the class of each form; SHACL has none for DESCRIBE.
_FORMS = {
    "SELECT": (SH.select, SH.SPARQLSelectExecutable),
    "ASK": (SH.ask, SH.SPARQLAskExecutable),
    "CONSTRUCT": (SH.construct, SH.SPARQLConstructExecutable),
}


def example_quads(queries: Iterable[SavedQuery], base: str) -> list[str]:
    """Describe queries as ``sh:SPARQLExecutable``, each ready to run.

    The example value of each parameter is bound by VALUES in the text. No blank nodes.

    Args:
        queries: DESCRIBE queries among them are left out, as SHACL has no word for them.
        base: the base IRI, ending in ``/`` or ``#``.

    Returns:
        The triples of the graph ``{base}.well-known/sparql-examples``: N-Triples lines
        without line ends, sorted and distinct.
    """
    graph = base + EXAMPLES_GRAPH
    owner = NamedNode(f"{graph}#prefix:")  # no query has a colon in its name
    triples: list[Triple] = []
    for prefix, namespace in PREFIXES.items():
        node = NamedNode(f"{graph}#prefix:{prefix}")
        triples += (
            Triple(owner, NamedNode(SH.declare), node),
            Triple(node, NamedNode(SH.prefix), Literal(prefix)),
            Triple(
                node, NamedNode(SH.namespace), Literal(namespace, datatype=NamedNode(XSD.anyURI))
            ),
        )
    for query in queries:
        if query.form in _FORMS:
            triples += _describe(query, NamedNode(f"{graph}#{query.name}"), owner)
    return sorted({f"{triple} ." for triple in triples})


def _describe(query: SavedQuery, node: NamedNode, owner: NamedNode) -> Iterator[Triple]:
    text_property, class_ = _FORMS[query.form]
    for kind in (SH.SPARQLExecutable, class_):
        yield Triple(node, NamedNode(RDF.type), NamedNode(kind))
    yield Triple(node, NamedNode(SH.prefixes), owner)
    yield Triple(node, NamedNode(RDFS.label), _text(query.title))
    yield Triple(node, NamedNode(RDFS.comment), _text(query.description or query.title))
    yield Triple(node, NamedNode(text_property), Literal(example_text(query)))
    for tag in query.tags:
        yield Triple(node, NamedNode(SCHEMA.keywords), Literal(tag))


def _text(text: str) -> Literal:
    return Literal(text, language=language_of(text))


def example_text(query: SavedQuery) -> str:
    """Return the query with its example values bound by VALUES, so that it runs as it stands.

    A parameter that is required and has no example stays a variable.
    """
    terms = {
        parameter.variable: parameter.term(parameter.example)
        for parameter in query.parameters
        if parameter.example
    }
    return bind_values(query.text, terms)


def bind_values(text: str, terms: Mapping[str, Term]) -> str:
    """Put ``VALUES ?x { term }`` into each group that uses a variable.

    Groups are evaluated before they are joined, so a VALUES in the outer group does not
    reach a filter of an inner one.

    >>> bind_values("ASK { ?s ?p ?_x { ?s ?q ?_x } }", {"_x": Literal("a")})
    'ASK { VALUES ?_x { "a" } ?s ?p ?_x { VALUES ?_x { "a" } ?s ?q ?_x } }'
    """
    found = list(uses(tokenize(decode(text))))
    # After grouping, what VALUES bound is out of sight.
    direct = {use.name for use in found if use.clause in ("HAVING", "DESCRIBE")} & set(terms)
    if direct:
        text = bind_terms(text, {name: terms[name] for name in direct})
    source = decode(text)
    tokens = tokenize(source)
    bodies = _bodies(tokens)
    wanted: dict[int, list[str]] = {}
    for use in uses(tokens):
        names = wanted.setdefault(bodies[use.group], [])
        if use.name in terms and use.name not in names:
            names.append(use.name)
    parts: list[str] = []
    copied = 0
    for place in sorted(wanted):
        end = tokens[place].end
        parts.append(source.text[copied:end])
        parts += (f" VALUES ?{name} {{ {terms[name]} }}" for name in wanted[place])
        copied = end
    return "".join([*parts, source.text[copied:]])


def _bodies(tokens: list[Token]) -> dict[int, int]:
    """Tell for each ``{`` of a group, and -1 for the whole text, where its patterns start.

    That is the group's own ``{``, or that of its WHERE where it is a query of its own.
    """
    nesting = Nesting()
    selecting: list[int] = [-1]  # by depth: the query whose WHERE is still to come, or -2
    bodies: dict[int, int] = {}
    for place, token in enumerate(tokens):
        depth = nesting.depth
        nesting.step(token)
        if token.text == "{" and nesting.frame is Frame.GROUP:
            inside = place + 1 < len(tokens) and tokens[place + 1].word == "SELECT"
            if tokens[place - 1].word != "EXISTS" and selecting[depth] != -2:
                bodies[selecting[depth]] = place
                selecting[depth] = -2
            if not inside:
                bodies[place] = place
            selecting.append(place if inside else -2)
        elif nesting.depth > depth:
            selecting.append(-2)
        del selecting[nesting.depth + 1 :]
    return bodies
