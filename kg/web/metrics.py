"""What the server counts, as Prometheus reads it."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from kg.store import layout
from kg.web.workers import Pool

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The counters of one server."""

    def __init__(self, store: Path, pool: Pool) -> None:
        self._store = store
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "kg_requests", "Requests answered", ("route", "status"), registry=self._registry
        )
        self._queries = Counter(
            "kg_queries",
            "Queries by outcome: ok, cached, timeout, stopped, overloaded, refused, failed, gone",
            ("outcome",),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "kg_query_seconds",
            "Seconds from a query's request to the end of its answer",
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._writes = Counter(
            "kg_writes", "Writes over HTTP by outcome", ("outcome",), registry=self._registry
        )
        # To look a child up by its labels takes longer than to count in it.
        self._by_status = lru_cache(maxsize=1024)(self._requests.labels)
        self._by_outcome = lru_cache(maxsize=64)(self._queries.labels)
        self._gauge("kg_workers", "Query worker processes", lambda: pool.limits.size)
        self._gauge("kg_workers_busy", "Query workers that work on an answer", lambda: pool.busy)
        self._gauge("kg_queries_waiting", "Queries that wait for a worker", lambda: pool.waiting)
        self._gauge("kg_worker_restarts", "Query workers that were replaced", lambda: pool.restarts)
        self._gauge("kg_snapshot_age_seconds", "Seconds since the newest write", self._age)
        self._gauge("kg_store_bytes", "Bytes of the newest snapshot on disk", self._bytes)

    def _gauge(self, name: str, what: str, function: Callable[[], float]) -> None:
        Gauge(name, what, registry=self._registry).set_function(function)

    def answered(self, route: str, status: int) -> None:
        """Count an answer to a request; 0 is that of a client who left."""
        self._by_status(route, str(status)).inc()

    def queried(self, outcome: str, seconds: float) -> None:
        """Count a query."""
        self._by_outcome(outcome).inc()
        self._seconds.observe(seconds)

    def wrote(self, outcome: str) -> None:
        """Count a write."""
        self._writes.labels(outcome).inc()

    def _age(self) -> float:
        try:
            return time.time() - (self._store / layout.POINTER).stat().st_mtime
        except OSError:  # nothing was written yet
            return float("nan")

    def _bytes(self) -> float:
        generation = layout.current_generation(self._store)
        if generation is None:
            return 0.0
        return float(sum(_size(path) for path in generation.folder.rglob("*")))

    def text(self) -> bytes:
        """Return all of them in Prometheus' text format."""
        return generate_latest(self._registry)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # removed by a write meanwhile
        return 0
