"""Asks Wikidata itself: items by name and id, papers by arXiv id, people by ORCID iD and paper.

Each answer is kept on disk by what was asked of one thing, and is not asked for again while it is
young enough: a run that was stopped, or whose budget was spent, goes on where it ended.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import orjson

from kg.link.entity import LANGUAGES, item_of
from kg.link.items import Item
from kg.link.wikidata import action_api, query_service
from kg.link.wikidata.answers import Answer, Answers
from kg.link.wikidata.authors import Author
from kg.link.wikidata.http_client import Http, Limits, ReplyTooLarge, Request
from kg.linked import is_qid

_T = TypeVar("_T")
MONTH_S: Final = 30 * 86_400.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where Wikidata answers: its action API and its two query services."""

    action: str
    query: str
    scholarly: str


WIKIDATA: Final = Endpoints(
    action="https://www.wikidata.org/w/api.php",
    query="https://query.wikidata.org/sparql",
    scholarly="https://query-scholarly.wikidata.org/sparql",
)


@dataclass(slots=True)
class Counts:
    """What a run asked: things found in the cache, learnt from Wikidata, and left open offline."""

    cached: int = 0
    learnt: int = 0
    open: int = 0


@dataclass(frozen=True, slots=True)
class _Question:
    """What can be asked of many things at once, and is kept for each.

    ``asked`` is all of the request but the thing: with it, the key of an answer.
    ``send`` asks for some and returns the answer of each of them.
    """

    asked: tuple[str, ...]
    batch: int
    send: Callable[[Sequence[str]], dict[str, Any]]

    def key(self, thing: str) -> str:
        return orjson.dumps([*self.asked, thing]).decode()


