"""What the service says of itself, as each version of the protocol has it."""

from __future__ import annotations

from typing import Any, Final

from kg import __version__
from kg.vocab import KG
from kg.web.reconcile.requests import BATCH, MOST_VALUES
from kg.web.reconcile.schema import KOREAN, TYPES
from kg.web.reconcile.shapes import type_shape

VERSION: Final = "0.2"
DRAFT: Final = "1.0-draft"
WIDTH, HEIGHT = 400, 200
_NAME: Final = ("paperkg: terms, authors and papers", "paperkg: 용어, 저자, 논문")
_LIMIT: Final = ("Most values", "값의 최대 개수")
_HELP: Final = (
    f"How many values a row may have; 0 for no limit but that of the service, {MOST_VALUES}",
    f"한 행이 가질 수 있는 값의 수. 0은 서비스의 한도인 {MOST_VALUES}",
)
_SUGGESTED: Final = ("entity", "property", "type")


def manifest(base: str, root: str, language: str) -> dict[str, Any]:
    """Return the manifest of version 0.2, with the fields of 1.0 that have another name there.

    The two say ``suggest`` in different ways; the manifest of 1.0 alone is :func:`draft`.

    Args:
        base: start of the IRIs of our things.
        root: address of the server, with a slash at its end.
    """
    service = f"{root}reconcile"
    suggest = {
        kind: {
            "service_url": service,
            "service_path": f"/suggest/{kind}",
            "flyout_service_url": service,
            "flyout_service_path": f"/flyout/{kind}?id=${{id}}",
        }
        for kind in _SUGGESTED
    }
    setting = {
        "name": "limit",
        "label": _LIMIT[language == KOREAN],
        "type": "number",
        "default": 0,
        "help_text": _HELP[language == KOREAN],
    }
    return {
        "versions": [VERSION, DRAFT],
        **_common(root, language),
        "identifierSpace": base,
        "schemaSpace": str(KG._NS),
        "view": {"url": f"{service}/view?id={{{{id}}}}"},
        "preview": {
            "url": f"{service}/preview?id={{{{id}}}}",
            "width": WIDTH,
            "height": HEIGHT,
        },
        "suggest": suggest,
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/extend/propose"},
            "property_settings": [setting],
        },
    }


def draft(root: str, language: str) -> dict[str, Any]:
    """Return the manifest of version 1.0; its routes have their place below the service's."""
    setting = {
        "id": "limit",
        "name": _LIMIT[language == KOREAN],
        "type": "number",
        "default": 0,
        "helpText": _HELP[language == KOREAN],
    }
    return {
        "versions": [DRAFT],
        **_common(root, language),
        "lang": language,
        "dir": "ltr",
        "view": {"url": f"{root}reconcile/view?id={{id}}"},
        "preview": {"width": WIDTH, "height": HEIGHT},
        "suggest": dict.fromkeys(_SUGGESTED, True),
        "extend": {"proposeProperties": True, "propertySettings": [setting]},
        "standardizedScore": True,
    }


def _common(root: str, language: str) -> dict[str, Any]:
    return {
        "name": _NAME[language == KOREAN],
        "documentation": f"{root}docs",
        "serviceVersion": __version__,
        "batchSize": BATCH,
        "defaultTypes": [type_shape(one, language, above=True) for one in TYPES.values()],
    }
