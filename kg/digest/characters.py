"""Bytes of a digest -> text that every later stage can hold.

Text has line ends ``\\n`` only, no byte order marks, no character that XML 1.0 forbids,
and is NFC.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: XML 1.0, production 2 (Char), turned round. https://www.w3.org/TR/xml/#charsets
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LINE_END: Final = re.compile("\r\n?")
_BOM: Final = "\ufeff"

#: More combining marks in a row than this are broken up by U+034F (UAX #15, section 13:
#: the Stream-Safe Text Format). Normalising takes time quadratic in the length of a run,
#: a minute for 200,000 marks.
_MAX_MARKS: Final = 30
_MARK: Final = (
    "["
    + "".join(re.escape(chr(code)) for code in range(0x20000) if unicodedata.combining(chr(code)))
    + "]"
)
_LONG_RUN: Final = re.compile(f"({_MARK}{{{_MAX_MARKS}}})(?={_MARK})")
#: What a text with such a run has: so many characters that no common script has. A class of
#: the 900 marks takes a third of the time that reading a digest does.
_MAY_BE_LONG: Final = re.compile(
    "[^\x00-\u02ff\u2000-\u206f\u3000-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ud7ff]"
    f"{{{_MAX_MARKS}}}"
)
_JOINER: Final = "\u034f"


class NotText(Exception):
    """Bytes that are no UTF-8 text; ``line`` counts from 1, 0 is the file as a whole."""

    def __init__(self, line: int, found: str) -> None:
        super().__init__(found)
        self.line, self.found = line, found


def decode(data: bytes) -> str:
    """Decode a digest's bytes and clean the text.

    Raises:
        NotText: the bytes are not UTF-8, or are so only by accident (UTF-16, binary).

    >>> decode(b"\\xef\\xbb\\xbfone\\r\\ntwo\\x00")
    'one\\ntwo\\ufffd'
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotText(0, "UTF-16 text")
    if data.count(b"\x00") * 5 > len(data):
        raise NotText(0, "binary data or UTF-16 text (many NUL bytes)")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line = _LINE_END.sub("\n", before).count("\n") + 1
        found = f"byte 0x{data[error.start]:02x} at offset {error.start} is not UTF-8"
        raise NotText(line, found) from error
    return clean(_LINE_END.sub("\n", text))


def clean(text: str) -> str:
    """Make *text* NFC, without byte order marks; forbidden characters become U+FFFD.

    >>> clean("\\ufeffe\\u0301\\x08")
    'é\\ufffd'
    """
    return nfc(_FORBIDDEN.sub("\ufffd", text.replace(_BOM, "")))


def nfc(text: str) -> str:
    """Normalise to NFC in time linear in the text's length."""
    if text.isascii():
        return text
    if _MAY_BE_LONG.search(text):
        text = _LONG_RUN.sub(rf"\1{_JOINER}", text)
    return unicodedata.normalize("NFC", text)


def shown(text: str) -> str:
    """Quote *text* for a message, at most 80 characters of it."""
    return repr(text if len(text) <= 80 else text[:77] + "...")
