"""The graphs of the store as resources (SPARQL 1.1 Graph Store HTTP Protocol).

A graph is named by ``?graph=``, the unnamed one by ``?default``; and an address under
``/store/`` is itself the name of a graph.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import MultiPartParser
from werkzeug.http import parse_options_header

from kg.errors import BadRequest, UnsupportedMediaType
from kg.settings import Settings
from kg.web.delivery import Delivery
from kg.web.jobs import GraphJob
from kg.web.messages import Reply, Request
from kg.web.problems import Problem, problem_reply
from kg.web.protocol import (
    GRAPHS,
    Format,
    choose,
    is_absolute_iri,
    media_type_of,
)
from kg.web.tokens import require_token
from kg.web.workers import Pool
from kg.web.writing import DeleteGraphJob, PutGraphJob

METHODS: Final = "DELETE, GET, HEAD, OPTIONS, POST, PUT"
_MB: Final = 1_000_000
_UPLOADS: Final = "paperkg-upload-"
_MULTIPART: Final = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class _Upload:
    """RDF in a file, and the format it is in."""

    path: Path
    format: Format


class GraphStore:
    """Answers requests to ``/store`` and below."""

    def __init__(self, settings: Settings, delivery: Delivery, writer: Pool) -> None:
        self._settings = settings
        self._delivery = delivery
        self._writer = writer

    async def answer(self, request: Request) -> Reply:
        """Answer a request."""
        if request.method == "OPTIONS":
            return Reply(204, [("allow", METHODS)])
        if request.method not in METHODS.split(", "):
            detail = f"{request.method} {request.path}: no such method; expected {METHODS}"
            status = HTTPStatus.METHOD_NOT_ALLOWED
            return problem_reply(Problem(status, detail, headers={"Allow": METHODS}))
        if request.method in ("GET", "HEAD"):
            graph, format_ = _graph_of(request)
            choice = choose(request.header("accept"), format_, GRAPHS)
            return await self._delivery.deliver(
                request, GraphJob(graph, choice.format.name), choice, []
            )
        require_token(request.header("authorization"), self._settings)
        if request.method == "POST" and request.path in ("/store", "/store/") and not request.query:
            return await self._new_graph(request)
        graph, _ = _graph_of(request)
        if request.method == "DELETE":
            settings = self._settings
            job = DeleteGraphJob(graph, settings.base_iri, settings.lock_wait_s)
            return await self._delivery.written(request, self._writer, job)
        return await self._put(request, graph)

    async def _new_graph(self, request: Request) -> Reply:
        """Name a graph for what is posted to the store itself."""
        address = f"{request.url.rstrip('/')}/{uuid.uuid4()}"
        reply = await self._put(request, address)
        return Reply(201, [*reply.headers, ("location", address)], reply.body)

    async def _put(self, request: Request, graph: str | None) -> Reply:
        settings = self._settings
        async with self._uploads(request) as uploads:
            first, *more = uploads
            job = PutGraphJob(
                graph,
                str(first.path),
                first.format.name,
                graph or request.url,
                request.method == "PUT",
                settings.base_iri,
                settings.lock_wait_s,
                tuple((str(upload.path), upload.format.name) for upload in more),
            )
            return await self._delivery.written(request, self._writer, job)

    @asynccontextmanager
    async def _uploads(self, request: Request) -> AsyncIterator[list[_Upload]]:
        """Read the body into files that are gone when the block ends."""
        content_type = request.header("content-type")
        kind = media_type_of(content_type)
        format_ = None if kind == _MULTIPART else _format_of(kind)
        with tempfile.TemporaryDirectory(prefix=f"{_UPLOADS}{os.getpid()}-") as name:
            folder = Path(name)
            body = folder / "body"
            settings = self._settings
            with body.open("wb") as out:
                limit = settings.write_max_mb * _MB
                async for part in request.parts(limit, settings.body_timeout_s):
                    out.write(part)
            if format_ is not None:
                yield [_Upload(body, format_)]
            else:
                yield await asyncio.to_thread(_parts, body, content_type, folder)


def sweep_uploads() -> None:
    """Remove what servers that were killed left of their uploads."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_UPLOADS}*"):
        pid = folder.name.removeprefix(_UPLOADS).partition("-")[0]
        if pid.isdigit() and not _runs(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True


def _graph_of(request: Request) -> tuple[str | None, str | None]:
    """Return the graph that a request is about, None for the unnamed one, and its format.

    Raises:
        BadRequest: it names no graph, several, or something that is no absolute IRI.
    """
    try:
        pairs = parse_qsl(
            request.query.decode(), keep_blank_values=True, errors="strict", max_num_fields=100
        )
    except ValueError as error:
        raise BadRequest("the URL cannot be read; expected UTF-8, and few parameters") from error
    graphs = [value for name, value in pairs if name == "graph"]
    default = any(name == "default" for name, _ in pairs)
    formats = [value for name, value in pairs if name == "format"]
    format_ = formats[0] if formats else None
    if request.path not in ("/store", "/store/"):
        if graphs or default:
            raise BadRequest("graph: the address names one already; leave the parameters out")
        return request.url, format_
    if len(graphs) + default != 1:
        raise BadRequest("graph: expected either ?graph=IRI, once, or ?default")
    if graphs and not is_absolute_iri(graphs[0]):
        raise BadRequest(f"parameter 'graph': {graphs[0]!r}; expected an absolute IRI")
    return (graphs[0] if graphs else None), format_


def _format_of(media_type: str) -> Format:
    for format_ in GRAPHS:
        if media_type in format_.media_types:
            return format_
    offered = ", ".join(format_.media_type for format_ in GRAPHS)
    raise UnsupportedMediaType(f"content type {media_type!r}; expected {offered} or {_MULTIPART}")


def _parts(body: Path, content_type: str, folder: Path) -> list[_Upload]:
    """Split a form into the files that it carries."""
    _, options = parse_options_header(content_type)
    boundary = options.get("boundary", "").encode("ascii", "replace")
    if not boundary:
        raise BadRequest(f"{_MULTIPART}: no boundary in the content type")
    try:
        with body.open("rb") as stream:
            _, files = MultiPartParser(max_form_memory_size=_MB, max_form_parts=100).parse(
                stream, boundary, os.path.getsize(body)
            )
    except ValueError as error:
        raise BadRequest(f"{_MULTIPART}: cannot be read ({error})") from error
    uploads = []
    for number, file in enumerate(_all(files)):
        path = folder / f"part-{number}"
        kind = media_type_of(file.content_type or "")
        file.save(path)
        file.close()
        uploads.append(_Upload(path, _format_of(kind)))
    if not uploads:
        raise BadRequest(f"{_MULTIPART}: no file in it; expected one with RDF")
    return uploads


def _all(files: MultiDict[str, FileStorage]) -> list[FileStorage]:
    return [file for _, file in files.items(multi=True)]
