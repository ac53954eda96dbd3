"""How people come in to a server that several share."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from labwright.web.accounts.accounts import Accounts
from labwright.web.http.cookies import Cookie
from labwright.web.roles.grant import Grant
from labwright.web.roles.pattern import PERSON, matches
from labwright.web.roles.role import Role, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable

    from labwright.web.accounts.login import Login
    from labwright.web.accounts.oidc import Oidc
    from labwright.web.accounts.person import Person
    from labwright.web.roles.rights import Rights

BELIEVED: Final = 2.0
"""Seconds for which grants are believed that another server may change."""


class Entrance:
    """The accounts of a shared server, with the cookies by which browsers are known.

    Parameters
    ----------
    accounts : Accounts
    is_secure : bool
        Whether the app is reached by TLS, as it is unless a test comes by.
    oidc : Oidc, optional
        The provider of identities.
    """

    def __init__(self, accounts: Accounts, *, is_secure: bool = True, oidc: Oidc | None = None) -> None:
        self.accounts, self.is_secure, self.oidc = accounts, is_secure, oidc
        self.session = Cookie("session", is_secure)
        self.device = Cookie("device", is_secure)
        self.browser = Cookie("browser", is_secure)
        self._schema = accounts.tables.schema.database_name
        self._lock = threading.Lock()
        self._grants: tuple[Grant, ...] = ()
        self._labs: dict[str, frozenset[str]] = {}
        self._looked = float("-inf")

    @property
    def schema(self) -> str:
        """The schema of the accounts, which is none of a pipeline's."""
        return self._schema

    def login(self, secret: str) -> Login | None:
        """Who holds the secret of a session; nobody that of a rig, at which people take turns by what they know.

        Who administers no more looks at nothing as another.
        """
        found = self.accounts.by_session(secret)
        if found is None or (found.session is not None and found.session.device):
            return None
        if found.viewer is None or self.administers(replace(found, person=found.viewer, viewer=None)):
            return found
        return replace(found, person=found.viewer, viewer=None)

    def rights(self, login: Login) -> Rights:
        """What somebody may do who has come in."""
        with self._lock:
            self._look()
            return login.rights(self._grants)

    def colleagues(self, person: Person) -> frozenset[str]:
        """The names of all who share somebody's lab."""
        with self._lock:
            self._look()
            if person.lab not in self._labs:
                self._labs[person.lab] = frozenset(p.name for p in self.accounts.people.of_lab(person.lab))
            return self._labs[person.lab] | {person.name}

    def administers(self, login: Login) -> bool:
        """Whether somebody may look after accounts: who may administer the schema that they are in."""
        return self.rights(login).scope(Verb.ADMINISTER, self._schema, "Person") is not None

    def is_taken(self, person: Person, schemas: Iterable[str]) -> bool:
        """Whether grants would give somebody one of these schemas for what they are called alone."""
        grants = [g for g in self.accounts.grants.all() if PERSON in g.schema and g.is_for(person)]
        return any(matches(g.schema, s, person=person.name, lab=person.lab) for g in grants for s in schemas)

    def is_fresh(self, login: Login) -> bool:
        """Whether somebody has shown lately who they are."""
        session = login.session
        return session is not None and login.viewer is None and self.accounts.sessions.is_fresh(session)

    def look_again(self) -> None:
        """Let what was changed just now count at once."""
        with self._lock:
            self._looked = float("-inf")

    def _look(self) -> None:
        if time.monotonic() - self._looked > BELIEVED:
            self._grants, self._labs = (*self.accounts.grants.all(), *self._kept()), {}
            self._looked = time.monotonic()

    def _kept(self) -> Iterable[Grant]:
        """What no change of grants takes from admins: without it nobody could change them back."""
        return (Grant(Role.ADMIN, None, self._schema, "*", frozenset({Verb.ADMINISTER})),)
