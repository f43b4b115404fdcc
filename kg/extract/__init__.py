"""Finds typed mentions and numeric results in the entries of digests.

A spaCy pipeline made from a config file (``config.cfg`` here, or the user's own). spaCy and
Kiwi are imported when a pipeline is made, not before.
"""

from __future__ import annotations

import configparser
import hashlib
import itertools
import json
import os
import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kg.errors import KGError
from kg.model import Entry, ExtractedEntry, Mention, Role, TermType

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

    from kg.extract.tables import Tables
    from kg.extract.view import View

__all__ = ["extract", "fingerprint", "make_doc", "make_nlp", "reasons", "tokenizing_nlp"]

CONFIG: Final = Path(__file__).parent / "config.cfg"
BATCH: Final = 64
#: Text of an entry past this is not searched; real entries have a few thousand characters.
MAX_CHARS: Final = 50_000

#: Words that the vocabulary keeps over memory zones: some 5 MB.
_KEPT_WORDS: Final = 20_000
_THREADS: Final = "OPENBLAS_NUM_THREADS"
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def make_nlp(config: Path | None = None) -> Language:
    """Make the pipeline, in 2 to 3 s.

    Raises:
        KGError: the config cannot be read, or names what does not exist.
    """
    _import_numpy()
    import spacy.util
    from catalogue import RegistryError  # type: ignore[import-untyped]
    from thinc.config import ConfigValidationError

    import kg.extract.components
    import kg.extract.tokenizer  # noqa: F401

    path = config or CONFIG
    try:
        settings = spacy.util.load_config(path, interpolate=True)
        if code := settings.get("paths", {}).get("code"):
            spacy.util.import_file("kg_own_components", path.parent / code)
        nlp = spacy.util.load_model_from_config(settings, auto_fill=True)
    except (
        OSError, ImportError, SyntaxError, ValueError, ConfigValidationError, RegistryError
    ) as error:  # fmt: skip
        text = " ".join(str(error).split())
        raise KGError(f"{path}: {text}; expected a spaCy config of a pipeline") from error
    nlp.max_length = 2 * MAX_CHARS
    return nlp


def _import_numpy() -> None:
    """Import numpy so that its matrix products use one thread, unless the user says otherwise.

    An entry's matrices are small: several threads take longer than one, and three times the
    CPU where worker processes share the cores. The library reads the number when it is loaded.
    """
    if "numpy" in sys.modules or _THREADS in os.environ:
        return
    os.environ[_THREADS] = "1"
    try:
        import numpy  # noqa: F401
    finally:
        del os.environ[_THREADS]


def tokenizing_nlp(tables: Tables) -> Language:
    """Make a pipeline that only tokenizes, as :func:`make_nlp`'s does."""
    import spacy

    from kg.extract.tokenizer import KiwiTokenizer

    nlp = spacy.blank("xx")
    nlp.tokenizer = KiwiTokenizer(nlp.vocab, tables.korean_words)
    nlp.max_length = 2 * MAX_CHARS
    return nlp


def extract(nlp: Language, entries: Iterable[Entry]) -> Iterator[ExtractedEntry]:
    """Find mentions and results, entry by entry in the given order.

    Memory stays flat: each batch has its own zone of spaCy's string store.

    Raises:
        KGError: a component made a mention of an unknown type.
    """
    stream = iter(entries)
    while batch := list(itertools.islice(stream, BATCH)):
        known = [make_doc(nlp, entry) for entry in batch] if _learns(nlp) else []
        with nlp.memory_zone():
            docs = nlp.pipe(known or [make_doc(nlp, entry) for entry in batch])
            done = [_read(entry, doc) for entry, doc in zip(batch, docs, strict=True)]
        yield from done


def _learns(nlp: Language) -> bool:
    """Tell whether the vocabulary still takes in words for good.

    The first, mostly frequent, words of a process are kept: a memory zone forgets its own, and
    to make them anew for each takes long.
    """
    return len(nlp.vocab) < _KEPT_WORDS


