"""What an update may write: found by tokens, compared with what the store writes."""

from __future__ import annotations

import time

import pyoxigraph as ox
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kg.errors import BadRequest, Conflict, Forbidden, KGError, QuerySyntaxError
from kg.sparql import (
    Limits,
    Statement,
    Targets,
    read_update,
    refuse_derived,
    statements,
    targets,
)

P = (
    "PREFIX ex: <http://e/> PREFIX : <http://c/> PREFIX GRAPHex: <http://ge/> "
    "PREFIX WITHex: <http://we/> PREFIX FROMex: <http://fe/> PREFIX xsd: "
    "<http://www.w3.org/2001/XMLSchema#> PREFIX EX: <http://E/> PREFIX SILENTex: <http://se/> "
)
BASE = "http://b/x/y"
TRIPLE = "<urn:s> <urn:p> <urn:o>"


def resolve(statement: Statement) -> list[str]:
    rows = ox.Store().query(statement.text, base_iri=BASE)
    assert isinstance(rows, ox.QuerySolutions)
    found = [row[0] for row in rows]
    assert all(isinstance(name, ox.NamedNode) for name in found)
    return [name.value for name in found]


def found(text: str) -> Targets:
    return targets(read_update(text), resolve)


def test_escapes_and_relative_names_are_those_of_the_store() -> None:
    """One case here, more below: each is also run."""
    text = P + r"CLEAR GRAPH ex:a\-b%20 ; CLEAR SILENT GRAPH <../\u0067>"
    assert found(text).graphs == ("http://b/g", "http://e/a-b%20")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"INSERT DATA {{ {TRIPLE} }}", Targets(default=True)),
        (f"INSERT DATA {{ GRAPH <urn:g> {{ {TRIPLE} }} }}", Targets(("urn:g",))),
        (f"delete data {{ {TRIPLE} . graph <urn:g> {{}} }}", Targets(("urn:g",), default=True)),
        (
            f"INSERT DATA {{ GRAPH <urn:g> {{ {TRIPLE} }} . GRAPH <urn:f> {{ {TRIPLE} }} . }}",
            Targets(("urn:f", "urn:g")),
        ),
        ("DELETE WHERE { ?s ?p ?o }", Targets(default=True)),
        ("DELETE WHERE { GRAPH <urn:g> { ?s ?p ?o } }", Targets(("urn:g",))),
        ("DELETE WHERE { GRAPH ?g { ?s ?p ?o } }", Targets(variable="?g")),
        ("DELETE { ?s ?p ?o } WHERE { GRAPH <urn:g> { ?s ?p ?o } }", Targets(default=True)),
        ("DELETE {} INSERT {} WHERE { GRAPH ?g { ?s ?p ?o } }", Targets()),
        ("WITH <urn:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }", Targets(("urn:g",))),
        (
            "WITH <urn:g> DELETE { GRAPH <urn:f> { ?s ?p ?o } } WHERE { ?s ?p ?o }",
            Targets(("urn:f",)),
        ),
        (
            "WITH <urn:g> DELETE {} INSERT { ?s ?p ?o . GRAPH $x { ?s ?p ?o } } WHERE { ?s ?p ?o }",
            Targets(("urn:g",), variable="$x"),
        ),
        (
            "INSERT { ?s ?p ?o } USING <urn:a> USING NAMED <urn:b> WHERE { GRAPH <urn:b> {} }",
            Targets(default=True),
        ),
        ("CLEAR DEFAULT", Targets(default=True)),
        ("CLEAR NAMED", Targets(all_named=True)),
        ("DROP SILENT ALL", Targets(default=True, all_named=True)),
        ("DROP SILENT GRAPH <urn:g>", Targets(("urn:g",))),
        ("CREATE GRAPH <urn:g>", Targets(("urn:g",))),
        ("ADD <urn:a> TO <urn:b>", Targets(("urn:b",))),
        ("ADD GRAPH <urn:a> TO DEFAULT", Targets(default=True)),
        ("COPY SILENT DEFAULT TO GRAPH <urn:b>", Targets(("urn:b",))),
        ("MOVE <urn:a> TO <urn:b>", Targets(("urn:a", "urn:b"))),
        ("MOVE DEFAULT TO <urn:b>", Targets(("urn:b",), default=True)),
        ("CREATE GRAPH <urn:a> ; CREATE GRAPH <urn:b> ;", Targets(("urn:a", "urn:b"))),
        (
            "PREFIX a: <http://1/> CREATE GRAPH a:x ; PREFIX a: <http://2/> CREATE GRAPH a:x",
            Targets(("http://1/x", "http://2/x")),
        ),
        (
            "BASE <http://1/> CREATE GRAPH <x> ; BASE <y/> CREATE GRAPH <x> ; PREFIX a: <b>",
            Targets(("http://1/x", "http://1/y/x")),
        ),
        ("", Targets()),
        ("# nothing\nBASE <urn:a>", Targets()),
    ],
)
def test_targets_of(text: str, expected: Targets) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"INSERT DATA {{ {{ {TRIPLE} }} }}",
        f"INSERT DATA {{ GRAPH <urn:g> {{ GRAPH <urn:h> {{ {TRIPLE} }} }} }}",
        f"INSERT DATA {{ GRAPH ?g {{ {TRIPLE} }} }}",
        f"INSERT DATA {{ GRAPH _:g {{ {TRIPLE} }} }}",
        f"INSERT DATA {{ GRAPH <urn:g> <urn:h> {{ {TRIPLE} }} }}",
        f"INSERT DATA {{ {TRIPLE} }} DELETE DATA {{ {TRIPLE} }}",
        f"INSERT DATA {{ {TRIPLE} }} WHERE {{}}",
        "INSERT { ?s ?p ?o } { ?s ?p ?o }",
        "WITH <urn:g> DELETE WHERE { ?s ?p ?o }",
        "WITH <urn:g> CLEAR ALL",
        "WITH ?g DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DELETE WHERE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "CLEAR <urn:g>",
        "CLEAR GRAPH ?g",
        "CLEAR GRAPH DEFAULT",
        "CREATE <urn:g>",
        "COPY <urn:g> <urn:h>",
        "COPY <urn:g> TO ALL",
        "CLEAR ALL ;; CLEAR ALL",
        "; CLEAR ALL",
        "CLEAR ALL CLEAR ALL",
        "SELECT * { ?s ?p ?o }",
        "ASK { CLEAR ALL }",
        "PREFIX <urn:g> CLEAR ALL",
        "BASE ex:g CLEAR ALL",
    ],
)
def test_what_is_no_update_is_refused(text: str) -> None:
    with pytest.raises(QuerySyntaxError, match=r"query:\d+:\d+: .*expected"):
        read_update(text)
    with pytest.raises((SyntaxError, RuntimeError)):
        ox.Store().update(P + text)


