"""Somebody who has come in, and by what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from labwright.web.accounts.person import Person
from labwright.web.accounts.sessions import Session
from labwright.web.accounts.tokens import ApiToken
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import READING, Limit, Rights
from labwright.web.roles.role import Verb

BY_PIN: Final = Limit(frozenset(Verb) - {Verb.ADMINISTER, Verb.DECLARE})
"""What somebody may do who has shown no more than a PIN. To sign they have to show more in any case."""
AS_ANOTHER: Final = Limit(READING)
"""What somebody may do who looks at the server as another."""


@dataclass(frozen=True)
class Login:
    """Somebody who has come in.

    Parameters
    ----------
    person : Person
    session : Session, optional
        That of the browser.
    token : ApiToken, optional
        That of the program.
    viewer : Person, optional
        Who it really is, when somebody who administers the server looks at it as the person sees it.

    Examples
    --------
    >>> from labwright.web.roles.role import Role
    >>> Login(Person("ana", role=Role.READER)).rights().scope(Verb.READ, "lab", "Mouse")
    <Scope.ALL: 'all'>
    """

    person: Person
    session: Session | None = None
    token: ApiToken | None = None
    viewer: Person | None = None

    def rights(self, grants: Iterable[Grant] | None = None) -> Rights:
        """The rights of the person by grants, as far as they are lent to what is in their hands."""
        rights = Rights.of(self.person, grants)
        if self.token is not None:
            rights = rights.within(self.token.limit)
        if self.session is not None and self.session.how == "pin":
            rights = rights.within(BY_PIN)
        if self.viewer is not None:
            rights = rights.within(AS_ANOTHER)
        return rights
