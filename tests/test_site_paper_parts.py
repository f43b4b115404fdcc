"""What the page of a paper is made of: text cut at spans, values in words, similar papers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rdflib.namespace import RDF

from kg.vocab import KG
from kg.web.reader import Reader
from kg.web.site.papers.marked_text import cut
from kg.web.site.papers.results import value_told
from kg.web.site.papers.similar import similar_papers
from kg.web.site.reading import Graph, Shown
from tests.server_process import BASE, write_store


def _joined(pieces: list[Any]) -> str:
    return "".join(one if isinstance(one, str) else _joined(one["pieces"]) for one in pieces)


def _ids(pieces: list[Any]) -> list[int]:
    found = []
    for one in pieces:
        if not isinstance(one, str):
            found += ([] if one["again"] else [one["mark"]]) + _ids(one["pieces"])
    return found


@given(
    st.text(max_size=30), st.lists(st.tuples(st.integers(-2, 35), st.integers(-2, 35)), max_size=6)
)
def test_cut_text_is_the_text_and_has_each_span_once(
    text: str, spans: list[tuple[int, int]]
) -> None:
    pieces = cut(text, spans)
    assert _joined(pieces) == text
    fitting = [n for n, (start, end) in enumerate(spans) if 0 <= start < end <= len(text)]
    assert sorted(_ids(pieces)) == fitting


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"valueText": "71.5", "unit": "%", "kind": "absolute"}, "71.5%"),
        ({"valueText": "3.2", "unit": "points", "direction": "increase"}, "+3.2 points"),
        ({"valueText": "30", "unit": "%", "direction": "decrease"}, "−30%"),
        ({"valueText": "-3", "unit": "dB", "direction": "decrease"}, "-3 dB"),
        ({"valueText": "두", "value": "2", "unit": "x", "direction": "increase"}, "2×"),
        ({"valueText": "4", "unit": "x", "direction": "decrease"}, "4× less"),
        ({"valueText": "5-10", "unit": "x", "qualifier": "upTo"}, "up to 5-10×"),
        ({"valueText": "0.83", "kind": "comparison", "qualifier": "about"}, "about 0.83"),
    ],
)
def test_value_in_words(facts: dict[str, str], told: str) -> None:
    names = ("valueText", "value", "unit", "direction", "qualifier")
    result: dict[str, Any] = {**dict.fromkeys(names), "kind": "relative", **facts}
    assert value_told(result) == told


def _node(path: str) -> ox.NamedNode:
    return ox.NamedNode(BASE + path)


def _similar(folder: Path, papers: dict[str, list[str]]) -> list[Shown]:
    """Return the papers similar to paper ``one``, of papers with the terms that they mention."""
    quads = []
    for paper, terms in papers.items():
        facts = [(RDF.type, ox.NamedNode(str(KG.Paper)))]
        facts += [(KG.mentions, _node(f"term/{term}")) for term in terms]
        quads += [
            ox.Quad(_node(f"paper/{paper}"), ox.NamedNode(str(name)), value)
            for name, value in facts
        ]
    for term in {term for terms in papers.values() for term in terms}:
        count = sum(term in terms for terms in papers.values())
        quads.append(
            ox.Quad(_node(f"term/{term}"), ox.NamedNode(str(KG.paperCount)), ox.Literal(count))
        )
    reader = Reader(write_store(folder / "kg", quads))
    reader.refresh()
    return similar_papers(Graph(reader, BASE), _node("paper/one"))


def test_rare_terms_make_papers_similar_and_common_ones_do_not(tmp_path: Path) -> None:
    papers = {f"{number:02}": ["everywhere"] for number in range(30)}
    papers |= {f"some-{number}": ["often", "everywhere"] for number in range(8)}
    papers["one"] = ["rare", "rarer", "often", "everywhere"]
    papers["near"] = ["rare", "rarer", "everywhere"]
    papers["half"] = ["rare", "often"]
    found = _similar(tmp_path, papers)
    keys = [one["paper"]["iri"].rpartition("/")[2] for one in found]
    assert keys[:2] == ["near", "half"]
    assert len(found) == 8
    assert set(keys[2:]) <= {f"some-{number}" for number in range(8)}
    assert [term["label"] for term in found[0]["shared"]] == ["term/rarer", "term/rare"]
    assert found[0]["count"] == 2
    assert 1 > found[0]["score"] > found[1]["score"] > found[2]["score"] > 0
    assert not any("everywhere" in term["label"] for one in found for term in one["shared"])


def test_paper_without_shared_terms_has_no_similar_ones(tmp_path: Path) -> None:
    assert _similar(tmp_path, {"one": ["own"], "two": ["else"], "three": []}) == []
