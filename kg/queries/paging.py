"""Cut a page out of the rows of a query, and make the queries that ask about its rows."""

from __future__ import annotations

from kg.sparql import Nesting, Token, TokenKind, decode, tokenize

_FORMS = frozenset(("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))
#: What may follow the projection of a query, or the template.
_AFTER_PROJECTION = frozenset(("WHERE", "FROM", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET"))


def page(text: str, limit: int | None, offset: int) -> str:
    """Return the query with the page's LIMIT and OFFSET, inside those it has itself.

    >>> page("SELECT * { } ORDER BY ?x LIMIT 10 # top ten", 4, 8)
    'SELECT * { } ORDER BY ?x  LIMIT 2 OFFSET 8  # top ten'
    """
    source = decode(text)
    tokens = tokenize(source)
    nesting = Nesting()
    own: dict[str, int | None] = {"LIMIT": None, "OFFSET": 0}
    cuts: list[tuple[int, int]] = []
    place = tokens[-1].end
    for index, token in enumerate(tokens):
        if nesting.depth == 0 and token.word in own and index + 1 < len(tokens):
            own[token.word] = int(tokens[index + 1].text)
            cuts.append((token.start, tokens[index + 1].end))
        elif nesting.depth == 0 and token.word == "VALUES":
            place = token.start  # what follows LIMIT in the grammar
        nesting.step(token)
    if own["LIMIT"] is not None:
        left = max(0, own["LIMIT"] - offset)
        limit = left if limit is None else min(limit, left)
    skipped = offset + (own["OFFSET"] or 0)
    modifiers = "" if limit is None else f" LIMIT {limit}"
    modifiers += f" OFFSET {skipped}" if skipped else ""
    if cuts:
        place = cuts[0][0]
    parts: list[str] = []
    copied = 0
    for start, end in sorted([(place, place), *cuts]):
        parts.append(source.text[copied:start])
        if start == end:
            parts.append(modifiers + " ")
        copied = end
    return "".join([*parts, source.text[copied:]])


def rows_of(text: str) -> str | None:
    """Return a SELECT with as many rows as a CONSTRUCT or DESCRIBE has solutions.

    A page of a graph is that of some solutions, and nothing in the triples tells how many
    there were.

    Returns:
        None for a DESCRIBE without a pattern, which has no solutions.

    >>> rows_of("PREFIX : <urn:> CONSTRUCT { ?s :p ?o } WHERE { ?s :q ?o } LIMIT 5")
    'PREFIX : <urn:> SELECT (1 AS ?row) WHERE { ?s :q ?o } LIMIT 5'
    >>> rows_of("DESCRIBE <urn:a>")
    """
    source = decode(text)
    tokens = tokenize(source)
    form, end = _projection(tokens)
    if not any(token.text == "{" for token in tokens[end:]):
        return None
    return _with_projection(source.text, tokens, form, end, f"(1 AS ?{_free_name(tokens, 'row')})")


def values_of(text: str, variable: str, limit: int) -> str | None:
    """Return a SELECT of the distinct terms that *variable* has in the pattern of a query.

    Args:
        text: a SELECT, CONSTRUCT or DESCRIBE.
        variable: its name, without ``?``.
        limit: terms at most.

    Returns:
        None where there is no pattern.

    >>> values_of("SELECT ?s WHERE { ?s a ?_type_iri } ORDER BY ?s LIMIT 5", "_type_iri", 9)
    'SELECT DISTINCT ?_type_iri WHERE { ?s a ?_type_iri } ORDER BY ?_type_iri LIMIT 9'
    """
    source = decode(text)
    tokens = tokenize(source)
    form, end = _projection(tokens)
    first = next((place for place in range(end, len(tokens)) if tokens[place].text == "{"), None)
    if first is None:
        return None
    last = _closing(tokens, first)
    pattern = source.text[: tokens[last].end]
    return (
        _with_projection(pattern, tokens[: last + 1], form, end, f"DISTINCT ?{variable}")
        + f" ORDER BY ?{variable} LIMIT {limit}"
    )


def _projection(tokens: list[Token]) -> tuple[int, int]:
    """Return where the form's keyword is, and where what it projects or builds ends."""
    form = next(place for place, token in enumerate(tokens) if token.word in _FORMS)
    if tokens[form].word == "CONSTRUCT":
        template = form + 1 < len(tokens) and tokens[form + 1].text == "{"
        return form, _closing(tokens, form + 1) + 1 if template else form + 1
    end = form + 1
    while end < len(tokens) and tokens[end].word not in _AFTER_PROJECTION:
        if tokens[end].text == "{":
            break
        end = _closing(tokens, end) + 1 if tokens[end].text == "(" else end + 1
    return form, end


def _closing(tokens: list[Token], place: int) -> int:
    """Return where the bracket that opens at *place* is closed."""
    nesting = Nesting()
    for token in tokens[:place]:
        nesting.step(token)
    outside = nesting.depth
    for index in range(place, len(tokens)):
        nesting.step(tokens[index])
        if nesting.depth == outside:
            return index
    raise AssertionError  # a checked text closes its brackets


def _with_projection(text: str, tokens: list[Token], form: int, end: int, projection: str) -> str:
    rest = text[tokens[end].start :] if end < len(tokens) else ""
    return f"{text[: tokens[form].start]}SELECT {projection} {rest}"


def _free_name(tokens: list[Token], wish: str) -> str:
    used = {token.text[1:] for token in tokens if token.kind is TokenKind.VARIABLE}
    while wish in used:
        wish += "_"
    return wish
