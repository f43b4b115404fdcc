"""The words of a name, as they are written into the index and looked for in it.

``FlashAttention-2`` is the words ``flashattention`` and ``2``, the two joined, and the pieces
``flash`` and ``attention``. Korean is written with particles and as compounds: a word is found
by its start, and inside of others by its pairs of syllables.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from kg.link.keys import key

#: Words of a name that count, and letters of a word.
_WORDS: Final = 60
_LETTERS: Final = 60
_WORD: Final = re.compile(r"[^\W_]+(?:(?<=[0-9])\.(?=[0-9])[^\W_]+)*[+*#]*")
#: Capitals that no small letter follows, a word in small letters, a number, other letters.
_PIECE: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+(?:\.[0-9]+)*|[^\W0-9_A-Za-z]+")
_SYLLABLES: Final = re.compile(r"[가-힣぀-ヿ一-鿿]{2,}")
_MARKS: Final = re.compile(r"[\u0300-\u036f]")
#: Shorter pieces are in too many names; a number is a piece at any length.
_SHORTEST_PIECE: Final = 3
#: So many neighbours are also one word.
_JOINED: Final = (2, 3)


@dataclass(frozen=True, slots=True)
class Words:
    """What of a name is found by words; ``parts`` are pieces and pairs, in their order."""

    words: tuple[str, ...]
    joined: tuple[str, ...]
    parts: tuple[str, ...]


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a name or a question, folded.

    >>> words_of("FlashAttention-2: Faster Attentions"), words_of("Llama 3.1을 위한 강화 학습")
    (('flashattention', '2', 'faster', 'attention'), ('llama', '3.1을', '위한', '강화', '학습'))
    """
    return tuple(folded for word in _written(text) if (folded := key(word)))


def indexed(text: str) -> Words:
    """Return all by which a name is found.

    >>> indexed("FlashAttention-2").joined, indexed("FlashAttention-2").parts
    (('flashattention2',), ('flash', 'attention'))
    >>> indexed("자기지도학습").parts
    ('자기', '기지', '지도', '도학', '학습')
    """
    words = words_of(text)
    joined = [
        "".join(words[place : place + count])
        for count in _JOINED
        for place in range(len(words) - count + 1)
    ]
    parts = [part for word in _written(text) for part in (*_pieces(word), *pairs_of(word))]
    return Words(words, tuple(joined), tuple(parts))


def pairs_of(word: str) -> tuple[str, ...]:
    """Return the pairs of neighbouring syllables of a word, in their order; none of one pair."""
    return tuple(
        run[place : place + 2]
        for run in _SYLLABLES.findall(word)
        if run != word or len(run) > 2
        for place in range(len(run) - 1)
    )


def _written(text: str) -> list[str]:
    """Return the words as they are written, without accents."""
    if not text.isascii():
        bare = _MARKS.sub("", unicodedata.normalize("NFKD", text))
        text = unicodedata.normalize("NFC", bare)
    return [word[:_LETTERS] for word in _WORD.findall(text)[:_WORDS]]


def _pieces(word: str) -> tuple[str, ...]:
    """Return what a word is put together from, where that shows: ``MedSAM``, ``llama3``."""
    found = _PIECE.findall(word)
    if len(found) < 2:
        return ()
    long = (one for one in found if len(one) >= _SHORTEST_PIECE or one[0].isdigit())
    return tuple(folded for one in long if (folded := key(one)))
