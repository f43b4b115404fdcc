"""Queries that are deep, long, endless or greedy."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from tests.hostile.making import (
    BAD,
    OK,
    STOPPED,
    TOO_LONG,
    Kind,
    Target,
    Texts,
    fixed,
    queries,
    query,
)
from tests.hostile.sending import Attack

#: Levels: what brings a parser down, what still fits into the longest query, and too much.
_DEPTHS: Final = (3_000, 20_000, 300_000)


def _nested(opening: str, closing: str, before: str, middle: str = "", after: str = "") -> Texts:
    def texts(random: Random, target: Target) -> Iterator[str]:
        for depth in (random.randrange(65, 3_000), *_DEPTHS):
            yield before + opening * depth + middle + closing * depth + after

    return texts


def _mixed(random: Random, target: Target) -> Iterator[str]:
    """Brackets of all kinds, in no order."""
    for depth in (random.randrange(65, 1_000), *_DEPTHS):
        opening = random.choices("{[(", k=depth)
        closing = ["}])"["{[(".index(one)] for one in reversed(opening)]
        yield "ASK " + "".join(opening + closing)
        yield "ASK " + "".join(random.choices("{}[]()", k=depth))


def _chained(before: str, link: str, after: str) -> Texts:
    def texts(random: Random, target: Target) -> Iterator[str]:
        for count in (random.randrange(500, 3_000), 10_000, 100_000):
            yield before + link * count + after

    return texts


def _numbered(before: str, piece: str, after: str, *counts: int) -> Texts:
    """``@`` in the piece is its number."""

    def texts(random: Random, target: Target) -> Iterator[str]:
        for count in counts:
            pieces = (piece.replace("@", str(number)) for number in range(count))
            yield before + "".join(pieces) + after

    return texts


def _doubling(step: str) -> Texts:
    """A text of a few bytes that is doubled time and again."""

    def texts(random: Random, target: Target) -> Iterator[str]:
        for times in (34, random.randrange(35, 80)):
            steps = (step.replace("#", str(n)).replace("@", str(n + 1)) for n in range(times))
            body = f'BIND("abcdefgh" AS ?x0) {" ".join(steps)}'
            yield f"SELECT (STRLEN(?x{times}) AS ?n) {{ {body} }}"

    return texts


def _regexes(random: Random, target: Target) -> Iterator[str]:
    patterns = (
        "^(a+)+$",
        "(x+x+)+y",
        "(((a{100}){100}){100}){100}",
        "a{1000}{1000}",
        "(" * 200 + ")" * 200,
        "(" * 50_000,
        "|".join(["a?"] * 20_000),
        "[" + "\\\\p{L}" * 5_000 + "]{200}",
        "(a|b|ab)*" * random.randrange(50, 500) + "c",
    )
    text = f'CONCAT(STR(?o), "{"a" * 5_000}b")'
    for pattern in patterns:
        yield f'SELECT * {{ ?s ?p ?o FILTER(REGEX({text}, "{pattern}")) }}'


def _paths(random: Random, target: Target) -> Iterator[str]:
    steps = ("(<urn:p>|!<urn:p>)", "!<urn:q>", "^!<urn:q>", "(!<urn:q>/^!<urn:q>)")
    for step in steps:
        yield f"SELECT (COUNT(*) AS ?n) {{ ?a {step}* ?b . ?b {step}+ ?c }}"
    chosen = "/".join(random.choice(steps) + random.choice("*+") for _ in range(20))
    yield f"SELECT (COUNT(*) AS ?n) {{ ?a {chosen} ?b }}"
    yield "SELECT (COUNT(*) AS ?n) { ?a " + "(!<urn:q>?)*" + "/(!<urn:q>?)*" * 20 + " ?b }"


def _crossed(head: str, tail: str = "") -> Texts:
    def texts(random: Random, target: Target) -> Iterator[str]:
        for count in (2, 3, random.randrange(4, 30)):
            body = " . ".join(f"?s{n} ?p{n} ?o{n}" for n in range(count))
            yield f"{head} {{ {body} }} {tail}"

    return texts


def _crossed_values(random: Random, target: Target) -> Iterator[str]:
    rows = " ".join(map(str, range(100)))
    for count in (6, random.randrange(7, 20)):
        blocks = " ".join(f"VALUES ?v{n} {{ {rows} }}" for n in range(count))
        yield f"SELECT (SUM(?v0 + ?v1) AS ?n) {{ {blocks} }}"
        yield f"SELECT * {{ {blocks} }} ORDER BY DESC(?v1 * ?v2)"


def _odd_numbers(random: Random, target: Target) -> Iterator[str]:
    digits = "9" * random.randrange(30, 30_000)
    for expression in (
        digits,
        f"{digits} + {digits}",
        f"1e{digits}",
        f"-{digits}.{digits}",
        "1 / 0",
        "1.0 / 0.0",
        "9223372036854775807 + 1",
        "-9223372036854775808 - 1",
        "ABS(-9223372036854775808)",
        f'SUBSTR("abc", -{digits}, {digits})',
        'SUBSTR("가나다", -9223372036854775808, 9223372036854775807)',
        f'"{digits}-01-01"^^<http://www.w3.org/2001/XMLSchema#date>',
        f'YEAR("-{digits}-12-31T23:59:60Z"^^<http://www.w3.org/2001/XMLSchema#dateTime>)',
        'STRLANG("a", "' + "x-" * 2_000 + 'x")',
        'STRDT("1", IRI("' + "a" * 5_000 + ':b"))',
        'LANGMATCHES("' + "a-" * 5_000 + 'a", "*")',
    ):
        yield f"SELECT ({expression} AS ?n) {{}}"


def _odd_names(random: Random, target: Target) -> Iterator[str]:
    long = "a" * random.randrange(10_000, 200_000)
    yield f"SELECT ?{long} {{ ?{long} ?p ?o }} LIMIT 1"
    yield f"ASK {{ <urn:{long}> ?p ?o }}"
    yield f'ASK {{ ?s ?p "{long}" }}'
    yield f"PREFIX {long}: <urn:> ASK {{ {long}:{long} ?p ?o }}"
    yield f"ASK {{ ?s ?p ?o }} # {long}"
    yield f"# {long}\rASK {{ ?s ?p 'x' }}"
    yield "ASK { ?s ?p 'a\u202e\u0300\ufdd0\U000e0001' }"


def _broken_text(random: Random, target: Target) -> Iterator[str]:
    yield "ASK { ?s ?p '\ud800' }"
    yield "\udfff"
    yield "ASK { ?s ?p '\\uD800' }"
    yield "ASK { ?s ?p \\u0022"
    yield "ASK { ?s ?p '''" + "'" * random.randrange(1, 3)
    yield "\\u007B" * 3_000
    yield "ASK { ?s ?p '\\UFFFFFFFF' }"
    yield "ASK { <urn:\\u0000\\u0020> ?p }"
    yield "\x00ASK\x00{}\x00"
    yield "".join(chr(random.randrange(1, 0xD7FF)) for _ in range(2_000))
    yield "SELECT" * 20_000
    yield "'" * 99_999
    yield "<" * 99_999
    yield ""


def _deadlines(random: Random, target: Target) -> Iterator[Attack]:
    """Deadlines that are none, or longer than the server's own."""
    for value in (
        *("0", "-1", "1e999", "inf", "nan", "-0.0", "1,5", "٣", "0x10", "", " ", "1;2", "true"),
        *("9" * 400, "1000000", f"{random.random() * 1e6:f}", "1e6", "00002", "1.5s"),
    ):
        text = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f FILTER(?c != ?f) }"
        yield query(target, text, random, ("X-Query-Timeout", value))


