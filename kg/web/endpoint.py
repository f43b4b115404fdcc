"""The SPARQL endpoint as programs see it: queries and updates (SPARQL 1.1 Protocol)."""

from __future__ import annotations

import asyncio
from typing import Final

from kg.errors import BadRequest
from kg.settings import Settings
from kg.web.delivery import Delivery
from kg.web.messages import Reply, Request
from kg.web.plans import plan
from kg.web.protocol import (
    FORM,
    UPDATE,
    UpdateRequest,
    media_type_of,
    read_operation,
)
from kg.web.tokens import has_token, require_token
from kg.web.workers import Pool
from kg.web.writing import UpdateJob

METHODS: Final = "GET, HEAD, OPTIONS, POST"
#: A longer text is checked in a thread, so that others are answered meanwhile.
_LONG: Final = 8_000
_MB: Final = 1_000_000


class SparqlEndpoint:
    """Answers requests to ``/sparql``."""

    def __init__(self, settings: Settings, delivery: Delivery, writer: Pool) -> None:
        self._settings = settings
        self._delivery = delivery
        self._writer = writer

    async def answer(self, request: Request) -> Reply | None:
        """Answer a request, or None for what a page answers."""
        if request.method == "OPTIONS":
            return Reply(204, [("allow", METHODS)])
        if request.method not in ("GET", "HEAD", "POST"):
            return None
        body = await self._body(request) if request.method == "POST" else b""
        content_type = request.header("content-type")
        if len(body) > _LONG:
            asked = await asyncio.to_thread(
                read_operation, request.method, content_type, request.query, body
            )
        else:
            asked = read_operation(request.method, content_type, request.query, body)
        if isinstance(asked, UpdateRequest):
            return await self._update(request, asked)
        accept = request.header("accept")
        wants_page = asked.format == "html" or (not asked.format and "text/html" in accept)
        if asked.text is None or wants_page:
            request.note["body"] = body
            return None
        if len(asked.text) > _LONG:
            planned = await asyncio.to_thread(plan, asked, accept, request.url, self._settings)
        else:
            planned = plan(asked, accept, request.url, self._settings)
        return await self._delivery.deliver(request, planned.job, planned.choice, [])

    async def _body(self, request: Request) -> bytes:
        settings = self._settings
        kind = media_type_of(request.header("content-type"))
        # A query in a form takes up to three bytes for one, and there are other fields.
        limit = settings.query_max_kb * 1024 * 3 + 64 * 1024
        authorization = request.header("authorization")
        if kind == UPDATE:
            require_token(authorization, settings)
        if kind == UPDATE or (kind == FORM and has_token(authorization, settings)):
            limit = settings.write_max_mb * _MB
        return await request.body(limit, settings.body_timeout_s)

    async def _update(self, request: Request, asked: UpdateRequest) -> Reply:
        settings = self._settings
        require_token(request.header("authorization"), settings)
        if not asked.text.strip():
            raise BadRequest("update: empty; expected INSERT, DELETE, CREATE, …")
        job = UpdateJob(
            asked.text,
            asked.using_graphs,
            asked.using_named_graphs,
            settings.base_iri,
            settings.lock_wait_s,
            request.url,
        )
        return await self._delivery.written(request, self._writer, job)
