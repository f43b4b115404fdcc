"""The features by which quantities are judged and paired with what they are about.

All are short strings ``name=value``: units, shapes, the symbols around a quantity, and how a
thing stands to it. Which of them weigh how much is learned (``kg.training.results``). Their order
is that of the text, never a set's, so that sums of weights are the same to the last digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from kg.extract.quantities import Quantity
from kg.extract.scenes import Scene, Sentence, Thing

#: Symbols on either side whose place counts, and whose presence counts.
_NEAR: Final = 4
_WINDOW: Final = 10
_BREAKS: Final = frozenset({",", ";", ".", "며", "으며", "고", "지만", "으나"})
_RESPECTIVELY: Final = re.compile("각각|respectively", re.IGNORECASE)
_BUCKETS: Final = (0, 1, 2, 3, 4, 6, 9, 14, 22)


def quantity_features(scene: Scene, sentence: Sentence, number: int) -> Iterator[str]:
    """Yield the features that tell whether a quantity is a result, and of which kind."""
    quantity = sentence.quantities[number]
    symbols = sentence.symbols
    at = sentence.index(quantity.start)
    unit = quantity.unit or "-"
    yield "any"
    yield f"unit={unit}"
    yield f"shape={unit}{_shape(scene, quantity)}"
    yield f"sign={unit}{quantity.sign}"
    before = [_at(symbols, at - n) for n in range(1, _NEAR + 1)]
    after = [_at(symbols, at + n) for n in range(1, _NEAR + 1)]
    for n in range(_NEAR):
        yield f"p{n}={before[n]}"
        yield f"n{n}={after[n]}"
    yield f"pp={before[1]} {before[0]}"
    yield f"nn={after[0]} {after[1]}"
    yield f"pn={before[0]} {after[0]}"
    yield f"un={unit} {after[0]}"
    yield f"unn={unit} {after[0]} {after[1]}"
    yield f"up={unit} {before[0]}"
    for word in dict.fromkeys(symbols[max(at - _WINDOW, 0) : at]):
        yield f"b={word}"
    for word in dict.fromkeys(symbols[at + 1 : at + 1 + _WINDOW]):
        yield f"a={word}"
        yield f"ua={unit} {word}"
    section = sentence.section
    yield f"section={section.key.split('~')[0]}{'k' if section.korean else 'e'}{unit == '-'}"
    kinds = {thing.kind for thing in sentence.things}
    for kind in ("Metric", "Bench", "Model", "Method"):
        yield f"has={kind}{kind in kinds}{unit}"
    yield f"both={'Metric' in kinds}{'Bench' in kinds}{unit}"
    alike = sum(other.unit == quantity.unit for other in sentence.quantities)
    yield f"alike={min(alike, 4)}{unit}"
    yield f"first={number == 0}{unit}"
    if _RESPECTIVELY.search(scene.view.text, sentence.start, sentence.end):
        yield f"respectively={unit}"


def _shape(scene: Scene, quantity: Quantity) -> str:
    text = scene.view.text[quantity.start : quantity.end]
    if quantity.high is not None:
        return "range"
    if not text[:1].isdigit() and text[:1] != "-":
        return "word"
    if "/" in text or "분의" in text:
        return "part"
    if not text[-1].isdigit():
        return "scaled"
    whole, _, decimals = text.partition(".")
    if quantity.value == 100:
        return "100"
    if len(whole) == 4 and not decimals and whole[:2] in ("19", "20"):
        return "year"
    return f"{len(whole)}.{len(decimals)}"


def _at(symbols: Sequence[str], place: int) -> str:
    return symbols[place] if 0 <= place < len(symbols) else "^"


def bucket(distance: int) -> int:
    """Return a distance in symbols, coarser the farther."""
    return next((limit for limit in _BUCKETS if distance <= limit), 99)


def pair_features(
    scene: Scene, sentence: Sentence, number: int, thing: Thing, rivals: Sequence[Thing]
) -> Iterator[str]:
    """Yield the features of a thing as what a quantity is about.

    Args:
        rivals: the things of its kind in the same sentence, itself among them, in order.
    """
    quantity = sentence.quantities[number]
    unit = quantity.unit or "-"
    korean = "k" if sentence.section.korean else "e"
    yield "thing"
    yield f"kind={thing.kind}{thing.words}{thing.introduced}"
    yield f"form={thing.form}"
    yield f"uf={unit} {thing.form}"
    yield f"introduced={thing.introduced}"
    if not sentence.start <= thing.start < sentence.end:
        ahead = thing.start < sentence.start
        yield f"away={'before' if ahead else 'after'}"
        same = scene.view.section_of(thing.start) == sentence.section
        yield f"away-section={same}{scene.view.section_of(thing.start).key == 'title'}"
        yield f"gap={ahead}{min(scene.gap(sentence, thing), 4)}"
        yield f"only={min(scene.counts[thing.kind], 3)}{thing.introduced}"
        return
    yield "here"
    here, there = sentence.index(quantity.start), sentence.index(thing.start)
    side = "b" if thing.start < quantity.start else "a"
    low, high = min(here, there), max(here, there)
    between = sentence.symbols[low + 1 : high]
    yield f"distance={side}{bucket(len(between))}"
    yield f"distance={korean}{side}{bucket(len(between))}{unit}"
    next_one, last_one = _at(sentence.symbols, there + 1), _at(sentence.symbols, there - 1)
    yield f"next={side}{next_one}"
    yield f"next2={side}{next_one} {_at(sentence.symbols, there + 2)}"
    yield f"last={side}{last_one}"
    yield f"after-value={side}{_at(sentence.symbols, here + 1)}{'!' if len(between) < 3 else ''}"
    if len(between) < 4:
        yield f"path={side}{' '.join(between)}"
    yield f"numbers={side}{min(sum(_is_quantity(s) for s in between), 3)}"
    yield f"breaks={side}{min(sum(s in _BREAKS for s in between), 3)}"
    own = f"<{thing.kind}>"
    near = min(between.count(own), 2)
    crossed = min(sum(_is_quantity(s) for s in between), 2)
    yield f"near={side}{near}{crossed}{next_one}"
    one, two = _at(sentence.symbols, here + 1), _at(sentence.symbols, here + 2)
    yield f"value={side}{near}{crossed}{one}"
    yield f"values={side}{near}{crossed}{one} {two}"
    yield f"cross={side}{near}{crossed}{unit}{min(sum(s in _BREAKS for s in between), 2)}"
    yield f"things={side}{min(between.count(own), 3)}"
    yield f"rivals={side}{min(len(rivals), 4)}{min(between.count(own), 3)}"
    if thing.kind == "Word":
        return
    rivals = [rival for rival in rivals if rival.kind != "Word"]
    yield from _order(scene, sentence, number, thing, rivals, side)


def _order(
    scene: Scene, sentence: Sentence, number: int, thing: Thing, rivals: Sequence[Thing], side: str
) -> Iterator[str]:
    """Yield how the places in the two rows of things and quantities fit together."""
    unit = sentence.quantities[number].unit
    row = [n for n, other in enumerate(sentence.quantities) if other.unit == unit]
    outer = _outer(rivals)
    own = next(rival for rival in outer if rival.start <= thing.start < rival.end)
    distinct = list(dict.fromkeys(rival.form for rival in outer))
    place, rank = row.index(number), distinct.index(own.form)
    same, equal = place == rank, len(row) == len(distinct)
    shift = str(place - rank) if abs(place - rank) < 3 else "far"
    yield f"order={same}{equal}{side}"
    yield f"shift={shift} {min(len(row), 4)} {min(len(distinct), 4)}"
    block, run = _block(sentence, number), _run(sentence, own, outer)
    fits = f"{block[0] == run[0]}{block[1] == run[1]}{side}"
    yield f"run={fits}{block[1] > 1}"
    if _RESPECTIVELY.search(scene.view.text, sentence.start, sentence.end):
        yield f"respectively={same}{equal}"
        yield f"block={fits}"


def follows_order(sentence: Sentence, number: int, thing: Thing, rivals: Sequence[Thing]) -> bool:
    """Tell whether a thing may belong to a quantity by their places in two lists.

    Where a list of quantities and a list of things are of one length, the first belongs to
    the first, the second to the second (``A, B에서 각각 1%, 2%``).
    """
    outer = _outer([rival for rival in rivals if rival.kind != "Word"])
    own = next((rival for rival in outer if rival.start <= thing.start < rival.end), None)
    place, length = _block(sentence, number)
    if own is None or length < 2:
        return True
    rank, things = _run(sentence, own, outer)
    return things != length or rank == place


def _outer(things: Sequence[Thing]) -> list[Thing]:
    """Return the things that lie in no other; *things* are by start and falling end."""
    outer: list[Thing] = []
    for thing in things:
        if not outer or thing.start >= outer[-1].end:
            outer.append(thing)
    return outer


def _block(sentence: Sentence, number: int) -> tuple[int, int]:
    """Return place and length of the list of quantities of one unit that holds this one:
    ``<%> , <%> 및 <%>``."""
    unit = sentence.quantities[number].unit
    first = last = number
    while first > 0 and _lists(sentence, first - 1, unit):
        first -= 1
    while last + 1 < len(sentence.quantities) and _lists(sentence, last, unit):
        last += 1
    return number - first, last - first + 1


def _lists(sentence: Sentence, number: int, unit: str | None) -> bool:
    one, two = sentence.quantities[number : number + 2]
    gap = sentence.index(two.start) - sentence.index(one.start)
    return gap <= 3 and (one.unit == unit or two.unit == unit)


def _run(sentence: Sentence, thing: Thing, outer: Sequence[Thing]) -> tuple[int, int]:
    """Return place and length of the list of things that holds this one."""
    at = first = last = outer.index(thing)
    while first > 0 and _next_to(sentence, outer[first - 1], outer[first]):
        first -= 1
    while last + 1 < len(outer) and _next_to(sentence, outer[last], outer[last + 1]):
        last += 1
    return at - first, last - first + 1


def _next_to(sentence: Sentence, one: Thing, two: Thing) -> bool:
    return sentence.index(two.start) - sentence.index(one.start) <= 3


def _is_quantity(symbol: str) -> bool:
    # "<" and "<>" may stand in a text as well
    return len(symbol) > 2 and symbol[0] == "<" and not symbol[1].isupper()


def nothing_features(sentence: Sentence, number: int, rivals: Sequence[Thing]) -> Iterator[str]:
    """Yield the features of the choice that the text names no such thing."""
    quantity = sentence.quantities[number]
    unit = quantity.unit or "-"
    at = sentence.index(quantity.start)
    yield "nothing"
    yield f"nothing={unit}"
    yield f"nothing-here={min(len(rivals), 2)}{unit}"
    yield f"nothing-n={unit} {_at(sentence.symbols, at + 1)}"
    yield f"nothing-nn={_at(sentence.symbols, at + 1)} {_at(sentence.symbols, at + 2)}"
    for word in dict.fromkeys(sentence.symbols[at + 1 : at + 1 + _WINDOW]):
        yield f"nothing-a={word}"
    for word in dict.fromkeys(sentence.symbols[max(at - _WINDOW, 0) : at]):
        yield f"nothing-b={word}"
