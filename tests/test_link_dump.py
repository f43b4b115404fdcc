"""Reading dumps: whole, packed, cut, corrupt, and entities in shapes that nobody promised."""

from __future__ import annotations

import bz2
import gzip
import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from kg.link.dumps.decoding import Decoder, NoItem, NoJSON, Read, Redirect
from kg.link.dumps.reading import Block, DumpError, lines_of, read_blocks, text_of
from kg.link.entity import item_of
from kg.link.items import NameKind

PACKERS = {".json": bytes, ".json.gz": gzip.compress, ".json.bz2": bz2.compress}


def entity(number: int, **parts: Any) -> dict[str, Any]:
    label = {"language": "en", "value": f"thing {number}"}
    return {"type": "item", "id": f"Q{900_000_000 + number}", "labels": {"en": label}, **parts}


def array(*entities: dict[str, Any]) -> bytes:
    return b"[\n" + b",\n".join(map(orjson.dumps, entities)) + b"\n]\n"


def some(count: int) -> bytes:
    return array(*(entity(number, aliases=[], claims=[]) for number in range(1, count + 1)))


def read(path: Path, *sizes: int) -> tuple[list[Block], bytes, DumpError | None]:
    """Return the blocks of a dump, their text, and how it broke."""
    blocks: list[Block] = []
    error = None
    source = read_blocks(path, *sizes)
    try:
        while block := next(source, None):
            blocks.append(block)
    except DumpError as broken:
        error = broken
    with path.open("rb") as file:
        return blocks, b"".join(text_of(block, file) for block in blocks), error


@pytest.mark.parametrize("suffix", PACKERS)
def test_dump_is_read_in_the_same_blocks_however_packed(tmp_path: Path, suffix: str) -> None:
    text = some(300)
    path = tmp_path / f"dump{suffix}"
    path.write_bytes(PACKERS[suffix](text))
    plain = tmp_path / "plain.json"
    plain.write_bytes(text)
    blocks, found, error = read(path, 1000, 5000)
    assert error is None
    assert found == text
    assert len(blocks) > 10
    assert all(block.size >= 1000 for block in blocks[:-1])
    assert [(one.number, one.start, one.size) for one in blocks] == [
        (one.number, one.start, one.size) for one in read_blocks(plain, 1000, 5000)
    ]
    assert blocks[-1].file_bytes == path.stat().st_size


@pytest.mark.parametrize("suffix", PACKERS)
def test_too_long_line_is_passed_over(tmp_path: Path, suffix: str) -> None:
    long = orjson.dumps(entity(2, claims={"P1": "x" * 3_000_000}))
    text = b"[\n" + orjson.dumps(entity(1)) + b",\n" + long + b",\n" + orjson.dumps(entity(3))
    text += b"\n]\n"
    path = tmp_path / f"dump{suffix}"
    path.write_bytes(PACKERS[suffix](text))
    blocks, found, error = read(path, 100, 2000)
    assert error is None
    assert [block.too_long for block in blocks] == [False, True, False]
    assert [block.size for block in blocks if block.too_long] == [len(long) + 2]
    assert [json.loads(line)["id"] for line in lines_of(found) if line] == [
        "Q900000001",
        "Q900000003",
    ]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    path = tmp_path / "lines.json"
    path.write_bytes(orjson.dumps(entity(1)) + b"\r\n" + orjson.dumps(entity(2)))
    _, found, error = read(path)
    assert error is None
    assert [json.loads(line)["id"] for line in lines_of(found) if line] == [
        "Q900000001",
        "Q900000002",
    ]


@pytest.mark.parametrize("suffix", [".json.gz", ".json.bz2"])
def test_parts_and_zeros_after_them_are_one_dump(tmp_path: Path, suffix: str) -> None:
    text = some(50)
    pack = PACKERS[suffix]
    path = tmp_path / f"dump{suffix}"
    path.write_bytes(pack(text[:777]) + pack(b"") + pack(text[777:]) + bytes(200_000))
    _, found, error = read(path)
    assert error is None
    assert found == text


@pytest.mark.parametrize("suffix", PACKERS)
def test_cut_dump_is_read_up_to_the_cut(tmp_path: Path, suffix: str) -> None:
    text = some(30_000)
    packed = PACKERS[suffix](text)
    path = tmp_path / f"dump{suffix}"
    cut = len(packed) * 2 // 3
    path.write_bytes(packed[:cut])
    _, found, error = read(path, 100_000, 1_000_000)
    assert error is not None
    assert len(found) > len(text) // 3
    assert text.startswith(found)
    assert error.text_offset == len(found)
    assert error.file_offset == cut
    assert str(error).startswith(f"{path}: byte {cut:,} of the file, byte {len(found):,} of its")
    assert "\n" not in str(error)


