"""Files of links in SSSOM: others can read ours, ours reads theirs, and bad rows are told."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
import sssom_pydantic
from hypothesis import given
from hypothesis import strategies as st
from rdflib.namespace import OWL, RDFS, SKOS

from kg import rdf
from kg.link.mappings.reading import LinkFile, read_sssom
from kg.link.mappings.writing import Row, write_sssom
from kg.linked import Kind, Link, LinkDecision, Relation
from kg.vocab import ORCID, PAV, SCHEMA, SEMAPV, SSSOM, WD, Iris
from tests.command_line import ROOT
from tests.small_links import HEAD, decision

IRIS = Iris()
ADA = "orcid:0000-0002-1825-0097"
DECISIONS = (
    LinkDecision(Kind.AUTHOR, "a~b", "Q900000004", None, True, "Jo|Mo", "2031-02-03", "no, it's"),
    LinkDecision(Kind.PAPER, "doi/10.1000/a<b>", "Q900000003", None, False, ADA, "2031-02-01"),
    LinkDecision(
        *(Kind.TERM, "humaneval+", "Q900000001", Relation.CLOSE, False, "https://a.org/p#me"),
        *("2031-02-01", 'near "it"', "labelled", Decimal("0.85")),
    ),
    LinkDecision(
        Kind.TERM, "자기-지도", None, None, False, f"{ADA}|https://a.org/u/2", "2031-02-02"
    ),
)
LINKS = (
    Link(Kind.TERM, "lora", None, None, Decimal("0.8"), "", "none is good", "kg-link 0.1.0"),
    Link(Kind.PAPER, "3101.1", "Q900000005", None, Decimal("1"), "It", "arXiv id", "kg-link 0.1.0"),
    Link(
        *(Kind.TERM, "lo-ra", "Q900000006", Relation.EXACT, Decimal("0.9")),
        *("LoRa", "'a' is, it's said,\tthe name", "kg-link 0.1.0"),
    ),
)


def written(*rows: Link | LinkDecision) -> str:
    out = io.StringIO()
    write_sssom((Row(one, f"the {one.key}", "") for one in rows), out, IRIS)
    return out.getvalue()


def read(text: str | bytes) -> LinkFile:
    return read_sssom(text.encode() if isinstance(text, str) else text, "f.tsv", IRIS)


# ------------------------------------------------------------------ what is written


def test_what_is_written_is_read_by_the_library() -> None:
    text = written(*DECISIONS, *LINKS)
    mappings, converter, mapping_set, errors = sssom_pydantic.read(
        io.StringIO(text), return_errors=True
    )
    assert errors == []
    assert len(mappings) == len(DECISIONS) + len(LINKS)
    assert str(mapping_set.id) == "https://w3id.org/paperkg/graph/links"
    assert str(mapping_set.license).startswith("https://creativecommons.org/publicdomain/zero/1.0")
    first, *_ = mappings
    assert converter.expand_reference(first.object) == WD + "Q900000004"
    assert converter.expand_reference(first.subject) == IRIS.author("a~b")
    assert (first.predicate.curie, first.predicate_modifier) == ("schema:sameAs", "Not")
    assert mappings[3].object.curie == "sssom:NoTermFound"
    assert next(one.curie for one in mappings[3].authors or ()) == ADA
    assert [one.mapping_tool_name for one in mappings[4:]] == ["kg-link"] * 3
    assert all(one.mapping_date is None for one in mappings[4:]), "a machine's link has no date"


def test_what_is_written_reads_back() -> None:
    file = read(written(*DECISIONS, *LINKS))
    assert file.problems == ()
    assert file.decisions == DECISIONS
    assert file.skipped == len(LINKS)
    assert written(*file.decisions) == written(*DECISIONS), "to the byte"


def test_the_rdf_says_the_same_as_the_file() -> None:
    """The properties are those of SSSOM's context, read back into the library's records."""
    labels = {(one.kind, one.key): f"the {one.key}" for one in (*DECISIONS, *LINKS)}
    lines = [
        line for _, block in rdf.link_blocks(labels, LINKS, DECISIONS, (), IRIS) for line in block
    ]
    store = ox.Store()
    store.extend(ox.parse(" .\n".join(lines) + " .", format=ox.RdfFormat.N_TRIPLES))
    names = {
        OWL.annotatedSource: "subject_id",
        OWL.annotatedProperty: "predicate_id",
        OWL.annotatedTarget: "object_id",
        SSSOM.mapping_justification: "mapping_justification",
        PAV.authoredBy: "author_id",
    }
    literals = {
        PAV.authoredOn: "mapping_date",
        RDFS.comment: "comment",
        SSSOM.confidence: "confidence",
        SSSOM.mapping_tool: "mapping_tool",
    }
    mappings, converter, _ = sssom_pydantic.read(io.StringIO(written(*DECISIONS, *LINKS)))
    found = {}
    axiom = ox.NamedNode(str(OWL.Axiom))
    for quad in store.quads_for_pattern(None, None, axiom, None):
        cells: dict[str, object] = {}
        people = []
        for one in store.quads_for_pattern(quad.subject, None, None, None):
            predicate = next(
                (n for p, n in {**names, **literals}.items() if str(p) == one.predicate.value), None
            )
            value = one.object.value  # type: ignore[union-attr]
            if predicate == "author_id":
                people.append(value)
            elif predicate in names.values():
                cells[str(predicate)] = converter.compress(value, strict=True)
            elif predicate:
                cells[predicate] = value
        modifier = ox.NamedNode(str(SSSOM.predicate_modifier))
        for one in store.quads_for_pattern(quad.subject, modifier, None, None):
            assert one.object == ox.NamedNode(str(SSSOM.NegatedPredicate))
            cells["predicate_modifier"] = "Not"
        record = sssom_pydantic.Record.model_validate(cells)
        found[record.subject_id, record.object_id] = (record, people)
    assert len(found) == len(mappings)
    for mapping in mappings:
        wanted = mapping.to_record()
        record, people = found[wanted.subject_id, wanted.object_id]
        same = ("predicate_id", "predicate_modifier", "mapping_justification", "mapping_date")
        for name in (*same, "confidence"):
            assert getattr(record, name) == getattr(wanted, name), name
        tool = f"{wanted.mapping_tool} {wanted.mapping_tool_version}"
        assert record.mapping_tool == (tool if wanted.mapping_tool else None)
        assert wanted.comment is None or record.comment == wanted.comment
        ids = {converter.expand(one) for one in wanted.author_id or ()}
        assert ids <= set(people)


def test_no_folder_is_left_in_the_users_home(tmp_path: Path) -> None:
    code = "from kg.link.mappings.writing import library; library()"
    subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        check=True,
    )
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------ what is read


ROW = decision("term:plimbo", 900000008)


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + HEAD + ROW,
        (HEAD + ROW).replace("\n", "\r\n"),
        ("\ufeff" + HEAD + "\n\n" + ROW + "\t\t\t\n").replace("\n", "\r\n"),
        HEAD + ROW.rstrip("\n"),
        HEAD.rstrip("\n") + "\t\t\n" + ROW.rstrip("\n") + "\t\t\n",
        HEAD + ROW.replace("Mina Seo", ' "Mina Seo" ').replace(' "M', '"M').replace('o" ', 'o"'),
        HEAD.replace("#curie_map", "# curie_map").replace("#  ", "#   ").replace("#map", "# map")
        + ROW,
    ],
)
def test_spreadsheets_change_nothing(text: str) -> None:
    file = read(text)
    assert file.problems == ()
    assert file.decisions == read(HEAD + ROW).decisions
    assert file.decisions[0].by == "Mina Seo"


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (("author_label", "author_id"), "orcid:0000-0002-1825-0097"),
        (("author_label", "author_label"), "Mina Seo|Jo Park"),
    ],
)
def test_who_decided_is_an_address_or_a_name(change: tuple[str, str], by: str) -> None:
    who = "ORCID:0000-0002-1825-0097" if "orcid" in by else "Mina Seo | Jo Park"
    head = HEAD.replace(*change).replace("#curie_map:", "#curie_map:\n#  ORCID: https://orcid.org/")
    (one,) = read(head + decision("term:plimbo", None, by=who)).decisions
    assert one.by == by


@pytest.mark.parametrize("who", ["bad:[", "bad:a b", "bad:", "orcid:12", "Mina Seo", "x:y"])
def test_an_address_that_is_none_is_told(who: str) -> None:
    head = HEAD.replace("author_label", "author_id").replace("#map", "#  bad: http://\n#map")
    (problem,) = read(head + decision("term:plimbo", None, by=who)).problems
    assert str(problem).startswith("f.tsv:10: ")
    assert who.removeprefix("bad:") in str(problem)


def test_rows_of_a_machine_are_counted_and_left_out() -> None:
    machine = ROW.replace("semapv:ManualMappingCuration\tMina Seo", "semapv:LexicalMatching\t")
    edited = ROW.replace("ManualMappingCuration", "CompositeMatching")
    odd = machine.replace("skos:exactMatch", "skos:broadMatch").replace("term:", "mesh:")
    file = read(HEAD + machine + edited.replace("plimbo", "edited") + odd)
    assert (file.problems, file.skipped) == ((), 2)
    assert [one.key for one in file.decisions] == ["edited"], "who fills a name in decides"


def test_a_date_above_the_table_holds_for_every_row() -> None:
    head = HEAD.replace("#mapping_set_id", "#mapping_date: 2031-03-04\n#mapping_set_id")
    file = read(head + decision("term:plimbo", None, when=""))
    assert [one.date for one in file.decisions] == ["2031-03-04"]


# ------------------------------------------------------------------ what is told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (decision("mesh:plimbo", 9), "subject_id 'mesh:plimbo'; expected a CURIE whose prefix"),
        (decision("plimbo", 9), "subject_id 'plimbo'; expected a CURIE whose prefix stands in"),
        (decision("wd:Q9", 9), "subject_id 'wd:Q9'; expected a term, paper or author of https"),
        (decision("term:", 9), "subject_id 'term:'; expected a term, paper or author of"),
        (decision("", 9), "no subject_id; expected one, as 'kg link export' writes them"),
        (ROW.replace("wd:Q", "wd:"), "object_id 'wd:900000008'; expected an item of Wikidata such"),
        (ROW.replace("wd:Q", "wd:Q0"), "object_id 'wd:Q0900000008'; expected an item"),
        (ROW.replace("wd:Q", "wd:P"), "object_id 'wd:P900000008'; expected an item of Wikidata"),
        (ROW.replace("wd:Q", "obo:Q"), "object_id 'obo:Q900000008'; expected a CURIE whose"),
        (ROW.replace("exactM", "broadM"), "predicate_id 'skos:broadMatch'; expected skos:exactM"),
        (ROW.replace("term:", "paper:").replace("exact", "close"),
         "predicate_id 'skos:closeMatch'; expected schema:sameAs of papers"),
        (decision("term:a", 9, modifier="not"), "predicate_modifier 'not': Input should be 'Not'"),
        (decision("term:a", None, modifier="Not"), "'Not' of sssom:NoTermFound; expected an item"),
        (decision("term:a", 9, by=""), "neither author_id nor author_label; expected who decided"),
        (decision("term:a", 9, by="orcid:1"), "author_label 'orcid:1'; expected a name"),
        (decision("term:a", 9, when=""), "no mapping_date; expected the day of the decision"),
        (decision("term:a", 9, when="1.2.2031"), "mapping_date '1.2.2031': Input should be a"),
        (decision("term:a", 9, by="M\x1b[31m"), "author_label with the character U+001B; expected"),
        (decision("term:a", 9, by="x" * 2001), "author_label of 2001 characters; expected at most"),
        (ROW.rstrip("\n") + "\tmore\n", "8 cells; expected 7, as in line 8"),
        (ROW.replace("semapv:", "sem:"), "mapping_justification 'sem:Manual"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_with_its_line(row: str, told: str) -> None:
    problems = read(HEAD + ROW.replace("plimbo", "good") + "\n" + row).problems
    assert len(problems) == 1, problems
    text = str(problems[0])
    assert text.startswith("f.tsv:11: "), text
    assert told in text, text
    assert "\n" not in text
    assert ";" in text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "f.tsv: empty; expected SSSOM"),
        ("\ufeff\r\n", "f.tsv: empty; expected SSSOM"),
        (HEAD.split("subject_id")[0], "f.tsv:8: no columns; expected a row of column names"),
        ("subject_id,label\n", "f.tsv:1: no metadata above the table; expected lines such as"),
        ("#- a\n" + HEAD[HEAD.index("subject_id") :], "f.tsv:1: no metadata above the table"),
        ("#a: [\n" + HEAD[HEAD.index("subject_id") :], "no YAML (expected the node content"),
        ("#" + "[" * 5000 + "\n" + HEAD, "f.tsv:1: no YAML (nested too deep)"),
        (HEAD.replace("#mapping_set_id: https://example.org/decisions\n", ""),
         "f.tsv:1: bad metadata (mapping_set_id"),
        (HEAD.replace("https://schema.org/", "[1]"), "f.tsv:1: bad metadata (curie_map.schema"),
        (HEAD.replace("object_id", "object"), "f.tsv:8: unknown column 'object'; expected those"),
        (HEAD.replace("predicate_modifier", "predicate_modifer"),
         "f.tsv:8: unknown column 'predicate_modifer'; expected those of SSSOM"),
        (HEAD.replace("author_label\t", "subject_id\t"), "f.tsv:8: column 'subject_id' twice"),
        (HEAD.replace("predicate_id\t", ""), "f.tsv:8: no column 'predicate_id'; expected those"),
        (HEAD + 'term:a\t"b\n', "f.tsv:9: no table (unexpected end of data); quote a cell"),
        (HEAD.replace("\t", ","), "f.tsv:8: unknown column 'subject_id,predicate_id"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sssom(text: str, told: str) -> None:
    file = read(text)
    (problem,) = file.problems
    assert told in str(problem), problem
    assert file.decisions == ()


def test_bytes_that_are_no_text() -> None:
    (problem,) = read(HEAD.encode() + b"term:\xff\n").problems
    assert str(problem) == "f.tsv:9: no UTF-8; save it as UTF-8"


@given(st.text(max_size=200))
def test_any_text_is_read_or_told(text: str) -> None:
    for whole in (text, HEAD + text, HEAD + ROW.replace("plimbo", text)):
        file = read(whole.encode("utf-8", "replace"))
        assert (
            file.problems or file.decisions or file.skipped or whole.strip().startswith(HEAD[:20])
        )
        assert all("\n" not in str(problem) for problem in file.problems)


def test_the_names_of_properties_are_those_of_the_standard() -> None:
    """As SSSOM's LinkML context has them; sssom-pydantic knows the same prefixes."""
    from sssom_pydantic.constants import DEFAULT_PREFIX_MAP

    assert DEFAULT_PREFIX_MAP["sssom"] == str(SSSOM)
    assert DEFAULT_PREFIX_MAP["semapv"] == str(SEMAPV)
    assert DEFAULT_PREFIX_MAP["orcid"] == str(ORCID)
    assert DEFAULT_PREFIX_MAP["skos"] == str(SKOS)
    assert str(SCHEMA) == "https://schema.org/"