#: The store's parser reads them all, the grammar few.
GLUED = [
    f"INSERT DATA {{ GRAPHex:new {{ {TRIPLE} }} }}",
    f"INSERT DATA {{ <urn:s> <urn:p> trueGRAPH:g {{ {TRIPLE} }} }}",
    f"INSERT DATA {{ <urn:s> <urn:p> 1GRAPHex:g {{ {TRIPLE} }} }}",
    f"INSERT DATA {{ <urn:s> <urn:p> ex:a.b.GRAPHex:g {{ {TRIPLE} }} }}",
    f"INSERT DATA {{ <urn:s> <urn:p> ex:a.b.GRAPH<urn:g> {{ {TRIPLE} }} }}",
    f"INSERT DATA {{ <urn:s> <urn:p> 'a'GRAPH<urn:g>{{ {TRIPLE} }}GRAPH<urn:h>{{}}}}",
    f"INSERT DATA {{ GRAPH GRAPHex:g {{ {TRIPLE} . <urn:t> <urn:p> 1 }} }}",
    f"INSERT {{ GRAPHex:new {{ {TRIPLE} }} }} WHERE {{}}",
    f"WITHex:new INSERT {{ {TRIPLE} }} WHERE {{}}",
    f"WITH<urn:g>INSERT {{ {TRIPLE} }}WHERE{{}}",
    f"WITH ex:new INSERT {{ {TRIPLE} }} USINGex:h WHERE {{}}",
    "INSERT { <urn:q> <urn:p> 1 } WHERE { FILTERxsd:boolean(1<2#>,'''\n) } ; DROP ALL #''') }",
    "INSERT { <urn:q> <urn:p> 1 } WHERE { OPTIONAL { ?s ?p ex:a.b.FILTERxsd:boolean(1<2#>\n) } }",
    "DELETE WHERE { GRAPHex:g { ?s ?p ?o } }",
    "CREATE SILENT GRAPHex:new",
    "CREATEGRAPHex:new",
    "COPYex:a TO ex:g",
    "COPY ex:a TOex:g",
    "COPY GRAPHex:a TO GRAPHex:g",
    "COPY ex:g TO graphEX:g",
    "MOVE ex:g TOGRAPHex:g2",
    "MOVE SILENTex:g TO ex:a",
    "MOVE SILENTGRAPHex:g TO ex:a",
    "ADDSILENTex:g TO DEFAULT",
    "ADD <urn:s> TODEFAULT",
    "DROPALL",
    "dropnamed",
]