@pytest.mark.parametrize("suffix", [".json.gz", ".json.bz2"])
def test_corrupt_dump_is_read_up_to_the_damage(tmp_path: Path, suffix: str) -> None:
    pack = PACKERS[suffix]
    first, second = some(30_000)[:-3], some(30_000)
    packed = bytearray(pack(first) + pack(second))
    middle = len(pack(first)) + len(pack(second)) // 2
    packed[middle : middle + 40] = b"\xff" * 40
    path = tmp_path / f"dump{suffix}"
    path.write_bytes(packed)
    _, found, error = read(path, 100_000, 1_000_000)
    assert error is not None
    assert found.startswith(first)
    assert len(pack(first)) < error.file_offset <= len(packed)


def test_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="No such file or directory; expected a Wikidata dump"):
        list(read_blocks(tmp_path / "none.json"))


def snak(value: Any) -> dict[str, Any]:
    return {"snaktype": "value", "datavalue": {"value": value, "type": "any"}}


def ref(qid: str) -> dict[str, Any]:
    return snak({"entity-type": "item", "numeric-id": int(qid[1:]), "id": qid})


SHAPES: dict[str, dict[str, Any]] = {
    "plain": entity(1),
    "everything": entity(
        2,
        descriptions={"ko": {"language": "ko", "value": "설명"}},
        aliases={
            "en": [{"language": "en", "value": " many   blanks "}],
            "ko": [{"language": "ko", "value": "이름"}, {"language": "ko", "value": ""}],
            "mul": [{"language": "mul", "value": "THING"}],
        },
        claims={
            "P31": [
                {"mainsnak": ref("Q900000009"), "rank": "normal"},
                {"mainsnak": ref("Q900000008"), "rank": "preferred"},
            ],
            "P279": [
                {"mainsnak": ref("Q900000007"), "rank": "deprecated"},
                {"mainsnak": {"snaktype": "novalue", "property": "P279"}, "rank": "normal"},
                {"mainsnak": ref("Q900000006")},
            ],
            "P818": [{"mainsnak": snak("1706.03762"), "rank": "normal"}],
            "P856": [{"mainsnak": snak("https://example.org"), "rank": "normal"}] * 2,
            "P571": [{"mainsnak": snak({"time": "+2001-00-00T00:00:00Z"}), "rank": "normal"}],
        },
        sitelinks={"enwiki": {"site": "enwiki", "title": '"site":"x"', "badges": []}},
    ),
    "empty lists": entity(3, labels=[], descriptions=[], aliases=[], claims=[], sitelinks=[]),
    "nulls": entity(4, labels=None, aliases=None, claims=None, sitelinks=None),
    "missing parts": {"id": "Q900000005"},
    "texts for lists": entity(5, labels="en", aliases={"en": "x"}, claims="none"),
    "values of other types": entity(
        6,
        claims={"P31": [{"mainsnak": snak("text")}], "P818": [{"mainsnak": ref("Q900000001")}]},
    ),
    "a label that is a number": entity(7, labels={"en": {"language": "en", "value": 7}}),
    "other ids": entity(8, claims={"P31": [{"mainsnak": ref("Q900000001")}, {"mainsnak": {}}]}),
    "an old id": entity(9, claims={"P31": [{"mainsnak": snak({"numeric-id": 5})}]}),
    "long": entity(10, labels={"en": {"value": "x" * 1000}}),
}


@pytest.mark.parametrize("name", SHAPES)
def test_decoder_says_what_the_slow_way_says(name: str) -> None:
    line = orjson.dumps(SHAPES[name])
    read_ = Decoder(("en", "ko")).read(line)
    assert isinstance(read_, Read)
    assert read_.item() == item_of(orjson.loads(line))


def test_decoder_reads_the_languages_in_their_order() -> None:
    labels = {one: {"language": one, "value": f"in {one}"} for one in ("ko", "en", "de", "mul")}
    read_ = Decoder(("de", "zh-hans", "en")).read(orjson.dumps(entity(1, labels=labels)))
    assert isinstance(read_, Read)
    assert read_.label == "in de"
    assert read_.names == dict.fromkeys(("in de", "in en", "in mul"), NameKind.LABEL)


def test_decoder_tells_redirects_and_what_is_no_item() -> None:
    decoder = Decoder(("en",))
    moved = orjson.dumps({"id": "Q900000001", "redirect": "Q900000002"})
    assert decoder.read(moved) == Redirect(900_000_001, 900_000_002)
    for other in (
        {"type": "property", "id": "P31", "labels": {}},
        {"type": "lexeme", "id": "L3354", "lemmas": {"en": {"value": "bank"}}, "claims": []},
        {"id": "Q900000001", "missing": ""},
        {"id": "Q0900000001", "labels": {}},
        {"id": 17},
        {},
    ):
        with pytest.raises(NoItem):
            decoder.read(orjson.dumps(other))


@pytest.mark.parametrize("line", [b'{"id":', b"<html>", b"17", b'["a"]', b'{"id":"\xff"}', b"\0"])
def test_decoder_tells_what_is_no_json(line: bytes) -> None:
    with pytest.raises(NoJSON):
        Decoder(("en",)).read(line)
