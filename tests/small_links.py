"""Made-up items for the things of the small corpus, weights set by hand, and a store to link."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import pytest

from kg import pipeline
from kg.link.index import IndexWriter
from kg.link.items import Item, Name, NameKind, Sense
from kg.link.rank import Weights
from kg.model import TermType
from kg.settings import Settings
from kg.vocab import DEFAULT_BASE, LINKS_GRAPH, TERMS_GRAPH
from tests.command_line import Done, dump, kg
from tests.small_corpus import write_corpus

GRAPH: Final = DEFAULT_BASE + LINKS_GRAPH
TERMS: Final = DEFAULT_BASE + TERMS_GRAPH
QUIBBLENET, DAXO, BLICKET, STATION = 900000001, 900000002, 900000003, 900000004
MARFOID, MARFOID_TOO, PAPER, PLIMBO, PLIMBO_TOO, ADA = range(900000005, 900000011)

WEIGHTS: Final = Weights(
    bias=-1.0,
    weights={
        "by label": 4.0,
        "by alias": 2.5,
        "by near": 2.5,
        "by known": 3.0,
        "sense other": -6.0,
        "better rivals": -1.0,
        "equal rivals": -1.5,
    },
    close_bias=-2.0,
    close_weights={"by near": 5.0},
    threshold=0.7,
    margin=0.05,
)


def item(
    qid: int,
    label: str,
    description: str = "thing of our field",
    *,
    alias: str = "",
    kind: NameKind = NameKind.ALIAS,
    sense: Sense = Sense.THIS,
    identifiers: tuple[tuple[str, str], ...] = (),
) -> Item:
    names = [Name(label, NameKind.LABEL), *([Name(alias, kind)] if alias else [])]
    return Item(
        *(qid, label, description, tuple(names), (), (), 3, sense, tuple(TermType)),
        identifiers=identifiers,
    )


#: Two share a name, one has another's, one is something else, one is only nearly the thing.
ITEMS: Final = (
    item(QUIBBLENET, "Quibblenet"),
    item(DAXO, "Daxo Benchmark", alias="DaxoBench"),
    item(BLICKET, "blicket examination", alias="BlicketQA", kind=NameKind.NEAR),
    item(STATION, "Wugformer", "railway station", sense=Sense.OTHER),
    item(MARFOID, "Marfoid"),
    item(MARFOID_TOO, "Marfoid"),
    item(PAPER, "Quibblenet: A New Way of Looking", identifiers=(("P818", "3101.00001"),)),
    item(PLIMBO, "Plimbo"),
    item(PLIMBO_TOO, "Plimbosity", alias="Plimbo"),
)


def write_index(path: Path, items: tuple[Item, ...] = ITEMS) -> Path:
    """Write an index of items into a file, in place of one that is there."""
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    writer = IndexWriter(db)
    writer.add(items)
    writer.finish([("source", "made up")])
    db.close()
    return path


def make(folder: Path) -> Path:
    """Make digests, an index and a store that is not linked yet, in one folder."""
    write_corpus(folder / "corpus", digests=1, papers=5)
    pipeline.build([str(digests(folder))], settings(folder))
    write_index(folder / "index")
    return folder


def digests(folder: Path) -> Path:
    return folder / "corpus" / "digests"


def settings(folder: Path) -> Settings:
    return Settings(store=folder / "kg", index=folder / "index", jobs=1)


def use_weights(patch: pytest.MonkeyPatch) -> None:
    """Rank by the weights of these tests, whatever the packaged ones are."""
    patch.setattr("kg.link.rank.packaged_weights", lambda: WEIGHTS)


def run(folder: Path, *words: object, input_: bytes | str = b"", **env: str) -> Done:
    """Run ``kg link`` on the store of a folder."""
    options = ("--store", folder / "kg", "--index", folder / "index")
    return kg("link", *options, *words, input_=input_, **env)


def graph(folder: Path, name: str = GRAPH) -> str:
    """Return a graph of the store, as N-Triples."""
    done = kg("export", "--graph", name, "--format", "nt", "--store", folder / "kg")
    return done.out if done.code == 0 else ""


def everything(folder: Path) -> bytes:
    return dump(folder / "kg")


def rows(folder: Path, query: str = "term-links") -> list[str]:
    """Return the rows of a saved query, without the head."""
    done = kg("query", query, "--format", "csv", "--store", folder / "kg")
    return done.out.splitlines()[1:]


HEAD: Final = """\
#curie_map:
#  author: https://w3id.org/paperkg/author/
#  paper: https://w3id.org/paperkg/paper/
#  schema: https://schema.org/
#  term: https://w3id.org/paperkg/term/
#  wd: http://www.wikidata.org/entity/
#mapping_set_id: https://example.org/decisions
subject_id\tpredicate_id\tpredicate_modifier\tobject_id\tmapping_justification\tauthor_label\tmapping_date
"""


def decision(
    subject: str,
    target: int | None,
    *,
    predicate: str = "skos:exactMatch",
    modifier: str = "",
    by: str = "Mina Seo",
    when: str = "2031-02-01",
) -> str:
    """Write a row of a file of decisions."""
    found = f"wd:Q{target}" if target else "sssom:NoTermFound"
    cells = (subject, predicate, modifier, found, "semapv:ManualMappingCuration", by, when)
    return "\t".join(cells) + "\n"


def decide(folder: Path, *decisions: str, flags: tuple[str, ...] = ()) -> Done:
    """Load a file of decisions."""
    path = folder / "d.sssom.tsv"
    path.write_text(HEAD + "".join(decisions), encoding="utf-8")
    return run(folder, "import", path, *flags)
