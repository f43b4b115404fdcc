"""What a stranger does first: a graph of the example digests, asked, exported and copied."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest
import rdflib
import zstandard

from kg.cli import ask
from kg.queries import load_queries
from kg.resources import shared_folder
from kg.store import open_snapshot
from kg.vocab import DEFAULT_BASE, KG
from tests.command_line import Done, assert_told, command, dump, kg, run

DIGESTS = sorted(shared_folder("examples/digests").glob("*.md"))
QUERIES = load_queries(shared_folder("queries"))
#: They give their columns and no rows until terms are linked.
BEFORE_LINKING = {"linked-to-wikidata", "term-links"}
#: It gives rows where a person has decided anything.
BEFORE_CORRECTIONS = {"corrections"}
SCORED = {
    "paper-entities": ["arxiv", "entity", "type", "label", "role"],
    "paper-results": ["arxiv", "subject", "benchmark", "metric", "value", "unit", "kind"],
    "term-links": ["type", "label", "qid", "relation", "score"],
}
TRIPLES = {"ttl": "turtle", "nt": "nt", "rdfxml": "xml"}
QUADS = {"nq": "nquads", "trig": "trig", "jsonld": "json-ld"}
#: rdflib calls deprecated parts of its own.
pytestmark = pytest.mark.filterwarnings("ignore:(ConjunctiveGraph|Dataset):DeprecationWarning")
PREFIX = f"PREFIX kg: <{KG._NS}>\n"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of the example digests, built by the command line."""
    folder = tmp_path_factory.mktemp("demo") / "kg"
    done = kg("build", *DIGESTS, "--jobs", 1, "--store", folder)
    assert done.code == 0, done.err
    assert done.data == b""
    assert re.search(r"^Read \d+ entries in 5 digests, 5 of them new .* 0 problems", done.err)
    return folder


@pytest.fixture(scope="module", autouse=True)
def _saved_queries_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ask, "load_queries", cache(load_queries))
        yield


@pytest.fixture(scope="module")
def exports(store: Path) -> dict[str, bytes]:
    """The store in every format, as it comes to stdout."""
    found = {}
    for name in (*TRIPLES, *QUADS):
        done = kg("export", "--format", name, "--store", store)
        assert (done.code, done.err) == (0, "")
        found[name] = done.data
    return found


def ask_saved(name: str, store: Path, format_: str) -> Done:
    given = [f"-p{name}={value}" for name, value in QUERIES[name].example_values().items()]
    done = kg("query", name, *given, "--format", format_, "--store", store)
    assert (done.code, done.err) == (0, ""), done
    return done


def ask_own(text: str, store: Path) -> list[list[str]]:
    done = kg("query", "-", "--format", "csv", "--store", store, input_=PREFIX + text)
    assert (done.code, done.err) == (0, ""), done
    return list(csv.reader(io.StringIO(done.out)))[1:]


# --- saved queries -----------------------------------------------------------

SELECTS = [name for name, query in QUERIES.items() if query.form == "SELECT"]
GRAPHS = [name for name, query in QUERIES.items() if query.form == "CONSTRUCT"]


def test_each_query_is_of_a_form_that_is_tested() -> None:
    assert sorted(SELECTS + GRAPHS) == sorted(QUERIES)


