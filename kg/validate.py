"""SHACL validation of a graph of any size, part by part.

A part is a few hundred nodes with all their triples, from whatever graph, and the classes of
what they refer to. The shapes look at nothing else (``ontology/shapes.ttl``), so the findings
are those of validating everything at once, and memory stays flat. Source of the semantics:
https://www.w3.org/TR/shacl/
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final, Protocol

import pyoxigraph as ox
import pyshacl
import rdflib
from rdflib.collection import Collection as RdfList
from rdflib.namespace import RDF, XSD
from rdflib.term import BNode, Identifier, Literal, Node, URIRef

from kg.errors import KGError
from kg.vocab import SH

#: Triples after which a part is closed. Smaller parts pay the shapes more often, larger ones
#: only take memory: 2,000 to 20,000 are equally fast.
PART_TRIPLES: Final = 5_000

_TYPE: Final = ox.NamedNode(str(RDF.type))
_CLASS_TARGET: Final = SH.targetClass
_TARGETS: Final = (_CLASS_TARGET, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
_SHOWN_CHARS: Final = 80


class Quads(Protocol):
    """What is read of a store; a ``pyoxigraph.Store`` has it.

    Quads of one graph come grouped by subject, as a store on disk gives them; where they do
    not, a violation may be told twice.
    """

    def named_graphs(self) -> Iterator[ox.NamedNode | ox.BlankNode]:
        """List the named graphs."""
        ...

    def quads_for_pattern(
        self,
        subject: ox.NamedNode | ox.BlankNode | ox.Triple | None,
        predicate: ox.NamedNode | None,
        object: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None,  # noqa: A002
        graph_name: ox.NamedNode | ox.BlankNode | ox.DefaultGraph | None = None,
    ) -> Iterator[ox.Quad]:
        """Find the quads that fit; None fits everything."""
        ...


@dataclass(frozen=True, slots=True)
class GraphPart:
    """Some nodes of the graph *name*.

    ``data`` has all triples of these nodes; ``context`` the ``rdf:type`` triples of other
    nodes that they refer to, which are not checked themselves.
    """

    name: str
    data: tuple[ox.Triple, ...]
    context: tuple[ox.Triple, ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """One finding: node *focus* of *graph* breaks *shape*.

    ``path`` and ``value`` are None where the shape is about the node as a whole or something
    is missing; ``value`` is an IRI, or a literal as N-Triples writes it. ``severity`` is the
    local name in SHACL: ``Violation``, ``Warning`` or ``Info``.
    """

    graph: str
    focus: str
    path: str | None
    value: str | None
    message: str
    severity: str
    shape: str

    def __str__(self) -> str:
        found = " ".join(_short(part) for part in (self.path, self.value) if part is not None)
        return f"{self.focus}: {found or 'this node'}; {self.message}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS else text[: _SHOWN_CHARS - 1] + "…"


# ------------------------------------------------------------------ from a store to parts


def graph_parts(
    source: Quads, graphs: Iterable[str] | None = None, part_triples: int = PART_TRIPLES
) -> Iterator[GraphPart]:
    """Cut graphs into parts.

    A node belongs to the graph that gives its class (the first by name, if several do), and
    its triples in the other graphs are read with it: what ``graph/terms`` says about a
    mention is checked where the mention is.

    Args:
        source: the store, or a snapshot of it.
        graphs: names of the graphs to read; all named graphs by default. Others, and the
            unnamed graph, are not looked at.
        part_triples: triples after which a part is closed; a node is never cut.
    """
    names = {one.value for one in source.named_graphs() if isinstance(one, ox.NamedNode)}
    if graphs is not None:
        names &= set(graphs)
    for name in sorted(names):
        nodes: dict[str, list[ox.Triple]] = {}
        count = 0
        quads = source.quads_for_pattern(None, None, None, ox.NamedNode(name))
        for subject, _ in groupby(quads, key=lambda quad: quad.subject):
            triples = _triples_at_home(source, subject, name, names)
            nodes[str(subject)] = triples
            count += len(triples)
            if count >= part_triples:
                yield _part(source, name, nodes, names)
                nodes, count = {}, 0
        if count:
            yield _part(source, name, nodes, names)


def _triples_at_home(
    source: Quads,
    subject: ox.NamedNode | ox.BlankNode | ox.Triple,
    name: str,
    names: Collection[str],
) -> list[ox.Triple]:
    """Return all triples of a node, or none where another graph than *name* is its home."""
    quads = [
        (quad.graph_name.value, quad.triple)
        for quad in source.quads_for_pattern(subject, None, None, None)
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in names
    ]
    homes = [graph for graph, triple in quads if triple.predicate == _TYPE]
    home = min(homes or (graph for graph, _ in quads))
    return [triple for _, triple in quads] if home == name else []


def _part(
    source: Quads, name: str, nodes: dict[str, list[ox.Triple]], names: Collection[str]
) -> GraphPart:
    data = tuple(triple for triples in nodes.values() for triple in triples)
    referred = {
        str(triple.object): triple.object
        for triple in data
        if isinstance(triple.object, ox.NamedNode) and triple.predicate != _TYPE
    }
    context = tuple(
        quad.triple
        for key, node in referred.items()
        if not nodes.get(key)
        for quad in source.quads_for_pattern(node, _TYPE, None, None)
        if isinstance(quad.graph_name, ox.NamedNode) and quad.graph_name.value in names
    )
    return GraphPart(name, data, context)


# ------------------------------------------------------------------ from parts to violations


def validate(graphs: Iterable[GraphPart], shapes: Path) -> Iterator[Violation]:
    """Check parts against shapes; no violation means that the graph is valid.

    The violations of a part come sorted, each once.

    Raises:
        KGError: the shapes cannot be read, or are no shapes.
    """
    rewritten = _rewrite(_read_shapes(shapes))
    for part in graphs:
        with _quietly():
            outcome: tuple[bool, object, str] = pyshacl.validate(
                _data_graph(part), shacl_graph=rewritten, inplace=True
            )
        conforms, report, text = outcome
        if not isinstance(report, rdflib.Graph):
            raise KGError(f"{shapes}: {' '.join(text.split())}; expected SHACL Core shapes")
        if not conforms:
            yield from _violations(report, part.name)


@contextmanager
def _quietly() -> Iterator[None]:
    """Keep rdflib's remarks on ill-typed values off stderr: the shapes report these values."""
    remarks = logging.getLogger("rdflib.term")
    disabled, remarks.disabled = remarks.disabled, True
    try:
        with warnings.catch_warnings():
            # pySHACL takes rdflib's NotImplemented, when it compares such values, for a truth.
            warnings.simplefilter("ignore", DeprecationWarning)
            yield
    finally:
        remarks.disabled = disabled


