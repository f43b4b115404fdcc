"""Links in the store: they are valid, stay, go with what they are about, and come back."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import pytest

from kg import pipeline
from kg.linked import Kind, Link, Relation
from kg.pipeline.linking import link_store
from kg.resources import shared_folder
from kg.store import open_snapshot, open_writer, snapshot_id
from kg.validate import graph_parts, validate
from kg.vocab import DEFAULT_BASE
from tests import small_links as small
from tests.command_line import ROOT, assert_told, kg
from tests.small_links import everything, graph, rows, run

FIRST = "2031-01-01"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small.make(tmp_path_factory.mktemp("made"))


@pytest.fixture
def folder(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    small.use_weights(monkeypatch)
    return Path(shutil.copytree(made, tmp_path / "made"))


@pytest.fixture
def linked(folder: Path) -> Path:
    assert run(folder).code == 0
    return folder


def build(folder: Path, *paths: object) -> None:
    done = kg("build", *paths, "--store", folder / "kg", "--jobs", 1)
    assert done.code == 0, done.err


# ------------------------------------------------------------------ what is in the graph


def test_a_store_is_linked(folder: Path) -> None:
    assert rows(folder) == []
    done = run(folder)
    assert (done.code, done.data) == (0, b"")
    assert rows(folder) == [
        "Benchmark,BlicketQA,Q900000003,close,0.8176",
        "Benchmark,DaxoBench,Q900000002,exact,0.8176",
        "Model,Plimbo,Q900000008,exact,0.9526",
        "Model,Quibblenet,Q900000001,exact,0.9526",
    ]
    assert f"{DEFAULT_BASE}paper/3101.00001,Quibblenet: A New Way of Looking,same," in (
        "\n".join(rows(folder, "linked-to-wikidata"))
    )
    text = graph(folder)
    assert f"<{DEFAULT_BASE}link/term/wugformer/NIL> " in text, "a railway station is no model"
    assert f"<{DEFAULT_BASE}link/term/marfoid/NIL> " in text, "two items of one name are none"
    assert "link/term/toma10k/" not in text, "nothing to choose from is no decision"


def test_links_are_valid_and_in_one_graph_only(linked: Path) -> None:
    small.decide(
        linked,
        small.decision("term:plimbo", small.PLIMBO, modifier="Not"),
        small.decision("author:ada-zorn", small.ADA, predicate="schema:sameAs"),
        small.decision("term:wugformer", None),
    )
    shapes = shared_folder("ontology") / "shapes.ttl"
    with open_snapshot(linked / "kg") as snapshot:
        assert [str(one) for one in validate(graph_parts(snapshot.graph), shapes)] == []
        triples = [quad.triple for quad in snapshot.graph]
    assert len(triples) == len(set(triples)), "no triple stands in two graphs"


def test_a_linked_author_is_a_person(linked: Path) -> None:
    person = f"<{DEFAULT_BASE}author/ada-zorn> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
    person += " <https://w3id.org/paperkg/ontology#Person> ."
    assert person not in graph(linked, small.TERMS)
    known = small.decision("author:ada-zorn", small.ADA, predicate="schema:sameAs")
    assert small.decide(linked, known).code == 0
    assert person in graph(linked, small.TERMS)
    assert person not in graph(linked)
    assert f"<{DEFAULT_BASE}author/ada-zorn> <https://schema.org/sameAs>" in graph(linked)
    is_not = small.decision(
        "author:ada-zorn", small.ADA, predicate="schema:sameAs", modifier="Not", when="2031-02-02"
    )
    assert small.decide(linked, is_not).code == 0
    assert person not in graph(linked, small.TERMS)


def test_one_who_decides_on_links_and_on_names_is_described_once(linked: Path) -> None:
    (linked / "c.csv").write_text(
        "decision,label,by,date,value\ntype,Plimbo,Mina Seo,2031-02-01,Method\n"
        "person,Ada Zorn,mina seo,2031-02-01,\n"
    )
    assert kg("corrections", linked / "c.csv", "--store", linked / "kg").code == 0
    small.decide(
        linked,
        small.decision("term:plimbo", small.PLIMBO),
        small.decision("term:marfoid", None, by="MINA SEO|Jo Park"),
        small.decision("author:ada-zorn", small.ADA, predicate="schema:sameAs"),
    )
    with open_snapshot(linked / "kg") as snapshot:
        triples = [quad.triple for quad in snapshot.graph]
    assert len(triples) == len(set(triples))
    node = f"<{DEFAULT_BASE}agent/person/mina-seo>"
    label = f"{node} <http://www.w3.org/2000/01/rdf-schema#label>"
    assert sum(str(triple).startswith(label) for triple in triples) == 1
    assert f'{node} <http://xmlns.com/foaf/0.1/name> "MINA SEO"@en' in graph(linked)


def test_the_provenance_names_the_graph_of_links(folder: Path) -> None:
    made_by = f"<{small.GRAPH}> <http://www.w3.org/ns/prov#wasGeneratedBy>".encode()
    assert made_by not in everything(folder)
    assert run(folder).code == 0
    (line,) = [one for one in everything(folder).splitlines() if one.startswith(made_by)]
    query = (
        "SELECT ?n (COUNT(*) AS ?is) "
        "{ ?g <http://rdfs.org/ns/void#triples> ?n GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?n"
    )
    done = kg("query", "-", "--format", "csv", "--store", folder / "kg", input_=query)
    assert all(len(set(row.split(","))) == 1 for row in done.out.split()[1:])
    small.write_index(folder / "other", small.ITEMS[:-1])
    assert run(folder, "--min-score", 0.71).code == 0
    assert line not in everything(folder), "what decides the links names their build"


# ------------------------------------------------------------------ same input, same bytes


def test_linking_again_changes_nothing(linked: Path) -> None:
    before, id_ = everything(linked), snapshot_id(linked / "kg")
    assert run(linked).code == 0
    assert everything(linked) == before
    assert snapshot_id(linked / "kg") == id_, "readers keep their snapshot"


def test_another_store_of_the_same_input_has_the_same_bytes(linked: Path, tmp_path: Path) -> None:
    other = small.make(tmp_path / "again")
    assert run(other).code == 0
    assert everything(other) == everything(linked)


def test_a_store_without_links_has_no_graph_of_them(folder: Path) -> None:
    before = everything(folder)
    assert small.GRAPH.encode() not in before
    small.write_index(folder / "index", ())
    assert run(folder).code == 0
    assert everything(folder) == before


def test_a_store_of_an_older_version_is_read_and_linked(folder: Path) -> None:
    before = everything(folder)
    for records in (folder / "kg").rglob("records*"):
        with sqlite3.connect(records) as db:
            db.execute("DROP TABLE link")
        db.close()
    assert run(folder, "review").err == ""
    assert everything(folder) == before
    build(folder, small.digests(folder))
    assert everything(folder) == before
    assert run(folder).code == 0
    assert len(rows(folder)) == 4


# ------------------------------------------------------------------ they stay


def test_links_survive_builds_removals_and_a_bulk_rebuild(linked: Path, tmp_path: Path) -> None:
    before = everything(linked)
    build(linked, small.digests(linked))
    assert everything(linked) == before
    names = [path.stem for path in sorted(small.digests(linked).glob("*.md"))]
    assert kg("remove", names[0], "--store", linked / "kg").code == 0
    assert "paper/3101.00001" not in graph(linked), "a paper that is gone has no link"
    assert "link/term/quibblenet/Q900000001" in graph(linked)
    assert kg("remove", *names[1:], "--store", linked / "kg").code == 0
    assert everything(linked) == b""
    build(linked, small.digests(linked))
    assert everything(linked) == before, "no link was lost"
    other = tmp_path / "changed"
    other.mkdir()
    for path in small.digests(linked).glob("*.md"):
        text = path.read_text(encoding="utf-8").replace("Plimbo", "Zumbo")
        (other / path.name).write_text(text, encoding="utf-8")
    build(linked, other)
    assert "term/plimbo" not in graph(linked)
    build(linked, small.digests(linked))
    assert everything(linked) == before


def test_links_survive_backup_and_restore(linked: Path, tmp_path: Path) -> None:
    before = everything(linked)
    assert kg("backup", tmp_path / "copy", "--store", linked / "kg").code == 0
    assert run(linked, "--min-score", 1).code == 0
    assert rows(linked) == []
    assert kg("restore", tmp_path / "copy", "--store", linked / "kg").code == 0
    assert everything(linked) == before


def test_linking_lets_others_write_and_keeps_what_they_wrote(folder: Path) -> None:
    removed = []

    def meanwhile(done: int, total: int, name: str) -> None:
        if not removed:
            removed.append(pipeline.remove([FIRST], small.settings(folder)))

    link_store(small.settings(folder), progress=meanwhile)
    assert removed[0].removed == (FIRST,)
    assert "paper/3101.00001" not in graph(folder)
    assert len(rows(folder)) == 4


def test_a_failing_run_leaves_the_links_as_they_were(linked: Path) -> None:
    before = everything(linked)
    done = kg("link", "--store", linked / "kg", "--index", linked / "no-index")
    assert done.code == 1
    assert done.err.startswith(f"kg: {linked / 'no-index'}: no such index; make one with")
    (linked / "broken").write_text("SQLite format 3")
    assert kg("link", "--store", linked / "kg", "--index", linked / "broken").code == 1
    assert everything(linked) == before


def test_a_link_reads_back_as_it_was_written(folder: Path) -> None:
    links = (
        Link(Kind.AUTHOR, "ada", None, None, Decimal("0.25"), "", "who knows", "kg-link 1"),
        Link(Kind.TERM, "자기", "Q900000001", Relation.CLOSE, Decimal("1"), "'\"", "\t", "x"),
    )
    with open_writer(folder / "kg", wait_s=1) as writer:
        writer.records.set_links(reversed(links))
        assert writer.records.links() == links


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT OR REPLACE INTO fact VALUES ('link decisions', '[[1, 2]]')",
        "INSERT OR REPLACE INTO fact VALUES ('link decisions', 'x')",
        "UPDATE link SET score = 'x'",
        "UPDATE link SET kind = 'x'",
    ],
)
def test_damaged_records_are_told(linked: Path, sql: str) -> None:
    (records,) = (path for path in (linked / "kg").rglob("records*") if path.is_file())
    with sqlite3.connect(records) as db:
        db.execute(sql)
    db.close()
    assert_told(run(linked, "export", "-"), f"{linked / 'kg'}: ", "link")
    assert_told(run(linked), f"{linked / 'kg'}: ")


#: Links a store with one index and the other in turn until it is killed.
LINKER = """
import sys
from pathlib import Path
import kg.link.rank
from kg.pipeline.linking import link_store
from kg.settings import Settings
from tests.small_links import WEIGHTS

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    kg.link.rank.packaged_weights = lambda: WEIGHTS
    print("ready", flush=True)
    while True:
        for name in ("index", "other"):
            link_store(Settings(store=folder / "kg", index=folder / name))
            print("done", flush=True)
"""


def facts(folder: Path) -> list[bytes]:
    """Return all but which code made it, so that work on the code goes on meanwhile."""
    return [line for line in everything(folder).splitlines() if b"/build/" not in line]


def test_a_run_killed_at_any_moment_leaves_whole_links(linked: Path) -> None:
    one = facts(linked)
    small.write_index(linked / "other", small.ITEMS[2:])
    assert kg("link", "--store", linked / "kg", "--index", linked / "other").code == 0
    other = facts(linked)
    assert one != other
    (linked / "linker.py").write_text(LINKER)
    chance = random.Random(6)
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, str(linked / "linker.py"), str(linked)],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        with process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            process.stdout.readline()
            time.sleep(chance.random() * 0.15)
            os.kill(process.pid, signal.SIGKILL)
        assert facts(linked) in (one, other)
    assert run(linked).code == 0
    assert facts(linked) == one
