"""Values that a graph takes over of Wikidata, and which of two terms is the broader one."""

from __future__ import annotations

import random

import pytest

from kg.link.completion import broader_terms
from kg.rdf.wikidata import written_time, written_value


def test_broader_terms_never_form_a_cycle_and_do_not_depend_on_order() -> None:
    chance = random.Random(7)
    for _ in range(200):
        terms = {f"t{number}": 1 + number // 2 for number in range(12)}
        above = {qid: chance.sample(range(1, 7), chance.randrange(4)) for qid in range(1, 7)}
        pairs = broader_terms(terms, above)
        turned = {qid: above[qid][::-1] for qid in reversed(above)}
        assert broader_terms(dict(reversed(terms.items())), turned) == pairs
        assert len(pairs) == len(set(pairs))
        left = set(pairs)
        while left:  # take away what nothing is below of; a cycle would stay
            below = {broad for _, broad in left}
            smaller = {pair for pair in left if pair[0] in below}
            assert len(smaller) < len(left)
            left = smaller


@pytest.mark.parametrize(
    ("time", "written"),
    [
        ("+2017-06-12T00:00:00Z/11", '"2017-06-12"^^date'),
        ("+2017-01-01T00:00:00Z/11", '"2017-01-01"^^date'),
        ("+2017-01-01T00:00:00Z/9", '"2017"^^gYear'),
        ("+2017-06-01T00:00:00Z", '"2017-06"^^gYearMonth'),
        ("+00000002017-06-00T00:00:00Z/10", '"2017-06"^^gYearMonth'),
        ("+0830-05-06T00:00:00Z", '"0830"^^gYear'),
        ("+2010-00-00T00:00:00Z/8", None),
        ("+2017-13-00T00:00:00Z", None),
        ("+2017-02-30T00:00:00Z", None),
        ("+0000-00-00T00:00:00Z", None),
        ("+12017-00-00T00:00:00Z", None),
        ("-0044-03-15T00:00:00Z", None),
        ("+2017-06-12T10:00:00Z", None),
        ("2017", None),
        ('+2017-06-12T00:00:00Z" .', None),
    ],
)
def test_times_say_no_more_than_they_tell(time: str, written: str | None) -> None:
    if written is not None:
        value, _, name = written.partition("^^")
        written = f"{value}^^<http://www.w3.org/2001/XMLSchema#{name}>"
    assert written_time(time) == written


@pytest.mark.parametrize(
    "text", ["http://", "https:///x", "javascript:a", "http://a/>", "http://a\\b", "x"]
)
def test_what_is_no_web_address_is_left_out(text: str) -> None:
    assert written_value("P856", text) is None
    assert written_value("P361", text) is None
