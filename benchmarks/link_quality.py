"""Measure how good links are, on judged terms that the weights were not fitted to.

usage: python -m benchmarks.link_quality SHARED [--index FILE] [--folds N] [--misses]

Reads ``gold/links_dev.jsonl`` of the folder SHARED. Weights are fitted anew on all folds but
one, together with the packaged judgements of other terms, and measured on the one, for each fold in
turn; the packaged weights are measured as well. Retrieval is measured by itself: how
many of the right items are among the candidates.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from kg.link.candidates import retrieve
from kg.link.concepts import open_index, packaged_verdicts
from kg.link.index import Index
from kg.link.judged import COARSE, Judged, packaged_judged, read_judged
from kg.link.rank import Linker, Weights, packaged_weights
from kg.linked import Candidate
from kg.training.links import crossed_examples, examples, fit

_LEVELS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("shared", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--folds", type=int, default=10)
    parser.add_argument("--misses", action="store_true", help="list what is missed and wrong")
    options = parser.parse_args()
    path = options.shared / "gold" / "links_dev.jsonl"
    judged = read_judged(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    wrong = [set(json.loads(line)["wrong"]) for line in lines if line.strip()]
    with open_index(options.index) as index:
        _print_retrieval(judged, index)
        packaged = packaged_weights()
        scored = _scored(judged, index, packaged)
        print("\npackaged weights")
        _print(judged, wrong, scored, packaged)
        scored = _cross_validated(judged, index, packaged, options.folds)
        print(f"\nweights fitted by {options.folds}-fold cross-validation")
        _print(judged, wrong, scored, packaged)
        if options.misses:
            _print_misses(judged, scored, packaged)


def _print_retrieval(judged: Sequence[Judged], index: Index) -> None:
    found: Counter[str] = Counter()
    number = 0
    for one in judged:
        candidates = retrieve(one.query, index)
        number += len(candidates)
        if one.relation:
            found[one.relation, "all"] += 1
            found[one.relation, "found"] += any(c.item.qid == one.qid for c in candidates)
    print(f"retrieval: {number / len(judged):.2f} candidates a term; right item among them:")
    for relation in ("exact", "close"):
        hit, all_ = found[relation, "found"], found[relation, "all"]
        print(f"  {relation}: {hit} of {all_} ({hit / max(all_, 1):.3f})")


Scored = list[tuple[Candidate, ...]]


def _scored(judged: Sequence[Judged], index: Index, weights: Weights) -> Scored:
    linker = Linker(index, weights)
    return [linker.candidates(one.query) for one in judged]


def _cross_validated(
    judged: Sequence[Judged], index: Index, packaged: Weights, folds: int
) -> Scored:
    """Score each fold by weights fitted to the others; a fold has every n-th term."""
    made = examples(judged, index, packaged_verdicts())
    more = crossed_examples(packaged_judged(), 5)
    scored: Scored = [()] * len(judged)
    for fold in range(folds):
        weights = fit(
            [*more, *(one for one in made if one.term % folds != fold)],
            threshold=packaged.threshold,
            margin=packaged.margin,
        )
        linker = Linker(index, weights)
        for number in range(fold, len(judged), folds):
            scored[number] = linker.candidates(judged[number].query)
    return scored


def _print(
    judged: Sequence[Judged], wrong: Sequence[set[str]], scored: Scored, weights: Weights
) -> None:
    def choose(candidates: tuple[Candidate, ...], level: float) -> Candidate | None:
        if not candidates or candidates[0].score < level:
            return None
        lead = candidates[0].score - candidates[1].score if len(candidates) > 1 else 1.0
        return candidates[0] if lead >= weights.margin else None

    _print_types(judged, wrong, [choose(one, weights.threshold) for one in scored])
    print("score at least  precision  recall  F1     NIL kept  links")
    for level in _LEVELS:
        chosen = [choose(one, level) for one in scored]
        p, r, f1 = _prf(judged, chosen, lambda one: True)
        print(
            f"{level:14.2f}  {p:9.3f}  {r:6.3f}  {f1:5.3f}  {_kept(judged, chosen):8.3f}"
            f"  {sum(one is not None for one in chosen)}"
        )
    bands: dict[int, list[bool]] = defaultdict(list)
    for one, candidates in zip(judged, scored, strict=True):
        if candidates:
            bands[min(9, int(candidates[0].score * 10))].append(_right(one, candidates[0]))
    print("calibration, of the best candidate: score, how many, share that is right")
    for band, rights in sorted(bands.items()):
        share = sum(rights) / len(rights)
        print(f"  {band / 10:.1f} to {band / 10 + 0.1:.1f}: {len(rights):4}  {share:.3f}")


def _print_types(
    judged: Sequence[Judged], wrong: Sequence[set[str]], chosen: Sequence[Candidate | None]
) -> None:
    groups: dict[str, Callable[[Judged], bool]] = {
        name: (lambda one, name=name: _type(one) == name)  # type: ignore[misc]
        for name in sorted({_type(one) for one in judged})
    }
    groups["all"] = lambda one: True
    for name, group in groups.items():
        p, r, f1 = _prf(judged, chosen, group)
        print(f"{name:12} P {p:.3f}  R {r:.3f}  F1 {f1:.3f}")
    traps = sum(one is not None and one.qid in bad for one, bad in zip(chosen, wrong, strict=True))
    same = [
        one.relation == link.relation
        for one, link in zip(judged, chosen, strict=True)
        if link is not None and _right(one, link)
    ]
    print(
        f"NIL kept {_kept(judged, chosen):.3f}; traps taken {traps} of {sum(map(len, wrong))}; "
        f"relation as judged in {sum(same)} of {len(same)} right links"
    )


def _type(one: Judged) -> str:
    return COARSE[one.query.types[0]]


def _right(one: Judged, link: Candidate) -> bool:
    return one.qid is not None and link.qid == f"Q{one.qid}"


def _prf(
    judged: Sequence[Judged],
    chosen: Sequence[Candidate | None],
    group: Callable[[Judged], bool],
) -> tuple[float, float, float]:
    pairs = [pair for pair in zip(judged, chosen, strict=True) if group(pair[0])]
    right = sum(link is not None and _right(one, link) for one, link in pairs)
    links = sum(link is not None for _, link in pairs)
    wanted = sum(one.qid is not None for one, _ in pairs)
    p, r = right / max(links, 1), right / max(wanted, 1)
    return p, r, 2 * p * r / (p + r) if right else 0.0


def _kept(judged: Sequence[Judged], chosen: Sequence[Candidate | None]) -> float:
    kept = [link is None for one, link in zip(judged, chosen, strict=True) if one.qid is None]
    return sum(kept) / max(len(kept), 1)


def _print_misses(judged: Sequence[Judged], scored: Scored, weights: Weights) -> None:
    print("\nmissed and wrong")
    for one, candidates in zip(judged, scored, strict=True):
        best = candidates[0] if candidates else None
        is_link = best is not None and best.score >= weights.threshold
        if is_link != (one.qid is not None) or (is_link and best and not _right(one, best)):
            told = f"{best.qid} {best.label} {best.score:.2f} {best.reasons}" if best else "-"
            print(f"  {_type(one)} {one.query.names[0]}: is Q{one.qid}; best {told}")


if __name__ == "__main__":
    main()
