"""The reconciliation service in the description of the API."""

from __future__ import annotations

from typing import Any, Final

from apispec import APISpec

from kg.web.call import FORM, PLAIN
from kg.web.reconcile.manifest import DRAFT
from kg.web.reconcile.requests import BATCH, EXTENDED, EXTENDED_PROPERTIES
from kg.web.reconcile.schema import PROPERTIES, TYPES

TAG: Final = "reconciliation"
_TEXT: Final = {"type": "string"}
_OBJECT: Final = {"type": "object"}
_QUERIES: Final = '{"q0": {"query": "LoRA", "type": "kg:Method"}}'
_EXTEND: Final = '{"ids": ["term/lora"], "properties": [{"id": "kg:paperCount"}]}'
_CONDITIONS: Final = {"queries": [{"conditions": [{"matchType": "name", "propertyValue": "LoRA"}]}]}
_WORKER: Final = {"429": "TooManyQueries", "503": "Unavailable"}
_BAD: Final = {"400": "BadRequest"}
_BODY: Final = {"413": "TooLarge", "415": "UnsupportedMediaType"}
_SCRIPT: Final = "text/javascript"


def add_reconcile(spec: APISpec) -> None:
    """Add all routes of the service; those of version 1.0 stand below two addresses."""
    _add_service(spec)
    for root, ending in (("/reconcile", ""), (f"/reconcile/{DRAFT}", "Draft")):
        _add_routes(spec, root, ending)
    for kind, example in (
        ("entity", "term/lora"),
        ("property", "kg:termType"),
        ("type", "kg:Model"),
    ):
        spec.path(
            f"/reconcile/flyout/{kind}",
            operations={
                "get": _operation(
                    f"flyout{kind.title()}",
                    f"What a suggested {kind} is, as a line of HTML",
                    {"200": _answer("`id` and `html`"), **_BAD, "404": "NotFound", **_WORKER},
                    [_id(example)],
                )
            },
        )


def _add_service(spec: APISpec) -> None:
    done = {"200": _answer("The manifest, candidates by query, or values by thing"), **_BAD}
    asked = _operation(
        "reconcile",
        "What the service is; with `queries` or `extend`, what POST answers",
        {**done, "413": "TooLarge", **_WORKER},
        [
            _parameter("queries", f"JSON: up to {BATCH} queries by name.", _TEXT, example=_QUERIES),
            _parameter("extend", "JSON: things, and properties of which values are wanted.", _TEXT),
            _callback(),
        ],
        "Reconciliation Service API 0.2, as OpenRefine speaks it. Its address is what a client "
        "is given.",
    )
    form = {
        "type": "object",
        "properties": {
            "queries": {"type": "string", "description": f"JSON: up to {BATCH} queries by name."},
            "extend": {
                "type": "string",
                "description": f"JSON: up to {EXTENDED} things and {EXTENDED_PROPERTIES} "
                "properties of which values are wanted.",
            },
        },
        "example": {"queries": _QUERIES},
    }
    posted = _operation(
        "reconcileByPost",
        "Find things for a batch of names, or give values of properties of things",
        {**done, **_BODY, **_WORKER},
    )
    posted["requestBody"] = {"required": True, "content": {FORM: {"schema": form}}}
    spec.path("/reconcile", operations={"get": asked, "post": posted})
    draft = _operation(
        "reconcileDraft",
        "What the service is, in version 1.0",
        {"200": _answer("The manifest"), **_BAD},
        [_callback()],
    )
    spec.path(f"/reconcile/{DRAFT}", operations={"get": draft})


