"""What a query worker can be asked to do: each job is sent to it and run there.

A job writes its answer to a stream and nothing else. Errors of the store and of the
query become those of :mod:`kg.errors`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, Protocol, cast

import pyoxigraph as ox
from rdflib.namespace import RDF

from kg.errors import BadRequest, QuerySyntaxError, StoreError, UnknownGraph
from kg.vocab import KG, PREFIXES
from kg.web.reader import Reader
from kg.web.rows import RowCounter


class Job(Protocol):
    """Anything that a worker can run; it must survive pickling."""

    def run(self, reader: Reader, out: BinaryIO) -> int | None:
        """Write the answer from the reader's snapshot to *out*; returns its rows, if it knows."""


RESULT_FORMATS: Final = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPH_FORMATS: Final = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "jsonld": ox.RdfFormat.JSON_LD,
    "rdf": ox.RdfFormat.RDF_XML,
    "n3": ox.RdfFormat.N3,
    "trig": ox.RdfFormat.TRIG,
    "nq": ox.RdfFormat.N_QUADS,
}

_AT = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_CHARACTERS = re.compile(r"\['.*?'\](?=,|$)(?:,\s*)?|\[_\](?:,\s*)?", re.DOTALL)
#: Among the expected words, one that is a sentence is the reason itself.
_SENTENCE = re.compile(r"(?:one of |, |expected )((?!one of )\w+ \w+[^,\"]*)")
_LONGEST_REASON = 400

Cell = dict[str, str]
_Result = ox.QuerySolutions | ox.QueryBoolean | ox.QueryTriples


@contextmanager
def told_errors(reader: Reader) -> Iterator[None]:
    """Turn what pyoxigraph raises into our errors.

    Raises:
        QuerySyntaxError: the query does not parse; with line and column where known.
        BadRequest: the query parses, but makes no sense to the store.
        StoreError: the store cannot be read.
    """
    try:
        yield
    except SyntaxError as error:
        raise syntax_error(str(error)) from error
    except (ValueError, RuntimeError) as error:
        raise BadRequest(f"query: cannot be evaluated ({_one_line(str(error))})") from error
    except OSError as error:
        raise StoreError(reader.store, f"cannot be read ({_one_line(str(error))})") from error


def syntax_error(message: str) -> QuerySyntaxError:
    """Make the error with its place.

    The parser lists all that could stand there, character classes too; only words and
    signs help a reader.
    """
    found = _AT.match(message)
    if not found:
        return QuerySyntaxError(f"query: does not parse; {_one_line(message)}")
    line, column = int(found[1]), int(found[2])
    reason = _one_line(_CHARACTERS.sub("", found[3]))
    sentence = _SENTENCE.search(reason)
    if sentence:
        reason = sentence[1]
    return QuerySyntaxError(f"query:{line}:{column}: does not parse; {reason}", line, column)


def _one_line(text: str) -> str:
    line = " ".join(text.split()).rstrip(", ")
    return line if len(line) <= _LONGEST_REASON else line[:_LONGEST_REASON] + " …"


@dataclass(frozen=True, slots=True)
class Dataset:
    """Which graphs a query sees.

    ``default`` and ``named`` are IRIs, both None where the request names no graph; then
    the default graph is the union of all if ``union`` is set, unless the query says
    ``FROM`` (``has_from``), which pyoxigraph ignores when told to use the union.
    """

    default: tuple[str, ...] | None = None
    named: tuple[str, ...] | None = None
    has_from: bool = False
    union: bool = True

    def evaluate(self, reader: Reader, text: str, base: str = "") -> _Result:
        """Run a query; *base* is what its relative IRIs are resolved against, if any may be."""
        graph = reader.snapshot.graph
        if self.default is None or self.named is None:
            union = self.union and not self.has_from
            return graph.query(text, base_iri=base or None, use_default_graph_as_union=union)
        return graph.query(
            text,
            base_iri=base or None,
            default_graph=[ox.NamedNode(iri) for iri in self.default],
            named_graphs=[ox.NamedNode(iri) for iri in self.named],
        )


@dataclass(frozen=True, slots=True)
class QueryJob:
    """Run a query and write its result; ``format`` is a name of the two tables above."""

    text: str
    format: str
    dataset: Dataset = Dataset()
    base: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        # Half the time of how slots are pickled, at each query.
        dataset = self.dataset
        graphs = dataset.default, dataset.named, dataset.has_from, dataset.union
        return _query_job, (self.text, self.format, self.base, *graphs)

    def run(self, reader: Reader, out: BinaryIO) -> int | None:
        with told_errors(reader):
            result = self.dataset.evaluate(reader, self.text, self.base)
            if isinstance(result, ox.QueryTriples):
                ox.serialize(result, out, GRAPH_FORMATS[self.format], prefixes=PREFIXES)
                return None
            counter = RowCounter(out, self.format)
            result.serialize(cast(BinaryIO, counter), RESULT_FORMATS[self.format])
            return counter.rows


