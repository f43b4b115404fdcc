"""When two surface forms are one name: written differently, or cut to its first letters.

Shared by extraction (looking a form up in the tables) and resolution (merging forms).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_DROPPED: Final = re.compile(r"[\s\-_‐-―·'\"“”‘’`´,:;]+|(?<!\d)\.|\.(?!\d)")
#: The end of a line after the hyphen of a word that goes on in the next.
_BROKEN: Final = re.compile(r"(?<=[-‐‑–])\n")

_WORD: Final = re.compile(r"[^\W_]+")


@lru_cache(maxsize=1 << 17)
def fold(form: str) -> str:
    """Fold case, hyphens, spaces, quotes and a plural s.

    >>> fold("Vision Transformers") == fold("vision-transformer")
    True
    >>> fold("GPT-4"), fold("GPT-4o"), fold("Llama 3.1"), fold("loss")
    ('gpt4', 'gpt4o', 'llama3.1', 'loss')
    """
    folded = _DROPPED.sub("", unicodedata.normalize("NFKC", form).casefold())
    if len(folded) > 3 and folded.endswith("s") and folded[-2] != "s" and folded.isascii():
        folded = folded[:-1]
    return folded


def unbroken(form: str) -> str:
    """Return a form as it would stand on one line, with single spaces.

    >>> unbroken("Chain-of-\\nThought"), unbroken("Vision\\nTransformer")
    ('Chain-of-Thought', 'Vision Transformer')
    """
    return " ".join(_BROKEN.sub("", form).split())


def abbreviates(short: str, long: str) -> bool:
    """Tell whether *short* can abbreviate *long*: its letters start the words in order.

    After Schwartz and Hearst (2003), "A simple algorithm for identifying abbreviation
    definitions in biomedical text", from the right, the first letter at a word's start. That
    stops short where a letter comes again (``Policy Optimization`` for PPO), so words that
    begin with the letters count as well.

    >>> abbreviates("CoT", "Chain-of-Thought"), abbreviates("MoEs", "Mixture of Experts")
    (True, True)
    >>> abbreviates("PPO", "Proximal Policy Optimization"), abbreviates("T2I", "text-to-image")
    (True, True)
    >>> abbreviates("GPT-4", "Llama 2"), abbreviates("model", "modeling")
    (False, False)
    """
    letters = [c for c in short.lower() if c.isalnum()]
    if not 2 <= len(letters) <= 10 or len(long) <= len(short) or short.islower():
        return False
    if letters[-1] == "s" and short[-1] == "s":
        letters.pop()
    low = long.lower()
    return _from_the_right(letters, low) or _begin_words(letters, low)


def _from_the_right(letters: Sequence[str], low: str) -> bool:
    place = len(low)
    for number in range(len(letters) - 1, -1, -1):
        place -= 1
        while place >= 0 and not (
            low[place] == letters[number]
            and (number > 0 or place == 0 or not low[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return False
    return not low[:place].strip()


def _begin_words(letters: Sequence[str], low: str) -> bool:
    """Tell whether the letters begin words in order, the first of them the first word.

    A 2 is short for "to", as in T2I.
    """
    initials = ["2" if word == "to" else word[0] for word in _WORD.findall(low)]
    if not initials or initials[0] != letters[0]:
        return False
    rest = iter(initials)
    return all(letter in rest for letter in letters)
