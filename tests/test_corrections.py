"""Files of people's decisions, and that what they decide wins, stays and can be taken back."""

from __future__ import annotations

import io
import random
import shutil
import tempfile
import unicodedata
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kg import pipeline
from kg.model import Correction, Decision, TermType
from kg.pipeline.corrections_csv import MAX_CHARS, read_rows, write_rows
from kg.resolve.decisions import contradictions
from kg.resources import shared_folder
from kg.settings import Settings
from kg.store import open_snapshot
from kg.validate import graph_parts, validate
from kg.vocab import CORRECTIONS_GRAPH, DEFAULT_BASE, TERMS_GRAPH
from tests.command_line import ROOT, Done, assert_told, dump, kg
from tests.small_digests import VERSIONS, write_digest

DATES = sorted(VERSIONS)
HEADER = "decision,label,value,paper,by,date,comment\n"
BY = ",,Mina Seo,2024-09-01,\n"
ROWS = """\
decision,label,value,paper,by,date,comment
type,CLIPScore,Model,,Mina Seo,2024-09-01,to be seen
same,GPT-3,PaLM 540B,,Mina Seo,2024-09-01,
different,LoRA,Low-Rank Adaptation,,Mina Seo,2024-09-02,
not-a-term,ImageNet,,,Jo Park,2024-09-02,"no, it is not"
key,MMLU,massive,,Jo Park,2024-09-02,
person,Edward J. Hu,,2103.00020,Jo Park,2024-09-03,
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of one version of each small digest, with the digests beside it."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "digests").mkdir()
    for date in DATES:
        write_digest(folder / "digests", date, 0)
    assert build(folder / "kg", folder / "digests").code == 0
    return folder


@pytest.fixture
def store(built: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(built / "kg", tmp_path / "kg"))


def build(store: Path, *paths: object, **env: str) -> Done:
    return kg("build", *paths, "--jobs", 1, "--store", store, **env)


def load(store: Path, text: str, *flags: str) -> Done:
    path = store.parent / "d.csv"
    path.write_text(text, encoding="utf-8")
    return kg("corrections", path, *flags, "--store", store)


def in_force(store: Path) -> str:
    done = kg("corrections", "--store", store)
    assert (done.code, done.err) == (0, "")
    return done.out


def terms(store: Path) -> str:
    return kg(
        "export", "--graph", DEFAULT_BASE + TERMS_GRAPH, "--format", "nt", "--store", store
    ).out


# ------------------------------------------------------------------ what they do


def test_decisions_change_the_graph_at_once_and_are_in_it(store: Path) -> None:
    before = terms(store)
    assert "term/imagenet>" in before
    done = load(store, ROWS)
    assert (done.code, done.data) == (0, b"")
    assert done.err.startswith("6 decisions in force, 6 of them new, 0 taken back; ")
    after = terms(store)
    assert "term/imagenet>" not in after
    assert "term/massive>" in after
    assert "term/mmlu>" not in after
    assert f"<{DEFAULT_BASE}author/edward-j-hu~2103.00020>" in after
    assert f"<{DEFAULT_BASE}author/edward-j-hu>" in after
    kind = f"<{DEFAULT_BASE}term/clipscore> <https://w3id.org/paperkg/ontology#termType>"
    assert f"{kind} <https://w3id.org/paperkg/ontology#Model>" in after
    done = kg("query", "corrections", "--format", "csv", "--store", store)
    assert done.out.splitlines()[0] == "date,by,decision,label,value,paper,entity,comment"
    assert 'Jo Park,not-a-term,ImageNet,,,,"no, it is not"' in done.out
    assert f"type,CLIPScore,Model,,{DEFAULT_BASE}term/clipscore,to be seen" in done.out


def test_a_graph_with_decisions_is_valid(store: Path) -> None:
    assert load(store, ROWS).code == 0
    shapes = shared_folder("ontology") / "shapes.ttl"
    with open_snapshot(store) as snapshot:
        assert [str(one) for one in validate(graph_parts(snapshot.graph), shapes)] == []
        triples = [quad.triple for quad in snapshot.graph]
    assert len(triples) == len(set(triples)), "no triple stands in two graphs"


def test_the_provenance_names_the_graph_of_decisions(store: Path) -> None:
    graph = f"<{DEFAULT_BASE}{CORRECTIONS_GRAPH}>"
    derived = "<http://www.w3.org/ns/prov#wasDerivedFrom>"
    said = f"<{DEFAULT_BASE}{TERMS_GRAPH}> {derived} {graph}".encode()
    made = f"{graph} <http://www.w3.org/ns/prov#wasGeneratedBy> <{DEFAULT_BASE}build/".encode()
    assert said not in dump(store)
    assert load(store, ROWS).code == 0
    assert said in dump(store)
    assert made in dump(store)
    text = (
        "SELECT ?n (COUNT(*) AS ?is) "
        "{ ?g <http://rdfs.org/ns/void#triples> ?n GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?n"
    )
    rows = kg("query", "-", "--format", "csv", "--store", store, input_=text).out.split()[1:]
    assert rows
    assert all(len(set(row.split(","))) == 1 for row in rows)


# ------------------------------------------------------------------ they stay


def test_decisions_survive_builds_removals_and_a_bulk_rebuild(
    built: Path, store: Path, tmp_path: Path
) -> None:
    assert load(store, ROWS).code == 0
    decided, rows = dump(store), in_force(store)
    assert build(store, built / "digests").code == 0
    assert dump(store) == decided
    other = tmp_path / "other"
    other.mkdir()
    for date in DATES:
        write_digest(other, date, 1)
    assert build(store, other).code == 0, "all of it changes: loaded anew"
    assert (dump(store) == decided, in_force(store)) == (False, rows)
    assert build(store, built / "digests").code == 0
    assert dump(store) == decided
    assert kg("remove", *DATES, "--store", store).code == 0
    assert dump(store) == b"", "an empty store has no derived graph"
    assert in_force(store) == rows
    assert build(store, built / "digests").code == 0
    assert dump(store) == decided


def test_decisions_survive_backup_and_restore(store: Path, tmp_path: Path) -> None:
    assert load(store, ROWS).code == 0
    decided, rows = dump(store), in_force(store)
    assert kg("backup", tmp_path / "copy", "--store", store).code == 0
    assert load(store, HEADER, "--replace").code == 0
    assert dump(store) != decided
    assert kg("restore", tmp_path / "copy", "--store", store).code == 0
    assert (dump(store), in_force(store)) == (decided, rows)


def test_a_build_loads_the_file_of_the_settings(built: Path, store: Path, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(ROWS)
    assert load(store, ROWS).code == 0
    fresh = tmp_path / "fresh"
    done = build(fresh, built / "digests", KG_CORRECTIONS=str(tmp_path / "d.csv"))
    assert done.code == 0, done.err
    assert dump(fresh) == dump(store)
    (tmp_path / "d.csv").write_text(HEADER + "type,MMLU,Nothing" + BY)
    for words in (("build", built / "digests"), ("build", built / "digests", "--dry-run")):
        done = kg(*words, "--store", fresh, "--jobs", 1, KG_CORRECTIONS=str(tmp_path / "d.csv"))
        assert done.code == 1
        assert f"{tmp_path / 'd.csv'}:2: type 'Nothing'; expected one of: Model" in (
            done.err + done.out
        )
    assert dump(fresh) == dump(store), "and the rest went in"


# ------------------------------------------------------------------ they are taken back


def test_printing_editing_and_loading_again(store: Path) -> None:
    machine = dump(store)
    assert in_force(store) == HEADER
    assert load(store, ROWS).code == 0
    decided, printed = dump(store), in_force(store)
    assert sorted(printed.splitlines()) == sorted(ROWS.splitlines())
    done = load(store, printed)
    assert done.err.startswith("6 decisions in force, 0 of them new, 0 taken back")
    assert dump(store) == decided
    without = "".join(line for line in printed.splitlines(True) if not line.startswith("same"))
    assert load(store, without).err.startswith("6 decisions in force"), "a file adds"
    assert load(store, without, "--replace").err.startswith(
        "5 decisions in force, 0 of them new, 1"
    )
    assert dump(store) != decided
    assert load(store, HEADER, "--replace").err.startswith("0 decisions in force, 0 of them new, 5")
    assert dump(store) == machine, "to the byte"


def test_replacing_needs_a_file(store: Path) -> None:
    done = kg("corrections", "--replace", "--store", store)
    assert done.code == 2
    assert "--replace needs FILE" in done.err


def test_a_newer_decision_wins_whatever_the_order(store: Path) -> None:
    old = HEADER + "type,MMLU,Dataset,,Mina Seo,2024-09-01,\n"
    new = HEADER + "not-a-term,mmlu,,,Jo Park,2024-09-05,\n"
    assert load(store, old).code == 0
    done = load(store, new)
    assert done.err.startswith("1 decisions in force, 1 of them new, 1 taken back")
    decided = dump(store)
    done = load(store, old)
    assert "d.csv:2: older than what is in force about 'MMLU'; not loaded\n" in done.err
    assert dump(store) == decided
    same_day = HEADER + "type,MMLU,Task,,Mina Seo,2024-09-05,\n"
    assert load(store, same_day).code == 0
    assert in_force(store) == same_day, "of one day, the one loaded last"


def test_a_decision_about_what_no_digest_has_waits(built: Path, store: Path) -> None:
    done = load(
        store, HEADER + "type,Zeal,Task" + BY + "type,MMLU,Task,2106.00001,Mo,2024-09-01,\n"
    )
    assert done.code == 0
    assert "d.csv:2: 'Zeal' stands in no digest yet; the decision waits for it\n" in done.err
    assert "d.csv:3: 'MMLU' stands in no digest of that paper yet; the decision" in done.err


def test_corrections_need_a_store(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text(ROWS)
    for words in ((), (tmp_path / "d.csv",)):
        assert_told(kg("corrections", *words, "--store", tmp_path / "kg"), "no store here")
    assert not (tmp_path / "kg").exists()


# ------------------------------------------------------------------ what is told


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("perhaps,MMLU,," + BY[2:], "decision 'perhaps'; expected one of: not-a-term, type, same"),
        ("type,,Task" + BY, "no label; expected a name as it stands in digests"),
        ("type,MMLU,Tusk" + BY, "type 'Tusk'; expected one of: Model, Method, Benchmark"),
        ("type,MMLU," + BY, "type ''; expected one of: Model"),
        ("same,MMLU," + BY, "value ''; expected another name than 'MMLU'"),
        ("same,MMLU,MMLU" + BY, "value 'MMLU'; expected another name than 'MMLU'"),
        ("not-a-term,MMLU,x" + BY, "value 'x'; expected none for 'not-a-term'"),
        ("key,MMLU,M M" + BY, "key 'M M'; expected one as it stands in IRIs, such as 'm-m'"),
        ("key,MMLU,mmlu,2106.09685,Mo,2024-09-01,", "paper '2106.09685'; expected none"),
        ("type,MMLU,Task,paper 1,Mo,2024-09-01,", "paper 'paper'; expected an arXiv id"),
        ("type,A,Task,2106.09685 2106.09686,Mo,2024-09-01,", "2 papers; expected one: write a"),
        ("different,A,B,2106.09685,Mo,2024-09-01,", "value 'B' with a paper; expected none"),
        ("type,MMLU,Task,,,2024-09-01,", "nothing in 'by'; expected who decided"),
        ("type,MMLU,Task,,Mo,,", "date ''; expected a day such as 2026-11-21"),
        ("type,MMLU,Task,,Mo,2024-02-30,", "date '2024-02-30'; expected a day"),
        ("type,MMLU,Task,,Mo,20240901,", "date '20240901'; expected a day"),
        ("type,MMLU,Task,,Mo,2024-09-01,a,b", "8 cells; expected 7: quote a cell that has a"),
        ("type,MM\x1bLU,Task" + BY, "label with the character U+001B; expected one line of text"),
        ("type,MM\u202eLU,Task" + BY, "label with the character U+202E; expected one line"),
        ("type,MMLU,Task,,Mo,2024-09-01,\"a\nb\"", "comment with the character U+000A; expected"),
        (f"type,{'x' * (MAX_CHARS + 1)},Task" + BY, "label of 1001 characters; expected at most"),
    ],
)  # fmt: skip
def test_a_bad_row_is_told_and_the_file_changes_nothing(row: str, told: str, store: Path) -> None:
    before = dump(store)
    good = "type,GSM8K,Task" + BY
    done = load(store, HEADER + good + row.rstrip("\n") + "\n" + good)
    assert (done.code, done.data) == (1, b"")
    first, last = done.err.splitlines()
    assert first.startswith(f"kg: {store.parent / 'd.csv'}:3: {told}"), first
    assert last.endswith("d.csv: nothing was changed; mend the rows and load it again")
    assert dump(store) == before
    assert in_force(store) == HEADER


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "1: no column 'decision'; expected the columns decision,label,value,paper,by,date"),
        ("decision,label,by\n", "1: no column 'date'; expected"),
        ("decision,label,by,date,votes\n", "1: unknown column 'votes'; expected the columns"),
        ("decision,label,by,date,label\n", "1: column 'label' twice; expected"),
        (HEADER + 'type,"MMLU,Task\n', "2: no CSV (unexpected end of data); quote a cell"),
        (HEADER + 'type,"MM"LU,Task\n', "2: no CSV ("),
    ],
)
def test_a_file_that_is_no_table_of_decisions(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(text)
    (problem,) = pipeline.read_corrections(path).problems
    assert str(problem).startswith(f"{path}:{told}")


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "d.csv"
    (problem,) = pipeline.read_corrections(path).problems
    assert (
        str(problem) == f"{path}: cannot be read (No such file or directory); expected a CSV file"
    )
    path.write_bytes(HEADER.encode() + b"type,\xff\n")
    (problem,) = pipeline.read_corrections(path).problems
    assert str(problem) == f"{path}:2: no UTF-8; save it as UTF-8"
    monkeypatch.setattr("kg.pipeline.corrections_csv.MAX_BYTES", 10)
    (problem,) = pipeline.read_corrections(path).problems
    assert str(problem).startswith(f"{path}: more than 0 MB; split it")


def test_a_contradiction_is_told_with_both_lines(store: Path) -> None:
    rows = "same,A,B" + BY + "type,C,Task" + BY + "different,b,a" + BY
    done = load(store, HEADER + rows)
    assert done.code == 1
    first = done.err.splitlines()[0]
    assert first.startswith(
        f"kg: {store.parent / 'd.csv'}:4: different 'b' 'a', but same 'A' 'B' (line 2): two"
    )
    chain = "same,A,B" + BY + "same,B,C" + BY
    assert load(store, HEADER + chain).code == 0
    done = load(store, HEADER + "different,A,C" + BY)
    assert done.code == 1
    first = done.err.splitlines()[0]
    assert "d.csv:2: different 'A' 'C', but " in first
    assert "same 'B' 'C' (in force, Mina Seo on 2024-09-01)" in first
    assert first.endswith("'A' and 'C' are different and the same; keep one of them")


def test_the_example_of_the_readme_is_good(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (tmp_path / "d.csv").write_text(text.split("```csv\n")[1].split("```")[0], encoding="utf-8")
    file = pipeline.read_corrections(tmp_path / "d.csv")
    assert file.problems == ()
    assert {one.decision for one in file.corrections} == set(Decision)


def test_columns_come_in_any_order_and_papers_in_any_form(tmp_path: Path) -> None:
    path = tmp_path / "d.csv"
    path.write_text(
        "\ufeffDate,by,Label,decision,value,paper\r\n"
        "\r\n"
        "2024-09-01, Mina Seo ,확산 모델,TYPE,method,https://arxiv.org/abs/2106.09685v2\r\n"
        '2024-09-01,Mo,"Wei Wang",person,,arXiv:2408.00874v1 10.1000/ABC\r\n',
        encoding="utf-8",
    )
    file = pipeline.read_corrections(path)
    assert file.problems == ()
    assert file.corrections == (
        Correction(Decision.TYPE, "확산 모델", "Method", ("2106.09685",), "Mina Seo", "2024-09-01"),
        Correction(
            Decision.PERSON, "Wei Wang", "", ("2408.00874", "doi/10.1000/abc"), "Mo", "2024-09-01"
        ),
    )
    assert [one.line for one in file.corrections] == [3, 4]


# ------------------------------------------------------------------ any set of them

LABELS = ("LoRA", "Low-Rank Adaptation", "CoT", "Chain-of-Thought", "CLIP", "CLIPScore", "MMLU",
          "Transformer", "트랜스포머", "GPT-3", "정확도", "Top-1 accuracy")  # fmt: skip
papers = st.sampled_from(["", "2106.09685", "2201.11903", "2103.00020"])
labels = st.sampled_from(LABELS)
dates = st.sampled_from(["2024-09-01", "2024-09-02"])


@st.composite
def one_decision(draw: st.DrawFn) -> Correction:
    kind, label, paper = draw(st.sampled_from(Decision)), draw(labels), draw(papers)
    value = ""
    if kind == Decision.TYPE:
        value = draw(st.sampled_from(TermType))
    elif kind == Decision.KEY:
        value, paper = draw(st.sampled_from("abc")), ""
    elif kind == Decision.SAME or (kind == Decision.DIFFERENT and not paper):
        value = draw(labels.filter(lambda other: other != label))
    elif kind == Decision.PERSON:
        label = draw(st.sampled_from(["Edward J. Hu", "Jason Wei"]))
    return pipeline.make_correction(kind, label, value, paper, "Mina Seo", draw(dates), "why")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    paths = [str(write_digest(folder, date, 0)) for date in DATES]
    pipeline.build(paths, Settings(store=folder / "kg", jobs=1))
    return folder / "kg"


@given(decisions=st.lists(one_decision(), min_size=1, max_size=8), seed=st.integers(0, 9))
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_decisions_give_one_graph_in_whatever_order_they_are_loaded(
    decisions: list[Correction], seed: int, small: Path
) -> None:
    assert_one_graph(decisions, seed, small)


@pytest.mark.soak
@given(decisions=st.lists(one_decision(), min_size=1, max_size=12), seed=st.integers(0, 9))
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_long_any_decisions_give_one_graph(
    decisions: list[Correction], seed: int, small: Path
) -> None:
    assert_one_graph(decisions, seed, small)


def assert_one_graph(decisions: list[Correction], seed: int, small: Path) -> None:
    """Load decisions at once, and in two parts and another order; then take all back."""
    agreed: list[Correction] = []
    for one in decisions:
        if not list(contradictions([*agreed, one])):
            agreed.append(one)
    machine = dump(small)
    with tempfile.TemporaryDirectory() as name:
        one, other = Path(name) / "one", Path(name) / "other"
        for store in (one, other):
            shutil.copytree(small, store)
        at_once = pipeline.apply_corrections(agreed, Settings(store=one))
        random.Random(seed).shuffle(agreed)
        half = len(agreed) // 2
        for part in (agreed[:half], agreed[half:]):
            done = pipeline.apply_corrections(part, Settings(store=other))
            assert done.problems == ()
        assert at_once.problems == ()
        assert done.in_force == at_once.in_force
        assert dump(one) == dump(other)
        done = pipeline.apply_corrections([], Settings(store=one), replace=True)
        assert (done.in_force, set(done.withdrawn)) == ((), set(at_once.in_force))
        assert dump(one) == machine


text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20)


@given(st.lists(st.tuples(text, text), max_size=4))
def test_what_is_written_reads_back(cells: list[tuple[str, str]]) -> None:
    made = []
    for label, comment in cells:
        try:
            made.append(
                pipeline.make_correction(
                    *("not-a-term", label.strip(), "", "", "Mo", "2024-09-01", comment.strip())
                )
            )
        except ValueError:
            continue
    out = io.StringIO()
    write_rows(made, out)
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "d.csv"
        path.write_text(out.getvalue(), encoding="utf-8", newline="")
        read = read_rows(path)
    # Written in the composed form; two bidirectional marks and the like are told.
    composed = [unicodedata.normalize("NFC", one.label) for one in made]
    assert len(read.corrections) + len(read.problems) == len(made)
    assert {one.label for one in read.corrections} <= set(composed)