@pytest.mark.parametrize("text", GLUED)
def test_a_glued_keyword_hides_no_target(text: str) -> None:
    store = _sentinels()
    before = _content(store)
    store.update(P + text)
    changed = _changed(before, _content(store))
    assert changed
    try:
        known = found(P + text)
    except QuerySyntaxError:
        return
    _assert_covers(known, changed)


# ------------------------------------------------------------------ against the store

NAMES = (
    *("<http://e/g>", "ex:g", ":g", r"ex:a\-b", "ex:a.b", "ex:%67", "<g>", "<../g>", "<>", "<#f>"),
    *(r"<http://e/\u0067>", "<http://e/x/../g>", "<HTTP://E/g>", "<urn:s>", "GRAPHex:g", "ex:"),
    *("<//h/g>", "<?q>", "ex:GRAPHex", ":GRAPH", r"ex:\u0067", "<g#GRAPH>"),
)
GRAPHS = (
    *("http://e/g", "http://c/g", "http://e/a-b", "http://e/a.b", "http://e/%67", "http://b/x/g"),
    *("http://b/g", "http://b/x/y", "http://b/x/y#f", "http://e/x/../g", "HTTP://E/g", "urn:s"),
    *("http://ge/g", "http://e/", "http://h/g", "http://b/x/y?q", "http://e/GRAPHex"),
    *("http://c/GRAPH", "http://b/x/g#GRAPH", "http://other/"),
)
_S, _OTHER = ox.NamedNode("urn:s"), ox.NamedNode("urn:t")
_P, _O = ox.NamedNode("urn:p"), ox.NamedNode("urn:o")

Content = dict[str, set[str]]


def _sentinels() -> ox.Store:
    store = ox.Store()
    for graph in (ox.DefaultGraph(), *map(ox.NamedNode, GRAPHS)):
        store.add(ox.Quad(_S, _P, _O, graph))
        store.add(ox.Quad(_OTHER, _P, ox.NamedNode(f"urn:x{abs(hash(graph)) % 7}"), graph))
    return store


def _content(store: ox.Store) -> Content:
    """Triples by graph, '' being the unnamed one; an empty graph is one too."""
    content: Content = {name.value: set() for name in store.named_graphs()}
    content[""] = set()
    for quad in store:
        name = quad.graph_name.value if isinstance(quad.graph_name, ox.NamedNode) else ""
        content[name].add(str(quad.triple))
    return content


def _changed(before: Content, after: Content) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _assert_covers(known: Targets, changed: set[str]) -> None:
    if "" in changed:
        assert known.default
    if not (known.all_named or known.variable):
        assert changed - {""} <= set(known.graphs)


