"""Makes a Wikidata dump of any size in the true JSON shape, of made-up items.

usage: python -m benchmarks.wikidata_dump OUT.json[.gz|.bz2] [--items N] [--seed N]

One JSON array, an entity a line, as https://www.wikidata.org/wiki/Wikidata:Database_download
says. Each fiftieth item is one of the packaged concepts, with its id; the others are made up
and have ids above Q900000000. Their names are words and names of the concepts put together
anew, so many share a label. Equal arguments give equal bytes, whatever the machine.
"""

from __future__ import annotations

import argparse
import bz2
import gzip
import multiprocessing
import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import IO, Any, Final, cast

import orjson

from kg.link.concepts import concepts
from kg.link.items import Item

#: Numbers of made-up items, properties and lexemes start here.
FIRST: Final = 900_000_001
_BLOCK: Final = 2_000
_CONCEPT_EACH: Final = 50
_CLASSES: Final = 3_000
_LANGUAGES: Final = ("de", "fr", "es", "nl", "ja", "zh", "ru", "it", "sv", "pt")
_HANGUL: Final = "가나도루미보사아자차카타파하는을에의고며한로다인정보학습모델분석"
_VOWELS: Final = "aeiou"
_CONSONANTS: Final = "bcdfghjklmnprstvwz"
_KINDS: Final = ("thing", "paper", "person", "place")
_SHARES: Final = (45, 30, 12, 13)
#: The class of people, as in the entities that dahlia/wikidata recorded.
_HUMAN: Final = "Q5"
_HASH: Final = "fa278ebfc458360e5aed63d5058cca83c46134f1"
_TIME: Final = {
    "timezone": 0,
    "before": 0,
    "after": 0,
    "precision": 11,
    "calendarmodel": "http://www.wikidata.org/entity/Q1985727",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--items", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    size = write_dump(options.out, options.items, options.seed)
    print(f"{options.out}: {options.items:,} entities, {size / 1e6:,.0f} MB")


def write_dump(path: Path, entities: int, seed: int = 1) -> int:
    """Write a dump of so many entities; returns the size of the file in bytes."""
    blocks = [(seed, at, min(at + _BLOCK, entities)) for at in range(0, entities, _BLOCK)]
    context = multiprocessing.get_context("spawn")
    with _opened(path) as out, context.Pool(min(os.cpu_count() or 1, len(blocks) or 1)) as pool:
        out.write(b"[\n")
        for number, lines in enumerate(pool.imap(_block, blocks)):
            out.write(b",\n" if number else b"")
            out.write(lines)
        out.write(b"\n]\n")
    return path.stat().st_size


def _opened(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return cast(IO[bytes], gzip.GzipFile(path, "wb", compresslevel=5, mtime=0))
    if path.suffix == ".bz2":
        return cast(IO[bytes], bz2.BZ2File(path, "wb"))
    return path.open("wb")


def _block(task: tuple[int, int, int]) -> bytes:
    seed, start, stop = task
    maker = _Maker(Random(f"{seed} {start}"))
    return b",\n".join(orjson.dumps(maker.entity(number)) for number in range(start, stop))


@lru_cache(maxsize=1)
def _concepts() -> tuple[Item, ...]:
    return tuple(concepts())


@lru_cache(maxsize=1)
def _words() -> tuple[list[str], list[str]]:
    """Return the words of the concepts' labels, the frequent ones often, and Korean names."""
    words = [word for item in _concepts() for word in item.label.split() if word.isalnum()]
    korean = [
        name.text for item in _concepts() for name in item.names if "가" <= name.text[0] <= "힣"
    ]
    return words, korean


class _Maker:
    """Draws entities one after the other."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._words, self._korean = _words()

    def entity(self, number: int) -> dict[str, Any]:
        """Draw the entity of a place in the dump."""
        place, rest = divmod(number, _CONCEPT_EACH)
        if rest == 0 and place < len(_concepts()):
            return self._concept(_concepts()[place])
        chance = self._random.random()
        if chance < 0.004:
            return self._property(number)
        if chance < 0.006:
            return self._lexeme(number)
        if chance < 0.010:
            target = FIRST + self._random.randrange(max(1, number))
            return {"entity": f"Q{FIRST + number}", **_redirect(FIRST + number, target)}
        return self._item(FIRST + number)

    def _item(self, qid: int) -> dict[str, Any]:
        kind = self._random.choices(_KINDS, _SHARES)[0]
        label = self._label(kind)
        if self._random.random() < 0.03:
            labels: dict[str, str] = {}
        else:
            labels = {"en": label} if self._random.random() < 0.93 else {}
            if kind != "paper":
                labels |= dict.fromkeys(self._languages(), label)
                if self._random.random() < 0.25:
                    labels["ko"] = self._korean_name()
            else:
                labels["nl"] = label
        aliases = self._aliases(kind, label) if labels else {}
        claims = self._claims(qid, kind)
        return self._shaped(qid, labels, self._descriptions(kind), aliases, claims)

    def _concept(self, item: Item) -> dict[str, Any]:
        korean = [name.text for name in item.names if "가" <= name.text[0] <= "힣"]
        labels = {"en": item.label, **({"ko": korean[0]} if korean else {})}
        aliases: dict[str, list[str]] = {}
        for name in item.names[1:]:
            if name.text.isascii():
                aliases.setdefault("en", []).append(name.text)
        descriptions = {"en": item.description} if item.description else {}
        return self._shaped(
            item.qid, labels, descriptions, aliases, self._claims(item.qid, "thing")
        )

    def _shaped(
        self,
        qid: int,
        labels: dict[str, str],
        descriptions: dict[str, str],
        aliases: dict[str, list[str]],
        claims: dict[str, list[Any]],
    ) -> dict[str, Any]:
        """Give an item the shape of the dumps: an empty list stands where there is nothing."""
        links = min(int(self._random.paretovariate(0.9)) - 1, len(_LANGUAGES))
        return {
            "type": "item",
            "id": f"Q{qid}",
            "labels": _texts(labels) or [],
            "descriptions": _texts(descriptions) or [],
            "aliases": {
                language: [{"language": language, "value": text} for text in texts]
                for language, texts in aliases.items()
            }
            or [],
            "claims": claims or [],
            "sitelinks": {
                f"{one}wiki": {"site": f"{one}wiki", "title": label, "badges": []}
                for one, label in zip(
                    _LANGUAGES[:links], [next(iter(labels.values()), "-")] * links, strict=True
                )
            }
            or [],
            "pageid": qid % 100_000_000,
            "ns": 0,
            "title": f"Q{qid}",
            "lastrevid": qid * 2,
            "modified": "2026-10-01T00:00:00Z",
        }

    def _label(self, kind: str) -> str:
        draw, random = self._draw, self._random.random()
        if kind == "paper":
            return " ".join(draw() for _ in range(self._random.randint(5, 11))).capitalize()
        if kind == "person":
            return f"{self._name()} {self._name()}"
        if kind == "place":
            return self._name() + self._random.choice(("", "", " River", " District", " County"))
        if random < 0.08:  # a name that something else has as well
            return self._random.choice(_concepts()).label
        if random < 0.16:
            return f"{self._random.choice(_concepts()).label} ({draw().lower()})"
        if random < 0.5:
            return f"{draw()} {draw().lower()}"
        if random < 0.8:
            return f"{draw()} {draw().lower()} {draw().lower()}"
        return f"{self._name()} {draw().lower()}"

    def _aliases(self, kind: str, label: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        if kind == "thing":
            words = label.split()
            if len(words) > 2 and self._random.random() < 0.4:
                found["en"] = ["".join(word[0] for word in words if word[0].isalpha()).upper()]
            if self._random.random() < 0.4:
                found.setdefault("en", []).append(f"{self._draw()} {words[-1]}")
            if self._random.random() < 0.08:
                found["ko"] = [self._korean_name()]
        elif kind == "person" and self._random.random() < 0.5:
            found["en"] = [f"{label[0]}. {label.split()[-1]}"]
            found["de"] = found["en"]
        return found

    def _descriptions(self, kind: str) -> dict[str, str]:
        if kind == "paper":
            text = f"scientific article published in {self._random.randint(1950, 2026)}"
        elif kind == "person":
            text = "researcher"
        else:
            text = f"{self._draw().lower()} of {self._draw().lower()} in {self._draw().lower()}"
        found = {"en": text} if self._random.random() < 0.8 else {}
        found |= dict.fromkeys(self._languages(), text)
        if self._random.random() < 0.15:
            found["ko"] = f"{self._korean_name()} 분야"
        return found

    def _claims(self, qid: int, kind: str) -> dict[str, list[Any]]:
        claims = {"P31": [self._statement(qid, "P31", self._class_of(kind))]}
        if kind == "thing" and self._random.random() < 0.3:
            claims["P279"] = [self._statement(qid, "P279", self._class())]
        if FIRST <= qid < FIRST + _CLASSES:  # a chain of classes, which may come back
            claims["P279"] = [self._statement(qid, "P279", self._class())]
        if kind == "paper":
            if self._random.random() < 0.1:
                number = f"{qid % 24:02}{qid % 12 + 1:02}.{qid % 100_000:05}"
                claims["P818"] = [self._statement(qid, "P818", number, "external-id")]
            doi = f"10.{1000 + qid % 9000}/{self._name().upper()}.{qid % 1_000_000}"
            claims["P356"] = [self._statement(qid, "P356", doi, "external-id")]
            for _ in range(self._random.randint(0, 3)):
                claims.setdefault("P50", []).append(self._statement(qid, "P50", self._class()))
        if kind == "person" and self._random.random() < 0.2:
            orcid = f"0000-000{qid % 4}-{qid % 9999:04}-{qid * 7 % 9999:04}"
            claims["P496"] = [self._statement(qid, "P496", orcid, "external-id")]
        if self._random.random() < 0.3:
            day = f"+{self._random.randint(1800, 2026)}-01-01T00:00:00Z"
            claims["P571"] = [self._statement(qid, "P571", day, "time")]
        if kind != "paper":
            claims["P646"] = [self._statement(qid, "P646", f"/m/0{qid:x}", "external-id")]
            if self._random.random() < 0.2:
                claims["P361"] = [self._statement(qid, "P361", self._class())]
        return claims

    def _statement(
        self, qid: int, property_: str, value: str, datatype: str = "wikibase-item"
    ) -> dict[str, Any]:
        """Draw a statement: half of them with a reference, a few with a qualifier or a rank."""
        number = self._random.getrandbits(128)
        statement: dict[str, Any] = {
            "mainsnak": _snak(property_, value, datatype),
            "type": "statement",
            "id": f"Q{qid}${number >> 96:08X}-{number >> 80 & 65535:04X}-{number >> 64 & 65535:04X}"
            f"-{number >> 48 & 65535:04X}-{number & (1 << 48) - 1:012X}",
            "rank": "normal",
        }
        chance = self._random.random()
        if chance < 0.5:
            snaks = {
                "P248": [_snak("P248", "Q900000005", "wikibase-item")],
                "P813": [_snak("P813", "+2026-01-01T00:00:00Z", "time")],
                "P854": [_snak("P854", f"https://example.org/item/{qid}/{property_}", "url")],
            }
            statement["references"] = [
                {"hash": _HASH, "snaks": snaks, "snaks-order": ["P248", "P813", "P854"]}
            ]
        elif chance < 0.55:
            snaks = {"P580": [_snak("P580", "+2001-01-01T00:00:00Z", "time")]}
            statement |= {"qualifiers": snaks, "qualifiers-order": ["P580"]}
        elif chance < 0.57:
            statement["rank"] = "deprecated"
        elif chance < 0.58:
            statement["mainsnak"] = {
                "snaktype": "somevalue",
                "property": property_,
                "datatype": datatype,
            }
        return statement

    def _class_of(self, kind: str) -> str:
        if kind == "thing":
            return self._class()
        return _HUMAN if kind == "person" else f"Q{FIRST + _KINDS.index(kind)}"

    def _class(self) -> str:
        return f"Q{FIRST + int(self._random.random() ** 3 * _CLASSES)}"

    def _draw(self) -> str:
        return self._random.choice(self._words)

    def _name(self) -> str:
        made = "".join(
            self._random.choice(_CONSONANTS) + self._random.choice(_VOWELS)
            for _ in range(self._random.randint(2, 4))
        )
        return made.capitalize()

    def _korean_name(self) -> str:
        if self._random.random() < 0.3:
            return self._random.choice(self._korean)
        return "".join(self._random.choices(_HANGUL, k=self._random.randint(2, 7)))

    def _languages(self) -> Iterator[str]:
        return iter(_LANGUAGES[: min(int(self._random.expovariate(0.3)), len(_LANGUAGES))])

    def _property(self, number: int) -> dict[str, Any]:
        label = self._draw().lower()
        return {
            "type": "property",
            "datatype": "wikibase-item",
            "id": f"P{FIRST + number}",
            "labels": _texts({"en": label}),
            "descriptions": [],
            "aliases": [],
            "claims": [],
        }

    def _lexeme(self, number: int) -> dict[str, Any]:
        return {
            "type": "lexeme",
            "id": f"L{FIRST + number}",
            "lemmas": _texts({"en": self._draw().lower()}),
            "lexicalCategory": "Q900000003",
            "language": "Q900000004",
            "claims": [],
            "forms": [],
            "senses": [],
        }


def _redirect(qid: int, target: int) -> dict[str, Any]:
    return {"type": "item", "id": f"Q{qid}", "redirect": f"Q{target}"}


def _texts(values: dict[str, str]) -> dict[str, dict[str, str]]:
    return {language: {"language": language, "value": text} for language, text in values.items()}


def _snak(property_: str, value: str, datatype: str) -> dict[str, Any]:
    if datatype == "wikibase-item":
        number = int(value[1:])
        content: Any = {"entity-type": "item", "numeric-id": number, "id": value}
        type_ = "wikibase-entityid"
    elif datatype == "time":
        content, type_ = {"time": value, **_TIME}, "time"
    else:
        content, type_ = value, "string"
    return {
        "snaktype": "value",
        "property": property_,
        "datavalue": {"value": content, "type": type_},
        "datatype": datatype,
    }


if __name__ == "__main__":
    main()