def fingerprint(config: Path | None = None) -> str:
    """Return a hex digest of all that decides the output, without importing spaCy.

    Config, tables, weights, code, and the versions of the libraries that change it.

    Raises:
        KGError: the config cannot be read.
    """
    from kg.extract.tables import DATA, FILES, WEIGHTS

    code = sorted(Path(__file__).parent.glob("*.py"))
    whole = hashlib.sha256()
    tables = [DATA / name for name in (*FILES, WEIGHTS)]
    for path in [config or CONFIG, *code, *tables, *_named_files(config)]:
        try:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise KGError(f"{path}: cannot be read ({error}); expected a spaCy config") from error
    for library in ("kiwipiepy", "kiwipiepy-model", "spacy"):
        whole.update(f"{library} {version(library)}\n".encode())
    whole.update(unicodedata.unidata_version.encode())
    return whole.hexdigest()


def _named_files(config: Path | None) -> Iterator[Path]:
    """Yield the files of code and of tables that a config names, if they are there."""
    from kg.extract.tables import FILES, WEIGHTS

    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(config.read_text(encoding="utf-8") if config else "")
    except (OSError, ValueError, configparser.Error):  # told by whoever loads it
        return
    for section in parser.values():
        for name in ("code", "data"):
            try:
                value = json.loads(section.get(name, "null"))
            except ValueError:
                continue
            if config and isinstance(value, str):
                named = config.parent / value.replace("$$", "$")
                paths = [named] if name == "code" else [named / file for file in (*FILES, WEIGHTS)]
                yield from (path for path in paths if path.is_file())


def make_doc(nlp: Language, entry: Entry) -> Doc:
    """Tokenize an entry's sections into one Doc that knows where each stands."""
    from kg.extract.view import SECTIONS, TEXT

    texts, places, offset = [], [], 0
    for section in entry.sections:
        text = _SURROGATE.sub("\ufffd", section.text[: max(MAX_CHARS - offset, 0)])
        if not text:
            continue
        texts.append(text)
        places.append((section.key, offset, offset + len(text)))
        offset += len(text) + 1
    text = "\n".join(texts)
    doc = nlp.make_doc(text)
    doc.user_data[TEXT] = text
    doc.user_data[SECTIONS] = tuple(places)
    return doc


def _in_section(view: View, start: int, end: int) -> tuple[str, int, int]:
    section = view.section_of(start)
    return section.key, start - section.start, end - section.start


def _read(entry: Entry, doc: Doc) -> ExtractedEntry:
    from kg.extract.components import rounded
    from kg.extract.spans import mentions_of, value_of
    from kg.extract.view import view_of

    view = view_of(doc)
    order = {section.key: place for place, section in enumerate(entry.sections)}
    best: dict[tuple[int, int, int], Mention] = {}
    for span in mentions_of(doc):
        first, last = span.start_char, span.end_char
        section = view.section_of(first)
        start, end = first - section.start, last - section.start
        if last > section.end or start == end:
            continue
        gloss: tuple[int, int] | None = value_of(span, "kg_gloss_of")
        mention = Mention(
            section=section.key,
            start=start,
            end=end,
            exact=entry.sections[order[section.key]].text[start:end],
            type=TermType(span.label_),
            role=Role(value_of(span, "kg_role")),
            confidence=rounded(value_of(span, "kg_confidence")),
            component=value_of(span, "kg_component"),
            gloss_of=_in_section(view, *gloss) if gloss else None,
        )
        place = order[section.key], start, -end
        if place not in best or mention.confidence > best[place].confidence:
            best[place] = mention
    return ExtractedEntry(
        entry=entry,
        mentions=tuple(best[place] for place in sorted(best)),
        results=tuple(sorted(doc._.kg_results, key=lambda r: (order[r.section], r.start))),
    )


def reasons(nlp: Language, entry: Entry) -> dict[tuple[str, int, int], tuple[str, ...]]:
    """Tell of each mention of an entry what found it, a readable line a reason.

    Returns:
        The reasons by section key, start and end.
    """
    from kg.extract.why import reasons as told

    return told(nlp, entry)
