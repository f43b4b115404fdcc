"""Writes over HTTP as jobs: what they change, what they refuse, and what builds make of it."""

from __future__ import annotations

import dataclasses
import io
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from kg import pipeline
from kg.errors import (
    BadRequest,
    Conflict,
    Forbidden,
    KGError,
    QuerySyntaxError,
    StoreLocked,
    UnknownGraph,
)
from kg.settings import Settings
from kg.store import export, open_snapshot, open_writer, snapshot_id
from kg.vocab import DEFAULT_BASE, PREFIXES
from kg.web.jobs import Job
from kg.web.reader import Reader
from kg.web.writing import DeleteGraphJob, PutGraphJob, UpdateJob
from tests.command_line import kg
from tests.small_digests import write_many

DERIVED = f"{DEFAULT_BASE}graph/terms"
MINE = "https://example.org/mine"
TRIPLE = "<urn:s> <urn:p> <urn:o>"


def run(store: Path, job: Job) -> dict[str, Any]:
    """Run a job as a writer process gets it, and return its answer."""
    out = io.BytesIO()
    pickle.loads(pickle.dumps(job)).run(Reader(store), out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    assert answer["snapshot"] == snapshot_id(store)
    return answer


def update(text: str, *using: str, named: tuple[str, ...] = (), base: str = "") -> UpdateJob:
    return UpdateJob(text, using, named, DEFAULT_BASE, 5, base)


def put(
    folder: Path,
    data: str | bytes,
    graph: str | None,
    format_: str = "ttl",
    *,
    replace: bool = True,
) -> PutGraphJob:
    path = folder / "body"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return PutGraphJob(graph, str(path), format_, "http://here/x", replace, DEFAULT_BASE, 5)


def delete(graph: str | None) -> DeleteGraphJob:
    return DeleteGraphJob(graph, DEFAULT_BASE, 5)


def content(store: Path, graph: str | None = None) -> str:
    out = io.BytesIO()
    with open_snapshot(store) as snapshot:
        export(snapshot, out, "nq", prefixes=PREFIXES, graph=graph)
    return out.getvalue().decode()


def graphs(store: Path) -> set[str]:
    with open_snapshot(store) as snapshot:
        return {name.value for name in snapshot.graph.named_graphs()}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A store with a derived graph and one of a user's."""
    store = tmp_path / "kg"
    with open_writer(store, wait_s=5) as writer:
        writer.records.set("base_iri", DEFAULT_BASE)
        writer.write_derived([("a", f"<{DERIVED}> {{ {TRIPLE} }}\n".encode())])
        writer.graph.add(ox.Quad(*[ox.NamedNode("urn:u")] * 3, ox.NamedNode(MINE)))
    return store


def refused(store: Path, job: Job, error: type[KGError], match: str) -> None:
    """A job fails, and nothing is changed or left behind."""
    before = snapshot_id(store)
    with pytest.raises(error, match=match):
        run(store, job)
    assert snapshot_id(store) == before
    assert len(list(store.glob("g-*"))) == (before is not None)


# ------------------------------------------------------------------ updates


def test_an_update_makes_a_store_where_there_is_none(tmp_path: Path) -> None:
    store = tmp_path / "new" / "kg"
    run(store, update(f"INSERT DATA {{ {TRIPLE} . GRAPH <{MINE}> {{ {TRIPLE} }} }}"))
    assert content(store) == f"{TRIPLE} .\n{TRIPLE} <{MINE}> .\n"


def test_an_update_is_published_when_it_is_done(store: Path) -> None:
    before = snapshot_id(store)
    answer = run(store, update(f"DELETE WHERE {{ GRAPH <{MINE}> {{ ?s ?p ?o }} }}"))
    assert answer == {"snapshot": snapshot_id(store)}
    assert answer["snapshot"] != before
    assert content(store) == f"{TRIPLE} <{DERIVED}> .\n"


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT DATA {{ GRAPH <{DERIVED}> {{ <urn:s> <urn:p> 1 }} }}",
        f"CREATE GRAPH <{DEFAULT_BASE}new>",
        f"CLEAR DEFAULT ; DROP GRAPH <{DERIVED}>",
        "CLEAR ALL",
        "DROP SILENT NAMED",
        "DELETE WHERE { GRAPH ?g { ?s ?p ?o } }",
    ],
)
def test_an_update_of_what_is_derived_is_refused(store: Path, text: str) -> None:
    refused(store, update(text), Conflict, "'kg corrections'")


