"""The tokenizer: what it splits, and that it agrees with the store's parser."""

from __future__ import annotations

import re
import time

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import QuerySyntaxError
from kg.sparql import Token, TokenKind, decode, tokenize

P = "PREFIX a: <http://a/> PREFIX : <http://e/> "

#: Queries that parse, each with tokens that it must have.
VALID = [
    ("SELECT * {?x ?p ?y FILTER(?x<?y)}", ["(", "?x", "<", "?y", ")"]),
    ("SELECT * {?s ?a ?b FILTER(?a<3&&?b>2)}", ["?a", "<", "3", "&&", "?b", ">", "2"]),
    ("SELECT * {?s ?a ?b FILTER(?a<?b&&?s>?b)}", ["<", "?b", "&&", "?s", ">", "?b"]),
    ("SELECT * {?s ?p ?o FILTER(?s<<http://a>)}", ["?s", "<", "<http://a>"]),
    ("SELECT * {?s ?p ?o FILTER(?s<=<http://a>)}", ["?s", "<=", "<http://a>"]),
    ("SELECT * {?s<http://a>?o}", ["?s", "<http://a>", "?o"]),
    ("SELECT * {?s ?p (1 <http://a> 'x'<http://b>)}", ["1", "<http://a>", "'x'", "<http://b>"]),
    ("SELECT * {?s (<http://a>|<http://b>)/<http://c>* ?o}", ["|", "<http://b>", ")", "/"]),
    ("SELECT ?a (?a<?b AS ?c) {?a ?p ?b}", ["(", "?a", "<", "?b", "AS", "?c"]),
    ("SELECT ?a {?a ?p ?b} ORDER BY ?a (?a<?b)", ["BY", "?a", "(", "?a", "<", "?b"]),
    ("SELECT ?a {?a ?p ?b} GROUP BY ?a (?a<?b AS ?c) HAVING(?a<1)(?a>2)", [")", "(", "?a", ">"]),
    ("SELECT * {?s ?p ?o FILTER <http://f>(?s<?o)}", ["<http://f>", "(", "?s", "<", "?o"]),
    (P + "SELECT * {?s ?p ?o FILTER a:f(?s<?o)}", ["a:f", "(", "?s", "<", "?o"]),
    ("SELECT * {?s ?p ?o FILTER EXISTS{?s<http://p>?o}}", ["?s", "<http://p>", "?o"]),
    ("SELECT * {VALUES (?x ?y) {(1 <http://a>) (UNDEF <http://b>)}}", ["UNDEF", "<http://b>"]),
    ("SELECT * {?s ?p <<?a<http://b>?c>>}", ["<<", "?a", "<http://b>", "?c", ">>"]),
    ("SELECT * {?s ?p ?o FILTER(?o=<<(?s<http://b>?o)>>)}", ["<<", "(", "?s", "<http://b>"]),
    (P + r"SELECT * {?s a:b\-c ?o}", [r"a:b\-c"]),
    (P + "SELECT * {?s a:%20x a:1, a:b.c, a:x:y, a: .}", ["a:%20x", "a:1", ",", "a:b.c", ","]),
    (P + "SELECT * {?s :p a:b. ?s :q :}", [":p", "a:b", ".", "?s", ":q", ":"]),
    (P + "SELECT * {?s :p a:b..c.?s :q :1.x.}", ["a:b..c", ".", "?s", ":q", ":1.x", ".", "}"]),
    (P + "SELECT * {?s :p a:b.c.GRAPH ?g {}}", ["a:b.c", ".", "GRAPH", "?g"]),
    (P + r"SELECT * {?s :p a:b\.c.d, a:\..x}", [r"a:b\.c.d", ",", r"a:\..x"]),
    ("SELECT * {?s ?p '''it's'''}", ["'''it's'''"]),
    ("SELECT * {?s ?p ''''a''b'''}", ["''''a''b'''"]),
    ('SELECT * {?s ?p """x\\"""y"""}', ['"""x\\"""y"""']),
    ('SELECT * {?s ?p "", \'\', """"""}', ['""', ",", "''", ",", '""""""']),
    ("SELECT * {?s ?p 'a\\u0022b\\t'}", ["'a\\u0022b\\t'"]),
    (r'SELECT * {?s ?p "\\"; ?q "\\u0022"}', [r'"\\"', ";", "?q", r'"\\u0022"']),
    ('SELECT * {?s ?p "a"@en-GB, "b"@ko}', ['"a"', "@en-GB", ",", '"b"', "@ko"]),
    ('SELECT * {?s ?p "1"^^<http://t>}', ['"1"', "^^", "<http://t>"]),
    ("SELECT * {?x ?p ?o FILTER(?x = -1)}", ["=", "-", "1"]),
    ("SELECT (1-1 AS ?a)(1.5e-3 AS ?b)(.5 AS ?c)(1.e0 AS ?d){}", ["1.5e-3", "AS", "?b"]),
    ("SELECT * {?s ?p 1. ?a ?b 2.5}", ["1", ".", "?a", "?b", "2.5"]),
    ("SELECT * {_:b.1 ?p _:c. }", ["_:b.1", "?p", "_:c", "."]),
    ("SELECT * {?s ?p ?o #}}\n}", ["?o", "}"]),
    ("SELECT * {?s ?p ?o #}}\r}", ["?o", "}"]),
    ("SELECT $x{$x ?p 'y'FILTER(!BOUND($x)||isIRI($x))}", ["!", "BOUND", "(", "$x", ")", "||"]),
    (P + "SELECT * {?s ^a:x/!(a:y|^a:z)+ ?o; a a:c ;.}", ["^", "a:x", "/", "!", "("]),
    ("SELECT * {[] ?p [?q ()], []}", ["[", "?q", "(", ")", "]", ","]),
    ("SELECT * {?s ?p '모델', ?값}", ["'모델'", ",", "?값"]),
    ("SELECT (GROUP_CONCAT(?s;SEPARATOR=',') AS ?x){?s ?p ?o}", [";", "SEPARATOR", "=", "','"]),
    (
        "VERSION '1.2' SELECT * {?s ?p ?o {| ?q 1 |} LATERAL {?s ?r 2}}",
        ["{|", "?q", "1", "|}", "LATERAL"],
    ),
    ("SELECT (LANGDIR('a'@en--ltr) AS ?x){}", ["'a'", "@en--ltr"]),
    ("select*{?s ?p ?o filter not exists{?s ?p 1}}limit 1", ["filter", "not", "exists"]),
    ("BASE <http://b/> SELECT * {<x> <y#z> <?q>, <>}", ["<x>", "<y#z>", "<?q>", ",", "<>"]),
]


