"""How a route gets the answer of the job behind its page."""

from __future__ import annotations

import json
from typing import Any

from kg.store import snapshot_id
from kg.web.reader import EMPTY
from kg.web.site.reading import Shown, SiteJob
from kg.web.state import ask, server


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
