"""From a job to an answer over HTTP: codings, entity tags, the cache, and the stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from kg.errors import QueryStopped, QueryTimeout, RequestError
from kg.settings import Settings
from kg.store import snapshot_id
from kg.web.answers import Answer
from kg.web.cache import Cache, Kept, Key, may_be_kept
from kg.web.coding import Coding, encode, wanted
from kg.web.jobs import Job, QueryJob
from kg.web.messages import Headers, Reply, Request
from kg.web.metrics import Metrics
from kg.web.plans import key_of
from kg.web.protocol import Choice
from kg.web.reader import EMPTY
from kg.web.workers import Pool

#: Bodies below this many bytes are sent as they are: a coding would make them no shorter.
_WORTH_IT: Final = 1_000
_VARY: Final = ("vary", "Accept, Accept-Encoding")
_TEXT: Final = ("text/", "application/json", "application/problem+json", "image/svg+xml")


class Delivery:
    """Runs jobs for requests and makes replies of their answers."""

    def __init__(self, settings: Settings, pool: Pool, metrics: Metrics) -> None:
        self._settings = settings
        self._pool = pool
        self._cache = Cache(settings.cache_mb)
        self._metrics = metrics

    def snapshot(self) -> str:
        """Return the id of the newest snapshot."""
        return snapshot_id(self._settings.store) or EMPTY

    async def deliver(self, request: Request, job: Job, choice: Choice, headers: Headers) -> Reply:
        """Run a job, or find its answer, and reply; 304 where the caller has it already.

        Raises:
            KGError: what the pool or the job raises.
        """
        keeps = not isinstance(job, QueryJob) or may_be_kept(job.text)
        shape = _Shape(choice, wanted(request.header("accept-encoding")), _hash_of(job), keeps)
        snapshot = self.snapshot()
        reads = request.method != "POST"
        condition = request.header("if-none-match").strip() if reads else ""
        if not shape.keeps:
            condition = ""
        if condition and shape.tag(snapshot) in _tags(condition):
            return shape.not_modified(snapshot)
        key: Key | None = None
        if isinstance(job, QueryJob):
            request.note["query"] = job.text
        if isinstance(job, QueryJob) and keeps:
            key = (*key_of(job), shape.coding)
            kept = self._cache.get(key, snapshot)
            if kept is not None and condition == "*":
                return shape.not_modified(snapshot)
            if kept is not None:
                request.note |= {"cached": True, "rows": kept.rows}
                return Reply(200, shape.headers(snapshot, headers, tagged=reads), kept.body)
        answer = await self._pool.ask(job, request.client, shape.coding, request.deadline_s)
        if condition == "*":  # there is an answer
            answer.close()
            return shape.not_modified(answer.snapshot)
        made = shape.headers(answer.snapshot, headers, tagged=reads)
        if answer.whole is None:
            return Reply(200, made, self._stream(request, answer, key))
        request.note["rows"] = answer.rows
        if key is not None:
            self._cache.put(key, Kept(answer.snapshot, answer.whole, answer.rows))
        return Reply(200, made, answer.whole)

    async def written(self, request: Request, writer: Pool, job: Job) -> Reply:
        """Run a job that writes; what it wrote is there for the next request."""
        try:
            answer = await writer.ask(job, request.client)
            told = json.loads(b"".join([part async for part in answer]))
        except QueryTimeout as error:
            self._metrics.wrote("failed")
            raise QueryStopped(
                f"write: stopped after {error.timeout_s:g} s, and nothing was written; send less "
                "at once, or raise KG_WRITE_TIMEOUT_S"
            ) from error
        except BaseException as error:
            self._metrics.wrote("refused" if isinstance(error, RequestError) else "failed")
            raise
        self._metrics.wrote("ok")
        request.note["snapshot"] = told["snapshot"]
        return Reply(201 if told.get("created") else 204, [])

    async def _stream(
        self, request: Request, answer: Answer, key: Key | None
    ) -> AsyncIterator[bytes]:
        """Give the parts of an answer, and keep them if they are few."""
        parts: list[bytes] | None = [] if key is not None else None
        size = 0
        try:
            async for part in answer:
                size += len(part)
                if parts is not None and size <= self._cache.longest:
                    parts.append(part)
                else:
                    parts = None
                yield part
        finally:
            answer.close()
        request.note["rows"] = answer.rows
        if parts is not None and key is not None:
            self._cache.put(key, Kept(answer.snapshot, b"".join(parts), answer.rows))

    def compressed(self, request: Request, reply: Reply) -> Reply:
        """Put a whole body of text into the coding that the caller wants."""
        kind = next((value for name, value in reply.headers if name.lower() == "content-type"), "")
        coded = any(name.lower() == "content-encoding" for name, _ in reply.headers)
        if (
            not isinstance(reply.body, bytes)
            or len(reply.body) < _WORTH_IT
            or coded
            or reply.status != 200
            or not kind.startswith(_TEXT)
        ):
            return reply
        coding = wanted(request.header("accept-encoding"))
        headers = [
            (name, value) for name, value in reply.headers if name.lower() != "content-length"
        ]
        headers.append(("vary", "Accept-Encoding"))
        if coding is Coding.IDENTITY:
            return Reply(reply.status, headers, reply.body)
        headers = [
            (name, f"W/{value}" if name.lower() == "etag" and value[:2] != "W/" else value)
            for name, value in headers
        ]
        headers.append(("content-encoding", coding))
        return Reply(reply.status, headers, encode(reply.body, coding))


@dataclass(frozen=True, slots=True)
class _Shape:
    """How an answer is written: its format, its coding, and a hash of what it answers.

    The hash is part of the entity tag as the same address may mean another query tomorrow:
    a saved query is a file. An answer that is another one each time, which does not keep,
    has no tag.
    """

    choice: Choice
    coding: Coding
    hash: str
    keeps: bool

    def tag(self, snapshot: str) -> str:
        """Return the entity tag; a caller that has it got it here, so there is an answer."""
        kind = self.choice.media_type.replace("/", "-")
        return f'"{snapshot}.{self.hash}{kind}.{self.coding}"'

    def headers(self, snapshot: str, others: Headers, *, tagged: bool) -> Headers:
        made = [("content-type", self.choice.content_type), _VARY, *others]
        if self.coding is not Coding.IDENTITY:
            made.append(("content-encoding", str(self.coding)))
        if tagged and self.keeps:
            made.append(("etag", self.tag(snapshot)))
        return made

    def not_modified(self, snapshot: str) -> Reply:
        return Reply(304, [("etag", self.tag(snapshot)), _VARY])


def _tags(if_none_match: str) -> list[str]:
    """Read a list of tags, to be compared weakly (RFC 9110, section 13.1.2)."""
    return [part.strip().removeprefix("W/") for part in if_none_match.split(",")]


def _hash_of(job: Job) -> str:
    if not isinstance(job, QueryJob):
        return ""
    return f"{hashlib.sha256(job.text.encode()).hexdigest()[:12]}."