def _read_shapes(path: Path) -> rdflib.Graph:
    try:
        quads = list(ox.parse(path=str(path), format=ox.RdfFormat.TURTLE))
    except (OSError, SyntaxError) as error:
        raise KGError(f"{path}: cannot be read ({error}); expected shapes in Turtle") from error
    graph = rdflib.Graph()
    _add(graph, (quad.triple for quad in quads))
    return graph


def _rewrite(shapes: rdflib.Graph) -> rdflib.Graph:
    """Rewrite shapes so that pySHACL takes half the time, with the same findings.

    pySHACL prepares a property shape anew for each node that reaches it by ``sh:property``,
    but once for all nodes that it targets itself. So property shapes get the targets of
    their node shapes, whose paths a closed node shape lists as ignored. Class targets are
    renamed as :func:`_own` says.
    """
    rewritten = rdflib.Graph()
    for triple in shapes:
        rewritten.add(triple)
    for shape in sorted(set(shapes.subjects(SH.property)), key=str):
        targets = [(one, target) for one in _TARGETS for target in shapes.objects(shape, one)]
        referred_to = (None, None, shape) in shapes
        if not targets or referred_to or (shape, SH.deactivated, None) in shapes:
            continue
        properties = sorted(shapes.objects(shape, SH.property), key=str)
        for one in properties:
            rewritten.remove((shape, SH.property, one))
            for predicate, target in targets:
                rewritten.add((one, predicate, target))
        if (shape, SH.closed, Literal(True)) in shapes:
            _ignore_properties(rewritten, shape, properties)
    for shape, target in list(rewritten.subject_objects(_CLASS_TARGET)):
        rewritten.remove((shape, _CLASS_TARGET, target))
        rewritten.add((shape, _CLASS_TARGET, _own(target)))
    return rewritten


def _ignore_properties(graph: rdflib.Graph, shape: Node, properties: list[Node]) -> None:
    paths = [graph.value(one, SH.path) for one in properties]
    ignored = graph.value(shape, SH.ignoredProperties)
    allowed = [*(graph.items(ignored) if ignored is not None else ()), *paths]
    cells = RdfList(graph, BNode(), [path for path in allowed if path is not None])
    graph.remove((shape, SH.ignoredProperties, None))
    graph.add((shape, SH.ignoredProperties, cells.uri))


def _own(target: Node) -> URIRef:
    """Name the class of a part's own nodes of class *target*.

    Class targets select these, so the classes in a part's context are there for ``sh:class``
    and select no node.
    """
    return URIRef(f"{target}~own")


def _data_graph(part: GraphPart) -> rdflib.Graph:
    graph = rdflib.Graph()
    _add(graph, part.data)
    for subject, target in list(graph.subject_objects(RDF.type)):
        graph.add((subject, RDF.type, _own(target)))
    _add(graph, part.context)
    return graph


_Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple


def _add(graph: rdflib.Graph, triples: Iterable[ox.Triple]) -> None:
    known: dict[_Term, Identifier] = {}
    for triple in triples:
        nodes = []
        for term in (triple.subject, triple.predicate, triple.object):
            node = known.get(term)
            if node is None:
                node = known[term] = _node(term)
            nodes.append(node)
        graph.add((nodes[0], nodes[1], nodes[2]))


def _node(term: _Term) -> Identifier:
    if isinstance(term, ox.NamedNode):
        return URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return BNode(term.value)
    if isinstance(term, ox.Triple):
        # rdflib has no triple terms, and no shape asks what is in one.
        return Literal(str(term))
    if term.language:
        return Literal(term.value, lang=term.language)
    return Literal(term.value, datatype=URIRef(term.datatype.value), normalize=False)


def _shown(node: Node) -> str:
    if not isinstance(node, Literal):
        return str(node)
    if node.language:
        return str(ox.Literal(str(node), language=node.language))
    return str(ox.Literal(str(node), datatype=ox.NamedNode(str(node.datatype or XSD.string))))


def _violations(report: rdflib.Graph, graph: str) -> list[Violation]:
    found = set()
    for result in report.objects(None, SH.result):
        path = report.value(result, SH.resultPath)
        value = report.value(result, SH.value)
        messages = sorted(str(one) for one in report.objects(result, SH.resultMessage))
        found.add(
            Violation(
                graph=graph,
                focus=str(report.value(result, SH.focusNode)),
                path=None if path is None else str(path),
                value=None if value is None else _shown(value),
                message="; ".join(messages),
                severity=str(report.value(result, SH.resultSeverity)).removeprefix(str(SH)),
                shape=str(report.value(result, SH.sourceShape)),
            )
        )
    return sorted(found, key=lambda v: (v.focus, v.shape, v.path or "", v.value or "", v.message))
