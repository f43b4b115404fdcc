"""What may run: nothing that reaches out, nothing that brings the parser down."""

from __future__ import annotations

import pyoxigraph
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import BadRequest, Forbidden, KGError, QuerySyntaxError
from kg.sparql import Limits, check, decode, guard, tokenize
from kg.sparql.quick import quick_form

#: A port that the HTTP client of the store refuses at once: no socket is opened.
AWAY = "http://localhost:1/"
P = (
    f"PREFIX ex: <{AWAY}> PREFIX : <{AWAY}> PREFIX SERVICEex: <http://a/> "
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> PREFIX FILTERxsd: <http://a/> "
)


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * {{ SERVICE <{AWAY}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ service silent <{AWAY}> {{ ?s ?p ?o }} }}",
        "SELECT * { ?s ?p ?o . sErViCe ?s { ?s ?p ?o } }",
        f"SELECT * {{ \\u0053ERVICE <{AWAY}> {{ ?s ?p ?o }} }}",
        f"SELECT * {{ {{ SELECT * {{ SERVICE<{AWAY}>{{ ?s ?p ?o }} }} }} }}",
        f"ASK {{ ?s ?p ?o FILTER EXISTS {{ SERVICE <{AWAY}> {{ ?s ?p ?o }} }} }}",
        f"SELECT * {{ ?s ?p '\\\\' SERVICE <{AWAY}> {{ ?s ?p '' }} }}",
        f"SELECT * {{ ?s ?p ''''' SERVICE <{AWAY}> {{ ?s ?p '' }} }}",
        "SELECT * { ?a ?b ?c FILTER(?a<?b)SERVICE?x#>\n{ ?s ?p ?o } }",
        "SELECT ?a { ?a ?b ?c } ORDER BY ?a (?a<?b) (EXISTS{SERVICE?x{ ?s ?p ?o }}) # >",
        P + "SELECT * { SERVICEex:foo { ?s ?p ?o } }",
        P + "SELECT * { SERVICE:foo { ?s ?p ?o } }",
        P + "SELECT * { SERVICESILENTex:foo { ?s ?p ?o } }",
        P + "SELECT * { ?a ?b trueSERVICEex:foo { ?s ?p ?o } }",
        P + "SELECT * { ?a ?b 1SERVICEex:foo # {\n { ?s ?p ?o } }",
        P + f"SELECT * {{ ?s ?p ex:a.b.SERVICE<{AWAY}> {{ ?s ?p ?o }} }}",
        P + f"SELECT * {{ ?s ?p ex:a..b.SERVICE <{AWAY}> {{ ?s ?p ?o }} }}",
        P + "SELECT * { ?s ?p ex:a.b.SERVICE:foo { ?s ?p ?o } }",
        f"LOAD <{AWAY}>",
        f"load silent<{AWAY}> INTO GRAPH <http://g>",
        f"CLEAR ALL ; PREFIX a: <http://a/> LOAD <{AWAY}>",
        f"INSERT {{ ?s ?p 1 }} WHERE {{ SERVICE <{AWAY}> {{ ?s ?p ?o }} }}",
    ],
)
def test_reaching_out_is_refused(query: str) -> None:
    with pytest.raises((Forbidden, QuerySyntaxError)) as caught:
        check(query)
    assert "federated queries are off" in str(caught.value) or "has no end" in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        P + f"SELECT * {{ ?a ?b trueSERVICE<{AWAY}>{{ ?s ?p ?o }} }}",
        P + "SELECT * { SERVICESILENT<http://a> { ?s ?p ?o } }",
        P + "LOADex:a",
        P + "LOADSILENTex:a INTO GRAPH ex:b",
        P + "CLEAR ALL; LOADex:a",
        "LOADSILENT<http://localhost:1/>",
    ],
)
def test_glued_keywords_are_syntax_errors(query: str) -> None:
    with pytest.raises(QuerySyntaxError):
        check(query)


