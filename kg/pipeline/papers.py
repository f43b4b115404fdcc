"""Which paper a person means."""

from __future__ import annotations

import re
from typing import Final

from kg.digest.links import ARXIV_ABS, identify

_KEY: Final = re.compile(r"doi/10\.\S+|url/[0-9a-f]{16}")
EXPECTED: Final = "an arXiv id such as 2408.00874, its address, a DOI, or the key of a paper"


def paper_key(text: str) -> str | None:
    """Return the key of the paper that *text* names; None where it names none.

    >>> paper_key("arXiv:2408.00874v2"), paper_key("https://arxiv.org/pdf/2408.00874")
    ('2408.00874', '2408.00874')
    >>> paper_key("math.GT/0309136"), paper_key("10.1000/ABC"), paper_key("LoRA")
    ('math/0309136', 'doi/10.1000/abc', None)
    """
    text = text.strip()
    if _KEY.fullmatch(text):
        return text
    if text.startswith(("http://", "https://")):
        found = identify(text)
    elif text.startswith("10."):
        found = identify(f"https://doi.org/{text}")
    else:
        found = identify(ARXIV_ABS + re.sub(r"(?i)^arxiv:\s*", "", text))
        if found is not None and found.arxiv_id is None:
            return None
    return found.paper if found else None
