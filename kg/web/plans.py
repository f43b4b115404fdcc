"""What a request to the query operation comes to: a job, and how its answer is written."""

from __future__ import annotations

from dataclasses import dataclass

from kg.errors import BadRequest
from kg.settings import Settings
from kg.sparql import Limits, check, has_dataset
from kg.web.cache import Key
from kg.web.jobs import Dataset, QueryJob
from kg.web.protocol import GRAPHS, RESULTS, Choice, Format, QueryRequest, choose

_GRAPH_FORMS = ("CONSTRUCT", "DESCRIBE")
#: What the update operation is for.
_UPDATE = "an update; expected a query, or the update as 'update' in a POST"


@dataclass(frozen=True, slots=True)
class Plan:
    """A query that may run, and how its answer is written."""

    job: QueryJob
    choice: Choice


def checked_query(text: str, settings: Settings) -> tuple[str, str]:
    """Check a text that a caller sent, by tokens; returns what to run and its form.

    Raises:
        Forbidden: it would fetch from elsewhere.
        BadRequest: it is past a limit, an update, or has no form.
    """
    checked = check(text, Limits(length=settings.query_max_kb * 1024))
    if checked.form == "UPDATE":
        raise BadRequest(f"query: is {_UPDATE}")
    return checked.text, checked.form


def formats_of(form: str) -> tuple[Format, ...]:
    """What a query of a form can be answered with."""
    return GRAPHS if form in _GRAPH_FORMS else RESULTS


def dataset_of(asked: QueryRequest, text: str, settings: Settings) -> Dataset:
    """What graphs a query sees."""
    return Dataset(
        asked.default_graphs, asked.named_graphs, has_dataset(text), settings.union_default_graph
    )


def plan(asked: QueryRequest, accept: str, base: str, settings: Settings) -> Plan:
    """Decide how to answer a query with data; *base* is the address of the endpoint.

    Raises:
        RequestError: it may not run, or cannot be answered as the caller wants.
    """
    text, form = checked_query(asked.text or "", settings)
    choice = choose(accept, asked.format, formats_of(form))
    dataset = dataset_of(asked, text, settings)
    job = QueryJob(text, choice.format.name, dataset, base)
    return Plan(job, choice)


def key_of(job: QueryJob) -> Key:
    """Under what an answer is kept, where it may be."""
    dataset = job.dataset
    graphs = ("", *(dataset.default or ()), "", *(dataset.named or ()))
    kind = f"{dataset.default is None} {dataset.has_from} {dataset.union}"
    return (job.text, job.format, job.base, kind, *graphs)