def _parses(query: str) -> bool:
    try:
        pyoxigraph.Store().query(query)
    except SyntaxError:
        return False
    except RuntimeError as error:  # past the parser
        return "custom function" in str(error)
    return True


@pytest.mark.parametrize(("query", "parts"), VALID, ids=[query for query, _ in VALID])
def test_tokenize_agrees_with_the_store_on(query: str, parts: list[str]) -> None:
    assert _parses(query)
    texts = [token.text for token in tokenize(query)]
    places = range(len(texts) - len(parts) + 1)
    assert any(texts[place : place + len(parts)] == parts for place in places), texts


@pytest.mark.parametrize("query", [query for query, _ in VALID])
def test_tokens_put_together_again_mean_the_same(query: str) -> None:
    spaced = " ".join(token.text for token in tokenize(query)).replace("<< (", "<<(")
    spaced = spaced.replace(") >>", ")>>")
    assert _parses(spaced)
    assert [t.text for t in tokenize(spaced)] == [t.text for t in tokenize(query)]


def test_kinds_are_told_apart() -> None:
    text = "PREFIX a: <b> ASK { _:x ?y 'z'@en, 1 }"
    assert [str(token.kind) for token in tokenize(text)] == [
        "keyword", "prefixed name", "IRI", "keyword", "punctuation", "blank node", "variable",
        "string", "language tag", "punctuation", "number", "punctuation",
    ]  # fmt: skip


def _tokens_or_error(text: str) -> tuple[list[Token], QuerySyntaxError | None]:
    try:
        return tokenize(text), None
    except QuerySyntaxError as error:
        return [], error


_GAP = re.compile(r"(?:[ \t\r\n]|#[^\r\n]*)*")
_PIECES = st.sampled_from(
    [*"{}()[]<>.,;:?$#'\"\\/|^*+-=!&@_ \n\r\t%~", "'''", '"""', "<<", ">>", "&&", "||", "<a>"]
    + ["a", "A:b", "a.b", "?x", "SELECT", "FILTER", "VALUES", "{?s ?p ?o}", "1", "1.5", "e1"]
    + ["\\u0041", "\\u0022", "\\U00000041", "\\uD800", "\\\\", "\\-", "%20", "@en", "_:b", "가"]
)


@given(st.lists(_PIECES, max_size=40).map("".join) | st.text(max_size=40))
@settings(max_examples=400, deadline=None)
def test_tokens_cover_the_text(text: str) -> None:
    tokens, error = _tokens_or_error(text)
    if error:
        lines = re.split(r"\r\n|\n|\r", text)
        assert error.line is not None
        assert error.column is not None
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= len(lines[error.line - 1]) + 2
        return
    source = decode(text)
    place = 0
    for token in tokens:
        assert _GAP.fullmatch(source.text, place, token.start)
        assert source.text[token.start : token.end] == token.text != ""
        place = token.end
    assert _GAP.fullmatch(source.text, place)


@given(st.lists(_PIECES, max_size=12).map("".join))
@settings(max_examples=400, deadline=None)
def test_what_the_store_parses_is_tokenized(inside: str) -> None:
    """All that parses and has a space after its keywords has tokens too."""
    query = f"SELECT * {{ {inside} }}"
    _, error = _tokens_or_error(query)
    if error and _parses(query):
        assert "keyword" in str(error)  # "FILTERa:b(1)", "1SELECT": glued