def _add_routes(spec: APISpec, root: str, ending: str) -> None:
    paging = [
        _parameter("limit", "How many, at most 100.", {"type": "integer", "minimum": 1}),
        _parameter("offset", "How many to leave out.", {"type": "integer", "minimum": 0}),
        _parameter("cursor", "The same, in version 0.2.", {"type": "integer", "minimum": 0}),
        _callback(),
    ]
    for kind, what, example in (
        ("entity", "Terms, authors and papers by the start of a name, or an identifier", "lor"),
        ("property", "Properties by the start of a name", "type"),
        ("type", "Types by the start of a name", "Mod"),
    ):
        prefix = _parameter("prefix", "The start of a name.", _TEXT, example=example)
        types = {"type": "string", "enum": [one.id for one in TYPES.values()]}
        only = [_parameter("type", "Type of what is suggested.", types)]
        suggested = _operation(
            f"suggest{kind.title()}{ending}",
            what,
            {"200": _answer("`result`, a list"), **_BAD, "413": "TooLarge", **_WORKER},
            [prefix, *(only if kind == "entity" else []), *paging],
        )
        spec.path(f"{root}/suggest/{kind}", operations={"get": suggested})
    spec.path(f"{root}/match", operations={"post": _match(ending)})
    spec.path(f"{root}/extend", operations={"post": _extend(ending)})
    proposed = _operation(
        f"proposeProperties{ending}",
        "What properties things of a type have",
        {"200": _answer("`properties`, a list"), **_BAD},
        [
            _parameter("type", "A type; without one, all properties.", _TEXT, example="kg:Model"),
            _parameter("limit", "How many.", {"type": "integer", "minimum": 1}),
            _callback(),
        ],
    )
    spec.path(f"{root}/extend/propose", operations={"get": proposed})
    page: dict[str, Any] = {
        "description": "The page",
        "content": {"text/html": {"schema": _TEXT}},
    }
    missing = {**_BAD, "404": "NotFound", "413": "TooLarge"}
    previewed = _operation(
        f"preview{ending}",
        "A thing as a small page, for a frame",
        {"200": page, **missing, **_WORKER},
        [_id("term/lora")],
    )
    spec.path(f"{root}/preview", operations={"get": previewed})
    seen = _operation(
        f"view{ending}",
        "Where the page of a thing is",
        {"303": {"description": "`Location` says where"}, **missing},
        [_id("term/lora")],
    )
    spec.path(f"{root}/view", operations={"get": seen})


def _match(ending: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "required": ["queries"],
        "properties": {
            "queries": {
                "type": "array",
                "maxItems": BATCH,
                "items": {"type": "object", "required": ["conditions"]},
            }
        },
        "example": _CONDITIONS,
    }
    return _posted(
        f"match{ending}",
        "Find things for a batch of names, in version 1.0",
        "`results`, in the order of the queries",
        schema,
    )


def _extend(ending: str) -> dict[str, Any]:
    named = {"type": "string", "enum": list(PROPERTIES)}
    item = {"type": "object", "required": ["id"], "properties": {"id": named}}
    schema = {
        "type": "object",
        "required": ["ids", "properties"],
        "properties": {
            "ids": {"type": "array", "maxItems": EXTENDED, "items": _TEXT},
            "properties": {"type": "array", "maxItems": EXTENDED_PROPERTIES, "items": item},
        },
    }
    return _posted(
        f"extend{ending}",
        "Values of properties of things, in version 1.0",
        "`meta` and `rows`",
        schema,
    )


def _posted(id_: str, summary: str, answer: str, schema: dict[str, Any]) -> dict[str, Any]:
    done = {"description": answer, "content": {PLAIN: {"schema": _OBJECT}}}
    made = _operation(id_, summary, {"200": done, **_BAD, **_BODY, **_WORKER})
    made["requestBody"] = {"required": True, "content": {PLAIN: {"schema": schema}}}
    return made


def _operation(
    id_: str,
    summary: str,
    responses: dict[str, Any],
    parameters: list[dict[str, Any]] | None = None,
    description: str = "",
) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": id_, "summary": summary, "tags": [TAG]}
    if description:
        operation["description"] = description
    if parameters:
        operation["parameters"] = parameters
    operation["responses"] = responses
    return operation


def _answer(description: str) -> dict[str, Any]:
    content = {PLAIN: {"schema": _OBJECT}, _SCRIPT: {"schema": _TEXT}}
    return {"description": description, "content": content}


def _parameter(name: str, description: str, schema: dict[str, Any], **more: Any) -> dict[str, Any]:
    where = {"name": name, "in": "query", "required": False, "description": description}
    return {**where, "schema": schema, **more}


def _id(example: str) -> dict[str, Any]:
    about = "An identifier, such as `term/lora`, or the IRI."
    return _parameter("id", about, _TEXT, example=example) | {"required": True}


def _callback() -> dict[str, Any]:
    about = "Name of a function that the answer is handed to by a script (JSONP)."
    return _parameter(
        "callback", about, {"type": "string", "pattern": "^[A-Za-z_$][A-Za-z0-9_$]*$"}
    )
