"""Who may look after the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from labwright.web.accounts.accounts import Accounts
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.login import Login
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.http.entrance import Entrance
from labwright.web.http.visitor import caller_of, login_of
from labwright.web.pages.render import render
from labwright.web.site import administers, site_of

if TYPE_CHECKING:
    from typing import Any

    from starlette.requests import Request
    from starlette.responses import Response

    from labwright.web.accounts.person import Person

PAGES = (
    ("/admin", "Server"),
    ("/admin/people", "People"),
    ("/admin/grants", "Rights"),
    ("/admin/sessions", "Sessions and tokens"),
    ("/admin/audit", "Record"),
    ("/admin/backups", "Backups"),
)
"""The address and the name of each page for those who look after the server."""
OF_ACCOUNTS = frozenset({"/admin/people", "/admin/grants", "/admin/sessions", "/admin/audit"})
"""Those that a server has where people log in."""


@dataclass(frozen=True)
class Administrator:
    """Somebody who looks after the accounts of the server, and from where.

    Parameters
    ----------
    entrance : Entrance
    login : Login
    caller : Caller
    """

    entrance: Entrance
    login: Login
    caller: Caller

    @property
    def name(self) -> str:
        """What the person is called."""
        return self.login.person.name

    @property
    def accounts(self) -> Accounts:
        """What is looked after."""
        return self.entrance.accounts

    def find(self, name: str) -> Person:
        """Somebody who has an account.

        Raises
        ------
        NotThereError
            When nobody is called so.
        """
        found = self.accounts.people.find(name)
        if found is None:
            raise NotThereError(f"There is no account {name!r}.")
        return found


def check(request: Request) -> None:
    """Refuse those who may not look after the server.

    Raises
    ------
    NotAllowedError
        When somebody may not.
    """
    if not administers(request):
        raise NotAllowedError("This is for those who administer the server.")


def administrator(request: Request) -> Administrator:
    """Who looks after the accounts.

    Raises
    ------
    NotAllowedError
        When somebody may not.
    NotThereError
        Where nobody logs in.
    """
    check(request)
    entrance, login = site_of(request).entrance, login_of(request)
    if entrance is None or login is None:
        raise NotThereError("Nobody logs in to this server: `labwright serve --shared` serves people with accounts.")
    return Administrator(entrance, login, caller_of(request.scope))


def shown(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page for those who look after the server."""
    has_accounts = site_of(request).entrance is not None
    pages = [(where, name) for where, name in PAGES if has_accounts or where not in OF_ACCOUNTS]
    return render(request, f"admin/{template}", status, pages=pages, **values)
