"""What Wikidata says of linked items: brought in, dated, valid, kept, and taken out again."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from kg.link.dumps.building import build_index
from kg.link.index import IndexWriter
from kg.link.items import Item, Name, NameKind
from kg.link.wikidata.live import Live
from kg.pipeline.completion import Completed, complete_store
from kg.resources import shared_folder
from kg.store import open_snapshot
from kg.validate import graph_parts, validate
from kg.vocab import DEFAULT_BASE, WIKIDATA_GRAPH
from tests import small_links as small
from tests.command_line import assert_told, kg
from tests.small_links import decide, decision, everything, run
from tests.test_link_dump import array, entity, ref, snak
from tests.wikidata_server import FakeWikidata, Reply, person, serve

GRAPH = DEFAULT_BASE + WIKIDATA_GRAPH
WD, WDT = "http://www.wikidata.org/entity/", "http://www.wikidata.org/prop/direct/"
SKOS, TERM = "http://www.w3.org/2004/02/skos/core#", DEFAULT_BASE + "term/"
DUMP = "wikidata-20310203-all.json.gz"
ABOVE, LICENCE, MOVED = 900000101, 900000102, 900000103
SAID = {
    small.QUIBBLENET: ((small.PLIMBO, ABOVE), (("P571", "+2017-06-12T00:00:00Z"),)),
    small.PLIMBO: (
        (ABOVE, MOVED),
        (
            ("P144", f"Q{small.QUIBBLENET}"),
            ("P275", f"Q{LICENCE}"),
            ("P571", "+2016-00-00T00:00:00Z"),
            ("P856", "https://example.org/~plimbo?a=1"),
            ("P856", "ftp://example.org/"),
            ("P856", "https://example.org/a b"),
        ),
    ),
    small.BLICKET: ((), (("P361", f"Q{LICENCE}"),)),
    small.STATION: ((ABOVE,), ()),
}


def items(said: dict[int, Any] = SAID) -> list[Item]:
    """Make the items of the small index with statements, and those that they name."""
    made = [
        replace(one, parents=said[one.qid][0], statements=said[one.qid][1])
        if one.qid in said
        else one
        for one in small.ITEMS
    ]
    korean = (Name('thing "above"', NameKind.LABEL), Name("위의 것", NameKind.LABEL))
    return [*made, Item(ABOVE, "thing above", names=korean), small.item(LICENCE, "Free Licence")]


def write(path: Path, made: list[Item], source: str = DUMP) -> Path:
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    writer = IndexWriter(db)
    writer.add(made)
    writer.add_redirects([(MOVED, small.DAXO)])
    writer.finish([("source", source), ("config", '{"languages":["en","ko"]}')])
    db.close()
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small.make(tmp_path_factory.mktemp("made"))
    with pytest.MonkeyPatch.context() as patch:
        small.use_weights(patch)
        assert run(folder).code == 0
    write(folder / "index", items())
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small.use_weights(monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "made"))


@pytest.fixture
def completed(folder: Path) -> Path:
    done = run(folder, "complete")
    assert (done.code, done.data) == (0, b"")
    return folder


def graph(folder: Path) -> set[str]:
    """Return the lines of the graph of completion."""
    return set(small.graph(folder, GRAPH).splitlines())


def about(folder: Path, qid: int) -> set[str]:
    """Return what the graph says of an item, without its sources."""
    start = f"<{WD}Q{qid}> "
    lines = {line.removeprefix(start).removesuffix(" .") for line in graph(folder)}
    return {line for line in lines if line.startswith(f"<{WDT}")}


# ------------------------------------------------------------------ what is in the graph


def test_nothing_is_there_without_the_command(folder: Path) -> None:
    assert GRAPH.encode() not in everything(folder)


def test_statements_labels_and_sources_are_brought_in(completed: Path) -> None:
    xsd = "http://www.w3.org/2001/XMLSchema#"
    assert about(completed, small.QUIBBLENET) == {
        f"<{WDT}P279> <{WD}Q{small.PLIMBO}>",
        f"<{WDT}P279> <{WD}Q{ABOVE}>",
        f'<{WDT}P571> "2017-06-12"^^<{xsd}date>',
    }
    assert about(completed, small.PLIMBO) == {
        f"<{WDT}P279> <{WD}Q{ABOVE}>",
        f"<{WDT}P279> <{WD}Q{small.DAXO}>",
        f"<{WDT}P144> <{WD}Q{small.QUIBBLENET}>",
        f"<{WDT}P275> <{WD}Q{LICENCE}>",
        f'<{WDT}P571> "2016"^^<{xsd}gYear>',
        f"<{WDT}P856> <https://example.org/~plimbo?a=1>",
    }, "no other address, and a redirect by its new name"
    assert about(completed, small.BLICKET) == {f"<{WDT}P361> <{WD}Q{LICENCE}>"}, "a close match"
    assert about(completed, small.STATION) == set(), "no link"
    lines = graph(completed)
    label = f"<{WD}Q{ABOVE}> <http://www.w3.org/2000/01/rdf-schema#label>"
    assert {f'{label} "thing \\"above\\""@en .', f'{label} "위의 것"@ko .'} <= lines
    for qid in (small.PAPER, small.PLIMBO, ABOVE):
        page = f"<https://www.wikidata.org/wiki/Q{qid}>"
        assert {
            f"<{WD}Q{qid}> <http://www.w3.org/ns/prov#wasDerivedFrom> {page} .",
            f"<{WD}Q{qid}> <http://purl.org/dc/terms/source> {page} .",
            f'<{WD}Q{qid}> <http://purl.org/pav/retrievedOn> "2031-02-03"^^<{xsd}date> .',
        } <= lines
    assert not any(f"Q{MOVED}>" in line for line in lines)


def test_exactly_linked_terms_get_broader_ones(completed: Path) -> None:
    assert {line for line in graph(completed) if SKOS in line} == {
        f"<{TERM}quibblenet> <{SKOS}broader> <{TERM}plimbo> .",
        f"<{TERM}plimbo> <{SKOS}narrower> <{TERM}quibblenet> .",
        f"<{TERM}plimbo> <{SKOS}broader> <{TERM}daxobench> .",
        f"<{TERM}daxobench> <{SKOS}narrower> <{TERM}plimbo> .",
    }
    decide(completed, decision("term:plimbo", small.PLIMBO, predicate="skos:closeMatch"))
    assert not [line for line in graph(completed) if SKOS in line], "a close match is not it"
    assert about(completed, small.PLIMBO)


def test_the_graph_is_valid_described_and_apart(completed: Path) -> None:
    shapes = shared_folder("ontology") / "shapes.ttl"
    with open_snapshot(completed / "kg") as snapshot:
        assert [str(one) for one in validate(graph_parts(snapshot.graph), shapes)] == []
        triples = [quad.triple for quad in snapshot.graph]
    assert len(triples) == len(set(triples)), "no triple stands in two graphs"
    text = everything(completed).decode()
    assert f"<{GRAPH}> <http://www.w3.org/ns/prov#wasGeneratedBy>" in text
    size = len(graph(completed))
    assert f'<{GRAPH}> <http://rdfs.org/ns/void#triples> "{size}"^^' in text
    assert f"<{GRAPH}> <http://purl.org/dc/terms/license> <https://creativecommons.org/" in text


def test_a_cycle_of_classes_makes_no_term_broader(folder: Path) -> None:
    circle = {
        small.QUIBBLENET: ((small.PLIMBO, small.QUIBBLENET), ()),
        small.PLIMBO: ((small.DAXO,), ()),
        small.DAXO: ((small.QUIBBLENET,), ()),
    }
    write(folder / "index", items(circle))
    assert run(folder, "complete").code == 0
    assert not [line for line in graph(folder) if SKOS in line]
    assert about(folder, small.DAXO) == {f"<{WDT}P279> <{WD}Q{small.QUIBBLENET}>"}


# ------------------------------------------------------------------ same bytes; it stays, and goes


def test_the_same_input_gives_the_same_bytes(completed: Path, made: Path, tmp_path: Path) -> None:
    before = everything(completed)
    assert run(completed, "complete").code == 0
    assert everything(completed) == before
    other = Path(shutil.copytree(made, tmp_path / "other"))
    write(other / "index", items()[::-1])
    assert run(other, "complete").code == 0
    assert everything(other) == before


def test_it_survives_builds_and_follows_the_links(completed: Path) -> None:
    before = everything(completed)
    names = [path.stem for path in sorted(small.digests(completed).glob("*.md"))]
    assert kg("remove", *names, "--store", completed / "kg").code == 0
    assert everything(completed) == b""
    build = ("build", small.digests(completed), "--store", completed / "kg", "--jobs", 1)
    assert kg(*build).code == 0
    assert everything(completed) == before
    decide(completed, decision("term:plimbo", None))
    assert about(completed, small.PLIMBO) == set(), "nothing links it"
    assert f"<{WD}Q{LICENCE}> " in "".join(graph(completed)), "another item names it"
    label = f'<{WD}Q{small.PLIMBO}> <http://www.w3.org/2000/01/rdf-schema#label> "Plimbo"@en .'
    assert label in graph(completed)
    decide(completed, decision("term:blicketqa", None), decision("term:quibblenet", None))
    assert not any(f"Q{LICENCE}>" in line or label == line for line in graph(completed))


def test_it_can_be_taken_out(folder: Path) -> None:
    before = everything(folder)
    assert run(folder, "complete").code == 0
    assert everything(folder) != before
    done = run(folder, "complete", "--remove")
    assert (done.code, done.data, done.err) == (0, b"", "7 items of Wikidata taken out\n")
    assert everything(folder) == before


def test_a_dump_without_a_day_gives_no_date(folder: Path) -> None:
    write(folder / "index", items(), "latest-all.json.bz2")
    done = run(folder, "complete")
    assert "for which day they hold is not known" in done.err
    assert about(folder, small.PLIMBO)
    assert not any("retrievedOn" in line for line in graph(folder))


def test_labels_of_an_unknown_language_have_none(folder: Path) -> None:
    with sqlite3.connect(folder / "index") as db:
        db.execute("UPDATE fact SET value = '{\"languages\":[\"de\"]}' WHERE name = 'config'")
    db.close()
    assert run(folder, "complete").code == 0
    assert f'<{WD}Q{LICENCE}> <http://www.w3.org/2000/01/rdf-schema#label> "Free Licence" .' in (
        graph(folder)
    )


def test_the_packaged_index_has_nothing_to_tell(completed: Path) -> None:
    before = everything(completed)
    done = kg("link", "complete", "--store", completed / "kg")
    assert (done.code, done.data) == (0, b"")
    assert done.err.count("\n") == 1
    assert "kg link index build DUMP" in done.err
    assert everything(completed) == before, "what was brought in stays"


def test_an_index_made_from_a_dump_is_enough(folder: Path) -> None:
    link = entity(1, labels={"en": {"value": "Quibblenet"}}, claims={
        "P279": [{"mainsnak": ref("Q900000101")}],
        "P571": [{"mainsnak": snak({"time": "+2019-03-00T00:00:00Z", "precision": 10})}],
    })  # fmt: skip
    dump = folder / "wikidata-20310204-all.json"
    dump.write_bytes(array(link, entity(101)))
    build_index(dump, folder / "index", jobs=1)
    done = run(folder, "complete")
    assert done.code == 0
    assert "of 4 of them nothing was read" in done.err
    month = f'<{WDT}P571> "2019-03"^^<http://www.w3.org/2001/XMLSchema#gYearMonth>'
    assert about(folder, 1 + 900_000_000) == {f"<{WDT}P279> <{WD}Q{ABOVE}>", month}
    assert f'<{WD}Q{ABOVE}> <http://purl.org/pav/retrievedOn> "2031-02-04"^^' in (
        "\n".join(graph(folder))
    )


# ------------------------------------------------------------------ bad input


def test_errors_are_told_and_change_nothing(completed: Path) -> None:
    before = everything(completed)
    no_index = ("--index", completed / "none")
    assert_told(kg("link", "complete", "--store", completed / "kg", *no_index), "no such index")
    assert_told(kg("link", "complete", "--store", completed / "nowhere", *no_index))
    (records,) = (path for path in (completed / "kg").rglob("records*") if path.is_file())
    assert everything(completed) == before
    with sqlite3.connect(records) as db:
        db.execute("UPDATE fact SET value = '[[1, 2]]' WHERE name = 'items of Wikidata'")
    db.close()
    assert_told(run(completed, "complete"), f"{completed / 'kg'}: ", "items of Wikidata")


# ------------------------------------------------------------------ from Wikidata itself


@pytest.fixture
def wikidata() -> Iterator[FakeWikidata]:
    with serve() as fake:
        for qid, (parents, _) in SAID.items():
            one = person(f"Q{qid}", f"Item {qid}")
            one["claims"]["P279"] = [{"mainsnak": ref(f"Q{parent}")} for parent in parents]
            fake.items[f"Q{qid}"] = one
        fake.redirects[f"Q{MOVED}"] = f"Q{small.DAXO}"
        yield fake


def ask(folder: Path, fake: FakeWikidata, cache: str = "cache", **options: Any) -> Completed:
    options = {"contact": "someone@example.org", "wait": lambda _: None, **options}

    def open_live(languages: tuple[str, ...], sent: int) -> Live:
        settings = {"endpoints": fake.endpoints, "languages": languages, **options}
        return Live(folder / cache, **settings)

    done = complete_store(small.settings(folder), open_live)
    assert done is not None
    return done


def test_wikidata_itself_tells_and_the_day_stays(folder: Path, wikidata: FakeWikidata) -> None:
    day = 1_930_000_000.0  # 2031-02-27
    done = ask(folder, wikidata, clock=lambda: day)
    assert (done.linked, done.found, done.problem, done.open) == (5, 5, None, 0)
    text = "\n".join(graph(folder))
    assert f'<{WD}Q{ABOVE}> <http://purl.org/pav/retrievedOn> "2031-02-27"^^' in text
    assert f"<{TERM}plimbo> <{SKOS}broader> <{TERM}daxobench> ." in text
    before, sent = everything(folder), len(wikidata.seen)
    ask(folder, wikidata, clock=lambda: day + 86_400)
    ask(folder, wikidata, offline=True, clock=lambda: day + 86_400)
    assert everything(folder) == before
    assert len(wikidata.seen) == sent


def test_what_cannot_be_asked_stays_as_it_was(folder: Path, wikidata: FakeWikidata) -> None:
    ask(folder, wikidata)
    before = everything(folder)
    assert ask(folder, wikidata, cache="empty", offline=True).open > 0
    assert everything(folder) == before
    wikidata.always = Reply(b"no", 403, (("Content-Type", "text/html"),))
    done = ask(folder, wikidata, cache="other")
    assert done.problem is not None
    assert done.problem.startswith(wikidata.url)
    assert everything(folder) == before


def test_a_spent_budget_is_told_and_the_next_run_goes_on(
    folder: Path, wikidata: FakeWikidata
) -> None:
    done = ask(folder, wikidata, budget=1)
    assert "all 1 requests of this run are spent" in (done.problem or "")
    assert ask(folder, wikidata, budget=1).problem is None
    at_once = everything(folder)
    ask(folder, wikidata, cache="other")
    assert everything(folder) == at_once


def test_offline_nothing_is_asked_or_lost(completed: Path) -> None:
    before = everything(completed)
    done = run(completed, "complete", "--live", "--offline", "--cache", completed / "cache")
    assert (done.code, done.data) == (0, b"")
    assert done.err.endswith(
        "5 questions have no answer kept; what could not be asked stays as it was\n"
    )
    assert everything(completed) == before


def test_the_contact_is_needed(folder: Path) -> None:
    assert_told(run(folder, "complete", "--live", "--cache", folder / "cache"), "contact")
