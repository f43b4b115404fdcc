"""Finds every regular expression of the package, and text that is hard for each."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections import deque
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import kg
from kg.extract import make_nlp

#: What may be repeated in a text that is hard to read, beside what a pattern names itself.
_UNITS = (
    *(
        " ",
        "\t",
        "\n",
        "\n ",
        "0",
        "9",
        "0 ",
        "0,",
        "0.",
        "1,000",
        "0-",
        "0/",
        "a",
        "A",
        "aA",
        "Aa",
    ),
    *(
        "a ",
        "A ",
        "a.",
        "A-",
        "a-",
        "a1",
        "A1",
        "_",
        "가",
        "가 ",
        "다. ",
        "가a",
        "(",
        ")",
        "()",
        "[",
    ),
    *("]", "[a](", "[[", "{", "<", "<a ", "<!--", "&", "&#", "\\", '"', "'", "`", "*", "**", "-"),
    *(". ", ".", ",", ", ", ":", ";", "/", "//", "http://", "@", "#", "%", "%20", "|", "\u200b"),
    *("\u0301", "\U0001f44d\U0001f3fd"),
)
#: How a text may begin, and end: what nearly matches has a last character that does not.
_FIRST = ("", "a", "0", "가", "(", "<")
_LAST = "\x00"
_LITERALS = re.compile(r"[A-Za-z]{2,}|[가-힣]{1,}|[^\sA-Za-z가-힣]")


def modules() -> list[ModuleType]:
    """Import every module of the package."""
    names = [module.name for module in pkgutil.walk_packages(kg.__path__, "kg.")]
    return [importlib.import_module(name) for name in names if not name.endswith("__main__")]


def patterns() -> dict[str, re.Pattern[str]]:
    """Return the patterns of all modules, by pattern, with those made from the tables."""
    found: dict[str, re.Pattern[str]] = {}
    seen: set[int] = set()
    for module in modules():
        for value in vars(module).values():
            _walk(value, found, seen)
        for pattern in _inline(Path(module.__file__ or "")):
            found.setdefault(pattern.pattern, pattern)
    nlp = make_nlp()
    for component in (nlp.tokenizer, *(one for _, one in nlp.pipeline)):
        _walk(component, found, seen)
    return found


def _walk(value: Any, found: dict[str, re.Pattern[str]], seen: set[int]) -> None:
    """Look for patterns in a value: in collections, and in what our classes keep."""
    if isinstance(value, re.Pattern):
        pattern = _of_text(value.pattern, value.flags)
        found.setdefault(pattern.pattern, pattern)
        return
    if id(value) in seen or isinstance(value, (str, bytes, int, float)):
        return
    seen.add(id(value))
    for inner in _parts(value):
        _walk(inner, found, seen)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values()
    elif isinstance(value, (list, tuple, set, frozenset)):
        yield from value
    elif str(getattr(value, "__module__", "")).startswith("kg."):
        yield from getattr(value, "__dict__", {}).values()
    elif type(value).__module__.startswith("kg."):
        slots = getattr(type(value), "__slots__", ())
        yield from (getattr(value, name) for name in slots if hasattr(value, name))
        yield from getattr(value, "__dict__", {}).values()


def _inline(path: Path) -> Iterator[re.Pattern[str]]:
    """Yield the patterns that stand in calls such as ``re.sub("a+", …)``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and isinstance(node.args[0], ast.Constant)
        ):
            flags = re.IGNORECASE if "IGNORECASE" in ast.unparse(node) else 0
            yield _of_text(node.args[0].value, flags)


def _of_text(pattern: Any, flags: int) -> re.Pattern[str]:
    """Compile a pattern, of bytes too, as one that reads text."""
    if isinstance(pattern, bytes):
        pattern = pattern.decode("latin-1")
    return re.compile(str(pattern), flags)


def hard_texts(pattern: str, chars: int) -> Iterator[tuple[str, str]]:
    """Yield texts of *chars* characters that may be hard for a pattern, each with a name.

    Units are repeated: common ones, and the words and characters of the pattern itself.
    """
    own = dict.fromkeys(_LITERALS.findall(pattern)[:60])
    for unit in dict.fromkeys([*_UNITS, *own, *(f"{one} " for one in own)]):
        body = (unit * (chars // len(unit) + 1))[:chars]
        for first in _FIRST if unit in _UNITS else ("",):
            yield f"{first!r} {unit!r}*", f"{first}{body}{_LAST}"
        yield f"{unit!r}*", body


def seconds(pattern: re.Pattern[str], text: str) -> float:
    """Return the CPU seconds that the slowest way to use a pattern takes."""
    taken = []
    for use in (pattern.search, pattern.match, pattern.fullmatch, pattern.finditer):
        start = time.thread_time()
        found = use(text)
        if use == pattern.finditer:
            deque(found, maxlen=0)  # type: ignore[arg-type]
        taken.append(time.thread_time() - start)
    return max(taken)
