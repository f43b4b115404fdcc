"""Identifiers of things: ours, arXiv's, DOIs, ORCIDs and Wikidata's."""

from __future__ import annotations

import re
from typing import Final

#: Kinds of things; an identifier of ours is one of them and a key, as in IRIs.
KINDS: Final = ("term", "author", "paper")
LONGEST: Final = 2_000
_OURS: Final = re.compile(rf"(?:{'|'.join(KINDS)})/[^\x00-\x20<>\"{{}}|\\^`]+")
_QID: Final = re.compile(
    r"(?:https?://(?:www\.)?wikidata\.org/(?:entity|wiki)/|wd:)?([Qq][1-9][0-9]{0,11})"
)
_ORCID: Final = re.compile(
    r"(?:https?://(?:www\.)?orcid\.org/|orcid:)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9Xx])"
)
_ARXIV: Final = re.compile(
    r"(?:https?://(?:www\.|export\.)?arxiv\.org/(?:abs|pdf|html)/|arxiv:\s*)?"
    r"([0-9]{4}\.[0-9]{4,5}|[a-z-]{2,20}(?:\.[a-z]{2})?/[0-9]{7})(?:v[0-9]{1,3})?(?:\.pdf)?",
    re.IGNORECASE,
)
_DOI: Final = re.compile(
    r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}/\S{1,300})", re.IGNORECASE
)
_SUBJECT_CLASS: Final = re.compile(r"\.[a-z]{2}/")


def own_id(text: str, base: str) -> str | None:
    """Return the identifier of a thing of ours that a text is, or is the IRI of.

    >>> own_id("https://w3id.org/paperkg/term/sam-2", "https://w3id.org/paperkg/")
    'term/sam-2'
    >>> own_id("term/자기-지도-학습", ""), own_id("SAM 2", "")
    ('term/자기-지도-학습', None)
    """
    path = text.strip().removeprefix(base)
    return path if len(path) <= LONGEST and _OURS.fullmatch(path) else None


def identifiers_in(text: str) -> list[str]:
    """Return what a text may be as an identifier of others, as the index has it.

    >>> identifiers_in("https://arxiv.org/abs/2408.00874v2"), identifiers_in("Q900000001")
    (['arxiv:2408.00874'], ['wikidata:Q900000001'])
    >>> identifiers_in("https://doi.org/10.1000/ABC"), identifiers_in("SAM 2")
    (['doi:10.1000/abc'], [])
    """
    text = text.strip()
    if len(text) > LONGEST:
        return []
    found = []
    if match := _QID.fullmatch(text):
        found.append(f"wikidata:{match[1].upper()}")
    if match := _ORCID.fullmatch(text):
        found.append(f"orcid:{match[1].upper()}")
    if match := _ARXIV.fullmatch(text):
        found.append(f"arxiv:{_SUBJECT_CLASS.sub('/', match[1].lower())}")
    if match := _DOI.fullmatch(text):
        found.append(f"doi:{match[1].lower()}")
    return found
