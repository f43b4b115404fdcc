"""What tokens there are, and the keywords."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class TokenKind(StrEnum):
    """The kinds of tokens of SPARQL 1.1, section 19.8."""

    IRI = "IRI"
    NAME = "prefixed name"
    BLANK = "blank node"
    VARIABLE = "variable"
    STRING = "string"
    LANGUAGE = "language tag"
    NUMBER = "number"
    KEYWORD = "keyword"
    PUNCTUATION = "punctuation"


#: All keywords of SPARQL 1.1, and those of 1.2 and its extensions that Oxigraph reads.
#: The list is closed on purpose. Oxigraph's parser needs no space after a keyword, and
#: reads ``trueSERVICE<…>`` as two words: a word that is not listed here is an error, so
#: nothing hides in it.
_WORDS = """
    A ABS ADD ADJUST ALL AS ASC ASK AVG BASE BIND BNODE BOUND BY CEIL CLEAR COALESCE CONCAT
    CONSTRUCT CONTAINS COPY COUNT CREATE DATA DATATYPE DAY DEFAULT DELETE DESC DESCRIBE
    DISTINCT DROP ENCODE_FOR_URI EXISTS FALSE FILTER FLOOR FROM GRAPH GROUP GROUP_CONCAT
    HASLANG HASLANGDIR HAVING HOURS IF IN INSERT INTO IRI ISBLANK ISIRI ISLITERAL ISNUMERIC
    ISTRIPLE ISURI LANG LANGDIR LANGMATCHES LATERAL LCASE LIMIT LOAD MAX MD5 MIN MINUS MINUTES
    MONTH MOVE NAMED NOT NOW OBJECT OFFSET OPTIONAL ORDER PREDICATE PREFIX RAND REDUCED REGEX
    REPLACE ROUND SAMETERM SAMPLE SECONDS SELECT SEPARATOR SERVICE SHA1 SHA256 SHA384 SHA512
    SILENT STR STRAFTER STRBEFORE STRDT STRENDS STRLANG STRLANGDIR STRLEN STRSTARTS STRUUID
    SUBJECT SUBSTR SUM TIMEZONE TO TRIPLE TRUE TZ UCASE UNDEF UNION URI USING UUID VALUES
    VERSION WHERE WITH YEAR
"""
KEYWORDS: Final = frozenset(_WORDS.split())
