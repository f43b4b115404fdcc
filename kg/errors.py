"""Errors that users see.

KGError                       caught in cli.py (exit 1) and in kg/web (HTTP status)
├── DigestError               a digest file that cannot be read at all
├── StoreError                a store that cannot be opened or written
│   └── StoreLocked           another process writes it
└── RequestError              the caller's fault
    ├── BadRequest            400
    │   ├── QuerySyntaxError  400, with line and column
    │   └── BadParameter      400
    ├── Unauthorized          401
    ├── Forbidden             403
    ├── UnknownQuery          404
    ├── UnknownGraph          404
    ├── NotAcceptable         406
    ├── RequestTimeout        408
    ├── Conflict              409
    ├── TooLarge              413
    ├── UnsupportedMediaType  415
    └── TooManyQueries        429
QueryTimeout, QueryStopped and Overloaded (503) are KGErrors too.

A message is one line: where: what was found; what was expected, or what to do.
"""

from __future__ import annotations

from pathlib import Path


class KGError(Exception):
    """Base of all errors that are told to the user as one line."""


class DigestError(KGError):
    """A digest file that cannot be read; ``line`` is 0 for the file as a whole."""

    def __init__(self, path: str | Path, line: int, found: str, expected: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {found}; {expected}")
        self.path, self.line, self.found, self.expected = str(path), line, found, expected


class StoreError(KGError):
    """A store that cannot be opened, read or written."""

    def __init__(self, path: str | Path, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = Path(path)


class StoreLocked(StoreError):
    """Another process is writing the store."""

    def __init__(self, path: str | Path, pid: int | None, waited_s: float) -> None:
        who = f"process {pid}" if pid else "another process"
        super().__init__(
            path,
            f"{who} is writing this store (waited {waited_s:g} s); "
            "try again when it is done, or wait longer with KG_LOCK_WAIT_S",
        )
        self.pid = pid


class QueryTimeout(KGError):
    """A query ran past its deadline and was stopped."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(
            f"query: stopped after {timeout_s:g} s; add a LIMIT, narrow the patterns, "
            "or raise KG_QUERY_TIMEOUT_S"
        )
        self.timeout_s = timeout_s


class QueryStopped(KGError):
    """A query whose process ended before its answer, as past its memory limit."""


class Overloaded(KGError):
    """No query worker became free in time."""


class RequestError(KGError):
    """The caller's fault."""


class BadRequest(RequestError):
    """A request that makes no sense as it stands."""


class QuerySyntaxError(BadRequest):
    """SPARQL that does not parse; line and column count from 1 where known."""

    def __init__(self, message: str, line: int | None = None, column: int | None = None) -> None:
        super().__init__(message)
        self.line, self.column = line, column


class BadParameter(BadRequest):
    """A parameter of a saved query that is missing, unknown or of the wrong type."""

    def __init__(self, query: str, message: str) -> None:
        super().__init__(f"saved query {query!r}: {message}")
        self.query = query


class Unauthorized(RequestError):
    """A write without the token that writing needs."""


class Forbidden(RequestError):
    """Something that this server does not do for this caller."""


class UnknownQuery(RequestError):
    """No saved query of that name."""


class UnknownGraph(RequestError):
    """No named graph of that IRI."""


class NotAcceptable(RequestError):
    """No offered media type is acceptable to the caller."""


class RequestTimeout(RequestError):
    """A request body that did not arrive in time."""


class Conflict(RequestError):
    """A write to what is derived from the digests, which only builds write."""


class TooLarge(RequestError):
    """A request body past its limit."""


class UnsupportedMediaType(RequestError):
    """A request body of a media type that is not read here."""


class TooManyQueries(RequestError):
    """A client that asks for more at once than one client may."""