def test_all_graphs_may_go_where_none_is_derived(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    run(store, update(f"INSERT DATA {{ {TRIPLE} . GRAPH <{MINE}> {{ {TRIPLE} }} }}"))
    run(store, update("CLEAR NAMED"))
    assert (content(store), graphs(store)) == (f"{TRIPLE} .\n", {MINE})
    run(store, update("DROP ALL"))
    assert (content(store), graphs(store)) == ("", set())
    run(store, update("CLEAR ALL ; DROP ALL"))


def test_graphs_under_the_base_of_the_store_are_refused_whatever_the_settings(
    store: Path, tmp_path: Path
) -> None:
    other = "https://example.net/"
    for job in (
        UpdateJob(f"DROP GRAPH <{DERIVED}>", (), (), other, 5),
        UpdateJob("DROP ALL", (), (), other, 5),
        UpdateJob(f"CREATE GRAPH <{other}x>", (), (), other, 5),
        DeleteGraphJob(DERIVED, other, 5),
        PutGraphJob(DERIVED, str(tmp_path / "none"), "ttl", "", True, other, 5),
    ):
        refused(store, job, Conflict, "derived from the digests")


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("INSERT DATA {\n <urn:s> <urn:p> }", 2, 18),
        ("\\u0049NSERT DATA { <urn:s> }", 1, 28),
        ("INSERT DATA { ex:s <urn:p> 1 }", 1, 20),
        ("CLEAR ALL; PREFIX a: <urn:a>\nINSERT { ?s a: 1 } WHERE\n { ?s b: ?p }", 3, 12),
        ("CLEAR GRAPH <urn:g> ; CLEAR GRAPH <x> ; CLEAR GRAPH <urn:h>", 1, 35),
        ("CLEAR ALL\n; CLEAR GRAPH ex:g", 2, 15),
        ("CREATE GRAPH <urn:g> ; PREFIX a: <urn:a>\nCREATE GRAPH a:\\u0020", 2, 16),
        ("CREATE GRAPH <urn:g>\n  <urn:h>", 2, 3),
        ("PREFIX a: <x> CLEAR GRAPH a:", 1, 14),
        ("DELETE WHERE { ?s ?p }", 1, 22),
        ("INSERT { ?s ?p 1 } WHERE { ?s ?p ", 1, 26),
    ],
)
def test_bad_syntax_is_told_where_it_was_written(
    tmp_path: Path, text: str, line: int, column: int
) -> None:
    for job in (update(text), update(text, "urn:a", named=("urn:b",))):
        with pytest.raises(QuerySyntaxError, match=f"^query:{line}:{column}: [^\n]*$") as caught:
            run(tmp_path / "kg", job)
        assert (caught.value.line, caught.value.column) == (line, column)
    assert snapshot_id(tmp_path / "kg") is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("CLEAR DEFAULT ; DROP GRAPH <urn:none>", "urn:none> does not exist"),
        (f"CREATE GRAPH <{MINE}>", "already exists"),
        ("INSERT {} WHERE { ?s ?p ?o FILTER(<urn:f>(?s)) }", "custom function"),
        ("INSERT DATA {" + "[" * 100 + "]" * 100 + "}", "depth"),
        ("INSERT {} WHERE {" + "?s ?p ?o ." * 101 + "}", "patterns"),
    ],
)
def test_what_cannot_be_done_is_told_and_nothing_of_it_is(
    store: Path, text: str, reason: str
) -> None:
    refused(store, update(f"INSERT DATA {{ {TRIPLE} }} ; {text}"), BadRequest, reason)


def test_reaching_out_is_refused(store: Path) -> None:
    for text in ("LOAD <urn:x>", "INSERT { ?s ?p ?o } WHERE { SERVICE <urn:x> { ?s ?p ?o } }"):
        refused(store, update(text), Forbidden, "federated queries are off")


def test_using_parameters_are_what_an_update_sees(store: Path) -> None:
    copy = "INSERT { GRAPH <urn:copy> { ?s ?p ?o } } WHERE { %s }"
    run(store, update(copy % "?s ?p ?o", MINE, DERIVED))
    assert content(store, "urn:copy").count("\n") == 2
    run(store, update("CLEAR GRAPH <urn:copy> ;" + copy % "GRAPH ?g { ?s ?p ?o }", named=(MINE,)))
    assert content(store, "urn:copy") == "<urn:u> <urn:u> <urn:u> <urn:copy> .\n"
    run(store, update("CLEAR GRAPH <urn:copy> ;" + copy % "?s ?p ?o"))
    assert content(store, "urn:copy") == "", "without them it is the unnamed graph"
    refused(store, update("CLEAR DEFAULT", "no iri"), BadRequest, "graph 'no iri': no IRI")
    refused(
        store,
        update("INSERT {} WHERE {}", "urn:a> USING <urn:b"),
        BadRequest,
        "expected an absolute",
    )
    refused(store, update("WITH <urn:a> INSERT {} WHERE {}", MINE), BadRequest, "only one of the")