_name = st.sampled_from(NAMES)
_term = st.sampled_from(
    ["<urn:s>", "<urn:p>", "<urn:o>", "ex:g", "1", "'a'", "true", "'GRAPH <urn:g> {'", "'}'"]
    + ["'''\n} ; DROP ALL #'''", "[]", "'x'@en", "ex:a.b"]
)
_variable = st.sampled_from(["?s", "?o", "?g", "<urn:s>", "<urn:o>", "1"])
_gap = st.sampled_from([" ", "\n", "\t", " # } GRAPH <urn:x> {\n", "", " "])


def _joined(*parts: st.SearchStrategy[str] | str) -> st.SearchStrategy[str]:
    """Parts with gaps between; what is left out of them is tried too."""
    strategies = [st.just(part) if isinstance(part, str) else part for part in parts]
    gapped = [st.tuples(one, _gap).map("".join) for one in strategies]
    return st.tuples(*gapped).map("".join)


_data = st.lists(_joined("<urn:s>", "<urn:p>", _term, st.sampled_from([".", ""])), max_size=2).map(
    "".join
)
_pattern = st.lists(_joined(_variable, "?p", _variable, "."), max_size=2).map("".join)


def _template(
    triples: st.SearchStrategy[str], graph: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    block = _joined("GRAPH", graph, "{", triples, "}", st.sampled_from([".", ""]))
    return st.lists(triples | block, max_size=3).map(lambda parts: "{" + "".join(parts) + "}")


_graph_or_variable = _name | st.sampled_from(["?g", "$g"])
_where = st.lists(
    st.sampled_from(
        [
            *("?s ?p ?o .", "GRAPH ?g { ?s ?p ?o }", "GRAPH ex:g { ?s ?p ?o }", "{ ?s ?p ?o }"),
            *("FILTER(?s<?o&&?o>?s)", "BIND(<http://other/> AS ?g)", "OPTIONAL { ?s ?p ?o }"),
            *("FILTERxsd:string(?s<?o#>\n)", "?s ?p '} ; DROP ALL'.", "VALUES ?g { ex:g }"),
            *("FILTERxsd:string(?s<?o#>,'''\n)} ; DROP ALL #''')\n", "?s ?p ex:a.b."),
            *("{ SELECT ?g { GRAPH ?g {} } ORDER BY (?g<?s) ?g }", "?s (ex:g|^<urn:p>)/<g> ?o ."),
            *("FILTER EXISTS { ?s ?p ?o }", "FILTER(?s IN (<urn:s>, 1))", "?s ?p ?o , '#' . #}\n"),
        ]
    ),
    max_size=3,
).map(lambda parts: "{" + " ".join(parts) + "}")
_using = st.sampled_from(["", "", "USING ex:g ", "USING NAMED <g> USING ex:g "])
_silent = st.sampled_from(["SILENT", "SILENT", ""])
_ref = st.one_of(_name, _joined("GRAPH", _name), st.just("DEFAULT"))
_template_of_patterns = _template(_pattern, _graph_or_variable)
_operation = st.one_of(
    _joined("INSERT", "DATA", _template(_data, _name)),
    _joined("DELETE", "DATA", _template(_data, _name)),
    _joined("DELETE", "WHERE", _template_of_patterns),
    _joined("INSERT", _template_of_patterns, _using, "WHERE", _where),
    _joined("DELETE", _template_of_patterns, _using, "WHERE", _where),
    _joined("DELETE", _template_of_patterns, "INSERT", _template_of_patterns, "WHERE", _where),
    _joined("WITH", _name, "INSERT", _template_of_patterns, _using, "WHERE", _where),
    _joined(st.sampled_from(["CLEAR", "DROP"]), _silent, "GRAPH", _name),
    _joined(
        st.sampled_from(["CLEAR", "drop"]), _silent, st.sampled_from(["DEFAULT", "NAMED", "ALL"])
    ),
    _joined("CREATE", "SILENT", "GRAPH", _name),
    _joined(st.sampled_from(["ADD", "MOVE", "COPY"]), _silent, _ref, "TO", _ref),
)
_update = st.lists(_operation, min_size=1, max_size=3).map(lambda parts: P + ";".join(parts))


def _check(text: str) -> None:
    """Whatever of a text the store runs, it changes no graph that is no target."""
    try:
        known = found(text)
    except (KGError, SyntaxError):
        return
    store = _sentinels()
    before = _content(store)
    try:
        store.update(text, base_iri=BASE)
    except (SyntaxError, RuntimeError):
        return
    _assert_covers(known, _changed(before, _content(store)))


def _mangled(text: str, data: st.DataObject) -> str:
    """Take pieces out, double them, put others in."""
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(len(P), len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        piece = data.draw(st.sampled_from(["", text[start:end], *PIECES]))
        text = text[:start] + piece + text[start if piece else end :]
    return text


PIECES = (
    *(
        "'",
        '"',
        "'''",
        "#",
        "\n",
        "}",
        "{",
        "<",
        "#>",
        ">",
        "\\",
        "\\u0047",
        ";",
        ".",
        "(",
        ")",
        "?o",
    ),
    *("GRAPHex:g", "GRAPH", "FILTERxsd:string(?s<?o", "ex:a.b.", "WITHex:g ", "USING", "WHERE"),
    *(
        "DROP ALL",
        "''' } ; DROP ALL #",
        "<?o&&?s>",
        "DATA",
        "TO",
        "SILENT",
        "@en",
        "_:b",
        "1",
        "<<",
        "{|",
    ),
)


@given(_update)
@settings(max_examples=400, deadline=None)
def test_no_graph_changes_that_is_no_target(text: str) -> None:
    _check(text)


@given(_update, st.data())
@settings(max_examples=400, deadline=None)
def test_no_mangled_update_changes_what_is_no_target(text: str, data: st.DataObject) -> None:
    _check(_mangled(text, data))


@pytest.mark.soak
@given(_update, st.data())
@settings(max_examples=20_000, deadline=None)
def test_no_update_changes_what_is_no_target_at_length(text: str, data: st.DataObject) -> None:
    _check(text)
    _check(_mangled(text, data))


# ------------------------------------------------------------------ what is run

USING = ("USING <urn:a>", "USING NAMED <urn:b>")


def test_an_update_is_run_as_it_was_sent() -> None:
    text = "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o } ; # two\n DELETE WHERE { ?s ?p ?o }"
    for around in ("{}", " {} ;", "# one\n {} ; # three"):
        assert [one.text for one in statements(read_update(around.replace("{}", text)))] == [text]
    (statement,) = statements(read_update(P + text))
    assert statement.text.split() == (P + text).split()
    assert statements(read_update("# nothing")) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
            "INSERT { ?s ?p 1 }  USING <urn:a> USING NAMED <urn:b> WHERE { ?s ?p ?o }",
        ),
        (
            "DELETE{?s ?p 1}INSERT{}WHERE{?s ?p ?o};CLEAR ALL",
            "DELETE{?s ?p 1}INSERT{} USING <urn:a> USING NAMED <urn:b> WHERE{?s ?p ?o};CLEAR ALL",
        ),
        (
            "delete # a\n where { ?s ?p ?o } # b",
            "delete # a\n { ?s ?p ?o } USING <urn:a> USING NAMED <urn:b> WHERE { ?s ?p ?o }",
        ),
        ("INSERT DATA { <urn:s> <urn:p> 1 }", "INSERT DATA { <urn:s> <urn:p> 1 }"),
        ("COPY <urn:a> TO <urn:b> ;", "COPY <urn:a> TO <urn:b>"),
    ],
)
def test_using_stands_before_what_is_matched(text: str, expected: str) -> None:
    (statement,) = statements(read_update(text), USING)
    assert statement.text == expected
    ox.Store().update(statement.text)


