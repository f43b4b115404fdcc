"""Sound queries and updates, and ways to break them by tokens and by bytes."""

from __future__ import annotations

import re
from random import Random
from typing import Final

#: As the suites of the W3C have them: each shows something of the language.
SOUND: Final = (
    "SELECT * { ?s ?p ?o } LIMIT 3",
    "PREFIX k: <https://w3id.org/paperkg/ontology#> ASK { ?x a k:Term ; k:termType k:Model }",
    "BASE <https://w3id.org/paperkg/> SELECT ?l { <term/kite> <x#y>|^<x#z>/!(<a>|^<b>)* ?l }",
    "SELECT DISTINCT (COUNT(DISTINCT ?p) AS ?n) { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(?p) > 2)",
    "SELECT ?s (GROUP_CONCAT(?o; SEPARATOR=', ') AS ?all) { ?s <urn:p> ?o } GROUP BY ?s LIMIT 5",
    "SELECT ?a ?b { ?a <urn:to> ?b OPTIONAL { ?b <urn:p> ?c FILTER(?c > 1 && BOUND(?a)) } }",
    "SELECT * { { ?s <urn:p> ?o } UNION { ?o <urn:to> ?s } MINUS { ?s a <urn:t> } } LIMIT 2",
    "SELECT * { VALUES (?x ?y) { (1 UNDEF) ('a'@en <urn:b>) (2.5e3 true) } BIND(?x + 1 AS ?z) }",
    "SELECT * { GRAPH ?g { ?s ?p 'Kite'@en } } ORDER BY DESC(?g) ASC(STR(?s)) OFFSET 1 LIMIT 2",
    "SELECT * FROM <https://example.org/own> FROM NAMED <urn:g> { ?s ?p ?o GRAPH ?g { ?s ?q ?r } }",
    "CONSTRUCT { ?s <urn:x> [ <urn:y> (1 2 ?o) ] } WHERE { ?s <urn:p> ?o } LIMIT 2",
    "CONSTRUCT WHERE { ?s <urn:to> ?o } LIMIT 2",
    "DESCRIBE <https://w3id.org/paperkg/term/kite> ?x { ?x a <urn:none> }",
    "SELECT * { ?s ?p ?o FILTER(REGEX(STR(?o), '^K.t[e]$', 'i') || ?o IN (1, 'x', <urn:y>)) }",
    "SELECT (IF(?x = 1, COALESCE(?y, 1/0, 'z'), STRLANG('a', 'ko')) AS ?r) { BIND(1 AS ?x) }",
    "SELECT * { ?s ?p ?o FILTER NOT EXISTS { ?o ?q ?s } FILTER EXISTS { ?s a ?t } } LIMIT 1",
    "SELECT ?x { { SELECT ?x (MAX(?y) AS ?m) { ?x <urn:p> ?y } GROUP BY ?x } } LIMIT 1",
    "SELECT * { <<( <urn:a> <urn:b> 1 )>> ?p ?o . ?s ?q <<( ?a ?b ?c )>> }",
    "SELECT (SHA256('x') AS ?h) (NOW() AS ?t) (YEAR('2020-01-01T00:00:00Z'^^"
    "<http://www.w3.org/2001/XMLSchema#dateTime>) AS ?y) (UUID() AS ?u) {}",
    'SELECT ("""a "quoted" \\u00e9 \\U0001F600""" AS ?long) (\'\'\'x\'\'\' AS ?other) {} # end',
    "SELECT * { ?s ?p ?o . FILTER(LANG(?o) = 'ko' && STRLEN(?o) > 1.0e0 && -1 < +2) } LIMIT 3",
    "INSERT DATA { GRAPH <urn:g> { <urn:a> <urn:b> 1 , 'x'@en ; <urn:c> true . } }",
    "DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } WHERE { ?s ?p ?o } ; DROP SILENT GRAPH <urn:g>",
)
_TOKEN = re.compile(
    r"<[^<>\s]*>|'''.*?'''|\"\"\".*?\"\"\"|'[^']*'|\"[^\"]*\"|[?$@]?[\w:.#-]+|\s+|.", re.DOTALL
)
#: What is put in: words and signs that have not been seen together.
_FOREIGN: Final = (
    *("SERVICE", "LATERAL", "LOAD", "VALUES", "UNDEF", "<<(", ")>>", "{|", "|}", "~", "^^", "@"),
    *("||", "&&", "!=", "<=", "[]", "()", "_:b", "?", "$x", "''", '"""', "\\u0022", "\\", "#"),
    *("1e", ".", "..", "-0", "+1", "9" * 30, "\u2028", "\x00", "가", "\U0001f600", "a:b.c", ":"),
    *("{" * 70, "(" * 70, "}" * 3, ";" * 9, "VERSION '1.2'", "ADJUST(NOW(), '')", "TRIPLE(1,2,3)"),
)


def mutated(random: Random) -> bytes:
    """Make a text that may be sound, but most often is not."""
    text = random.choice(SOUND)
    for _ in range(random.randrange(4)):
        text = _by_tokens(text, random)
    data = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.2:
        for _ in range(random.randrange(1, 4)):
            data = _by_bytes(data, random)
    return data


def _by_tokens(text: str, random: Random) -> str:
    tokens = _TOKEN.findall(text) or [" "]
    place, other = random.randrange(len(tokens)), random.randrange(len(tokens))
    way = random.randrange(7)
    if way == 0:
        del tokens[place]
    elif way == 1:
        tokens.insert(place, tokens[other])
    elif way == 2:
        tokens[place], tokens[other] = tokens[other], tokens[place]
    elif way == 3:
        tokens[place] = random.choice(_FOREIGN)
    elif way == 4:
        tokens.insert(place, f" {random.choice(_FOREIGN)} ")
    elif way == 5:
        there = _TOKEN.findall(random.choice(SOUND))
        tokens[place:] = there[random.randrange(len(there)) :]
    else:
        first, last = sorted((place, other))
        tokens[first:first] = tokens[first:last] * random.randrange(1, 30)
    return "".join(tokens)


def _by_bytes(data: bytes, random: Random) -> bytes:
    changed = bytearray(data or b" ")
    place = random.randrange(len(changed))
    way = random.randrange(4)
    if way == 0:
        changed[place] ^= 1 << random.randrange(8)
    elif way == 1:
        changed[place:place] = random.randbytes(random.randrange(1, 8))
    elif way == 2:
        del changed[place : place + random.randrange(1, 20)]
    else:
        del changed[place:]
    return bytes(changed)
