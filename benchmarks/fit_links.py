"""Fit the packaged weights of linking.

usage: python -m benchmarks.fit_links

Reads the tables of ``kg/link/data``, ``judged.jsonl`` among them, and writes ``field.tsv`` and
``weights.json`` there. What links are measured on is not read.
"""

from __future__ import annotations

from kg.link.concepts import DATA, concepts, known_names
from kg.link.judged import packaged_judged
from kg.link.rank import WEIGHTS
from kg.training.links import (
    crossed_examples,
    field_weights,
    fit,
    unjudged_examples,
    with_unjudged,
    write_weights,
)

#: The lowest score of a link, and its smallest lead over the second candidate.
THRESHOLD = 0.7
MARGIN = 0.1
#: Parts of the judged terms, each described by what the other parts say.
FOLDS = 5


def main() -> None:
    weights = field_weights(concepts(), known_names())
    rows = [f"{word}\t{weight}" for word, weight in weights.items()]
    (DATA / "field.tsv").write_text("\n".join(["word\tweight", *rows]) + "\n", encoding="utf-8")
    judged = packaged_judged()
    made = crossed_examples(judged, FOLDS)
    fitted = with_unjudged(fit(made, threshold=THRESHOLD, margin=MARGIN), unjudged_examples(judged))
    write_weights(fitted, WEIGHTS)
    print(
        f"{len(weights)} words; {len(judged)} judged terms, {len(made)} candidates, "
        f"{sum(one.right for one in made)} of them right"
    )


if __name__ == "__main__":
    main()
