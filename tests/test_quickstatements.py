"""What we know and Wikidata lacks, as a file of commands that a person looks at."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg.errors import KGError
from kg.link.dumps.building import build_index
from kg.link.items import Item, Name, NameKind
from kg.link.quickstatements import Command, Ours, commands, is_safe
from kg.link.wikidata.live import Live
from kg.pipeline.quickstatements import Lacking, lacking
from tests import small_links as small
from tests.command_line import Done, assert_told, kg
from tests.small_links import decide, decision, run
from tests.test_completion import write
from tests.test_link_dump import array, entity, snak
from tests.wikidata_server import FakeWikidata, Reply, person, serve

#: A line as ``importDataFromV1`` of QuickStatements reads one of ours.
LINE = re.compile(r'(Q[1-9][0-9]*)\t(L|A)?(?(2)(ko|en)|P818)\t"([^"\t\r\n]+)"')
QUIBBLENET, PLIMBO, PAPER_2 = "Q900000001", "Q900000008", "Q900000012"


def made_of(*names: tuple[str, NameKind], **parts: Any) -> Item:
    return Item(7, names[0][0], names=tuple(Name(*one) for one in names), **parts)


def said(item: Item, *names: str, arxiv_id: str = "", korean_label: bool = True) -> list[str]:
    made, _ = commands(item, [Ours(names, arxiv_id)], korean_label=korean_label)
    return [str(one) for one in made]


# ------------------------------------------------------------------ what is lacking


def test_a_korean_label_and_aliases_are_lacking() -> None:
    item = made_of(("Wug Net", NameKind.LABEL), ("WNet", NameKind.ALIAS))
    made = said(
        item, "wug-nets", "워그넷", "W-Net", "워그 신경망", "WugNetwork", korean_label=False
    )
    assert made == [
        'Q7\tAen\t"WugNetwork"',
        'Q7\tAko\t"워그 신경망"',
        'Q7\tLko\t"워그넷"',
    ], "what differs in case and spelling only is known"


def test_a_korean_label_is_never_replaced() -> None:
    item = made_of(("Wug", NameKind.LABEL), ("워그넷", NameKind.LABEL))
    assert said(item, "워그", "워그 넷") == ['Q7\tAko\t"워그"']
    assert said(made_of(("Wug", NameKind.LABEL)), "워그") == ['Q7\tAko\t"워그"']


def test_an_alias_can_become_the_label_that_is_lacking() -> None:
    item = made_of(("Wug", NameKind.LABEL), ("워그", NameKind.ALIAS))
    assert said(item, "워그", korean_label=False) == ['Q7\tLko\t"워그"']


def test_names_that_only_our_index_has_are_lacking() -> None:
    item = made_of(("Wug", NameKind.LABEL), ("WGN", NameKind.KNOWN), ("WGX", NameKind.NEAR))
    assert said(item, "WGN") == ['Q7\tAen\t"WGN"']


def test_an_arxiv_id_is_lacking_once() -> None:
    item = made_of(("Wug", NameKind.LABEL))
    assert said(item, arxiv_id="2408.00874") == ['Q7\tP818\t"2408.00874"']
    assert said(item, arxiv_id='2408.00874"\tP31') == []
    has = made_of(("Wug", NameKind.LABEL), identifiers=(("P818", "2408.00875"),))
    assert said(has, arxiv_id="2408.00874") == []
    two = [Ours(arxiv_id="2408.00874"), Ours(arxiv_id="2408.00875")]
    assert commands(item, two, korean_label=True) == ([], 0), "one of the links is wrong"


@pytest.mark.parametrize(
    "name",
    ['a "b"', "a\tb", "a\nb", "a\rb", "a: b", "a||b", "a /* b */", "a\x00b", "a\x85b", "a\u2028b"]
    + [
        "a\u202eb",
        "a\u200bb",
        "a\\b",
        " ab",
        "ab ",
        "a  b",
        "a",
        "12",
        "x" * 251,
        "学習",
        "обучение",
    ],
)
def test_what_could_break_out_of_a_field_is_left_out(name: str) -> None:
    made, unsafe = commands(made_of(("Wug", NameKind.LABEL)), [Ours((name,))], korean_label=True)
    assert (made, unsafe) == ([], 1)


@given(st.lists(st.text(max_size=20) | st.text(st.sampled_from('가나ab "\t\n:|/*\\'), max_size=12)))
def test_every_line_reads_back_as_it_was_meant(names: list[str]) -> None:
    item = made_of(("Wug", NameKind.LABEL))
    made, _ = commands(item, [Ours(tuple(names))], korean_label=False)
    assert len({one.what for one in made if one.what == "Lko"}) <= 1
    for one in made:
        found = LINE.fullmatch(str(one))
        assert found, one
        assert found[4].strip() == found[4] == one.text
        assert one.text in names


def test_commands_come_in_one_order() -> None:
    made = [Command(10, "Aen", "b"), Command(9, "Lko", "가"), Command(9, "Ako", "나")]
    assert [str(one)[:8] for one in sorted(made)] == ['Q9\tAko\t"', 'Q9\tLko\t"', "Q10\tAen\t"]
    assert is_safe("GPT-4 (turbo)")


# ------------------------------------------------------------------ from a store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = small.make(tmp_path_factory.mktemp("made"))
    with pytest.MonkeyPatch.context() as patch:
        small.use_weights(patch)
        assert run(folder).code == 0
    (folder / "c.csv").write_text(
        "decision,label,by,date,value\n"
        "same,Plimbo,Mina Seo,2031-02-01,블릭 분할\n"
        "same,Plimbo,Mina Seo,2031-02-01,오르프 검출\n"
        "key,Plimbo,Mina Seo,2031-02-01,plimbo\n"
        "same,Quibblenet,Mina Seo,2031-02-01,Fendle-1M\n",
        encoding="utf-8",
    )
    done = kg("corrections", folder / "c.csv", "--store", folder / "kg")
    assert done.code == 0, done.err
    decided = decide(
        folder,
        decision("term:plimbo", small.PLIMBO),
        decision("paper:3101.00002", 900000012, predicate="schema:sameAs"),
    )
    assert decided.code == 0, decided.err
    write(folder / "index", [*small.ITEMS, small.item(900000012, "Another Paper")])
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "made"))


WANTED = (
    f'{QUIBBLENET}\tAen\t"Fendle-1M"\n'
    f'{PLIMBO}\tAko\t"블릭 분할"\n{PLIMBO}\tLko\t"오르프 검출"\n'
    f'{PAPER_2}\tP818\t"3101.00002"\n'
)


def quickstatements(folder: Path, *words: object) -> Done:
    return run(folder, "quickstatements", *words)


def test_a_store_tells_what_wikidata_lacks(folder: Path) -> None:
    done = quickstatements(folder, "-")
    assert (done.code, done.out) == (0, WANTED)
    assert done.err == "4 commands for 4 linked items; look at each before you send them\n"
    assert quickstatements(folder, folder / "out.qs").data == b""
    assert (folder / "out.qs").read_bytes() == done.data
    assert quickstatements(folder, "-").data == done.data


def test_only_certain_and_exact_links_count(folder: Path) -> None:
    certain = quickstatements(folder, "-", "--min-score", 0.99)
    assert QUIBBLENET not in certain.out
    assert PLIMBO in certain.out, "a person decided it"
    decide(folder, decision("term:plimbo", small.PLIMBO, predicate="skos:closeMatch"))
    assert PLIMBO not in quickstatements(folder, "-").out


def test_an_index_made_from_a_dump_tells(folder: Path) -> None:
    korean = {"en": {"value": "Plimbo"}, "ko": {"value": "플림보"}}
    aliases = {"ko": [{"value": "오르프검출"}]}
    paper = {"P356": [{"mainsnak": snak("10.1000/1")}]}
    dump = folder / "dump.json"
    dump.write_bytes(array(entity(8, labels=korean, aliases=aliases), entity(12, claims=paper)))
    build_index(dump, folder / "index", jobs=1)
    done = quickstatements(folder, "-")
    assert done.out == f'{PLIMBO}\tAko\t"블릭 분할"\n{PAPER_2}\tP818\t"3101.00002"\n'
    assert "; of 2 items nothing is known" in done.err


def test_an_index_without_all_names_is_refused(folder: Path) -> None:
    out = folder / "out.qs"
    packaged = kg("link", "quickstatements", out, "--store", folder / "kg")
    assert_told(packaged, "kg link index build DUMP", "--live")
    small.write_index(folder / "index")
    assert_told(quickstatements(folder, out), f"{folder / 'index'}: names in unknown languages")
    assert not out.exists()


def test_bad_places_are_told(folder: Path) -> None:
    assert_told(quickstatements(folder, folder / "no" / "file"), "cannot be written")
    nowhere = ("--store", folder / "nowhere", "--index", folder / "index")
    assert_told(kg("link", "quickstatements", "-", *nowhere))


# ------------------------------------------------------------------ from Wikidata itself


@pytest.fixture
def wikidata() -> Iterator[FakeWikidata]:
    class Spoken(FakeWikidata):
        """Gives labels and aliases in the languages asked for only, as Wikidata does."""

        __slots__ = ()

        def _entity(self, id_: str) -> dict[str, Any]:
            one = super()._entity(id_)
            wanted = self.seen[-1].params["languages"].split("|")
            for part in ("labels", "aliases"):
                one = {**one, part: {k: v for k, v in one.get(part, {}).items() if k in wanted}}
            return one

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.wikidata_server.FakeWikidata", Spoken)
        with serve() as fake:
            yield fake


def ask(folder: Path, fake: FakeWikidata, cache: str = "cache", **options: Any) -> Lacking:
    options = {"contact": "someone@example.org", "wait": lambda _: None, **options}

    def open_live(languages: tuple[str, ...], sent: int) -> Live:
        settings = {"endpoints": fake.endpoints, "languages": languages, **options}
        return Live(folder / cache, **settings)

    return lacking(small.settings(folder), open_live=open_live)


def test_wikidata_itself_tells_a_korean_label_in_any_script(
    folder: Path, wikidata: FakeWikidata
) -> None:
    def text(done: Lacking) -> str:
        return "".join(f"{one}\n" for one in done.commands if f"Q{one.qid}" == PLIMBO)

    wikidata.items[PLIMBO] = person(PLIMBO, "Plimbo")
    assert (
        text(ask(folder, wikidata)) == f'{PLIMBO}\tAko\t"블릭 분할"\n{PLIMBO}\tLko\t"오르프 검출"\n'
    )
    sent = len(wikidata.seen)
    assert ask(folder, wikidata, offline=True).open == 0
    assert len(wikidata.seen) == sent
    wikidata.items[PLIMBO]["labels"]["ko"] = {"language": "ko", "value": "Plimbo"}
    made = text(ask(folder, wikidata, cache="other"))
    assert made == f'{PLIMBO}\tAko\t"블릭 분할"\n{PLIMBO}\tAko\t"오르프 검출"\n'


def test_what_wikidata_does_not_tell_makes_no_command(folder: Path, wikidata: FakeWikidata) -> None:
    done = ask(folder, wikidata, offline=True)
    assert (done.commands, done.missing) == ((), done.items)
    assert done.open == done.items
    wikidata.always = Reply(b"no", 403, (("Content-Type", "text/html"),))
    with pytest.raises(KGError, match=re.escape(wikidata.url)):
        ask(folder, wikidata)