@pytest.mark.parametrize(
    ("text", "column", "word"),
    [
        ("INSERT {} USING <urn:c> WHERE {}", 11, "USING"),
        ("INSERT {} using named <urn:c> WHERE {}", 11, "USING"),
        ("CLEAR ALL; WITH <urn:c> INSERT {} WHERE {}", 12, "WITH"),
    ],
)
def test_using_twice_is_refused(text: str, column: int, word: str) -> None:
    with pytest.raises(BadRequest, match=rf"query:1:{column}: {word}, beside"):
        statements(read_update(text), USING)


def test_using_changes_what_is_seen_and_not_what_is_written() -> None:
    store = _sentinels()
    before = _content(store)
    update = read_update("INSERT { <urn:new> <urn:p> ?o } WHERE { <urn:s> ?p ?o } ;" * 2)
    for statement in statements(update, ["USING <urn:s>"]):
        store.update(statement.text)
    assert _changed(before, _content(store)) == {""}
    store = _sentinels()
    (statement,) = statements(read_update("DELETE WHERE { ?s ?p ?o }"), ["USING <urn:none>"])
    store.update(statement.text)
    assert not _changed(before, _content(store))


def test_a_prologue_between_operations_is_run() -> None:
    text = "PREFIX a: <http://1/> CREATE GRAPH a:x; PREFIX a: <http://2/> BASE <http://3/>\n"
    text += "INSERT { GRAPH <x> { ?s a:p 1 } } WHERE { ?s ?p ?o } ; PREFIX b: <http://4/>"
    store = ox.Store()
    store.add(ox.Quad(_S, _P, _O, ox.NamedNode("urn:a")))
    with pytest.raises(SyntaxError):
        store.update(text)
    for statement in statements(read_update(text), USING):
        store.update(statement.text)
    assert {name.value for name in store.named_graphs()} == {"http://1/x", "http://3/x", "urn:a"}
    assert [quad.predicate.value for quad in store if quad.graph_name.value == "http://3/x"] == [
        "http://2/p"
    ]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("INSERT {} WHERE { ?s ?p ? }", (1, 27)),
        ("INSERT {}\n WHERE\n{\n ?s ?p ?o ?x }", (4, 15)),
        ("DELETE WHERE { ?s ?p }", (1, 22)),
        ("CLEAR ALL; PREFIX a: <http://a/>\nINSERT {} WHERE { ?s b:p ?o }", (2, 27)),
        ("\\u0049NSERT {} WHERE { ?s ?p ? }", (1, 32)),
    ],
)
def test_errors_are_told_where_the_caller_wrote_them(text: str, place: tuple[int, int]) -> None:
    for using in ((), USING):
        for statement in statements(read_update(text), using):
            try:
                ox.Store().update(statement.text)
            except SyntaxError as error:
                line, column = str(error).removeprefix("error at ").split(":")[:2]
                assert statement.position(int(line), int(column)) == place
                break
        else:
            pytest.fail("it runs")