KINDS: Final = (
    Kind("nested braces", queries(_nested("{", "}", "ASK ")), TOO_LONG),
    Kind("braces never closed", queries(_nested("{", "", "ASK ")), TOO_LONG),
    Kind("braces never opened", queries(_nested("", "}", "ASK {}")), TOO_LONG),
    Kind(
        "nested blank nodes",
        queries(_nested("[ <urn:p> ", " ]", "ASK { ", "1", " <urn:p> 1 }")),
        TOO_LONG,
    ),
    Kind("nested collections", queries(_nested("(", ")", "ASK { ", "1", " <urn:p> 1 }")), TOO_LONG),
    Kind("nested parentheses", queries(_nested("(", ")", "ASK { FILTER(", "1", ") }")), TOO_LONG),
    Kind("nested functions", queries(_nested("ABS(", ")", "ASK { FILTER(", "1", ") }")), TOO_LONG),
    Kind(
        "nested EXISTS",
        queries(_nested("FILTER NOT EXISTS {", "}", "ASK {", "?s ?p ?o", "}")),
        TOO_LONG,
    ),
    Kind(
        "nested sub-selects",
        queries(_nested("{ SELECT * ", "}", "SELECT * {", "{?s ?p ?o}", "}")),
        TOO_LONG,
    ),
    Kind(
        "nested OPTIONAL and MINUS",
        queries(_nested("OPTIONAL { ?s ?p ?o MINUS {", "}}", "ASK {", "", "}")),
        TOO_LONG,
    ),
    Kind("nested paths", queries(_nested("(", ")*", "ASK { ?s ", "<urn:p>", " ?o }")), TOO_LONG),
    Kind(
        "nested triple terms",
        queries(_nested("<<( ?s <urn:p> ", " )>>", "ASK { ?s ?p ", "1", " }")),
        TOO_LONG,
    ),
    Kind("nested brackets of all kinds", queries(_mixed), TOO_LONG, at_once=2),
    Kind("chained negations", queries(_chained("ASK { FILTER(", "!", "true) }")), TOO_LONG),
    Kind("chained signs", queries(_chained("ASK { FILTER(1 ", "- ", "1) }")), TOO_LONG),
    Kind("chained sums", queries(_chained("ASK { FILTER(1", "+1", ") }")), TOO_LONG),
    Kind("chained or", queries(_chained("ASK { FILTER(?x=1", "||?x=1", ") }")), TOO_LONG),
    Kind("chained steps", queries(_chained("ASK { ?s <urn:p>", "/<urn:p>", " ?o }")), TOO_LONG),
    Kind("chained choices", queries(_chained("ASK { ?s <urn:p>", "|<urn:p>", " ?o }")), TOO_LONG),
    Kind("chained UNION", queries(_chained("ASK { {}", "UNION {}", " }")), TOO_LONG),
    Kind(
        "many patterns",
        queries(_numbered("ASK {", "?s@ ?p@ ?o@ .", "}", 101, 300, 10_000, 30_000)),
        TOO_LONG,
    ),
    Kind(
        "many clauses",
        queries(_numbered("ASK {", "BIND(@ AS ?v@) OPTIONAL {} FILTER(@)", "}", 401, 5_000)),
        TOO_LONG,
    ),
    Kind(
        "many prefixes",
        queries(_numbered("", "PREFIX p@: <urn:@:> ", "ASK { ?s p1:x ?o }", 5_000)),
        OK | STOPPED,
    ),
    Kind(
        "many columns",
        queries(_numbered("SELECT ", "?v@ ", "{ ?s ?p ?o } LIMIT 1", 1_000, 20_000)),
        OK | STOPPED,
    ),
    Kind(
        "many keys",
        queries(_numbered("SELECT * { ?s ?p ?o } ORDER BY ", "?v@ ", "LIMIT 1", 1_000, 20_000)),
        OK | STOPPED,
    ),
    Kind(
        "many template triples",
        queries(_numbered("CONSTRUCT {", "?s <urn:@> ?o .", "} { ?s ?p ?o }", 101, 10_000)),
        OK | STOPPED,
        may_break=True,
    ),
    Kind(
        "huge IN",
        queries(_numbered("SELECT * { ?s ?p ?o FILTER(?o IN (0", ",@", ")) }", 1_000, 30_000)),
        OK | STOPPED,
    ),
    Kind(
        "huge VALUES",
        queries(_numbered("SELECT * { ?s ?p ?o VALUES ?o {", "'value @' ", "} }", 1_000, 15_000)),
        OK | STOPPED,
    ),
    Kind("VALUES by VALUES", queries(_crossed_values), STOPPED),
    Kind(
        "sorted cross product",
        queries(_crossed("SELECT *", "ORDER BY ?o0 ?o1")),
        STOPPED,
    ),
    Kind("counted cross product", queries(_crossed("SELECT (COUNT(*) AS ?n)")), STOPPED),
    Kind(
        "distinct cross product",
        queries(_crossed("SELECT DISTINCT ?o0 ?o1")),
        OK | STOPPED,
        may_break=True,
    ),
    Kind(
        "constructed cross product",
        queries(_crossed("CONSTRUCT { ?s0 ?p1 ?o1 }")),
        OK | STOPPED,
        may_break=True,
    ),
    Kind("endless paths", queries(_paths), OK | STOPPED),
    Kind("exploding regular expressions", queries(_regexes), OK | STOPPED, may_break=True),
    Kind("doubled by CONCAT", queries(_doubling("BIND(CONCAT(?x#, ?x#) AS ?x@)")), OK | STOPPED),
    Kind(
        "doubled by REPLACE",
        queries(_doubling('BIND(REPLACE(?x#, "(.)", "$1$1") AS ?x@)')),
        OK | STOPPED,
    ),
    Kind(
        "GROUP_CONCAT of a cross product",
        queries(
            fixed(
                "SELECT (GROUP_CONCAT(?o; SEPARATOR='" + "x" * 5_000 + "') AS ?all) "
                "{ ?s ?p ?o . ?a ?b ?c }",
                "SELECT (STRLEN(GROUP_CONCAT(CONCAT(STR(?o), STR(?c)))) AS ?n) "
                "{ ?s ?p ?o . ?a ?b ?c }",
            )
        ),
        STOPPED,
    ),
    Kind("odd numbers", queries(_odd_numbers), OK | BAD),
    Kind(
        "endless LIMIT",
        queries(
            fixed(
                f"SELECT * {{ ?s ?p ?o }} LIMIT {10**30}",
                f"SELECT * {{ ?s ?p ?o }} OFFSET {10**30}",
                "SELECT * { ?s ?p ?o } LIMIT -1",
                f"SELECT * {{ ?s ?p ?o }} LIMIT 1 OFFSET {2**63}",
            )
        ),
        OK | BAD,
    ),
    Kind("deadlines of callers", _deadlines, STOPPED, at_once=20),
    Kind("long and odd names", queries(_odd_names), OK | TOO_LONG),
    Kind("broken texts", queries(_broken_text), TOO_LONG),
    Kind(
        "DESCRIBE of hubs",
        queries(
            fixed(
                "DESCRIBE * { ?s ?p ?o }",
                "DESCRIBE <https://example.org/hub>",
                "DESCRIBE ?o { ?s ?p ?o }",
                "DESCRIBE " + "<https://example.org/hub> " * 5_000,
            )
        ),
        OK | STOPPED,
        may_break=True,
    ),
)