def _query_job(text: str, format_: str, base: str, *graphs: Any) -> QueryJob:
    return QueryJob(text, format_, Dataset(*graphs), base)


@dataclass(frozen=True, slots=True)
class GraphJob:
    """Write the content of a named graph, or of the unnamed one where ``graph`` is None."""

    graph: str | None
    format: str

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            name = ox.DefaultGraph() if self.graph is None else ox.NamedNode(self.graph)
            graph = reader.snapshot.graph
            if isinstance(name, ox.NamedNode) and not graph.contains_named_graph(name):
                raise UnknownGraph(f"graph {self.graph}: there is none of that name")
            quads = graph.quads_for_pattern(None, None, None, name)
            triples = (quad.triple for quad in quads)
            ox.serialize(triples, out, GRAPH_FORMATS[self.format], prefixes=PREFIXES)


@dataclass(frozen=True, slots=True)
class TableJob:
    """Run a query and write its first rows as JSON, for a page.

    The answer has ``variables``, ``rows`` (lists of cells, None where unbound), ``more``
    (whether there are further rows) and ``boolean`` (of an ASK, else None).
    """

    text: str
    limit: int
    dataset: Dataset = Dataset()

    def run(self, reader: Reader, out: BinaryIO) -> None:
        with told_errors(reader):
            out.write(json.dumps(self.table(reader)).encode())

    def table(self, reader: Reader) -> dict[str, Any]:
        """Run the query and return what is written."""
        result = self.dataset.evaluate(reader, self.text)
        if isinstance(result, ox.QueryBoolean):
            return {"variables": [], "rows": [], "more": False, "boolean": bool(result)}
        if isinstance(result, ox.QueryTriples):
            names = ["subject", "predicate", "object"]
        else:
            names = [variable.value for variable in result.variables]
        rows: list[list[Cell | None]] = []
        more = False
        for row in result:
            if len(rows) == self.limit:
                more = True
                break
            rows.append([None if term is None else cell(term) for term in row])
        return {"variables": names, "rows": rows, "more": more, "boolean": None}


def cell(term: object) -> Cell:
    """Write a term as what a page shows: ``kind``, ``value``, and what else it has.

    >>> cell(ox.Literal("모델", language="ko"))
    {'kind': 'literal', 'value': '모델', 'lang': 'ko'}
    >>> cell(ox.NamedNode("http://www.w3.org/2004/02/skos/core#Concept"))["short"]
    'skos:Concept'
    """
    if isinstance(term, ox.NamedNode):
        return {"kind": "iri", "value": term.value, "short": short(term.value)}
    if isinstance(term, ox.Literal):
        shown = {"kind": "literal", "value": term.value}
        if term.language:
            shown["lang"] = term.language
        elif not term.datatype.value.endswith("#string"):
            shown["type"] = short(term.datatype.value)
        return shown
    return {"kind": "other", "value": str(term)}


def short(iri: str) -> str:
    """Shorten an IRI by the project's prefixes, where the rest is a plain local name.

    >>> short("https://w3id.org/paperkg/ontology#Model"), short("urn:x")
    ('kg:Model', 'urn:x')
    """
    for prefix, start in PREFIXES.items():
        rest = iri.removeprefix(start)
        if rest != iri and rest and not set(rest) & set("/#?"):
            return f"{prefix}:{rest}"
    return iri


#: What the front page counts, with the class of each.
COUNTED: Final = {
    "digests": KG.Digest,
    "entries": KG.Entry,
    "papers": KG.Paper,
    "authors": KG.Author,
    "terms": KG.Term,
    "mentions": KG.Mention,
    "results": KG.Result,
}


@dataclass(frozen=True, slots=True)
class CountJob:
    """Count the graph: ``snapshot``, ``triples``, and each kind of thing, as JSON."""

    def run(self, reader: Reader, out: BinaryIO) -> None:
        classes = " ".join(f"<{iri}>" for iri in COUNTED.values())
        text = (
            f"SELECT ?class (COUNT(*) AS ?n) WHERE {{ VALUES ?class {{ {classes} }} "
            f"?thing <{RDF.type}> ?class }} GROUP BY ?class"
        )
        with told_errors(reader):
            counts = dict.fromkeys(COUNTED, 0)
            names = {str(iri): name for name, iri in COUNTED.items()}
            result = Dataset().evaluate(reader, text)
            if isinstance(result, ox.QuerySolutions):
                for row in result:
                    class_, count = row["class"], row["n"]
                    if isinstance(class_, ox.NamedNode) and isinstance(count, ox.Literal):
                        counts[names[class_.value]] = int(count.value)
            answer = {
                "snapshot": reader.snapshot.id,
                "triples": len(reader.snapshot.graph),
                "counts": counts,
            }
        out.write(json.dumps(answer).encode())
