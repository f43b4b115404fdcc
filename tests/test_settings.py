"""Settings: a flag, else the environment, else the file, else the default."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from kg.errors import KGError
from kg.settings import Settings, table


def load(folder: Path, text: str = "", **environ: str) -> Settings:
    config = folder / "paperkg.toml"
    config.write_text(text, encoding="utf-8")
    return Settings.load({}, environ, config)


def test_a_flag_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    config = tmp_path / "paperkg.toml"
    config.write_text('store = "from-file"\nport = 1\nhost = "file.example"\n')
    environ = {"KG_STORE": "from-environment", "KG_PORT": "2"}
    settings = Settings.load({"store": Path("from-flag"), "port": None}, environ, config)
    assert settings.store == Path("from-flag")
    assert settings.port == 2, "a flag of None is one that was not given"
    assert settings.host == "file.example"
    assert settings.workers == 0, "the default"


def test_without_a_file_all_is_default(tmp_path: Path) -> None:
    assert Settings.load({}, {}, tmp_path / "paperkg.toml") == Settings()
    assert Settings().store == Path("data/kg")


@pytest.mark.parametrize("option", [one.name for one in fields(Settings)])
def test_each_setting_is_read_from_file_and_environment(option: str, tmp_path: Path) -> None:
    example: dict[str, Any] = {
        "store": Path("a/b"),
        "base_iri": "https://example.org/",
        "min_confidence": 0.25,
        "extract_config": Path("my.cfg"),
        "host": "::1",
        "corrections": Path("mine.csv"),
        "queries": Path("mine"),
        "union_default_graph": False,
        "write_token": "secret",
        "prefix": "/graph",
        "request_log": "off",
        "debug": True,
        "index": Path("my.index"),
        "wikidata_contact": "me@example.org",
        "wikidata_cache": Path("a.db"),
    }
    value = example.get(option, 7)
    text = str(value)
    assert getattr(load(tmp_path, **{f"KG_{option.upper()}": text}), option) == value
    written = str(value).lower() if isinstance(value, bool | int | float) else f'"{text}"'
    assert getattr(load(tmp_path, f"{option} = {written}"), option) == value


def test_an_empty_variable_is_one_that_is_not_set(tmp_path: Path) -> None:
    assert load(tmp_path, KG_PORT="", KG_STORE="") == Settings()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("port", "many", "a whole number"),
        ("port", "2.5", "a whole number"),
        ("port", "65536", "a number from 0 to 65535"),
        ("workers", "-1", "0 or more"),
        ("jobs", "-1", "0 or more"),
        ("lock_wait_s", "soon", "a number"),
        ("lock_wait_s", "0", "a number above 0"),
        ("lock_wait_s", "inf", "a number above 0"),
        ("lock_wait_s", "nan", "a number above 0"),
        ("query_max_kb", "0", "a number above 0"),
        ("query_memory_mb", "-5", "a number above 0"),
        ("min_confidence", "1.5", "a number from 0 to 1"),
        ("min_confidence", "nan", "a number from 0 to 1"),
        ("base_iri", "paperkg", "http(s)://… ending in '/'"),
        ("base_iri", "https://example.org", "http(s)://… ending in '/'"),
    ],
)
def test_a_wrong_value_in_the_environment_is_told(
    name: str, value: str, expected: str, tmp_path: Path
) -> None:
    with pytest.raises(KGError) as error:
        load(tmp_path, **{f"KG_{name.upper()}": value})
    message = str(error.value)
    assert message.startswith((f"KG_{name.upper()}: ", f"{name}: "))
    assert message.endswith(f"; expected {expected}")
    assert value in message


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("port = true", "port: True; expected a whole number"),
        ("port = 2.7", "port: 2.7; expected a whole number"),
        ("port = []", "port: []; expected a whole number"),
        ("min_confidence = {}", "min_confidence: {}; expected a number"),
        ("store = 5", "store: 5; expected text"),
        ("host = 5", "host: 5; expected text"),
        ("queries = 1979-05-27", "expected text"),
    ],
)
def test_a_wrong_type_in_the_file_is_told(line: str, expected: str, tmp_path: Path) -> None:
    with pytest.raises(KGError) as error:
        load(tmp_path, line)
    assert str(error.value).startswith(f"{tmp_path / 'paperkg.toml'}: ")
    assert str(error.value).endswith(expected)


def test_an_unknown_setting_is_told_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(KGError, match=r"paperkg\.toml: no setting 'prot'; it has: .*port"):
        load(tmp_path, "prot = 8000")


def test_a_file_that_is_no_toml_is_told_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(KGError, match=r"paperkg\.toml: not valid TOML \(.*at line 2, column"):
        load(tmp_path, "port = 8000\nhost = \n")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    config = tmp_path / "paperkg.toml"
    config.write_bytes(b"host = '\xff'\n")
    with pytest.raises(KGError, match=r"cannot be read .*; expected a TOML file"):
        Settings.load({}, {}, config)
    with pytest.raises(KGError, match=r"cannot be read .*; expected a TOML file"):
        Settings.load({}, {}, tmp_path)


def test_the_table_has_a_row_for_each_setting() -> None:
    rows = table().splitlines()[2:]
    assert len(rows) == len(fields(Settings))
    for row, option in zip(rows, fields(Settings), strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        default = "none" if option.default in (None, "") else f"`{option.default}`"
        assert cells[:3] == [f"`{option.name}`", f"`KG_{option.name.upper()}`", default]
        assert cells[3]
