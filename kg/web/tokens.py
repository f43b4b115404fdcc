"""Who may write: the bearer of the one token that the settings name (RFC 6750)."""

from __future__ import annotations

import hmac

from kg.errors import Forbidden, Unauthorized
from kg.settings import Settings


def has_token(authorization: str, settings: Settings) -> bool:
    """Tell whether a request bears the token."""
    try:
        require_token(authorization, settings)
    except (Forbidden, Unauthorized):
        return False
    return True


def require_token(authorization: str, settings: Settings) -> None:
    """Let only the bearer of the token pass; compared in constant time.

    Args:
        authorization: the header of that name, empty if there is none.

    Raises:
        Forbidden: no token is set, so nobody may write.
        Unauthorized: the token is missing or wrong.
    """
    if not settings.write_token:
        raise Forbidden("writing is off on this server; its owner can set KG_WRITE_TOKEN")
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() != "bearer" or not given.strip():
        raise Unauthorized("writing needs the header 'Authorization: Bearer TOKEN'")
    if not hmac.compare_digest(given.strip().encode(), settings.write_token.encode()):
        raise Unauthorized("the token is not the one that lets its bearer write here")