# ------------------------------------------------------------------ derived graphs

OURS = "https://w3id.org/paperkg/"


@pytest.mark.parametrize(
    "text",
    [
        "INSERT DATA { GRAPH <https://w3id.org/paperkg/graph/terms> { <urn:s> <urn:p> 1 } }",
        "PREFIX p: <https://w3id.org/paperkg/> CLEAR SILENT GRAPH p:graph\\/terms",
        "PREFIX p: <https://w3id.org/> CREATE GRAPH p:paperkg\\/x",
        "BASE <https://w3id.org/other/> CREATE GRAPH <../paperkg/x>",
        "BASE <https://w3id.org/other/> CREATE GRAPH <//w3id.org/paperkg/x>",
        "CREATE GRAPH <https://w3id.org/paperkg/../x>",
        "CREATE GRAPH <https://w3id.org/\\u0070aperkg/x>",
        "CREATE GRAPH <https://w3id.org/paperkg/%67raph/terms>",
        "COPY DEFAULT TO <https://w3id.org/paperkg/x>",
        "MOVE <https://w3id.org/paperkg/x> TO <urn:g>",
        "WITH <https://w3id.org/paperkg/x> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_a_derived_graph_is_refused(text: str) -> None:
    with pytest.raises(Conflict, match=r"^graph <https://w3id.org/paperkg/.*'kg corrections'"):
        refuse_derived(found(text), OURS, derived_exist=False)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE GRAPH <https://w3id.org/paperkg>",
        "CREATE GRAPH <HTTPS://w3id.org/paperkg/x>",
        "CREATE GRAPH <https://W3ID.org/paperkg/x>",
        "CREATE GRAPH <https://w3id.org/%70aperkg/x>",
        "CREATE GRAPH <https://w3id.org/x/../paperkg/x>",
        "CREATE GRAPH <http://w3id.org/paperkg/x>",
        "COPY <https://w3id.org/paperkg/x> TO <urn:g>",
        "INSERT { <urn:s> <urn:p> ?o } WHERE { GRAPH <https://w3id.org/paperkg/x> { ?s ?p ?o } }",
        "WITH <https://w3id.org/paperkg/x> INSERT { GRAPH <urn:g> { ?s ?p ?o } } WHERE {?s ?p ?o}",
        "CLEAR DEFAULT",
    ],
)
def test_what_is_no_derived_graph_is_left_alone(text: str) -> None:
    """It may be written, and no graph under the base changes by it."""
    refuse_derived(found(text), OURS, derived_exist=True)
    store = ox.Store()
    for name in ("x", "graph/terms", "../x"):
        store.add(ox.Quad(_S, _P, _O, ox.NamedNode(OURS + name)))
    before = _content(store)
    for statement in statements(read_update(text)):
        store.update(statement.text)
    assert not {name for name in _changed(before, _content(store)) if name.startswith(OURS)}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (
            "INSERT { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }",
            r"^graph \?g: a variable",
        ),
        ("DELETE WHERE { GRAPH $any { ?s ?p ?o } }", r"^graph \$any: a variable"),
    ],
)
def test_a_variable_in_place_of_a_graph_is_refused(text: str, part: str) -> None:
    for derived_exist in (True, False):
        with pytest.raises(Conflict, match=part):
            refuse_derived(found(text), OURS, derived_exist=derived_exist)


