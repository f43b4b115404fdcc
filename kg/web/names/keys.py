"""By what a name is looked up: its key, groups of its letters, and the key with a letter cut."""

from __future__ import annotations

import unicodedata
import zlib
from typing import Final

from kg.link.keys import key

#: Letters of a key that count.
KEY_LETTERS: Final = 300
#: Letters of a key whose groups are kept.
_GRAMS_OF: Final = 100
#: Lengths of keys that are kept with a letter cut: groups of three letters find longer ones.
_CUT: Final = range(4, 15)


def key_of_name(text: str) -> str:
    """Return the key by which a name is looked up."""
    return key(text[: 2 * KEY_LETTERS])[:KEY_LETTERS]


def initials_key(name: str) -> str:
    """Return the key of an author's name with the first name as initial; empty if there is none.

    No key of a name has a colon.

    >>> initials_key("Junde Wu"), initials_key("J. Wu"), initials_key("Wu")
    ('initials:jwu', 'initials:jwu', '')
    """
    words = name.replace(".", ". ").split()
    if len(words) < 2:
        return ""
    first, last = key(words[0]), key(words[-1])
    return f"initials:{first[0]}{last}" if first and last else ""


def has_initial(name: str) -> bool:
    """Tell whether the first name of an author is an initial.

    >>> has_initial("J. Wu"), has_initial("Junde Wu")
    (True, False)
    """
    return bool(name.strip(". ")) and len(name.replace(".", " ").split()[0]) == 1


def grams_of(key: str) -> set[str]:
    """Return the groups of three letters of a key, with marks for its start and end.

    >>> sorted(grams_of("lora"))
    ['^lo', 'lor', 'ora', 'ra$']
    """
    marked = f"^{key[:_GRAMS_OF]}$"
    return {marked[place : place + 3] for place in range(len(marked) - 2)}


def letters_of(key: str) -> str:
    """Return a key with Korean syllables as letters, so that one wrong letter is one."""
    return key if key.isascii() else unicodedata.normalize("NFD", key)


def cuts_of(key: str) -> set[int]:
    """Return hashes of a short key and of what it is without each of its letters.

    Two keys that differ in one letter, or in two neighbours that changed places, share one.
    Longer keys, and those of three letters or less, have none.

    Source: the symmetric deletes of SymSpell, https://github.com/wolfgarbe/SymSpell

    >>> len(cuts_of("mmlu") & cuts_of("mmul")), len(cuts_of("mmlu") & cuts_of("mmmu")) > 0
    (2, True)
    >>> len(cuts_of("정확도") & cuts_of("정홧도")) > 0, cuts_of("map")
    (True, set())
    """
    letters = letters_of(key)
    if len(letters) not in _CUT:
        return set()
    forms = {letters[:place] + letters[place + 1 :] for place in range(len(letters))}
    return {zlib.crc32(form.encode("utf-8", "replace")) for form in (letters, *forms)}
