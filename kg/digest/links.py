"""The link of a heading -> which paper it is."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from pyoxigraph import NamedNode

ARXIV_ABS: Final = "https://arxiv.org/abs/"

#: Old identifiers may name a subject class, which is no part of them ("math.GT/0309136").
#: https://info.arxiv.org/help/arxiv_identifier.html
_ARXIV_ID: Final = re.compile(
    r"\A(?:(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
    r"|(?P<archive>[a-z]+(?:-[a-z]+)*)(?:\.[a-z]{2,})?/(?P<old>\d{2}(?:0[1-9]|1[0-2])\d{3}))"
    r"(?:v(?P<version>[1-9]\d{0,3}))?",
    re.IGNORECASE | re.ASCII,
)
_ARXIV_PATH: Final = re.compile(r"/(?:abs|pdf|html|format|ps|e-print|src|papers)/(.+)")
_ARXIV_DOI: Final = "10.48550/arxiv."
_DOI: Final = re.compile(r"10\.[0-9.]{4,}/[^\s\x00-\x1f\x7f-\x9f]+")
_NOT_IN_IRI: Final = re.compile(
    r'[\x00-\x20<>"{}|^`\\\x7f-\x9f\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufff0-\uffff'
    r"\U0001fffe-\U0001ffff\U000e0000-\U0010ffff]|%(?![0-9A-Fa-f]{2})"
)
_BRACKET_OR_HASH: Final = re.compile(r"[\[\]#]")


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A paper as a link names it: the fields of :class:`kg.model.Entry`."""

    paper: str
    page: str
    arxiv_id: str | None = None
    arxiv_version: int | None = None
    doi: str | None = None


def identify(url: str) -> PaperLink | None:
    """Tell which paper a link names; None where it is no usable http(s) address.

    >>> identify("http://www.arxiv.org/pdf/math.GT/0309136v2.pdf")
    PaperLink(paper='math/0309136', page='https://arxiv.org/abs/math/0309136', \
arxiv_id='math/0309136', arxiv_version=2, doi=None)
    >>> identify("https://doi.org/10.1000/ABC").paper
    'doi/10.1000/abc'
    """
    page = web_iri(url)
    if page is None:
        return None
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    if host == "arxiv.org" or host.endswith(".arxiv.org") or host == "huggingface.co":
        found = _arxiv(unquote(parts.path))
        if found is not None:
            return found
    if host in ("doi.org", "dx.doi.org"):
        return _by_doi(parts, page) or _by_url(url, page)
    return _by_url(url, page)


def web_iri(url: str) -> str | None:
    """Make an http(s) address a valid IRI; None where it is none.

    >>> web_iri("https://x.org/a b|[c]")
    'https://x.org/a%20b%7C%5Bc%5D'
    >>> web_iri("javascript:alert(1)") is None
    True
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
    except ValueError:
        return None
    url = _NOT_IN_IRI.sub(_percent, url)
    host_end = _after_host(url)
    path, mark, fragment = url[host_end:].partition("#")
    iri = "".join(
        (
            url[:host_end],  # "[" may stand for an IPv6 address there
            _BRACKET_OR_HASH.sub(_percent, path),
            mark,
            _BRACKET_OR_HASH.sub(_percent, fragment),
        )
    )
    try:
        return NamedNode(iri).value
    except ValueError:
        return None


def _after_host(url: str) -> int:
    ends = (url.find(char, url.find("://") + 3) for char in "/?#")
    return min((end for end in ends if end >= 0), default=len(url))


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "replace"))


def _arxiv(path: str) -> PaperLink | None:
    """Read the identifier at the end of a path such as ``/abs/2408.00874v2``."""
    place = _ARXIV_PATH.fullmatch(path)
    if place is None:
        return None
    name = place[1].rstrip("/")
    return _by_arxiv_id(name[:-4] if name.lower().endswith(".pdf") else name)


def _by_arxiv_id(text: str) -> PaperLink | None:
    found = _ARXIV_ID.fullmatch(text)
    if found is None:
        return None
    key = found["new"] or f"{found['archive'].lower()}/{found['old']}"
    version = int(found["version"]) if found["version"] else None
    return PaperLink(key, ARXIV_ABS + key, arxiv_id=key, arxiv_version=version)


def _by_doi(parts: SplitResult, page: str) -> PaperLink | None:
    doi = unquote(parts.path).lstrip("/").lower()
    if doi.startswith(_ARXIV_DOI):
        found = _by_arxiv_id(doi.removeprefix(_ARXIV_DOI))
        if found is not None:
            return PaperLink(found.paper, found.page, found.arxiv_id, found.arxiv_version, doi)
    return PaperLink(f"doi/{doi}", page, doi=doi) if _DOI.fullmatch(doi) else None


def _by_url(url: str, page: str) -> PaperLink:
    digits = hashlib.sha256(url.strip().encode("utf-8", "replace")).hexdigest()[:16]
    return PaperLink(f"url/{digits}", page)