@pytest.mark.parametrize("text", ["CLEAR ALL", "DROP SILENT NAMED", "CLEAR DEFAULT; DROP ALL"])
def test_all_graphs_are_refused_where_some_are_derived(text: str) -> None:
    refuse_derived(found(text), OURS, derived_exist=False)
    with pytest.raises(Conflict, match="all named graphs"):
        refuse_derived(found(text), OURS, derived_exist=True)


def test_declarations_between_operations_are_limited() -> None:
    operation = "PREFIX a: <http://a/> CREATE GRAPH a:x;"
    assert len(statements(read_update(operation * 101))) == 101
    with pytest.raises(BadRequest, match=r"query:1:\d+: too many declarations .* limit is 100"):
        read_update(operation * 102)


def test_reaching_out_is_refused_in_an_update_too() -> None:
    for text in (
        "LOAD <urn:x>",
        "INSERT {} WHERE { SERVICE <urn:x> {} }",
        "CLEAR ALL;LOAD <urn:x>",
    ):
        with pytest.raises(Forbidden):
            read_update(text)


def test_limits_hold_for_updates_too() -> None:
    for text in (
        "DELETE WHERE {" + "?s ?p ?o ." * 101 + "}",
        "INSERT {} WHERE " + "{" * 80 + "}" * 80,
        "INSERT {} WHERE { ?s ?p ?o FILTER(" + "||".join(["?s=1"] * 500) + ")}",
        "INSERT DATA {" + " " * 300_000 + "}",
    ):
        with pytest.raises(BadRequest, match="limit"):
            read_update(text)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE GRAPH <urn:{}> ;" * 10_000,
        "INSERT DATA {" + "GRAPH <urn:g> { <urn:s> <urn:p> 1 } " * 10_000 + "}",
        "PREFIX a: <urn:x> " * 2_000 + "CREATE GRAPH a:x;" * 2_000,
        "CREATE GRAPH a:x; PREFIX a: <urn:x> " * 2_000,
        "INSERT DATA {" + "{" * 10 + "}" * 10 + "}",
    ],
)
def test_time_grows_with_length_only(text: str) -> None:
    start = time.perf_counter()
    try:
        update = read_update(text, Limits(length=len(text)))
        targets(update, lambda statement: [statement.text])
        statements(update, USING)
    except KGError:
        pass
    assert time.perf_counter() - start < 10
