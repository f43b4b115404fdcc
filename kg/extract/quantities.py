"""Finds the quantities of a text: numbers with their units, ranges, fractions and numerals.

Whether a quantity is a result is not decided here. A digit inside a name (``GPT-4``, ``3D``,
``4-bit``, ``512x512``) is no quantity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

#: What a printed unit stands for; others are kept as printed.
UNITS: Final = {
    "%": "%", "퍼센트": "%", "percent": "%", "%p": "points", "%포인트": "points",
    "퍼센트포인트": "points", "percentagepoint": "points", "percentagepoints": "points",
    "pp": "points", "점": "points", "포인트": "points", "point": "points", "points": "points",
    "배": "x", "x": "x", "×": "x", "times": "x", "fold": "x",
    "fps": "fps", "db": "dB", "hz": "Hz", "ms": "ms", "밀리초": "ms", "milliseconds": "ms",
    "초": "s", "s": "s", "second": "s", "seconds": "s", "분": "minutes", "minute": "minutes",
    "minutes": "minutes", "시간": "hours", "hour": "hours", "hours": "hours", "일": "days",
    "day": "days", "days": "days", "gb": "GB", "mb": "MB", "kb": "KB", "기가바이트": "GB",
    "메가바이트": "MB", "토큰/초": "tokens/s", "tokens/s": "tokens/s", "kbps": "kbps",
    "달러": "$",
}  # fmt: skip
_NUMERALS: Final = {"두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "열": 10}
_SCALES: Final = {
    "K": 10**3, "k": 10**3, "M": 10**6, "B": 10**9, "T": 10**12, "천": 10**3, "만": 10**4,
    "십만": 10**5, "백만": 10**6, "천만": 10**7, "억": 10**8, "조": 10**12,
    "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12,
}  # fmt: skip

_UNIT: Final = (
    r"%p(?![A-Za-z])|% ?포인트|퍼센트 ?포인트|percentage points?\b|퍼센트|percent\b|%"
    r"|배(?!치|포|경|열|우|분)|[xX×](?![A-Za-z0-9]|\s?\d)|times\b|fold\b"
    r"|점(?!진|검|유|령)|포인트|points?\b|pp\b"
    r"|(?:fps|FPS|dB|Hz|ms|kbps|GB|MB|KB)(?![A-Za-z])|밀리초|milliseconds\b"
    r"|초(?!과|기|월|당|소|대|고|반|안)|seconds?\b|s(?![A-Za-z0-9])|분(?!류|석|할|야|의|포|산|기|리)|minutes?\b"
    r"|시간|hours?\b|일(?!반|관|부|치|상)|days?\b|기가바이트|메가바이트|토큰/초|tokens/s(?:ec)?\b|달러"
)
_NUMBER: Final = r"\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,8})?|\d{1,15}(?:\.\d{1,8})?"
_SCALE: Final = (
    r"\s?(?:십만|백만|천만|만|억|조|천(?!만))|[KMBTk](?![A-Za-z0-9])"
    r"|\s(?:thousand|million|billion|trillion)\b"
)
_QUANTITY: Final = re.compile(
    rf"(?<![A-Za-z0-9_.^@#\\])(?P<value>(?P<low>{_NUMBER})"
    rf"(?:(?:{_UNIT})?\s?[-–~∼〜]\s?(?P<high>{_NUMBER})(?![\d.]*[A-Za-z가-힣]?-[A-Za-z])"
    rf"|(?P<scale>{_SCALE})|/(?P<whole>\d{{1,6}})(?![\d/])|분의\s?(?P<part>\d{{1,4}}))?)"
    r"(?!\d|[.,]\d|:\d)"
    r"(?:\s?(?:±|\+/-)\s?\d{1,6}(?:\.\d{1,6})?)?"
    rf"(?P<unit>(?:\+?\s|\+|-(?=fold))?(?:{_UNIT}))?"
    r"|(?<![가-힣A-Za-z])(?P<word>두|세|네|다섯|여섯|열)(?=\s?배)"
)
#: After a number that is part of a name or a size: ``3D``, ``4-bit``, ``512x512``.
_NAMED: Final = re.compile(r"[A-Za-z_]|-[A-Za-z]|\s?[x×]\s?\d|[-–]\d|/[A-Za-z]|\^")
_SIGNS: Final = "+-−±"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text.

    ``start`` and ``end`` delimit it without unit and plus sign, ``stop`` is the end of its unit.
    ``high`` is set for a range, whose lower end is ``value``; ``unit`` as in ``UNITS``, else
    None; ``sign`` is the character before it where that is a sign.
    """

    start: int
    end: int
    stop: int
    value: Decimal
    high: Decimal | None
    unit: str | None
    sign: str


def quantities(text: str, start: int, end: int) -> Iterator[Quantity]:
    """Yield the quantities between two offsets, in order."""
    for match in _QUANTITY.finditer(text, start, end):
        if match["word"]:
            stop = text.index("배", match.end()) + 1
            yield Quantity(
                match.start(), match.end(), stop, Decimal(_NUMERALS[match["word"]]), None, "x", ""
            )
            continue
        before = text[max(start, match.start() - 2) : match.start()]
        if _is_inside(before) or (not match["unit"] and _NAMED.match(text, match.end(), end)):
            continue
        if (match["unit"] or "").strip() == "일" and before.strip().endswith("월"):
            continue
        value, high = _values(match)
        unit = (match["unit"] or "").strip(" \t\n+-").replace(" ", "").lower()
        sign = before[-1:] if before[-1:] and before[-1:] in _SIGNS else ""
        negative = sign in ("-", "−") and high is None
        if not unit and before[-1:] == "$":
            unit = "달러"
        yield Quantity(
            match.start("value") - negative, match.end("value"), match.end(),
            -value if negative else value, high, UNITS.get(unit, unit) or None, sign,
        )  # fmt: skip


def _is_inside(before: str) -> bool:
    """Tell whether the two characters before a number make it part of a name or list."""
    last, other = before[-1:], before[:1] if len(before) == 2 else ""
    if not last or (last.isalnum() and not last.isascii() and not last.isdigit()):
        return False
    if last in "-–−~":
        return other.isalnum() or other in (")", "]", "%")
    if last in ",:":
        return other.isdigit()
    return last == "/" and other not in ("%", "배", "점")


def _values(match: re.Match[str]) -> tuple[Decimal, Decimal | None]:
    low = Decimal(match["low"].replace(",", ""))
    if match["high"]:
        return low, Decimal(match["high"].replace(",", ""))
    if match["scale"]:
        return low * _SCALES[match["scale"].strip()], None
    if match["whole"] and int(match["whole"]):
        return _share(low, Decimal(match["whole"])), None
    if match["part"] and low:
        return _share(Decimal(match["part"]), low), None
    return low, None


def _share(part: Decimal, whole: Decimal) -> Decimal:
    """Divide, to six places: what a graph can hold (xsd:decimal in Oxigraph has 18)."""
    return Decimal(f"{part / whole:.6f}".rstrip("0").rstrip("."))
