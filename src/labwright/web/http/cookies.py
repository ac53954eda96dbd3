"""Cookies: one that scripts cannot read, no other site sends with its forms, and no other host can set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from starlette.datastructures import Headers
from starlette.requests import cookie_parser
from starlette.responses import Response

HOST: Final = "__Host-"
"""Browsers take a cookie with this beginning only from this host itself, by TLS, and for all of its paths."""


@dataclass(frozen=True)
class Cookie:
    """A cookie of the app.

    Parameters
    ----------
    name : str
    is_secure : bool
        Whether the app is reached by TLS: without, which is for loopback alone, browsers refuse the better name.

    Examples
    --------
    >>> Cookie("session", is_secure=True).full_name, Cookie("session", is_secure=False).full_name
    ('__Host-lw_session', 'lw_session')
    """

    name: str
    is_secure: bool

    @property
    def full_name(self) -> str:
        """Its name in the browser."""
        return f"{HOST if self.is_secure else ''}lw_{self.name}"

    def read(self, headers: Headers) -> str:
        """What the browser has sent; empty when nothing, or two of this name: then one of them was planted."""
        found = [value for header in headers.getlist("cookie") for value in _named(header, self.full_name)]
        return found[0] if len(found) == 1 else ""

    def write(self, response: Response, value: str, *, same_site: Literal["lax", "strict"] = "lax") -> None:
        """Let the browser keep a value until it is closed, or the session ends."""
        response.set_cookie(self.full_name, value, path="/", secure=self.is_secure, httponly=True, samesite=same_site)

    def clear(self, response: Response) -> None:
        """Let the browser forget it."""
        response.delete_cookie(self.full_name, path="/", secure=self.is_secure, httponly=True, samesite="lax")


def _named(header: str, name: str) -> list[str]:
    pairs = [cookie_parser(part) for part in header.split(";")]
    return [pair[name] for pair in pairs if name in pair]
