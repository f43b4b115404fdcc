"""Finds typed mentions and numeric results in the entries of digests.

A spaCy pipeline made from a config file (``config.cfg`` here, or the user's own). spaCy and
Kiwi are imported when a pipeline is made, not before.
"""

from __future__ import annotations

import hashlib
import itertools
import re
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

__all__ = ["extract", "fingerprint", "make_doc", "make_nlp", "reasons"]

CONFIG: Final = Path(__file__).parent / "config.cfg"
BATCH: Final = 64
#: Text of an entry past this is not searched; real entries have a few thousand characters.
MAX_CHARS: Final = 50_000

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def make_nlp(config: Path | None = None) -> Language:
    """Make the pipeline, in 2 to 3 s.

    Raises:
        KGError: the config cannot be read, or names what does not exist.
    """
    import spacy.util
    from catalogue import RegistryError  # type: ignore[import-untyped]
    from thinc.config import ConfigValidationError

    import kg.extract.components
    import kg.extract.tokenizer  # noqa: F401

    path = config or CONFIG
    try:
        settings = spacy.util.load_config(path, interpolate=True)
        nlp = spacy.util.load_model_from_config(settings, auto_fill=True)
    except (OSError, ImportError, ValueError, ConfigValidationError, RegistryError) as error:
        text = " ".join(str(error).split())
        raise KGError(f"{path}: {text}; expected a spaCy config of a pipeline") from error
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
        with nlp.memory_zone():
            docs = nlp.pipe([make_doc(nlp, entry) for entry in batch])
            done = [_read(entry, doc) for entry, doc in zip(batch, docs, strict=True)]
        yield from done


def fingerprint(config: Path | None = None) -> str:
    """Return a hex digest of all that decides the output, without importing spaCy.

    Config, tables, this package's code, and the versions of the libraries that change it.

    Raises:
        KGError: the config cannot be read.
    """
    from kg.extract.tables import DATA, FILES

    code = sorted(Path(__file__).parent.glob("*.py"))
    whole = hashlib.sha256()
    for path in [config or CONFIG, *code, *(DATA / name for name in FILES)]:
        try:
            whole.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise KGError(f"{path}: cannot be read ({error}); expected a spaCy config") from error
    for library in ("kiwipiepy", "kiwipiepy-model", "spacy"):
        whole.update(f"{library} {version(library)}\n".encode())
    whole.update(unicodedata.unidata_version.encode())
    return whole.hexdigest()


def make_doc(nlp: Language, entry: Entry) -> Doc:
    """Tokenize an entry's sections into one Doc that knows where each stands."""
    from kg.extract.view import SECTIONS

    texts, places, offset = [], [], 0
    for section in entry.sections:
        text = _SURROGATE.sub("\ufffd", section.text[: max(MAX_CHARS - offset, 0)])
        if not text:
            continue
        texts.append(text)
        places.append((section.key, offset, offset + len(text)))
        offset += len(text) + 1
    doc = nlp.make_doc("\n".join(texts))
    doc.user_data[SECTIONS] = tuple(places)
    return doc


def _read(entry: Entry, doc: Doc) -> ExtractedEntry:
    from kg.extract.components import rounded
    from kg.extract.spans import mentions_of
    from kg.extract.view import view_of

    view = view_of(doc)
    order = {section.key: place for place, section in enumerate(entry.sections)}
    best: dict[tuple[int, int, int], Mention] = {}
    for span in mentions_of(doc):
        section = view.section_of(span.start_char)
        start, end = span.start_char - section.start, span.end_char - section.start
        if span.end_char > section.end or start == end:
            continue
        gloss: tuple[int, int] | None = span._.kg_gloss_of
        mention = Mention(
            section=section.key,
            start=start,
            end=end,
            exact=entry.sections[order[section.key]].text[start:end],
            type=TermType(span.label_),
            role=Role(span._.kg_role),
            confidence=rounded(span._.kg_confidence),
            component=span._.kg_component,
            gloss_of=(gloss[0] - section.start, gloss[1] - section.start) if gloss else None,
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
    (found,) = extract(nlp, [entry])
    return {
        (one.section, one.start, one.end): (f"{one.component}: confidence {one.confidence}",)
        for one in found.mentions
    }
