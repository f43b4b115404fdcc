"""What stands in the README, and what commands say of themselves."""

from __future__ import annotations

import re

import click
import pytest

from kg import settings
from kg.cli import main
from kg.queries import load_queries
from kg.resources import shared_folder
from tests.command_line import ROOT, kg

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = sorted(main.commands)
QUERIES = load_queries(shared_folder("queries"))


OPTIONS = [
    (f"{name} {option.opts[-1]}", option)
    for name, command in [("kg", main), *sorted(main.commands.items())]
    for option in command.params
    if isinstance(option, click.Option)
]


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_has_help(name: str) -> None:
    done = kg(name, "--help")
    assert done.code == 0
    assert done.err == ""
    text = main.commands[name].help
    assert text
    assert text.split("\n")[0].rstrip().endswith(".")
    assert "--store DIRECTORY" in done.out, "--store works on every command"


@pytest.mark.parametrize(("name", "option"), OPTIONS, ids=[name for name, _ in OPTIONS])
def test_each_option_has_help(name: str, option: click.Option) -> None:
    assert option.help, name


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_stands_in_the_readme(name: str) -> None:
    assert re.search(rf"^\|.*`kg {name}\b", README, re.MULTILINE)


def test_the_readme_names_no_command_that_is_not_there() -> None:
    named = set(re.findall(r"(?:^\$ |`)kg ([a-z][a-z-]*)", README, re.MULTILINE))
    assert named <= set(COMMANDS)


def test_the_readme_has_the_table_of_settings() -> None:
    assert settings.table() in README


@pytest.mark.parametrize("name", QUERIES)
def test_each_saved_query_has_a_title_and_a_row_in_the_readme(name: str) -> None:
    assert QUERIES[name].title != name
    assert re.search(
        rf"^\|\s*`{name}`\s*\|.*{re.escape(QUERIES[name].title)}", README, re.MULTILINE
    )


def test_the_readme_names_files_that_are_there() -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
