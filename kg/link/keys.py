"""What a name is looked up by: folded, and without words that add nothing.

``Dropout (neural networks)``, ``dropout technique`` and ``Dropout`` share a key.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import Final

from kg.folding import fold

DATA: Final = Path(__file__).parent / "data"
_MARKS: Final = re.compile(r"[\u0300-\u036f]")
_WORD: Final = re.compile(r"[^\s\-_/]+")
#: British spellings and others, in folded names: letters they have, and what is found by them.
_SPELLINGS: Final = (
    ("is", re.compile(r"(?<=[a-z]{2})is(?=ation|e$|ed$|ing$|er$)"), "iz"),
    ("our", re.compile(r"(?<=[a-z])our(?=$|ed|ing|s$|al)"), "or"),
    ("ell", re.compile(r"ell(?=ing|ed)"), "el"),
    ("centre", re.compile(r"centre"), "center"),
    ("fibre", re.compile(r"fibre"), "fiber"),
)
#: Names that Unicode's normal forms leave as they are, and what folding drops from them: five
#: of six names, folded four times as fast. A point needs more care.
_PLAIN: Final = re.compile(r"[\x00-\x2d\x2f-\x7f가-힣]*")
_DROPPED: Final = dict.fromkeys(map(ord, " \t\n\r\f\v\x1c\x1d\x1e\x1f-_'\"`,:;"))
_HANGUL: Final = re.compile(r"[가-힣]")


@lru_cache(maxsize=1 << 16)
def key(name: str) -> str:
    """Fold a name: case, hyphens, spaces, quotes, a plural s, accents, British spelling.

    >>> key("Erdős–Rényi graphs") == key("Erdos-Renyi graph")
    True
    >>> key("Data Pre-processing"), key("quantisation"), key("자기 지도 학습")
    ('datapreprocessing', 'quantization', '자기지도학습')
    """
    if _PLAIN.fullmatch(name):
        folded = name.lower().translate(_DROPPED)
        if len(folded) > 3 and folded[-1] == "s" and folded[-2] != "s" and folded.isascii():
            folded = folded[:-1]
    else:
        if not name.isascii():
            bare = _MARKS.sub("", unicodedata.normalize("NFKD", name))
            name = unicodedata.normalize("NFC", bare)
        folded = fold(name)
    if folded.isascii():
        for letters, pattern, plain in _SPELLINGS:
            if letters in folded:
                folded = pattern.sub(plain, folded)
    return folded


@lru_cache(maxsize=1)
def _ornaments() -> tuple[frozenset[str], frozenset[str]]:
    """Return the words that say no more than what kind of thing a name names.

    Those at its end, and those at its start; ``data/ornaments.tsv`` is kept by hand.
    """
    lines = (DATA / "ornaments.tsv").read_text(encoding="utf-8").split("\n")[1:]
    words = [line.split("\t") for line in lines if line]
    ends, starts = ({word for word, at in words if at == place} for place in ("end", "start"))
    return frozenset(ends), frozenset(starts)


@lru_cache(maxsize=1)
def _korean_words() -> dict[str, str]:
    """Return English for Korean words that stand beside English ones in names."""
    lines = (DATA / "words.tsv").read_text(encoding="utf-8").split("\n")[1:]
    return dict(line.split("\t") for line in lines if line)


def in_english(name: str) -> str:
    """Translate the Korean words of a name that has English ones too; empty if one is unknown.

    >>> in_english("Monte-Carlo 시뮬레이션"), in_english("Gumbel-Softmax")
    ('Monte-Carlo simulation', '')
    """
    words = name.split()
    korean = [word for word in words if _HANGUL.search(word)]
    known = _korean_words()
    if not korean or len(korean) == len(words) or not all(word in known for word in korean):
        return ""
    return " ".join(known.get(word, word) for word in words)


def unqualified(name: str) -> str:
    """Leave out the qualifier in parentheses with which a label ends.

    >>> unqualified("Quantization (signal processing)"), unqualified("(1+1)")
    ('Quantization', '(1+1)')
    """
    return parenthesis(name)[0]


def parenthesis(name: str) -> tuple[str, str]:
    """Split off what stands in parentheses at the end of a name; empty if nothing does.

    >>> parenthesis("Virtual Reality (VR)"), parenthesis("f(x) = y")
    (('Virtual Reality', 'VR'), ('f(x) = y', ''))
    """
    whole = name.rstrip()
    if not whole.endswith((")", "）")):
        return name, ""
    start = max(whole.rfind("("), whole.rfind("（"))
    before, inside = whole[:start].rstrip(), whole[start + 1 : -1]
    if start < 1 or not before or ")" in inside or "）" in inside:
        return name, ""
    return before, inside.strip()


def _words(name: str) -> list[str]:
    if "-" in name or "_" in name or "/" in name:
        return _WORD.findall(name)
    return name.split()


@lru_cache(maxsize=1 << 16)
def bare_key(name: str) -> str:
    """Return the key of a name without qualifier, kind and ornament; empty if that is nothing.

    >>> bare_key("Dropout (neural networks)"), bare_key("the beam search algorithm")
    ('dropout', 'beamsearch')
    >>> bare_key("attention mechanism"), bare_key("빔 서치 알고리즘"), bare_key("model")
    ('attention', '빔서치', '')
    """
    plain = unqualified(name)
    words = _words(plain)
    count = len(words)
    ends, starts = _ornaments()
    while words and words[-1].lower() in ends:
        words.pop()
    while words and words[0].lower() in starts:
        words.pop(0)
    is_whole = len(words) == count and plain is name and "/" not in name
    bare = key(name if is_whole else " ".join(words))
    if not bare or (len(bare) < 2 and not _HANGUL.search(bare)):
        return ""
    return bare
