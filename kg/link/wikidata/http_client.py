"""Asks a server for JSON: one request at a time, with patience, and within limits.

The manners are those that Wikimedia asks of clients: a User-Agent with a contact, no two requests
at once, ``Retry-After`` obeyed. https://www.mediawiki.org/wiki/API:Etiquette

urllib3's ``Retry`` is not used: it sees neither errors that come as HTTP 200 (``maxlag``) nor a
body that breaks off, and does not count what it sends.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final, TypeVar

import orjson
import requests

from kg import __version__
from kg.errors import KGError
from kg.link.wikidata.deadline import Deadline, WatchedAdapter

_LOG: Final = logging.getLogger(__name__)
_T = TypeVar("_T")

POLICY: Final = "https://foundation.wikimedia.org/wiki/Policy:User-Agent_policy"
#: What may be different the next time.
_PASSING: Final = frozenset({429, 500, 502, 503, 504})
_PASSING_CODES: Final = frozenset({"maxlag", "ratelimited"})
#: Seconds to stay away after a 429 that names none, as the query service's manual says.
_TOO_MANY_S: Final = 60.0
_MAIL: Final = re.compile(r"\A[!-'*-?A-~]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PAGE: Final = re.compile(r"https?://[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+(?:[:/?#][!-'*-~]*)?")
_CHUNK: Final = 1 << 16


class WikidataError(KGError):
    """A server of Wikidata gave no answer that can be used; ``status`` is None without HTTP."""

    def __init__(self, url: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{url}: {message}")
        self.url, self.status = url, status


class ReplyTooLarge(WikidataError):
    """A reply past the limit in bytes."""


class BudgetSpent(KGError):
    """A run has sent as many requests as it may."""

    def __init__(self, budget: int) -> None:
        super().__init__(
            f"Wikidata: all {budget} requests of this run are spent; run again to go on (what was "
            "answered is not asked again), or allow more"
        )
        self.budget = budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much one request may take.

    ``silence_s`` is the longest wait for the next byte: the query service works up to 60 s.
    ``whole_s`` is all the time of one try. ``max_bytes`` counts what is unpacked. A server that
    asks to wait longer than ``max_wait_s`` is left alone.
    """

    connect_s: float = 10.0
    silence_s: float = 65.0
    whole_s: float = 120.0
    max_bytes: int = 10_000_000
    tries: int = 5
    backoff_s: float = 1.0
    max_wait_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a URL: parameters of its query, or with ``post`` of a form."""

    url: str
    params: tuple[tuple[str, str], ...]
    accept: str = "application/json"
    post: bool = False


class _Passing(Exception):
    """A failure that may pass; ``wait_s`` is what the server asks for."""

    def __init__(
        self, message: str, status: int | None = None, wait_s: float | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.wait_s = status, wait_s


def user_agent(contact: str) -> str:
    """Return the User-Agent that Wikimedia's policy asks for.

    Raises:
        KGError: the contact is neither a mail address nor a web page.

    >>> user_agent("https://example.org/graph").split(" requests/")[0]
    'paperkg/0.1.0 (https://example.org/graph)'
    """
    if not (_MAIL.fullmatch(contact) or _PAGE.fullmatch(contact)):
        raise KGError(
            f"contact: {contact!r}; expected your mail address or web page, by which Wikimedia can "
            f"reach whoever runs this ({POLICY}): set it with --contact or KG_WIKIDATA_CONTACT"
        )
    return f"paperkg/{__version__} ({contact}) requests/{requests.__version__}"


class Http:
    """A session with Wikidata's servers, for one thread.

    ``sent`` counts the requests that went out, tries included.
    """

    def __init__(
        self,
        contact: str,
        *,
        budget: int | None = None,
        limits: Limits | None = None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        """Make a session; nothing is sent yet.

        Raises:
            KGError: the contact is none.
        """
        self.sent = 0
        self._budget, self._wait = budget, wait
        self._limits = limits or Limits()
        self._session = requests.Session()
        self._session.headers["User-Agent"] = user_agent(contact)
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, WatchedAdapter())

    def close(self) -> None:
        self._session.close()

    def ask(self, request: Request, read: Callable[[Any], _T]) -> _T:
        """Send a request, again where the failure may pass, and read its JSON.

        Args:
            read: makes of the JSON what is wanted, and raises ValueError for a wrong shape.

        Raises:
            WikidataError: no usable answer.
            BudgetSpent: one more request would be one too many.
        """
        limits = self._limits
        for number in range(1, limits.tries + 1):
            try:
                reply = self._try(request)
                break
            except _Passing as failure:
                if number == limits.tries:
                    message = f"{failure}; gave up after {number} tries"
                    raise WikidataError(request.url, message, failure.status) from failure
                wait_s = failure.wait_s
                if wait_s is None:
                    wait_s = limits.backoff_s * 2 ** (number - 1)
                if wait_s > limits.max_wait_s:
                    message = f"{failure}; it asks to wait {wait_s:.0f} s: run again after that"
                    raise WikidataError(request.url, message, failure.status) from failure
                _LOG.warning("%s: %s; trying again in %g s", request.url, failure, wait_s)
                self._wait(wait_s)
        try:
            return read(reply)
        except ValueError as error:
            raise WikidataError(request.url, f"JSON of a wrong shape: {error}", 200) from error

    def _try(self, request: Request) -> Any:
        """Send a request once.

        Raises:
            WikidataError: it is no use to send it again.
            BudgetSpent: one more request would be one too many.
        """
        if self._budget is not None and self.sent >= self._budget:
            raise BudgetSpent(self._budget)
        self.sent += 1
        with Deadline(self._limits.whole_s) as deadline:
            try:
                with self._send(request) as response:
                    self._check_status(request.url, response)
                    body = b"".join(self._body(request.url, response))
            except requests.Timeout as error:
                raise _Passing("no answer in time") from error
            except requests.exceptions.ContentDecodingError as error:
                raise _Passing("an answer that does not unpack") from error
            except requests.exceptions.ChunkedEncodingError as error:
                raise _Passing(self._cut(deadline, "only a part of an answer")) from error
            except requests.ConnectionError as error:
                raise _Passing(self._cut(deadline, f"no connection ({_cause(error)})")) from error
            except requests.RequestException as error:
                message = f"cannot be asked ({_line(str(error))}); check the address"
                raise WikidataError(request.url, message) from error
            if deadline.passed:  # a body without a length ends where it is cut
                raise _Passing(self._cut(deadline, ""))
        return _json(request.url, body, response)

    def _cut(self, deadline: Deadline, otherwise: str) -> str:
        limit = f"no whole answer in {self._limits.whole_s:g} s"
        return limit if deadline.passed else otherwise

    @contextmanager
    def _send(self, request: Request) -> Iterator[requests.Response]:
        limits = self._limits
        params = None if request.post else request.params
        data = request.params if request.post else None
        with self._session.request(
            "POST" if request.post else "GET",
            request.url,
            params=params,
            data=data,
            headers={"Accept": request.accept},
            timeout=(limits.connect_s, limits.silence_s),
            allow_redirects=False,
            stream=True,
        ) as response:
            yield response

    def _check_status(self, url: str, response: requests.Response) -> None:
        status = response.status_code
        if status == 200:
            return
        if status in _PASSING:
            wait_s = retry_after(response.headers.get("Retry-After"))
            if wait_s is None and status == 429:
                wait_s = _TOO_MANY_S
            raise _Passing(f"HTTP {status} {response.reason}", status, wait_s)
        if 300 <= status < 400:
            place = response.headers.get("Location", "")[:200]
            message = f"redirects to {place!r}, which is not followed; check the address"
        elif status == 403:
            message = (
                f"refused (HTTP 403){_said(response)}; check the contact, which must reach you, "
                f"and wait a day if the client was blocked ({POLICY})"
            )
        else:
            message = f"HTTP {status} {response.reason}{_said(response)}; expected an answer"
        raise WikidataError(url, message, status)

    def _body(self, url: str, response: requests.Response) -> Iterator[bytes]:
        limit, count = self._limits.max_bytes, 0
        length = response.headers.get("Content-Length", "")
        if length.isdecimal() and len(length) < 20 and int(length) > limit:
            raise ReplyTooLarge(url, f"a reply of {length} bytes; at most {limit} are read", 200)
        for chunk in response.iter_content(_CHUNK):
            count += len(chunk)
            if count > limit:
                raise ReplyTooLarge(url, f"a reply of more than {limit} bytes", 200)
            yield chunk


def retry_after(text: str | None) -> float | None:
    """Read a ``Retry-After``: the seconds from now, at least 0; None where it says nothing.

    >>> retry_after("7"), retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), retry_after("soon")
    (7.0, 0.0, None)
    """
    if text is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", text.strip()):
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def _json(url: str, body: bytes, response: requests.Response) -> Any:
    try:
        reply = orjson.loads(body)
    except ValueError as error:
        kind = response.headers.get("Content-Type", "no media type")[:60]
        raise _Passing(f"no JSON but {kind!r} of {len(body)} bytes", 200) from error
    failure = reply.get("error") if isinstance(reply, dict) else None
    if failure is None:
        return reply
    failure = failure if isinstance(failure, dict) else {}
    code = str(failure.get("code"))
    told = f"error {code!r}: {_line(str(failure.get('info')))}"
    if code in _PASSING_CODES or code.startswith("internal_api_error"):
        raise _Passing(told, 200, retry_after(response.headers.get("Retry-After")))
    raise WikidataError(url, told, 200)


def _said(response: requests.Response) -> str:
    """Return the start of an error's text, if it is one to read."""
    if not response.headers.get("Content-Type", "").startswith("text/plain"):
        return ""
    try:
        start = next(response.iter_content(2000), b"")
    except requests.RequestException:
        return ""
    return f": {_line(start.decode('utf-8', 'replace'))!r}"


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


def _cause(error: BaseException) -> str:
    """Return what is at the bottom of nested errors of libraries, in a few words."""
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return _line(str(error)) or type(error).__name__
