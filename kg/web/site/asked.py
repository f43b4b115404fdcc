"""How a route gets the answer of the job behind its page."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final

from kg.errors import Overloaded, QueryStopped, QueryTimeout
from kg.store import snapshot_id
from kg.web.reader import EMPTY
from kg.web.site.reading import Shown, SiteJob
from kg.web.state import Server, ask, server

#: What is being asked in the background, by the server, the job and the snapshot.
_asked: Final[dict[tuple[int, str, str], Future[bytes]]] = {}
_lock: Final = threading.Lock()
_threads: Final = ThreadPoolExecutor(2, "kg-asked")


def told(job: SiteJob) -> Shown:
    """Return the answer to a job, as it is for the newest snapshot."""
    kept = server().kept
    newest = snapshot_id(server().settings.store) or EMPTY
    body = kept.get(job, newest)
    if body is None:
        answer = ask(job)
        body = answer.read()
        kept.put(job, answer.snapshot, body)
    shown: dict[str, Any] = json.loads(body)
    return shown


def told_soon(job: SiteJob, wait_s: float) -> Shown | None:
    """Return the answer to a job that takes long; None if it is not there in time.

    It goes on being asked, once however many ask for it, for who comes later.

    Args:
        wait_s: how long to wait, in seconds.
    """
    parts = server()
    newest = snapshot_id(parts.settings.store) or EMPTY
    body = parts.kept.get(job, newest)
    if body is None:
        key = id(parts), repr(job), newest
        with _lock:
            asked = _asked.get(key)
            if asked is None:
                asked = _asked[key] = _threads.submit(_ask, parts, job)
        asked.add_done_callback(lambda _: _asked.pop(key, None))
        try:
            body = asked.result(wait_s)
        except (TimeoutError, Overloaded, QueryStopped, QueryTimeout):
            return None
    shown: Shown = json.loads(body)
    return shown


def _ask(parts: Server, job: SiteJob) -> bytes:
    answer = parts.pool.run(job)
    body = answer.read()
    parts.kept.put(job, answer.snapshot, body)
    return body
