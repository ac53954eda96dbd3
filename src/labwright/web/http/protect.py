"""All of it around an app, in the order in which it counts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from labwright.web.http.body_limit import LIMIT, BodyLimit
from labwright.web.http.headers import SecurityHeaders
from labwright.web.http.hosts import LOOPBACK, AllowedHosts
from labwright.web.http.origin import OriginCheck
from labwright.web.http.secure import OnlySecure

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def protect(
    app: ASGIApp,
    *,
    hosts: Iterable[str] = LOOPBACK,
    is_secure: bool = False,
    limit: int = LIMIT,
    larger: Mapping[str, int] | None = None,
) -> ASGIApp:
    """An app that answers only to its own names and pages, takes no more than it can, and tells browsers to be strict.

    Parameters
    ----------
    app : ASGIApp
        With `Visitors` or `OnePerson` around its pages.
    hosts : iterable of str
        The names that the server goes by.
    is_secure : bool
        Whether it is reached by TLS.
    limit : int
        How many bytes may be sent at once.
    larger : mapping of str to int
        The same for addresses that begin so.
    """
    inner = OriginCheck(BodyLimit(app, limit=limit, larger=larger))
    named = AllowedHosts(inner, hosts)
    return SecurityHeaders(OnlySecure(named) if is_secure else named, is_secure=is_secure)