#: What the store reads as an expression, a comment after ``<?b`` and then SERVICE.
HIDDEN = f"(?a<?b#>,'''\n) SERVICE <{AWAY}> {{ ?s ?p ?o }} #''')"


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { ?a ?b ?c FILTERxsd:boolean" + HIDDEN + "\n}",
        "SELECT * { ?a ?b ?c filter:boolean" + HIDDEN + "\n}",
        "SELECT * { ?a ?b trueFILTERxsd:boolean" + HIDDEN + "\n}",
        "SELECT * { { SELECT ?a { ?a ?b ?c } GROUP BYxsd:boolean" + HIDDEN + "\n} }",
        "SELECT * { { SELECT ?a { ?a ?b ?c } ORDERBY:boolean" + HIDDEN + "\n} }",
        "SELECT * { { SELECT ?a { ?a ?b ?c } GROUP BY ?a HAVINGxsd:boolean" + HIDDEN + "\n} }",
    ],
)
def test_a_keyword_glued_before_an_expression_is_refused(query: str) -> None:
    xsd = "<http://www.w3.org/2001/XMLSchema#>"
    prologue = f"PREFIX xsd: {xsd} PREFIX : {xsd} PREFIX FILTERxsd: {xsd} PREFIX filter: {xsd} "
    with pytest.raises((QuerySyntaxError, Forbidden)) as caught:
        check(prologue + query)
    assert "expected a space after" in str(caught.value) or "GROUP BY ?a HAVING" in query


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?service $load { ?service ?p $load }",
        "PREFIX ex: <http://e/> SELECT * { ex:service ex:load 'SERVICE <x>'@en-service }",
        "PREFIX service: <http://SERVICE/load> ASK { service:a service:b service:c }",
        "PREFIX services: <http://s/> ASK { GRAPH services:a { ?s ?p services:c } }",
        "PREFIX service: <http://s/> SELECT * FROM service:a { ?s ?p service:c . { ?s ?p ?o } }",
        "PREFIX load: <http://s/> DESCRIBE <http://a> load:b",
        "ASK { ?s ?p \"SERVICE\", '''LOAD''', \"\\\"SERVICE\" } # SERVICE <http://a> {}",
        "ASK { _:service <http://a/SERVICE{0}> ?o }".replace("{0}", "#LOAD"),
        "ASK { ?s <http://a/wiki_(x)/service> ?o }",
    ],
)
def test_the_words_are_harmless_elsewhere(query: str) -> None:
    assert check(query).text == query
    pyoxigraph.Store().query(query)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("select * {}", "SELECT"),
        ("BASE <http://b> PREFIX : <p> # ASK\nASK {}", "ASK"),
        ("PREFIX select: <p> CONSTRUCT WHERE { ?s ?p ?o }", "CONSTRUCT"),
        ("describe <http://x>", "DESCRIBE"),
        ("VERSION '1.2' SELECT (1 AS ?insert) {}", "SELECT"),
        ("INSERT DATA { <http://a> <http://b> 'SELECT' }", "UPDATE"),
        ("WITH <http://g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", "UPDATE"),
        ("CLEAR ALL; PREFIX x: <y> DROP DEFAULT;", "UPDATE"),
        ("\\u0041SK {}", "ASK"),
    ],
)
def test_forms_are_told_apart(text: str, form: str) -> None:
    assert check(text).form == form


@pytest.mark.parametrize("text", ["", "# nothing", "PREFIX a: <b>", "{}", "?x", "FILTER {}"])
def test_no_form_is_a_syntax_error(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match="expected SELECT"):
        check(text)


def _nested(opener: str, inner: str, closer: str) -> str:
    return opener * 3000 + inner + closer * 3000


