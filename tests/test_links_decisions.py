"""People's decisions on links win over the machine's, stay, and can be taken back."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.linked import Kind, Link, LinkDecision, Relation, standing
from kg.pipeline.link_decisions import newest, questions
from kg.vocab import DEFAULT_BASE
from tests import small_links as small
from tests.command_line import assert_told, kg
from tests.small_links import HEAD, decide, decision, everything, graph, rows, run

PLIMBO, OTHER = small.PLIMBO, small.PLIMBO_TOO


@pytest.fixture
def folder(linked: Path) -> Path:
    return linked


def plimbo(folder: Path) -> list[str]:
    return [row for row in rows(folder) if row.startswith("Model,Plimbo,")]


# ------------------------------------------------------------------ what they do


def test_an_accepted_link_takes_the_place_of_the_machines(folder: Path) -> None:
    row = decision("term:plimbo", OTHER, predicate="skos:closeMatch")
    done = decide(folder, row)
    assert (done.code, done.data) == (0, b"")
    assert done.err == (
        "1 decisions in force, 1 of them new, 0 taken back; 0 rows of a machine left out\n"
    )
    assert plimbo(folder) == [f"Model,Plimbo,Q{OTHER},close,1"]
    assert f"link/term/plimbo/Q{PLIMBO}" not in graph(folder)
    assert run(folder).code == 0
    assert plimbo(folder) == [f"Model,Plimbo,Q{OTHER},close,1"]
    text = graph(folder)
    node = f"<{DEFAULT_BASE}link/term/plimbo/Q{OTHER}>"
    by = f"{node} <http://purl.org/pav/authoredBy> <{DEFAULT_BASE}agent/person/mina-seo> ."
    assert by in text
    assert f'{node} <http://purl.org/pav/authoredOn> "2031-02-01"' in text
    assert f"{node} <https://w3id.org/sssom/mapping_tool>" not in text


def test_an_item_that_is_surely_not_meant_stays_away(folder: Path) -> None:
    row = decision("term:plimbo", PLIMBO, modifier="Not")
    assert decide(folder, row).code == 0
    assert plimbo(folder) == []
    assert "NegatedPredicate" in graph(folder)
    assert run(folder).code == 0
    assert plimbo(folder) == [f"Model,Plimbo,Q{OTHER},exact,0.7625"], "the next best"
    assert decide(folder, row, decision("term:plimbo", OTHER, modifier="Not")).code == 0
    assert run(folder).code == 0
    assert plimbo(folder) == []
    assert f"link/term/plimbo/Q{PLIMBO}> " in graph(folder)
    assert "link/term/plimbo/NIL" not in graph(folder), "nothing is left to look at"


def test_a_persons_nil_removes_any_link(folder: Path) -> None:
    assert decide(folder, decision("term:plimbo", None)).code == 0
    assert plimbo(folder) == []
    assert run(folder).code == 0
    assert plimbo(folder) == []
    assert f"<{DEFAULT_BASE}link/term/plimbo/NIL> <http://purl.org/pav/authoredOn>" in graph(folder)


def test_a_paper_is_what_a_person_says(folder: Path) -> None:
    row = decision("paper:3101.00001", small.QUIBBLENET, predicate="schema:sameAs")
    assert decide(folder, row).code == 0
    same = f"<{DEFAULT_BASE}paper/3101.00001> <https://schema.org/sameAs>"
    wanted = f"{same} <http://www.wikidata.org/entity/Q{small.QUIBBLENET}> ."
    assert [line for line in graph(folder).splitlines() if line.startswith(same)] == [wanted]


def test_the_summary_counts_what_people_decided(folder: Path) -> None:
    decide(folder, decision("term:plimbo", None), decision("term:marfoid", small.MARFOID))
    (line,) = [one for one in run(folder).err.splitlines() if one.split()[:1] == ["Model"]]
    assert line.split() == ["Model", "8", "2", "0", "2", "2"]


# ------------------------------------------------------------------ they stay


def test_decisions_survive_builds_removals_and_linking(folder: Path) -> None:
    rows_ = (
        decision("term:plimbo", OTHER, predicate="skos:closeMatch"),
        decision("term:quibblenet", small.QUIBBLENET, modifier="Not"),
        decision("term:marfoid", None),
        decision("author:ada-zorn", small.ADA, predicate="schema:sameAs"),
    )
    assert decide(folder, *rows_).code == 0
    decided = everything(folder)
    names = [path.stem for path in sorted(small.digests(folder).glob("*.md"))]
    store = ("--store", folder / "kg")
    assert kg("remove", *names, *store).code == 0
    assert everything(folder) == b""
    assert kg("build", small.digests(folder), "--jobs", 1, *store).code == 0
    assert everything(folder) == decided
    assert run(folder).code == 0
    written = run(folder, "export", "-").out
    assert written.count("Mina Seo") == 4
    assert kg("remove", *names, *store).code == 0
    assert run(folder, "export", "-").out.count("Mina Seo") == 4, "no decision is lost"


def test_taking_decisions_back_gives_the_machines_links_to_the_byte(folder: Path) -> None:
    machine = everything(folder)
    rows_ = [decision("term:plimbo", None), decision("term:marfoid", small.MARFOID)]
    assert decide(folder, *rows_).code == 0
    assert decide(folder, rows_[0]).err.startswith("2 decisions in force, 0 of them new, 0"), (
        "a file adds"
    )
    done = decide(folder, rows_[0], flags=("--replace",))
    assert done.err.startswith("1 decisions in force, 0 of them new, 1 taken back")
    done = decide(folder, flags=("--replace",))
    assert done.err.startswith("0 decisions in force, 0 of them new, 1 taken back")
    assert everything(folder) == machine


def test_a_newer_decision_wins_whatever_the_order(folder: Path) -> None:
    old = decision("term:plimbo", PLIMBO)
    new = decision("term:plimbo", PLIMBO, modifier="Not", by="Jo Park", when="2031-02-05")
    assert decide(folder, old).code == 0
    done = decide(folder, new)
    assert done.err.startswith("1 decisions in force, 1 of them new, 1 taken back")
    decided = everything(folder)
    done = decide(folder, old)
    told = "d.sssom.tsv:9: older than what is in force about term 'plimbo'; not loaded\n"
    assert told in done.err
    assert everything(folder) == decided
    same_day = decision("term:plimbo", None, when="2031-02-05")
    assert decide(folder, same_day).code == 0
    assert everything(folder) != decided, "that no item fits, and that one surely not, agree"


def test_a_decision_about_what_is_not_there_waits(folder: Path, tmp_path: Path) -> None:
    done = decide(folder, decision("term:zumbo", PLIMBO), decision("paper:1.1", None, predicate=""
                  "schema:sameAs"), decision("term:plimbo", None))  # fmt: skip
    assert done.code == 0
    assert "d.sssom.tsv:9: term 'zumbo' is not in the store yet; the decision waits" in done.err
    assert "d.sssom.tsv:10: paper '1.1' is not in the store yet" in done.err
    assert "plimbo" not in done.err
    assert "zumbo" not in graph(folder)
    other = tmp_path / "zumbo"
    other.mkdir()
    for path in small.digests(folder).glob("*.md"):
        text = path.read_text(encoding="utf-8").replace("Plimbo", "Zumbo")
        (other / path.name).write_text(text, encoding="utf-8")
    assert kg("build", other, "--jobs", 1, "--store", folder / "kg").code == 0
    assert f"Model,Zumbo,Q{PLIMBO},exact,1" in rows(folder)


# ------------------------------------------------------------------ contradictions


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("", PLIMBO), ("", OTHER), f"is exact Q{OTHER}, but term 'plimbo' is exact Q{PLIMBO}"),
        (("", PLIMBO), ("Not", PLIMBO), f"is not Q{PLIMBO}, but term 'plimbo' is exact Q{PLIMBO}"),
        (("", PLIMBO), ("", None), f"is nothing, but term 'plimbo' is exact Q{PLIMBO}"),
        (("Not", PLIMBO), ("", PLIMBO), f"is exact Q{PLIMBO}, but term 'plimbo' is not Q{PLIMBO}"),
    ],
)
def test_rows_that_exclude_each_other_are_told_with_both_lines(
    one: tuple[str, int | None], other: tuple[str, int | None], told: str, folder: Path
) -> None:
    before = everything(folder)
    made = [decision("term:plimbo", qid, modifier=word) for word, qid in (one, other)]
    done = decide(folder, made[0], decision("term:marfoid", None), made[1])
    assert (done.code, done.data) == (1, b"")
    first, last = done.err.splitlines()
    path = folder / "d.sssom.tsv"
    assert first == f"kg: {path}:11: term 'plimbo' {told} (line 9); keep one of them"
    assert last == f"kg: {path}: nothing was changed; mend the rows and load it again"
    assert everything(folder) == before
    assert "Mina" not in run(folder, "export", "-").out


def test_close_and_exact_exclude_each_other_and_no_and_none_do_not(folder: Path) -> None:
    close = decision("term:plimbo", PLIMBO, predicate="skos:closeMatch")
    assert decide(folder, close, decision("term:plimbo", PLIMBO)).code == 1
    nots = [decision("term:plimbo", qid, modifier="Not") for qid in (PLIMBO, OTHER)]
    done = decide(folder, *nots, decision("term:plimbo", None))
    assert done.err.startswith("3 decisions in force, 3 of them new")


def test_decisions_need_a_store(tmp_path: Path) -> None:
    path = tmp_path / "d.sssom.tsv"
    path.write_text(HEAD + decision("term:plimbo", None))
    store = ("--store", tmp_path / "kg")
    assert_told(kg("link", "import", path, *store), "no store here")
    assert_told(kg("link", "export", "-", *store), "no store here")
    assert_told(kg("link", *store), "no store here")
    assert not (tmp_path / "kg").exists()


# ------------------------------------------------------------------ any decisions


def test_what_the_machine_said_stands_where_nobody_decided() -> None:
    link = Link(Kind.TERM, "a", "Q900000001", Relation.EXACT, "1", "", "", "x")  # type: ignore[arg-type]
    nil = Link(Kind.TERM, "a", None, None, "1", "", "", "x")  # type: ignore[arg-type]
    yes, other, none, is_not, not_other = (
        LinkDecision(Kind.TERM, "a", qid, None, negated, "Mo", "2031-02-01")
        for qid, negated in (
            *(("Q900000001", False), ("Q900000002", False), (None, False)),
            *(("Q900000001", True), ("Q900000002", True)),
        )
    )
    assert standing(link, ()) is link
    assert standing(link, [not_other]) is link
    assert standing(nil, [is_not, not_other]) is nil
    for decided in ([yes], [other], [none], [is_not], [not_other, is_not]):
        assert standing(link, decided) is None
    assert standing(None, [is_not]) is None


decisions = st.builds(
    lambda qid, negated, day, by, close: LinkDecision(
        *(Kind.TERM, "plimbo", qid, None if negated or not qid else close, negated and bool(qid)),
        *(by, f"2031-02-{day:02}"),
    ),
    st.sampled_from([None, "Q900000001", "Q900000002"]),
    st.booleans(),
    st.integers(1, 9),
    st.sampled_from(["Mo", "Jo"]),
    st.sampled_from(Relation),
)


@given(st.lists(decisions, max_size=5, unique_by=lambda one: one.date))
def test_any_order_of_loading_leaves_the_newest_in_force(made_: list[LinkDecision]) -> None:
    whole, _ = newest((), made_)
    asked = list(itertools.chain.from_iterable(questions(one) for one in whole))
    assert len(asked) == len(set(asked)), "one answer to a question"
    assert set(whole) <= set(made_)
    if made_:
        assert max(made_, key=lambda one: one.date) in whole
    assert newest((), made_[::-1])[0] == whole
    assert newest(whole, whole) == (whole, ()), "loading again changes nothing"