@pytest.mark.parametrize("name", SELECTS)
def test_each_query_gives_rows_for_its_example_in_every_format(name: str, store: Path) -> None:
    header, *rows = csv.reader(io.StringIO(ask_saved(name, store, "csv").out))
    assert bool(rows) == (name not in BEFORE_LINKING | BEFORE_CORRECTIONS)
    found = json.loads(ask_saved(name, store, "json").out)
    assert found["head"]["vars"] == header
    assert len(found["results"]["bindings"]) == len(rows)
    tsv = ask_saved(name, store, "tsv").out.splitlines()
    assert tsv[0] == "\t".join(f"?{one}" for one in header)
    assert len(tsv) == 1 + len(rows)
    assert ask_saved(name, store, "xml").out.count("<result>") == len(rows)
    table = ask_saved(name, store, "table").out
    assert table.split()[: len(header)] == header
    assert table.endswith(f"\n{len(rows)} row{'' if len(rows) == 1 else 's'}\n")
    if name in SCORED:
        assert header == SCORED[name]
        assert len({tuple(row) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", GRAPHS)
def test_each_query_that_makes_a_graph_gives_it_in_every_format(name: str, store: Path) -> None:
    formats = {"nt": "nt", "ttl": "turtle", "jsonld": "json-ld", "xml": "xml"}
    sizes = {
        len(rdflib.Graph().parse(data=ask_saved(name, store, one).data, format=other))
        for one, other in formats.items()
    }
    assert len(sizes) == 1
    assert sizes != {0}


def test_a_format_that_does_not_suit_a_query_is_told(store: Path) -> None:
    for name, format_ in ((SELECTS[0], "nt"), (GRAPHS[0], "csv"), (GRAPHS[0], "table")):
        given = [f"-p{key}={value}" for key, value in QUERIES[name].example_values().items()]
        done = kg("query", name, *given, "--format", format_, "--store", store)
        assert_told(done, f"format {format_!r}: not for", "expected one of: ")


def test_queries_are_listed_with_their_parameters(store: Path) -> None:
    done = kg("queries", "--store", store)
    assert (done.code, done.err) == (0, "")
    for name, query in QUERIES.items():
        assert f"{name}: {query.title}\n" in done.out
    assert "-p benchmark=MMLU (literal) " in done.out


# --- export ------------------------------------------------------------------


def triples_of(store: Path) -> set[str]:
    with open_snapshot(store) as snapshot:
        return {str(quad.triple) for quad in snapshot.graph}


def same_terms(graph: rdflib.Graph) -> set[str]:
    """Return the triples as the store writes them."""
    data = graph.serialize(format="nt")
    return {str(quad.triple) for quad in ox.parse(data, format=ox.RdfFormat.N_TRIPLES)}


@pytest.fixture
def _literals_as_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep rdflib from writing ``0.90`` as ``0.9``."""
    monkeypatch.setattr(rdflib, "NORMALIZE_LITERALS", False)
    monkeypatch.setattr(rdflib.term, "NORMALIZE_LITERALS", False, raising=False)


@pytest.mark.usefixtures("_literals_as_written")
@pytest.mark.parametrize("format_", TRIPLES)
def test_rdflib_reads_the_same_triples(
    format_: str, store: Path, exports: dict[str, bytes]
) -> None:
    graph = rdflib.Graph().parse(data=exports[format_], format=TRIPLES[format_])
    assert same_terms(graph) == triples_of(store)


@pytest.mark.usefixtures("_literals_as_written")
@pytest.mark.parametrize("format_", QUADS)
def test_rdflib_reads_the_same_graphs(format_: str, store: Path, exports: dict[str, bytes]) -> None:
    found = rdflib.Dataset()
    found.parse(data=exports[format_], format=QUADS[format_])
    read = {str(graph.identifier): same_terms(graph) for graph in found.graphs() if len(graph)}
    with open_snapshot(store) as snapshot:
        held: dict[str, set[str]] = {}
        for quad in snapshot.graph:
            assert isinstance(quad.graph_name, ox.NamedNode)
            held.setdefault(quad.graph_name.value, set()).add(str(quad.triple))
    assert read == held


def test_a_store_of_other_history_gives_the_same_bytes(
    store: Path, exports: dict[str, bytes], tmp_path: Path
) -> None:
    again = tmp_path / "kg"
    for paths in (DIGESTS[3:], DIGESTS[2:0:-1], DIGESTS[:1], DIGESTS[1:3]):
        assert kg("build", *paths, "--jobs", 1, "--store", again).code == 0
    for name, data in exports.items():
        assert kg("export", "--format", name, "--store", again).data == data, name


def test_turtle_has_sorted_prefixes_and_is_the_default(
    store: Path, exports: dict[str, bytes]
) -> None:
    assert kg("export", "--store", store).data == exports["ttl"]
    prefixes = [line for line in exports["ttl"].splitlines() if line.startswith(b"@prefix")]
    assert prefixes == sorted(prefixes)
    assert f"@prefix kg: <{KG._NS}> .".encode() in prefixes
    lines = exports["nt"].splitlines()
    assert lines == sorted(set(lines))


def test_a_suffix_gives_format_and_compression(
    store: Path, exports: dict[str, bytes], tmp_path: Path
) -> None:
    def written(name: str) -> bytes:
        done = kg("export", "-o", tmp_path / name, "--store", store)
        assert (done.code, done.data, done.err) == (0, b"", "")
        return (tmp_path / name).read_bytes()

    assert written("kg.nt") == exports["nt"]
    assert written("kg.rdf") == exports["rdfxml"]
    packed = written("kg.nq.gz")
    assert gzip.decompress(packed) == exports["nq"]
    assert written("kg.nq.gz") == packed, "no time and no name is in it"
    packed = written("kg.ttl.zst")
    reader = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(packed))
    assert reader.read() == exports["ttl"]
    assert kg("export", "--format", "nt", "-o", tmp_path / "x.gz", "--store", store).code == 0
    assert gzip.decompress((tmp_path / "x.gz").read_bytes()) == exports["nt"]
    assert {path.name for path in tmp_path.iterdir()} == {
        *("kg.nt", "kg.rdf", "kg.nq.gz", "kg.ttl.zst", "x.gz")
    }


@pytest.mark.parametrize("name", ["kg", "kg.txt", "kg.gz"])
def test_an_unknown_suffix_needs_a_format(name: str, store: Path, tmp_path: Path) -> None:
    done = kg("export", "-o", tmp_path / name, "--store", store)
    assert_told(done, f"{tmp_path / name}: no known format; give --format")
    assert not (tmp_path / name).exists()


def test_an_export_that_cannot_be_written_leaves_no_file(store: Path, tmp_path: Path) -> None:
    done = kg("export", "-o", tmp_path / "no" / "kg.ttl", "--store", store)
    assert_told(done, f"{tmp_path / 'no' / 'kg.ttl'}: cannot be written (No such file")
    assert list(tmp_path.iterdir()) == []


def test_no_text_leaves_out_the_texts_only(store: Path, exports: dict[str, bytes]) -> None:
    left = kg("export", "--format", "nt", "--no-text", "--store", store).data.splitlines()
    gone = set(exports["nt"].splitlines()) - set(left)
    assert gone
    assert {line.split(b" ", 2)[1].decode() for line in gone} == {f"<{KG.text}>"}
    assert not any(f"<{KG.text}>".encode() == line.split(b" ", 2)[1] for line in left)


def test_one_graph_is_exported_alone(store: Path, exports: dict[str, bytes]) -> None:
    graph = f"{DEFAULT_BASE}digest/{DIGESTS[0].stem}"
    found = kg("export", "--format", "nq", "--graph", graph, "--store", store).data
    whole = exports["nq"].splitlines()
    assert found.splitlines() == [one for one in whole if one.endswith(f" <{graph}> .".encode())]
    assert found
    missing = kg("export", "--format", "nt", "--graph", f"{graph}0", "--store", store)
    assert (missing.code, missing.data) == (0, b""), "a graph that is not there is empty"


def test_a_graph_that_is_no_iri_is_told(store: Path) -> None:
    assert_told(kg("export", "--graph", "not an iri", "--store", store), "graph 'not an iri'")


# --- the rest ----------------------------------------------------------------


def test_the_graph_fits_the_shapes(store: Path) -> None:
    done = kg("validate", "--store", store)
    assert (done.code, done.data, done.err) == (0, b"", "0 violations\n")


def test_stats_agree_with_sparql(store: Path) -> None:
    done = kg("stats", "--store", store)
    assert (done.code, done.err) == (0, "")
    rows = dict(re.findall(r"^ *(\w+) +([\d,]+) *$", done.out, re.MULTILINE))
    shown = {name: int(number.replace(",", "")) for name, number in rows.items()}
    classes = {"digests": "Digest", "entries": "Entry", "papers": "Paper", "authors": "Author"}
    classes |= {"terms": "Term", "mentions": "Mention", "results": "Result"}
    classes |= {name: name for name in ("Model", "Method", "Benchmark", "Dataset", "Metric")}
    classes["Task"] = "Task"
    for name, class_ in classes.items():
        text = f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ ?x a kg:{class_} }}"
        assert ask_own(text, store) == [[str(shown[name])]], name
    ((triples,),) = ask_own("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", store)
    assert shown["triples"] == int(triples)
    assert set(shown) == {*classes, "triples"}


def test_a_backup_is_a_store_that_comes_back(store: Path, tmp_path: Path) -> None:
    copy, back = tmp_path / "copy", tmp_path / "back"
    done = kg("backup", copy, "--store", store)
    assert (done.code, done.data) == (0, b"")
    assert dump(copy) == dump(store)
    assert kg("build", DIGESTS[0], "--store", back).code == 0
    assert dump(back) != dump(store)
    assert kg("restore", copy, "--store", back).code == 0
    assert dump(back) == dump(store)
    assert kg("remove", DIGESTS[0].stem, "--store", back).code == 0, "and it can be written"
    assert dump(copy) == dump(store), "which leaves the backup as it was"
    assert_told(kg("backup", copy, "--store", store), f"{copy}: is not empty; name a new folder")
    assert_told(kg("restore", tmp_path / "no", "--store", back), "no store here; make one")


def test_the_store_is_found_by_flag_environment_file_and_default(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    for name in ("before", "behind", "environment", "file", "data/kg"):
        (tmp_path / name).symlink_to(store)
    monkeypatch.chdir(tmp_path)
    config = tmp_path / "paperkg.toml"
    config.write_text('store = "file"\n')
    question = ("query", "-", "--format", "csv")

    def found(*before: str, behind: tuple[str, ...] = (), **env: str) -> bool:
        """Whether the only store that is left is the one that is asked."""
        done = kg(*before, *question, *behind, input_="ASK { ?s ?p ?o }", **env)
        return done.code == 0

    flags = ("--store", "before")
    assert found(*flags, behind=("--store", "behind"), KG_STORE="environment")
    for gone, before, behind, env in (
        ("behind", flags, ("--store", "behind"), {}),
        ("before", flags, (), {"KG_STORE": "environment"}),
        ("environment", (), (), {"KG_STORE": "environment"}),
        ("file", (), (), {}),
    ):
        assert found(*before, behind=behind, **env)
        (tmp_path / gone).unlink()
        assert not found(*before, behind=behind, **env), gone
    config.unlink()
    assert found()
    (tmp_path / "data/kg").unlink()
    assert_told(kg("stats"), "data/kg: no store here; make one with 'kg build PATH --store DIR'")


def test_exit_codes_of_a_process(store: Path) -> None:
    done = run(command("query", "top-methods", "--format", "csv", "--store", store))
    assert (done.code, done.err) == (0, "")
    assert done.data == ask_saved("top-methods", store, "csv").data
    assert_told(run(command("query", "none", "--store", store)), "kg: none: no saved query")
    wrong = run(command("query", "--store", store))
    assert (wrong.code, wrong.data) == (2, b"")
    assert "Missing argument" in wrong.err


@pytest.mark.parametrize(
    "words",
    [(), ("none",), ("build",), ("stats", "--none"), ("export", "--format", "pdf")]
    + [("build", "x", "--jobs", "-1"), ("build", "x", "--min-confidence", "2")],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...]) -> None:
    done = kg(*words)
    assert (done.code, done.data) == (2, b"")
    assert "Usage: " in done.err
