"""Trains what joins the forms of an entry: the lexicon and the network of pairs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from kg.errors import KGError
from kg.extract.choice import choose, decide
from kg.extract.coreference import Coreference, NamedForm, features
from kg.extract.features import Ints
from kg.extract.lexicon import Lexicon, pair_id, words_of
from kg.extract.naming import named_forms
from kg.extract.network import Floats
from kg.extract.scorer import Scores
from kg.extract.spans import Found
from kg.extract.surroundings import NO_TERM
from kg.folding import fold
from kg.training.annotations import Marked
from kg.training.networks import Plan, train_network
from kg.training.reading import Example, Plain
from kg.vocab import language_of

#: How often a pair of the table of Korean terms counts.
_TABLE: Final = 2
_ROUNDS: Final = 6
#: Longer glosses say little about single words.
_MOST_WORDS: Final = 8
#: Pairs of words that mean each other less surely are left out.
_LEAST: Final = 0.05
_MOST_GLOSSES: Final = 3
_PAIRS: Final = Plan(units=32, count=2, epochs=12, drop=0.05, batch=256)
_NETWORKS: Final = 3


def lexicon_of(plain: Plain, taken: NDArray[np.bool_], table: Iterable[tuple[str, str]]) -> Lexicon:
    """Learn which words and forms mean the same.

    Args:
        taken: which candidates of *plain* are taken as terms.
        table: Korean terms with their Latin ones.
    """
    pairs = Counter(
        (gloss.long_exact, gloss.gloss_exact)
        for gloss in plain.glosses
        if taken[gloss.long] and taken[gloss.gloss]
    )
    glosses: Counter[int] = Counter()
    for (one, other), count in pairs.items():
        glosses[pair_id(fold(one), fold(other))] += count
    bilingual: Counter[tuple[str, str]] = Counter()
    for (one, other), count in pairs.items():
        korean, latin = (one, other) if language_of(one) == "ko" else (other, one)
        if language_of(korean) == "ko" != language_of(latin) and not _is_short(latin):
            bilingual[korean, latin] += count
    for pair in table:
        bilingual[pair] += _TABLE
    return Lexicon(
        words=_word_pairs(bilingual),
        glosses={pair: min(count, _MOST_GLOSSES) for pair, count in sorted(glosses.items())},
    )


def _is_short(latin: str) -> bool:
    """Tell whether a form is an abbreviation: it says nothing of single words."""
    return latin.isupper() and " " not in latin


def _word_pairs(pairs: Mapping[tuple[str, str], int]) -> dict[int, float]:
    """Align words by IBM model 1, both ways (Brown et al., 1993, "The mathematics of
    statistical machine translation"), and keep the surer of the two."""
    texts = [
        (words_of(korean), words_of(latin), count)
        for (korean, latin), count in sorted(pairs.items())
    ]
    texts = [t for t in texts if 0 < len(t[0]) <= _MOST_WORDS and 0 < len(t[1]) <= _MOST_WORDS]
    share: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    counts: dict[tuple[str, str], float] = {}
    for _ in range(_ROUNDS):
        counts = defaultdict(float)
        of_korean: dict[str, float] = defaultdict(float)
        for korean, latin, count in texts:
            for other in latin:
                total = sum(share[word, other] for word in korean)
                for word in korean:
                    part = share[word, other] / max(total, 1e-12) * count
                    counts[word, other] += part
                    of_korean[word] += part
        share = defaultdict(
            float, {pair: part / of_korean[pair[0]] for pair, part in counts.items()}
        )
    of_latin: dict[str, float] = defaultdict(float)
    for (_, other), part in counts.items():
        of_latin[other] += part
    sure = {
        pair: max(share[pair], part / of_latin[pair[1]]) for pair, part in sorted(counts.items())
    }
    return {pair_id(*pair): value for pair, value in sure.items() if value >= _LEAST}


def train_coreference(
    examples: Sequence[Example],
    marks: Sequence[Mapping[str, Marked]],
    terms: Floats,
    lexicon: Lexicon,
    threshold: float,
) -> Coreference:
    """Train the network of pairs on the forms that a scorer finds in other folds.

    Args:
        marks: what the annotation says of each form, one mapping an example.
        terms: probabilities of each candidate, over all examples.
        threshold: log odds that a candidate must pass.

    Raises:
        KGError: no paper has two annotated forms that were found.
    """
    inputs, classes, begin = [], [], 0
    for example, marked in zip(examples, marks, strict=True):
        end = begin + len(example.found)
        forms = named_forms(mentions_in(example, terms[begin:end], threshold))
        begin = end
        if len(forms) < 2:
            continue
        inputs.append(features(example.view.text, forms, lexicon))
        classes.append(_classes(forms, marked))
    if not any((some >= 0).any() for some in classes):
        raise KGError(
            "annotations: in no paper were two of its annotated terms found; expected more papers"
        )
    found, same = np.concatenate(inputs), np.concatenate(classes)
    mean, deviation = found.mean(axis=0), found.std(axis=0) + np.float32(1e-6)
    scaled = np.clip((found - mean) / deviation, -4, 4)
    known = same >= 0
    network = train_network(scaled[known], same[known], _PAIRS, _NETWORKS)
    return Coreference(lexicon, mean, deviation, network)


def mentions_in(example: Example, terms: Floats, threshold: float) -> list[Found]:
    """Return the mentions of an example, as the pipeline finds them with these scores."""
    view, found = example.view, example.found
    mentions = []
    for place in choose(found, Scores(terms, terms), threshold):
        start, end, types = int(found.start[place]), int(found.end[place]), terms[place, :NO_TERM]
        mentions.append(
            Found(start, end, view.text[start:end], decide(types), tuple(types.tolist()))
        )
    return mentions


def _classes(forms: Sequence[NamedForm], marked: Mapping[str, Marked]) -> Ints:
    """Say of each two forms whether they are one thing; -1 where one is not annotated."""
    things = []
    for form in forms:
        mark = marked.get(fold(form.exact))
        things.append(mark.thing if mark else -1)
    rows, columns = np.triu_indices(len(forms), 1)
    one, other = np.array(things)[rows], np.array(things)[columns]
    return np.where((one < 0) | (other < 0), -1, (one == other).astype(np.int64))
