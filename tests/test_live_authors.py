"""Which person of Wikidata an author of ours is; all people here are made up."""

from __future__ import annotations

import pytest

from kg.link.wikidata.authors import Author, AuthorLink, SignedPaper, link_authors, match_authors

ADA = Author(900000101, ("Ada Example", "Ada B. Example"), ordinal=1)
BO = Author(900000102, ("Bo Sample",), ordinal=2)
BEN = Author(900000103, ("Ben Sample",), ordinal=3)
KIM = Author(900000104, ("Gil-dong Kimm", "김길동"), ordinal=4)
CY = Author(None, ("Cy Nobody",), ordinal=5)


def matched(printed: list[str], *authors: Author) -> dict[str, int | None]:
    return {match.printed: match.author.qid for match in match_authors(printed, authors)}


@pytest.mark.parametrize(
    "printed",
    [
        "Ada Example",
        "ada example",
        "Áda Exámple",
        "Ada B Example",
        "A. Example",
        "A.B. Example",
        "Ada C. Example",  # nothing against it, as nobody else there can be meant
    ],
)
def test_a_name_that_only_one_author_has(printed: str) -> None:
    assert matched([printed], ADA, BO, CY) == {printed: ADA.qid}


@pytest.mark.parametrize("printed", ["Gildong Kimm", "Gil-Dong Kimm", "Gil Dong Kimm", "김길동"])
def test_names_with_and_without_hyphens_and_in_hangul(printed: str) -> None:
    assert matched([printed], ADA, KIM) == {printed: KIM.qid}


@pytest.mark.parametrize(
    ("printed", "authors"),
    [
        (["Eve Example"], [ADA, BO]),
        (["Example"], [ADA]),
        (["Ada"], [ADA]),
        (["B. Sample"], [BO, BEN]),
        (["Example Ada"], [ADA]),
        (["Kimm Gil-dong"], [KIM]),
        (["Ada Example"], [ADA, Author(900000109, ("Ada Example",))]),
        (["Ada Example"], [ADA, Author(None, ("A. Example",))]),
        (["Ada Example"], [ADA, Author(None, ("Example Ada",))]),
        (["Ada Example", "A. Example"], [ADA]),
        (["Ada Example", "Example Ada"], [ADA]),
        (["Cy Nobody"], [CY]),
        (["...", ""], [ADA]),
        (["Ada Example"], [Author(900000110, ())]),
        ([], [ADA]),
        (["Ada Example"], []),
    ],
)
def test_where_another_may_be_meant_nobody_is(printed: list[str], authors: list[Author]) -> None:
    assert matched(printed, *authors) == {}


def test_the_order_and_the_length_of_the_list_do_not_matter() -> None:
    expected = {"Ada Example": ADA.qid, "Bo Sample": BO.qid}
    assert matched(["Bo Sample", "Ada Example"], ADA, BO, BEN) == expected
    assert matched(["Ada Example", "Bo Sample"], BEN, BO, ADA) == expected


def test_full_names_score_more_than_initials() -> None:
    full, short = match_authors(["Ada Example", "B. Sample"], [ADA, BO])
    assert (full.reason, short.reason) == ("by name", "by initials")
    assert 1 > full.score > short.score > 0.5


def test_one_person_told_twice_is_one() -> None:
    again = Author(ADA.qid, ("A. Example",), ordinal=9)
    left_over = Author(None, ("Ada Example",), ordinal=1)
    assert matched(["Ada Example"], ADA, again, left_over) == {"Ada Example": ADA.qid}


# --------------------------------------------------------------------- across the papers


def paper(number: int, name: str, *authors: Author) -> SignedPaper:
    return SignedPaper(900000200 + number, (("ada-example", name),), authors)


def linked(*papers: SignedPaper) -> AuthorLink | None:
    links = link_authors(papers)
    assert [link.key for link in links] in ([], ["ada-example"])
    return links[0] if links else None


def test_one_paper_is_enough_and_more_are_better() -> None:
    one = linked(paper(1, "Ada Example", ADA, BO))
    two = linked(paper(1, "Ada Example", ADA, BO), paper(2, "A. Example", ADA))
    assert one is not None
    assert two is not None
    assert (one.qid, one.label) == (two.qid, two.label) == (ADA.qid, "Ada Example")
    assert one.evidence == "named by name as author of Q900000201"
    assert two.evidence == "named by name and by initials as author of Q900000201, Q900000202"
    assert 0.9 < one.score < two.score < 1


def test_papers_that_name_two_people_are_a_conflict() -> None:
    other = Author(900000109, ("Ada Example",))
    link = linked(paper(1, "Ada Example", ADA), paper(2, "Ada Example", other))
    assert link is not None
    assert link.qid is None
    assert link.evidence == "its papers name several people: Q900000101, Q900000109"


def test_a_paper_that_lacks_the_author_is_a_conflict() -> None:
    link = linked(paper(1, "Ada Example", ADA), paper(2, "Ada Example", BO))
    assert link is not None
    assert link.qid is None
    assert "no author of Q900000202 can be" in link.evidence


def test_papers_that_do_not_say_lower_the_score() -> None:
    only_named = Author(None, ("Ada Example",))
    sure = linked(paper(1, "Ada Example", ADA))
    link = linked(paper(1, "Ada Example", ADA), paper(2, "Ada Example", BO, only_named))
    assert sure is not None
    assert link is not None
    assert link.qid == ADA.qid
    assert link.score < sure.score
    assert link.evidence.endswith("Q900000201; one more paper does not say who it is")


def test_papers_that_name_nobody_say_nothing() -> None:
    named = paper(2, "Ada Example", Author(None, ("Ada Example",)), CY)
    assert linked(named, paper(3, "Ada Example")) is None
    assert linked(paper(1, "Ada Example", ADA), named) == linked(paper(1, "Ada Example", ADA))


def test_links_are_in_the_order_of_keys() -> None:
    both = SignedPaper(900000201, (("b", "Bo Sample"), ("a", "Ada Example")), (ADA, BO, CY))
    assert [(link.key, link.qid) for link in link_authors([both])] == [
        ("a", ADA.qid),
        ("b", BO.qid),
    ]