@pytest.mark.parametrize(
    ("text", "line", "column", "part"),
    [
        ("ASK {\n ?s ?p 'abc\n }", 2, 8, "has no end"),
        ("ASK {\r\n ?s ?p '''abc\n }", 2, 8, "has no end; expected '''"),
        ("ASK { ?s ?p 'a\\qb' }", 1, 15, "'\\\\q' is no escape"),
        ("ASK { ?s ?p '\\uD800' }", 1, 14, "no escape"),
        ("ASK { ?s § ?o }", 1, 10, "'§' cannot stand here"),
        ("ASK { ?s \\u0020 ?o }", 1, 10, "cannot stand here"),
        ("\\u0041SK { ?s \\u0070x ?o }", 1, 15, "'px' is no keyword"),
        ("ASK { ?s ?p ?o ) }", 1, 16, "')' closes no bracket"),
        ("ASK {\n{ ?s ?p ?o }", 1, 5, "'{' is never closed"),
        ("ASK { ?s ?p trueSERVICE }", 1, 13, "'trueSERVICE' is no keyword"),
        ("ASK { ?s ?p '\ud800' }", 1, 14, "half a character"),
    ],
)
def test_errors_say_where(text: str, line: int, column: int, part: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        tokenize(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_escapes_of_names_and_keywords_are_decoded() -> None:
    source = decode("\\u0053ELECT ?\\u0078 { <\\u0061> \\U0000003Ap '\\u00e9\\u0027' } # \\u000A")
    assert source.text == "SELECT ?x { <a> :p 'é\\u0027' } # \\u000A"
    assert source.position(source.text.index("?x")) == (1, 13)
    assert [t.text for t in tokenize(source)][-2] == "'é\\u0027'"


def test_an_escaped_backslash_starts_no_codepoint_escape() -> None:
    assert decode(r"'\\u0041' '\\\u0041'").text == r"'\\u0041' '\\A'"


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30))
def test_escaped_strings_keep_their_meaning(text: str) -> None:
    """What the store reads from the decoded text is what it reads from the original."""
    escaped = "".join(f"\\u{ord(c):04X}" if ord(c) < 0x10000 else f"\\U{ord(c):08X}" for c in text)
    query = f'SELECT ("{escaped}" AS ?x) {{}}'
    (row,) = pyoxigraph.Store().query(decode(query).text)
    assert row["x"].value == text
    tokenize(query)


@pytest.mark.parametrize(
    "text",
    [
        "a.",
        "<a",
        "a:.",
        "'",
        '"',
        "a-",
        "?x ",
        "_:a.",
        "1.",
        "@a-",
        "#",
        ":.",
        "''''",
        "\\\\",
        "e1",
        "a:b.",
        "ASK.",
        "a가.",
        "a:%20",
        "a\\-",
    ],
)
def test_time_grows_with_length_only(text: str) -> None:
    """A quadratic reader would take minutes."""
    start = time.perf_counter()
    _tokens_or_error(text * (100_000 // len(text)))
    assert time.perf_counter() - start < 5


FUNCTIONS = """
    STR(?s) LANG(?o) LANGMATCHES('a','b') DATATYPE(?o) BOUND(?s) IRI('a') URI('a') BNODE()
    RAND() ABS(1) CEIL(1) FLOOR(1) ROUND(1) CONCAT('a','b') STRLEN('a') UCASE('a') LCASE('a')
    ENCODE_FOR_URI('a') CONTAINS('a','b') STRSTARTS('a','b') STRENDS('a','b') STRBEFORE('a','b')
    STRAFTER('a','b') YEAR(?o) MONTH(?o) DAY(?o) HOURS(?o) MINUTES(?o) SECONDS(?o) TIMEZONE(?o)
    TZ(?o) NOW() UUID() STRUUID() MD5('a') SHA1('a') SHA256('a') SHA384('a') SHA512('a')
    COALESCE(1,2) IF(1,2,3) STRLANG('a','en') STRDT('a',<http://t>) sameTerm(1,2) isIRI(?s)
    isURI(?s) isBLANK(?s) isLITERAL(?s) isNUMERIC(?s) REGEX('a','b','i') SUBSTR('a',1)
    REPLACE('a','b','c') TRIPLE(?s,?p,?o) SUBJECT(?o) PREDICATE(?o) OBJECT(?o) isTRIPLE(?o)
    LANGDIR('a') STRLANGDIR('a','en','ltr') hasLANG('a') hasLANGDIR('a') ADJUST(?o,?o)
    COUNT(*) SUM(?o) MIN(?o) MAX(?o) AVG(?o) SAMPLE(?o) GROUP_CONCAT(?o)
"""


@pytest.mark.parametrize("call", FUNCTIONS.split())
def test_every_function_of_the_store_is_known(call: str) -> None:
    query = f"SELECT ({call} AS ?x) {{ ?s ?p ?o }} GROUP BY ?s ?p ?o"
    assert _parses(query)
    tokenize(query)


def test_word_is_only_of_keywords() -> None:
    tokens = tokenize("ask { ?ask a:ask 'ask' } ")
    assert [t.word for t in tokens if t.word] == ["ASK"]
    assert tokens[0].kind is TokenKind.KEYWORD