@pytest.mark.parametrize(
    "query",
    [
        f"SELECT * {_nested('{', '?s ?p ?o', '}')}",
        f"SELECT * {{ ?s ?p ?o FILTER({_nested('(', '1', ')')}) }}",
        f"SELECT * {{ ?s {_nested('(', '<http://p>', ')*')} ?o }}",
        f"SELECT * {{ ?s ?p {_nested('[ ?p ', '1', ']')} }}",
        f"SELECT * {{ ?s ?p {_nested('(', '1', ')')} }}",
        f"SELECT * {{ {_nested('<<', '?s ?p ?o', '>> ?p ?o')} }}",
        f"SELECT ({_nested('IF(1,1,', '1', ')')} AS ?x) {{}}",
        "SELECT * { ?s ?p ?o FILTER(?s<" + _nested("(", "1", ")") + "&&1>0) }",
    ],
)
def test_depth_is_limited(query: str) -> None:
    with pytest.raises(BadRequest, match=r"depth.*limit is 64"):
        check(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {" + "?s ?p ?o ." * 101 + "}",
        "SELECT * {?s ?p ?o" + ";?p ?o" * 100 + "}",
        "SELECT * {?s ?p ?o" + ",?o" * 100 + "}",
        "SELECT * {" + "{?s ?p ?o}" * 101 + "}",
        "SELECT * {?s " + "/".join(["<http://p>"] * 102) + " ?o}",
        "SELECT * {?s (" + "/".join(["<http://p>"] * 102) + ")* ?o}",
        "SELECT * {?s ?p (" + "1 " * 101 + ")}",
        "SELECT * {" + "GRAPH ?g{?s ?p ?o}" * 101 + "}",
        "SELECT * {" + "OPTIONAL{?s ?p ?o}" * 101 + "}",
        "DELETE WHERE {" + "?s ?p ?o ." * 101 + "}",
    ],
)
def test_patterns_are_limited(query: str) -> None:
    with pytest.raises(BadRequest, match=r"patterns.*limit is 100"):
        check(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {?s ?p ?o FILTER(" + "||".join(["?s=1"] * 10_000) + ")}",
        "SELECT * {?s ?p ?o FILTER(" + "+".join(["1"] * 10_000) + ")}",
        "SELECT * {?s ?p ?o FILTER(" + "!" * 10_000 + "?s)}",
        "SELECT * {?s ?p ?o " + "FILTER(1)" * 10_000 + "}",
        "SELECT * {?s ?p ?o " + "".join(f"BIND(1 AS ?x{i})" for i in range(3000)) + "}",
        "SELECT " + "".join(f"(1 AS ?x{i})" for i in range(3000)) + "{}",
        "SELECT * {" + "UNION".join(["{}"] * 10_000) + "}",
        "SELECT * {" + "MINUS{}" * 3000 + "}",
    ],
)
def test_chains_that_crash_the_store_are_limited(query: str) -> None:
    with pytest.raises(BadRequest, match=r"operators.*limit is 400"):
        check(query)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * {VALUES ?x {" + "1 " * 5000 + "}}",
        "SELECT * {VALUES (?x ?y) {" + "(1 <http://a>) " * 5000 + "} ?x ?p ?y}",
        "SELECT * {?s ?p ?o FILTER(?s IN (" + ",".join(["1"] * 5000) + "))}",
        "INSERT DATA {" + "<http://a> <http://b> 1,2;<http://c> 3 ." * 2000 + "}",
        "INSERT DATA { GRAPH <http://g> {" + "<http://a> <http://b> 1 ." * 2000 + "}}",
        "CONSTRUCT {" + "?s ?p ?o ." * 200 + "} WHERE { ?s ?p ?o }",
        "SELECT " + " ".join(f"?x{i}" for i in range(1000)) + "{?s ?p ?o}",
        "SELECT * {" + "?s ?p ?o ." * 90 + "}",
    ],
)
def test_long_data_is_no_pattern(query: str) -> None:
    check(query)


def test_length_is_limited() -> None:
    with pytest.raises(BadRequest, match="12 characters; the limit on length is 11"):
        check("SELECT * { }", Limits(length=11))
    check("SELECT * { }", Limits(length=12))


_PIECES = st.sampled_from(
    ["FILTERxsd:string(?a<?b", "FILTERxsd:string", "GROUPBY", "BYxsd:string(", "HAVING", "ex:a.b."]
    + ["#>,'''\n", "#''')", "FILTER xsd:string(?a<?b", "{ SELECT * {} ORDER BY ?x (?x<?a"]
    + ["SERVICE", "SERVICE ", "ex:foo", ":foo", "?x", f"<{AWAY}>", "{?s ?p ?o}", "{", "}", "(", ")"]
    + [
        "<",
        ">",
        "<?b",
        "#",
        "#>\n",
        "\n",
        " ",
        ".",
        ",",
        ";",
        "'",
        '"',
        "'''",
        "\\",
        "&&",
        "1",
        "a",
    ]
    + ["true", "FILTER", "FILTER(?a<?b", "?a ?b ?c ", "VALUES ?x ", "BIND(", "AS ?z)", "OPTIONAL"]
    + [
        "UNION",
        "GRAPH ",
        "GRAPH ex:g",
        "EXISTS",
        "SELECT * ",
        "ORDER BY ",
        "SERVICEex:foo",
        "[",
        "]",
    ]
    + ["/", "|", "^", "!", "*", "_:b", "@en", "IN", "<<", ">>", "{|", "|}", "~", "=", "LATERAL"]
)


@given(st.lists(_PIECES, min_size=2, max_size=14).map("".join), st.sampled_from([" ", "#>\n", ""]))
@settings(max_examples=1500, deadline=None)
def test_no_text_that_passes_reaches_out(inside: str, gap: str) -> None:
    """The store, given anything that passes, never tries to open a connection."""
    query = f"{P}SELECT * {{ {inside}{gap}SERVICE<{AWAY}>{{}} }}"
    for text in (query, f"{P}SELECT * {{ {inside} }}"):
        try:
            checked = check(text)
        except KGError:
            continue
        store = pyoxigraph.Store()
        store.add(pyoxigraph.Quad(*[pyoxigraph.NamedNode("http://a")] * 3))
        try:
            for _ in zip(range(3), store.query(checked.text), strict=False):
                pass
        except SyntaxError:
            continue
        except OSError as error:  # "The port 1 is not allowed"
            raise AssertionError(f"reached out: {text!r}") from error