class Live:
    """A client of Wikidata, for one thread; a context manager.

    Offline it opens no socket: it knows what is in its cache, and counts what is not as
    ``counts.open``. Each method may raise

    - WikidataError: a server gave no usable answer, after some tries where that makes sense;
    - BudgetSpent: the run has sent as many requests as it may;
    - KGError: the cache is broken.

    What was answered before stays in the cache.
    """

    def __init__(
        self,
        cache: Path,
        *,
        contact: str,
        endpoints: Endpoints = WIKIDATA,
        max_age_s: float = MONTH_S,
        budget: int | None = None,
        offline: bool = False,
        maxlag: int = 5,
        limits: Limits | None = None,
        languages: Sequence[str] = LANGUAGES,
        wait: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Open the cache; nothing is sent yet.

        Args:
            cache: file of answers, made if there is none.
            contact: mail address or web page of whoever runs this; not needed offline.
            max_age_s: seconds for which an answer is good, also offline.
            budget: requests that may be sent, tries included; None is no limit.
            maxlag: seconds that Wikidata's servers may lag behind before it sends us away.
            languages: of labels, aliases and descriptions, the most wanted first.
            wait: called to sleep, with seconds.
            clock: returns the seconds since 1970.

        Raises:
            KGError: the contact is none, or the cache cannot be used.
        """
        self.counts = Counts()
        self._endpoints, self._maxlag, self._languages = endpoints, maxlag, tuple(languages)
        self._http = None if offline else Http(contact, budget=budget, limits=limits, wait=wait)
        self._answers = Answers(cache, max_age_s=max_age_s, clock=clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._answers.close()
        if self._http is not None:
            self._http.close()

    @property
    def sent(self) -> int:
        """How many requests went out, tries included."""
        return self._http.sent if self._http is not None else 0

    def search(self, name: str, language: str) -> tuple[int, ...]:
        """Return the numbers of items with a label or alias that starts like a name, best first.

        A name that no item can have finds nothing.
        """
        name = " ".join(name.split())
        if not name or len(name) > action_api.MAX_NAME or not name.isprintable():
            return ()

        def send(names: Sequence[str]) -> dict[str, Any]:
            params = action_api.search(names[0], language)
            return {names[0]: self._ask_action(params, action_api.read_search)}

        asked = (self._endpoints.action, *_flat(action_api.search("", language)))
        found = dict(self._known(_Question(asked, 1, send), [name]))
        return tuple(_number(id_) for id_ in found[name].value) if name in found else ()

    def items(self, qids: Iterable[int]) -> dict[int, Item]:
        """Return items by the numbers of the ids asked for, sorted.

        The item of a redirect is its target, so that its ``qid`` is another. What is missing or
        deleted is left out. ``source`` says when it was read.
        """

        def send(ids: Sequence[str]) -> dict[str, Any]:
            params = action_api.items(ids, self._languages)
            return self._ask_action(params, lambda reply: action_api.read_items(reply, ids))

        asked = (self._endpoints.action, *_flat(action_api.items([], self._languages)))
        question = _Question(asked, action_api.BATCH, send)
        found = {}
        for id_, answer in self._known(question, _ids(qids)):
            item = item_of(answer.value, self._languages, f"Wikidata, {_day(answer.read_at)}")
            if item is not None:
                found[_number(id_)] = item
        return dict(sorted(found.items()))

    def papers(self, arxiv_ids: Iterable[str]) -> dict[str, int]:
        """Return the items of papers, by arXiv id (P818) without version.

        An id that is none, or that two items have, is left out.
        """
        ids = filter(query_service.is_arxiv_id, arxiv_ids)
        return self._matches(self._endpoints.scholarly, query_service.PAPERS, ids)

    def by_orcid(self, orcids: Iterable[str]) -> dict[str, int]:
        """Return the items of people, by ORCID iD (P496).

        An iD that is none, or that two items have, is left out.
        """
        ids = filter(query_service.is_orcid, orcids)
        return self._matches(self._endpoints.query, query_service.PEOPLE, ids)

    def authors_of(self, papers: Iterable[int]) -> dict[int, tuple[Author, ...]]:
        """Return the authors of papers, in their order as far as it is told.

        Authors whom a paper's item has only by name are among them: they tell that a printed
        name may be theirs. Offline, a paper that the cache does not have is left out.
        """
        signatures = {
            _number(paper): [query_service.Signature(*row) for row in answer.value]
            for paper, answer in self._known(self._signatures(), _ids(papers))
        }
        people = self.items({one.qid for rows in signatures.values() for one in rows if one.qid})
        return {
            paper: tuple(
                author for row in rows if (author := _author(row, people.get(row.qid))) is not None
            )
            for paper, rows in sorted(signatures.items())
        }

    def _signatures(self) -> _Question:
        url = self._endpoints.scholarly

        def send(ids: Sequence[str]) -> dict[str, Any]:
            query = query_service.AUTHORS % query_service.item_names(ids)
            return self._ask_query(url, query, lambda reply: query_service.read_authors(reply, ids))

        return _Question((url, query_service.AUTHORS), query_service.BATCH, send)

    def _matches(self, url: str, query: str, ids: Iterable[str]) -> dict[str, int]:
        def send(ids: Sequence[str]) -> dict[str, Any]:
            text = query % query_service.literals(ids)
            return self._ask_query(url, text, lambda reply: query_service.read_matches(reply, ids))

        question = _Question((url, query), query_service.BATCH, send)
        found = {id_: answer.value for id_, answer in self._known(question, ids)}
        return {id_: _number(found[id_][0]) for id_ in sorted(found) if len(found[id_]) == 1}

    def _known(self, question: _Question, things: Iterable[str]) -> Iterator[tuple[str, Answer]]:
        """Yield each thing with its answer: those of the cache first, then those asked for.

        A batch whose reply is too large is asked for in halves.
        """
        unknown = []
        for thing in sorted(set(things)):
            answer = self._answers.get(question.key(thing))
            if answer is None:
                unknown.append(thing)
            else:
                self.counts.cached += 1
                yield thing, answer
        if self._http is None:
            self.counts.open += len(unknown)
            return
        size = question.batch
        parts = deque(unknown[at : at + size] for at in range(0, len(unknown), size))
        while parts:
            part = parts.popleft()
            try:
                values = question.send(part)
            except ReplyTooLarge:
                if len(part) == 1:
                    raise
                half = len(part) // 2
                parts.extendleft([part[half:], part[:half]])
                continue
            read_at = self._answers.put({question.key(one): values[one] for one in part})
            self.counts.learnt += len(part)
            yield from ((one, Answer(values[one], read_at)) for one in part)

    def _ask_action(self, params: tuple[tuple[str, str], ...], read: Callable[[Any], _T]) -> _T:
        manners = (("format", "json"), ("maxlag", str(self._maxlag)))
        return self._ask(Request(self._endpoints.action, (*params, *manners)), read)

    def _ask_query(self, url: str, query: str, read: Callable[[Any], _T]) -> _T:
        form = (("query", query),)
        return self._ask(Request(url, form, accept=query_service.MEDIA_TYPE, post=True), read)

    def _ask(self, request: Request, read: Callable[[Any], _T]) -> _T:
        if self._http is None:
            raise RuntimeError("asked offline")  # _known() sees to it that nothing is
        return self._http.ask(request, read)


def _author(signature: query_service.Signature, person: Item | None) -> Author | None:
    """Make an author of what a paper says and of the person's item; None where both are silent."""
    ordinal = signature.ordinal or None
    stated = (signature.name,) if signature.name else ()
    if person is None:  # by name only, or of an item that is gone
        return Author(None, stated, ordinal=ordinal) if stated else None
    names = [person.label, *(name.text for name in person.names), *stated]
    orcids = [value for property_, value in person.identifiers if property_ == "P496"]
    return Author(
        qid=person.qid,
        names=tuple(dict.fromkeys(name for name in names if name)),
        orcid=orcids[0] if len(orcids) == 1 else None,
        ordinal=ordinal,
    )


def _ids(qids: Iterable[int]) -> list[str]:
    return [id_ for id_ in (f"Q{qid}" for qid in qids) if is_qid(id_)]


def _number(id_: str) -> int:
    return int(id_[1:])


def _flat(params: tuple[tuple[str, str], ...]) -> Iterator[str]:
    return (f"{name}={value}" for name, value in params)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
