"""Turns text into spaCy tokens: Korean words at Kiwi's morphemes, the rest by script.

A name never loses its place to Kiwi: a run of Latin letters, digits and the marks inside
names (``GPT-4o`` is ``GPT``, ``-``, ``4o``; ``Llama3.1`` is one) is cut by one pattern, and
only runs of Hangul take Kiwi's boundaries. The tokens give back the text exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

import numpy as np
from spacy.tokens import Doc
from spacy.util import registry

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.vocab import Vocab

#: Kiwi takes long over a text without spaces: it sees pieces of this length, and no word
#: longer than any real one (such a word stays one token).
PIECE_CHARS: Final = 4_000
WORD_CHARS: Final = 60

_HANGUL: Final = "\u1100-\u11ff\u3130-\u318f\ua960-\ua97f\uac00-\ud7ff"
_LATIN: Final = rf"[^\W_{_HANGUL}]"
_RUN: Final = re.compile(
    rf"(?:(?P<hangul>[{_HANGUL}]+)"
    rf"|(?P<latin>{_LATIN}+(?:[.&'’+*]{_LATIN}+){{0,8}}[+*]{{0,2}})"
    r"|(?P<space>\s+)|(?P<mark>.)) ?",
    re.DOTALL,
)
_TOO_LONG: Final = re.compile(rf"\S{{{WORD_CHARS},}}")
_NUMBER: Final = re.compile(r"[\d.]+")


class KiwiTokenizer:
    """Callable that spaCy uses as the pipeline's tokenizer.

    Args:
        vocab: of the pipeline.
        words: Korean words that Kiwi shall keep whole.
    """

    def __init__(self, vocab: Vocab, words: Iterable[str]) -> None:
        from kiwipiepy import Kiwi  # type: ignore[import-untyped]

        self.vocab = vocab
        # Without the dictionary of names of several words Kiwi loads in half the time; the
        # scores by cross-validation are the same to the third place.
        self.kiwi = Kiwi(num_workers=1, load_multi_dict=False)
        for word in words:
            self.kiwi.add_user_word(word, "NNP", 0.0)

    def __call__(self, text: str) -> Doc:
        words: list[str] = []
        spaces: list[bool] = []
        tags: list[str] = []
        morphemes = self._morphemes(text)
        for run in _RUN.finditer(text):
            kind = run.lastgroup
            start, end = run.span(run.lastindex)  # type: ignore[arg-type]
            if kind == "hangul":
                tag = morphemes.get(start, "NNG")
                for cut in range(start + 1, end):
                    if cut in morphemes:
                        words.append(text[start:cut])
                        spaces.append(False)
                        tags.append(tag)
                        start, tag = cut, morphemes[cut]
            elif kind == "latin":
                number = text[start].isdecimal() and _NUMBER.fullmatch(text, start, end)
                tag = "SN" if number else "SL"
            else:
                tag = "SPACE" if kind == "space" else "SY"
            words.append(text[start:end])
            spaces.append(run.end() > end)
            tags.append(tag)
        doc = Doc(self.vocab, words=words, spaces=spaces)
        # Given to the Doc itself each tag would be looked up anew, for half of the time.
        ids = {tag: self.vocab.strings.add(tag) for tag in set(tags)}
        rows = np.array([[ids[tag]] for tag in tags], np.uint64)
        doc.from_array(["TAG"], rows)  # type: ignore[arg-type]
        return doc

    def _morphemes(self, text: str) -> dict[int, str]:
        """Tell where morphemes start, and the tag of the first at each place.

        Several morphemes on one offset (``했`` is ``하`` and ``었``) become one token.
        """
        found: dict[int, str] = {}
        text = _TOO_LONG.sub(lambda word: " " * len(word[0]), text)
        for start, end in _pieces(text):
            # One by one: a list of pieces goes through a thread of Kiwi's, which costs more.
            for morpheme in self.kiwi.tokenize(text[start:end]):
                found.setdefault(start + morpheme.start, morpheme.tag)
        return found


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > PIECE_CHARS:
        end = text.rfind(" ", start + PIECE_CHARS // 2, start + PIECE_CHARS)
        end = end if end > 0 else start + PIECE_CHARS
        yield start, end
        start = end
    yield start, len(text)


@registry.tokenizers("kg.KiwiTokenizer.v1")  # type: ignore[untyped-decorator]
def make_tokenizer(data: str | None = None) -> Callable[[Language], KiwiTokenizer]:
    """Make the tokenizer's maker; *data* is a folder of tables, None the packaged one."""
    from kg.extract.tables import load_tables

    def make(nlp: Language) -> KiwiTokenizer:
        return KiwiTokenizer(nlp.vocab, load_tables(data).korean_words)

    return make
