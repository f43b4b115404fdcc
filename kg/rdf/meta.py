"""The graph of provenance and counts: VoID and PROV, without clock, path or history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kg.model import ExtractedDigest
from kg.rdf.lines import (
    LABEL,
    TYPE,
    dcterms,
    integer,
    labelled,
    literal,
    prov,
    rdfs,
    schema,
    void,
)
from kg.vocab import CORRECTIONS_GRAPH, TERMS_GRAPH, Iris

_RIGHTS = (
    "The texts (kg:text) are their authors' work and keep their licence; "
    "'kg export --no-text' leaves them out. All else are facts about them."
)


def meta_lines(
    digests: Iterable[ExtractedDigest], graphs: Mapping[str, tuple[int, str]], iris: Iris
) -> Iterator[str]:
    """Describe the derived graphs, the files they came from, and what made them.

    Args:
        digests: the digests of the store.
        graphs: IRI of each derived graph, with its number of triples and its build.
    """
    dataset = f"<{iris.graph('dataset')}>"
    yield f"{dataset} {TYPE} {void.Dataset}"
    yield f"{dataset} {LABEL} {labelled('Knowledge graph of paper digests')}"
    yield f"{dataset} {dcterms.rights} {labelled(_RIGHTS)}"
    yield f"{dataset} {void.triples} {integer(sum(size for size, _ in graphs.values()))}"
    for graph, (size, build) in graphs.items():
        yield f"{dataset} {void.subset} <{graph}>"
        yield f"<{graph}> {TYPE} {void.Dataset}"
        if not graph.startswith(iris.digest("")):  # a digest has its label in its own graph
            yield f"<{graph}> {LABEL} {labelled('Graph ' + graph.removeprefix(iris.base))}"
        yield f"<{graph}> {void.triples} {integer(size)}"
        yield f"<{graph}> {prov.wasGeneratedBy} <{iris.build(build)}>"
    corrections = iris.graph(CORRECTIONS_GRAPH)
    if corrections in graphs:
        yield f"<{iris.graph(TERMS_GRAPH)}> {prov.wasDerivedFrom} <{corrections}>"
    components: dict[str, set[str]] = {build: set() for _, build in graphs.values()}
    for extracted in digests:
        found = components.setdefault(extracted.build, set())
        found.update(m.component for entry in extracted.entries for m in entry.mentions)
        source = f"<urn:sha256:{extracted.digest.sha256}>"
        yield f"{source} {TYPE} {prov.Entity}"
        yield f"{source} {schema.name} {literal(extracted.digest.source)}"
    for build, names in components.items():
        yield from _build_lines(build, sorted(names), iris)
    for name in sorted(set().union(*components.values())):
        yield f"<{iris.agent(name)}> {TYPE} {prov.SoftwareAgent}"
        yield f"<{iris.agent(name)}> {LABEL} {labelled(name)}"


def _build_lines(build: str, components: Iterable[str], iris: Iris) -> Iterator[str]:
    """Describe an activity, named by what decides its output: versions, settings, tables."""
    node = f"<{iris.build(build)}>"
    yield f"{node} {TYPE} {prov.Activity}"
    yield f"{node} {LABEL} {labelled(f'Build {build}')}"
    comment = "Named by the versions, settings, models and name tables that decide its output."
    yield f"{node} {rdfs.comment} {labelled(comment)}"
    for name in components:
        yield f"{node} {prov.wasAssociatedWith} <{iris.agent(name)}>"