# ------------------------------------------------------------------ at a glance

ORDINARY = [
    "PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    "SELECT ?o WHERE { <https://w3id.org/paperkg/term/lora> rdfs:label ?o }",
    "ASK{?s ?p ?o}",
    "base <http://a/> prefix : <b#>\nselect distinct * { ?s :p <o> ; :q 'a'@ko, 2.5 } limit 10",
    "SELECT (COUNT(*) AS ?n) WHERE { ?s a ?c FILTER(?n > 3 && LANG(?l) = 'ko') } GROUP BY ?c",
    "PREFIX kg: <http://k/> SELECT ?논문 WHERE { ?논문 kg:제목 '자기 지도 학습' }",
    "DESCRIBE <http://a/>",
    "CONSTRUCT WHERE { ?s ?p ?o }",
]


@pytest.mark.parametrize("query", ORDINARY)
def test_an_ordinary_query_is_accepted_at_a_glance(query: str) -> None:
    form = quick_form(query, tokens=100, brackets=64)
    assert form == _full(query, Limits())
    assert check(query).form == form


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://a> {} }",
        "SELECT * { ?s ?p 'download' }",
        "SELECT * { ?s ?p '\\u0041' }",
        "# c\nASK {}",
        "ASKFROM<http://a>{}",
        "ASK:a {}",
        "aſk {}",
        "INSERT DATA {}",
        "PREFIXa: <http://a> ASK {}",
        "PREFIX a.b: <http://a> ASK {}",
        "ASK { ?s ?p '\ud800' }",
        "ASK {" + "[" * 64 + "]" * 64 + "}",
        "ASK {" + "?s ?p ?o ." * 26 + "}",
        "ASK {} # " + "x" * 4000,
    ],
)
def test_any_other_text_is_read_in_full(query: str) -> None:
    assert quick_form(query, tokens=100, brackets=64) is None


def _full(text: str, limits: Limits) -> str:
    source = decode(text)
    return guard._form(source, guard.guarded(source, limits))


_WORDS = st.sampled_from(
    ["PREFIX ex: <http://a/> ", "BASE <http://a/>", "SELECT * ", "ASK ", "DESCRIBE ", "SELECT"]
    + ["WHERE ", "{", "}", "(", ")", "[", "]", "<<", ">>", "{|", "|}", "<", ">", "?s ", "?s"]
    + ["?p ", "?o", ".", ";", ",", "/", "|", "a ", "ex:a", "ex:a.b.c ", ":", "_:b", "_", "1"]
    + ["1e5", "e5", "@en", "@en5", "@en-a1", "@", "'", '"', "'''", "#", "\n", " ", "\t", "\f"]
    + ["FILTER", "FILTER(", "?a<?b", "&&", "||", "+", "-", "=", "IN", "AS", "BIND(", "true", "1.5"]
    + ["UNION", "VALUES ?x {", "ORDER BY", "가", "·", "\ud800", "%20", "x", "5", "service", "%"]
    + ["$x", "OPTIONAL{", "CONSTRUCT ", "\u00a0", "1.5e3"]
)
_TEXTS = st.one_of(
    st.lists(_WORDS, max_size=30).map("".join),
    st.lists(_WORDS, max_size=20).map(lambda words: "SELECT * {" + "".join(words) + "}"),
    st.lists(st.sampled_from(ORDINARY), min_size=1, max_size=2).map(" ".join),
    st.text(alphabet="?a1_:@-.<>{}()[]'e5 \n#", max_size=40).map(lambda text: "ASK {" + text),
)


@given(
    _TEXTS,
    st.builds(
        Limits,
        depth=st.integers(1, 5),
        patterns=st.integers(1, 30),
        operators=st.integers(1, 30),
    ),
)
@settings(max_examples=1000, deadline=None)
def test_a_glance_accepts_nothing_that_a_full_reading_refuses_but_for_its_syntax(
    text: str, limits: Limits
) -> None:
    most = min(limits.patterns, limits.operators)
    quick = quick_form(text, tokens=most, brackets=limits.depth)
    if quick is None:
        return
    try:
        assert _full(text, limits) == quick
    except QuerySyntaxError:
        pass
    except KGError as error:
        raise AssertionError(f"accepted at a glance: {text!r}") from error


@given(_TEXTS)
@settings(max_examples=1000, deadline=None)
def test_no_tokens_are_missed_at_a_glance(text: str) -> None:
    """With a limit below the tokens that there are, none passes."""
    text = "ASK " + text
    try:
        tokens = tokenize(text)
    except QuerySyntaxError:
        return
    assert quick_form(text, tokens=len(tokens) - 2, brackets=10_000) is None
