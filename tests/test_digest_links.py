"""Links of headings -> papers and IRIs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import NamedNode

from kg.digest import parse_digest
from kg.digest.links import identify, web_iri


@pytest.mark.parametrize(
    ("url", "key", "version"),
    [
        ("https://arxiv.org/abs/2408.00874", "2408.00874", None),
        ("http://arxiv.org/abs/2408.00874v2", "2408.00874", 2),
        ("https://www.arxiv.org/pdf/2408.00874", "2408.00874", None),
        ("https://arxiv.org/pdf/2408.00874v12.pdf", "2408.00874", 12),
        ("https://arxiv.org/PDF/2408.00874".replace("PDF", "pdf") + ".PDF", "2408.00874", None),
        ("https://export.arxiv.org/abs/2408.00874?context=cs#x", "2408.00874", None),
        ("https://arxiv.org/html/2408.00874v1/", "2408.00874", 1),
        ("HTTPS://ArXiv.org/abs/0704.0001", "0704.0001", None),
        ("https://arxiv.org/abs/cs/0601001", "cs/0601001", None),
        ("https://arxiv.org/abs/cs%2F0601001v3", "cs/0601001", 3),
        ("https://arxiv.org/abs/math.GT/0309136", "math/0309136", None),
        ("https://arxiv.org/abs/hep-th/9901001", "hep-th/9901001", None),
        ("https://arxiv.org/abs/cond-mat.str-el/9901001", None, None),
        ("https://huggingface.co/papers/2408.00874", "2408.00874", None),
        ("https://doi.org/10.48550/arXiv.2408.00874", "2408.00874", None),
        ("https://arxiv.org/abs/2413.00874", None, None),
        ("https://arxiv.org/list/cs.CL/recent", None, None),
        ("https://notarxiv.org/abs/2408.00874", None, None),
        ("https://arxiv.org.example.com/abs/2408.00874", None, None),
    ],
)
def test_arxiv_papers_are_known_by_their_identifier(
    url: str, key: str | None, version: int | None
) -> None:
    found = identify(url)
    assert found is not None
    assert (found.arxiv_id, found.arxiv_version) == (key, version)
    if key is None:
        assert found.paper == "url/" + hashlib.sha256(url.encode()).hexdigest()[:16]
        assert found.page == url
    else:
        assert (found.paper, found.page) == (key, f"https://arxiv.org/abs/{key}")


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("https://doi.org/10.1000/AbC.1", "10.1000/abc.1"),
        ("http://dx.doi.org/10.1000/a(b)c", "10.1000/a(b)c"),
        ("https://doi.org/10.1000/a%3Cb%3E;2-6", "10.1000/a<b>;2-6"),
        ("https://doi.org/10.1000/a%00b", None),
        ("https://doi.org/", None),
    ],
)
def test_doi(url: str, doi: str | None) -> None:
    found = identify(url)
    assert found is not None
    assert found.doi == doi
    assert found.paper == (f"doi/{doi}" if doi else found.paper)
    assert found.paper.startswith("doi/" if doi else "url/")


@pytest.mark.parametrize(
    "url",
    [
        "",
        " ",
        "arxiv.org/abs/2408.00874",
        "//arxiv.org/abs/2408.00874",
        "ftp://arxiv.org/abs/2408.00874",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "mailto:a@b.org",
        "http:",
        "https://",
        "http:///x",
        "http://[::1",
        "http://a:b/",
        "/abs/2408.00874",
        "#x",
        "file:///etc/passwd",
    ],
)
def test_what_is_no_web_address_names_no_paper(url: str) -> None:
    assert identify(url) is None
    assert web_iri(url) is None


@pytest.mark.parametrize(
    ("url", "iri"),
    [
        ("https://x.org/a b", "https://x.org/a%20b"),
        ('https://x.org/<>"{}|^`\\', "https://x.org/%3C%3E%22%7B%7D%7C%5E%60%5C"),
        ("https://x.org/[a]?b=[c]#d#e", "https://x.org/%5Ba%5D?b=%5Bc%5D#d%23e"),
        ("https://x.org/%zz%20", "https://x.org/%25zz%20"),
        ("https://예.kr/한글?q=é", "https://예.kr/한글?q=é"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("https://x.org/\ue000\ufffd\U000e0001", "https://x.org/%EE%80%80%EF%BF%BD%F3%A0%80%81"),
    ],
)
def test_addresses_become_iris(url: str, iri: str) -> None:
    assert web_iri(url) == iri
    assert NamedNode(iri).value == iri


@given(st.text(max_size=40))
def test_every_address_is_an_iri_or_none(tail: str) -> None:
    for url in (f"https://example.org/{tail}", f"https://{tail}", tail):
        iri = web_iri(url)
        assert iri is None or NamedNode(iri).value == iri
        identify(url)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_path_of_a_host_is_an_iri(tail: str) -> None:
    assert web_iri(f"https://example.org/{tail}") is not None


@pytest.mark.parametrize("order", [1, -1])
def test_an_entry_never_has_the_iri_of_another_ones_section(order: int) -> None:
    dois = ["10.1000/x", "10.1000/x/summary", "10.1000/x/title", "10.1000/x/summary~2"][::order]
    text = "".join(f"### [T](https://doi.org/{doi})\n\n- 요약입니다.\n\n" for doi in dois)
    digest = parse_digest(text.encode(), "2025-02-01.md", max_bytes=10_000).digest
    assert digest is not None
    assert [entry.paper for entry in digest.entries] == [f"doi/{doi}" for doi in dois]
    paths = [entry.key for entry in digest.entries]
    paths += [f"{entry.key}/{one.key}" for entry in digest.entries for one in entry.sections]
    assert len(paths) == len(set(paths))
