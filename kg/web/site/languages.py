"""The language of the interface: English, or Korean where the reader asks for it.

Strings are marked in templates by ``_(…)`` and in modules by :func:`gettext`, collected in
``kg/web/translations`` by ``make messages``, and looked up at each request.
"""

from __future__ import annotations

from datetime import date
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel.dates import format_date, format_skeleton
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, Response, g, has_request_context, request

#: Languages with a catalogue, and what each calls itself; the first is that of the strings.
LANGUAGES: Final = {"en": "English", "ko": "한국어"}
_FIRST: Final = "en"
_PARAMETER: Final = "lang"
_COOKIE: Final = "lang"
#: Dates and numbers are written again and again; Babel takes 20 us for each.
_KEPT: Final = 8_192
_YEAR_S: Final = 365 * 24 * 3600
_FOLDER: Final = Path(__file__).parent.parent / "translations"


def register(app: Flask) -> None:
    """Let templates of *app* be in the reader's language."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(day=day, month=month, number=number)
    app.jinja_env.globals.update(language=language, LANGUAGES=LANGUAGES)
    app.after_request(_remember)


def language() -> str:
    """Return the language of the current request.

    A parameter of the address says it, else the cookie that one left, else the browser.
    """
    if not has_request_context():
        return _FIRST
    if "language" not in g:
        g.language = _chosen()
    found: str = g.language
    return found


def _chosen() -> str:
    for asked in (request.args.get(_PARAMETER), request.cookies.get(_COOKIE)):
        if asked in LANGUAGES:
            return asked
    return preferred()


def preferred() -> str:
    """Return the language of ours that ``Accept-Language`` wants most.

    Werkzeug takes ``en`` for ``ko-KR, en;q=0.5``, since it is named as it is.
    """
    for tag, quality in request.accept_languages:
        name = tag.lower().partition("-")[0]
        if quality > 0 and name in LANGUAGES:
            return name
    return _FIRST


def _remember(response: Response) -> Response:
    """Keep what a reader chose, and tell caches what pages depend on."""
    if response.mimetype == "text/html":
        response.vary.update(("Accept-Language", "Cookie"))
        if request.args.get(_PARAMETER) in LANGUAGES:
            response.set_cookie(
                _COOKIE,
                request.args[_PARAMETER],
                max_age=_YEAR_S,
                path=request.script_root or "/",
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
    return response


@cache
def _catalogue(name: str) -> NullTranslations:
    return NullTranslations() if name == _FIRST else Translations.load(_FOLDER, [name])


def gettext(message: str) -> str:
    """Return a string of the interface in the language of the request."""
    return _catalogue(language()).ugettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    """Return the one of two strings that goes with a number, in the language of the request."""
    return _catalogue(language()).ungettext(one, many, count)


def day(value: str) -> str:
    """Write a date, given as ``2024-08-05``; anything else is left as it is."""
    return _day(value, language())


@lru_cache(_KEPT)
def _day(value: str, locale: str) -> str:
    found = _date(value)
    return value if found is None else format_date(found, "medium", locale=locale)


def month(value: str, width: str = "long") -> str:
    """Write a month, given as ``2024-08`` or a date; ``short`` has no year."""
    return _month(value[:7], width, language()) or value


@lru_cache(_KEPT)
def _month(value: str, width: str, locale: str) -> str:
    found = _date(f"{value}-01")
    if found is None:
        return ""
    return format_skeleton("MMM" if width == "short" else "yMMMM", found, locale=locale)


def _date(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def number(value: float) -> str:
    """Write a number with the marks between thousands that the language has."""
    return _number(value, language())


@lru_cache(_KEPT)
def _number(value: float, locale: str) -> str:
    return format_decimal(value, locale=locale)
