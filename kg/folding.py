"""When two surface forms are one name: written differently, or cut to its first letters.

Shared by extraction (looking a form up in the tables) and resolution (merging forms).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_DROPPED: Final = re.compile(r"[\s\-_‐-―·'\"“”‘’`´,:;]+|(?<!\d)\.|\.(?!\d)")
#: The end of a line after the hyphen of a word that goes on in the next.
_BROKEN: Final = re.compile(r"(?<=[-‐‑–])\n")


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
    definitions in biomedical text", from the right, the first letter at a word's start.

    >>> abbreviates("CoT", "Chain-of-Thought"), abbreviates("MoEs", "Mixture of Experts")
    (True, True)
    >>> abbreviates("GPT-4", "Llama 2"), abbreviates("model", "modeling")
    (False, False)
    """
    letters = [c for c in short.lower() if c.isalnum()]
    if not 2 <= len(letters) <= 10 or len(long) <= len(short) or short.islower():
        return False
    if letters[-1] == "s" and short[-1] == "s":
        letters.pop()
    place = len(long)
    low = long.lower()
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