def test_relative_names_are_those_of_the_base(store: Path) -> None:
    text = "INSERT DATA { GRAPH <g> { <s> <p> <../o> } }"
    run(store, update(text, base="http://here/a/b"))
    triple = "<http://here/a/s> <http://here/a/p> <http://here/o>"
    assert content(store, "http://here/a/g") == f"{triple} <http://here/a/g> .\n"
    refused(store, update(text), QuerySyntaxError, "query:1:21: '<g>'; expected an absolute")
    refused(store, update(text, base=DEFAULT_BASE), Conflict, f"graph <{DEFAULT_BASE}g>")


def test_an_update_waits_for_another_writer_and_not_for_ever(store: Path) -> None:
    job = UpdateJob("CLEAR DEFAULT", (), (), DEFAULT_BASE, 0.2)
    with open_writer(store, wait_s=1) as writer:
        with pytest.raises(StoreLocked):
            run(store, job)
        writer.publish = False
    run(store, job)


def test_a_full_disk_leaves_the_store_as_it_was(store: Path, tmp_path: Path) -> None:
    big = (
        "INSERT DATA {" + "".join(f"<urn:{n}> <urn:p> '{n * 7919}' ." for n in range(20_000)) + "}"
    )
    (tmp_path / "big.ru").write_text(big)
    (tmp_path / "big.ttl").write_text(big[13:-1] * 4)
    code = (
        "import resource, signal, sys, io; from pathlib import Path\n"
        "from kg.web.reader import Reader; from kg.web.writing import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "store, folder = map(Path, sys.argv[1:])\n"
        "jobs = [UpdateJob((folder / 'big.ru').read_text(), (), (), 'urn:base', 5),\n"
        "    PutGraphJob('urn:g', str(folder / 'big.ttl'), 'ttl', 'urn:x', True, 'urn:base', 5)]\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))\n"
        "try: jobs[int(sys.stdin.read())].run(Reader(store), io.BytesIO())\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    before = content(store)
    for number in "01":
        done = subprocess.run(
            [sys.executable, "-c", code, store, tmp_path],
            input=number, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout.startswith("StoreError"), done.stderr
        assert "the disk is full" in done.stdout
        assert content(store) == before
        assert len(list(store.glob("g-*"))) == 1


# ------------------------------------------------------------------ graphs as a whole


@pytest.mark.parametrize("graph", [MINE, "urn:new", None])
def test_put_replaces_and_post_adds(tmp_path: Path, store: Path, graph: str | None) -> None:
    label = "" if graph is None else f" <{graph}>"
    answer = run(store, put(tmp_path, f"{TRIPLE} , <x> .", graph))
    assert answer["created"] == (graph == "urn:new")
    lines = [f"<urn:s> <urn:p> <{one}>{label} .\n" for one in ("http://here/x", "urn:o")]
    mine = content(store, graph).partition("<urn:u>" if graph is None else "none")[0]
    assert mine == "".join(lines)
    answer = run(store, put(tmp_path, "<urn:t> a <urn:o> .", graph, replace=False))
    assert not answer["created"]
    mine = content(store, graph).partition("<urn:u>" if graph is None else "none")[0]
    assert mine.count("\n") == 3
    assert f"{TRIPLE} <{DERIVED}> .\n" in content(store)


def test_an_empty_graph_is_one(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    assert run(store, put(tmp_path, "", MINE))["created"]
    assert graphs(store) == {MINE}
    assert not run(store, put(tmp_path, "", MINE))["created"]
    run(store, put(tmp_path, f"{TRIPLE} .", MINE))
    assert not run(store, put(tmp_path, "", MINE))["created"]
    assert (graphs(store), content(store)) == ({MINE}, "")
    assert run(store, put(tmp_path, "", "urn:posted", replace=False))["created"]
    assert graphs(store) == {MINE, "urn:posted"}


@pytest.mark.parametrize(
    ("format_", "data"),
    [
        ("ttl", "\ufeff<s> a <o> ."),
        ("nt", f"<http://here/s> <{PREFIXES['rdf']}type> <http://here/o> ."),
        ("n3", "<s> a <o> ."),
        (
            "rdf",
            f'<r:RDF xmlns:r="{PREFIXES["rdf"]}"><o r:about="s" xmlns="http://here/"/></r:RDF>',
        ),
        ("jsonld", '{"@id": "s", "@type": "o"}'),
        ("trig", "<s> a <o> ."),
        ("trig", f"<{MINE}> {{ <s> a <o> }}"),
        ("nq", f"<http://here/s> <{PREFIXES['rdf']}type> <http://here/o> <{MINE}> ."),
    ],
)
def test_every_format_is_read(tmp_path: Path, format_: str, data: str) -> None:
    store = tmp_path / "kg"
    run(store, put(tmp_path, data, MINE, format_))
    assert content(store) == (
        f"<http://here/s> <{PREFIXES['rdf']}type> <http://here/o> <{MINE}> .\n"
    )


@pytest.mark.parametrize(
    ("format_", "data", "match"),
    [
        ("ttl", f"{TRIPLE} .\n<urn:s> p:o 1 .", r"^body:2:9: does not parse as Turtle; The prefix"),
        ("ttl", f"{TRIPLE} .\n<urn:s> <urn:p>", r"^body:2:16: .* Unexpected end$"),
        ("ttl", b"<urn:s> <urn:p> '\xff' .", r"^body:1:\d+: .* UTF-8"),
        ("nt", "<urn:s> <urn:p> <x> .", r"^body:1:\d+: does not parse as N-Triples"),
        ("jsonld", '{"@id": "urn:a",\n "@type": }', r"^body:2:11: does not parse as JSON-LD"),
        ("jsonld", '{"@context": "http://localhost:1/", "@id": "urn:a"}', "remote contexts"),
        ("rdf", "<html/>", r"^body: does not parse as RDF/XML"),
        ("trig", f"{TRIPLE} . <urn:other> {{ {TRIPLE} }}", "^body: has the graph <urn:other>"),
        ("nq", f"{TRIPLE} <{DERIVED}> .", f"^body: has the graph <{DERIVED}>"),
        ("n3", "{ <urn:s> a 1 } a 2 .", "^body: has the graph _:"),
        ("jsonld", '{"@id": "urn:g", "@graph": {"@id": "urn:a", "@type": "urn:b"}}', "<urn:g>"),
    ],
)
def test_a_bad_body_changes_nothing(
    tmp_path: Path, store: Path, format_: str, data: str | bytes, match: str
) -> None:
    for graph in (MINE, "urn:new", None):
        refused(store, put(tmp_path, data, graph, format_), BadRequest, match)


def test_a_large_file_is_read_whole_or_not_at_all(tmp_path: Path, store: Path) -> None:
    lines = [f'<urn:s{n}> <urn:p> "{n:0100}" .\n' for n in range(50_000)]
    run(store, put(tmp_path, "".join(lines), MINE, "nt"))
    assert content(store, MINE).count("\n") == 50_000
    refused(store, put(tmp_path, "".join(lines) + "bad", "urn:new", "nt"), BadRequest, "body:50001")
    run(store, put(tmp_path, "".join(lines[:2]), MINE, "nt"))
    assert content(store, MINE).count("\n") == 2


def test_several_files_go_in_together_or_not_at_all(tmp_path: Path, store: Path) -> None:
    more = tmp_path / "more"
    more.write_text("<urn:t> <urn:p> 1")
    job = dataclasses.replace(put(tmp_path, f"{TRIPLE} .", MINE), more=((str(more), "ttl"),))
    refused(store, job, BadRequest, "body:1:18: does not parse as Turtle; Unexpected end")
    more.write_text("_:t <urn:p> 1 .")
    run(store, job)
    assert content(store, MINE).count("\n") == 2


def test_blank_nodes_of_two_files_are_not_the_same(tmp_path: Path, store: Path) -> None:
    for replace in (True, False):
        run(store, put(tmp_path, "_:a <urn:p> _:a .", MINE, replace=replace))
    with open_snapshot(store) as snapshot:
        quads = list(snapshot.graph.quads_for_pattern(None, None, None, ox.NamedNode(MINE)))
    assert len(quads) == 2
    assert all(quad.subject == quad.object for quad in quads)


def test_a_graph_is_deleted(store: Path) -> None:
    run(store, update(f"INSERT DATA {{ {TRIPLE} }}"))
    run(store, delete(MINE))
    assert graphs(store) == {DERIVED}
    run(store, delete(None))
    run(store, delete(None))
    assert content(store) == f"{TRIPLE} <{DERIVED}> .\n"
    refused(store, delete(MINE), UnknownGraph, f"graph <{MINE}>: there is none")


def test_no_store_is_made_to_delete_from_it(tmp_path: Path) -> None:
    with pytest.raises(UnknownGraph):
        run(tmp_path / "kg", delete(MINE))
    assert not (tmp_path / "kg").exists()


def test_derived_graphs_are_not_written_as_a_whole(tmp_path: Path, store: Path) -> None:
    for graph in (DERIVED, f"{DEFAULT_BASE}new", f"{DEFAULT_BASE}../x"):
        refused(store, put(tmp_path, "", graph), Conflict, f"graph <{DEFAULT_BASE}")
        refused(store, put(tmp_path, "", graph, replace=False), Conflict, "kg build")
        refused(store, delete(graph), Conflict, "kg link import")
    refused(store, put(tmp_path, "", "no iri"), BadRequest, "expected an absolute")
    refused(store, delete("relative"), BadRequest, "expected an absolute")


# ------------------------------------------------------------------ with builds


def build(store: Path, folder: Path, version: int, count: int) -> list[str]:
    """Build some digests, and return their dates."""
    folder.mkdir(exist_ok=True)
    paths = write_many(folder, version, count)
    assert not pipeline.build([str(path) for path in paths], Settings(store=store, jobs=1)).problems
    return [path.stem for path in paths]


def derived(store: Path) -> list[str]:
    return [line for line in content(store).splitlines() if f" <{DEFAULT_BASE}" in line[-200:]]


def test_builds_keep_what_users_wrote(tmp_path: Path) -> None:
    store, fresh = tmp_path / "kg", tmp_path / "fresh"
    run(store, update(f"INSERT DATA {{ {TRIPLE} . GRAPH <{MINE}> {{ {TRIPLE} }} }}"))
    run(store, put(tmp_path, "_:a <urn:p> _:b . _:b <urn:p> _:a .", "urn:blank"))
    run(store, put(tmp_path, "", "urn:empty"))
    run(store, update("INSERT { ?s ?p 1 } WHERE { GRAPH <urn:blank> { ?s ?p ?o } }"))

    def check(digests: int) -> None:
        assert {MINE, "urn:blank", "urn:empty"} <= graphs(store)
        assert content(store, MINE) == f"{TRIPLE} <{MINE}> .\n"
        assert f"{TRIPLE} ." in content(store).splitlines()
        with open_snapshot(store) as snapshot:
            quads = list(snapshot.graph.quads_for_pattern(None, ox.NamedNode("urn:p"), None))
            assert pipeline.counts_of(snapshot).digests == digests
        nodes = {str(one.subject) for one in quads if isinstance(one.subject, ox.BlankNode)}
        assert (len(nodes), len(quads)) == (2, 6), "the same two nodes in both graphs"

    build(store, tmp_path / "digests", 0, 3)
    check(3)
    refused(store, update("DROP ALL"), Conflict, "all named graphs")
    build(store, tmp_path / "digests", 0, 6)
    check(6)
    dates = build(store, tmp_path / "digests", 1, 6)  # replaces all: the graph is begun anew
    check(6)
    build(fresh, tmp_path / "digests", 1, 6)
    assert derived(store) == derived(fresh) != []
    pipeline.remove(dates, Settings(store=store))
    check(0)
    run(store, update("DROP ALL"))
    assert content(store) == ""


def test_a_store_keeps_the_base_that_its_first_write_gave_it(tmp_path: Path) -> None:
    """Else a build could find users' graphs under its own base."""
    store = tmp_path / "kg"
    run(store, update(f"INSERT DATA {{ GRAPH <{MINE}/graph/terms> {{ {TRIPLE} }} }}"))
    (path,) = write_many(tmp_path, 0, 1)
    with pytest.raises(KGError, match="built with the base"):
        pipeline.build([str(path)], Settings(store=store, base_iri=f"{MINE}/", jobs=1))


def test_commands_work_on_a_store_without_digests(tmp_path: Path) -> None:
    store = tmp_path / "kg"
    run(store, put(tmp_path, f"{TRIPLE} . [] a <urn:c> .", MINE))
    stats = kg("stats", "--store", store)
    assert (stats.code, stats.err) == (0, "")
    assert re.search(r"digests\W+0\b", stats.out)
    assert re.search(r"triples\W+2\b", stats.out)
    exported = kg("export", "--store", store, "--format", "nq")
    assert exported.code == 0
    assert f"{TRIPLE} <{MINE}> .\n" in exported.out
    assert kg("validate", "--store", store).code == 0
    asked = kg("query", "-", "--store", store, "--format", "csv", input_="ASK { ?s a <urn:c> }")
    assert (asked.code, asked.out.strip()) == (0, "true")
    assert kg("remove", "2024-01-01", "--store", store).code == 1
    assert content(store, MINE).count("\n") == 2
