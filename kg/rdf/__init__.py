"""Records to quads: the one border between our records and RDF.

Quads are made as N-Triples lines: two million are made, compared and loaded for the
whole archive, and as objects of any library that would take minutes. Oxigraph's own
parser reads every line, so a malformed one fails loudly. ``docs/graph.md`` lists the
triples.
"""

from kg.rdf.corpus import Corpus
from kg.rdf.corrections import correction_blocks
from kg.rdf.digest import digest_lines
from kg.rdf.lines import to_graph
from kg.rdf.links import Thing, link_blocks, linked_authors, person_blocks
from kg.rdf.meta import meta_lines
from kg.rdf.wikidata import ItemFacts, wikidata_blocks, written_value

__all__ = [
    "Corpus",
    "ItemFacts",
    "Thing",
    "correction_blocks",
    "digest_lines",
    "link_blocks",
    "linked_authors",
    "meta_lines",
    "person_blocks",
    "to_graph",
    "wikidata_blocks",
    "written_value",
]
