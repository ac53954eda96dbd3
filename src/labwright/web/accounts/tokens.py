"""API tokens: what a program shows in place of a person, with no more rights than were lent to it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.people import person_of
from labwright.web.accounts.person import Person
from labwright.web.accounts.secret import digest, new_secret
from labwright.web.accounts.tables import Tables
from labwright.web.roles.rights import Limit, lending
from labwright.web.roles.role import Verb

PREFIX: Final = "lw_"
MAX_LIFE: Final = timedelta(days=366)
TOUCH: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class ApiToken:
    """What is known of a token; not the token itself, which is shown once.

    Parameters
    ----------
    id : str
    person : Person
    label : str
        What it is for.
    limit : Limit
        What it may be used for, as far as the person may do it.
    made, until : datetime
    used : datetime or None
        When it was last used.
    is_revoked : bool
    """

    id: str
    person: Person
    label: str
    limit: Limit
    made: datetime
    until: datetime
    used: datetime | None
    is_revoked: bool


class Tokens:
    """The API tokens of one server."""

    def __init__(self, tables: Tables, clock: Clock, audit: Audit) -> None:
        self._tables, self._clock, self._audit = tables, clock, audit

    def create(
        self,
        person: Person,
        label: str,
        verbs: Collection[Verb],
        caller: Caller,
        *,
        schemas: Sequence[str] = ("*",),
        life: timedelta = timedelta(days=90),
    ) -> str:
        """Make a token. It is shown once: what comes back is kept nowhere.

        Parameters
        ----------
        person : Person
        label : str
        verbs : collection of Verb
            `READING`, `WRITING`, or some of these; signing and administering are never lent.
        caller : Caller
        schemas : sequence of str
            Names with ``*``.
        life : timedelta
            For how long it holds, a year at most.
        """
        limit = lending(verbs, schemas)
        _check(label, limit, life)
        text, id_, now = PREFIX + new_secret(), secrets.token_hex(8), self._clock()
        row = {
            "token_id": id_,
            "name": person.name,
            "digest": digest("token", text),
            "label": label.strip(),
            "verbs": sorted(limit.verbs),
            "schemas": list(limit.schemas),
            "made": now,
            "until": now + life,
        }
        self._tables["ApiToken"].insert1(row)
        self._audit.note("create token", person.name, caller, token=id_, verbs=row["verbs"], schemas=row["schemas"])
        return text

    def find(self, text: str, caller: Caller) -> ApiToken:
        """The token that a program shows.

        Raises
        ------
        LoginError
            When there is none, or it is revoked, or has expired, or its person has left: always the same.
        """
        rows = self._rows({"digest": digest("token", text)}) if text.startswith(PREFIX) else []
        if not rows:
            raise LoginError
        token = _token(rows[0])
        if token.is_revoked or token.until <= self._clock() or not token.person.is_active:
            self._audit.note("use token", token.person.name, caller, ok=False, token=token.id)
            raise LoginError
        self._touch(token)
        return token

    def of(self, person: Person) -> list[ApiToken]:
        """The tokens of a person, also those that hold no more; the newest first."""
        return [_token(row) for row in self._rows({"name": person.name})]

    def all(self) -> list[ApiToken]:
        """The tokens of everybody, the newest first."""
        return [_token(row) for row in self._rows({})]

    def revoke(self, person: Person, id_: str, caller: Caller, *, by: str = "") -> bool:
        """Let a token hold no more; False when it is none of the person's."""
        if not self._tables["ApiToken"] & {"name": person.name, "token_id": id_}:
            return False
        self._tables["ApiToken"].update1({"token_id": id_, "is_revoked": True})
        self._audit.note("revoke token", person.name, caller, actor=by, token=id_)
        return True

    def _rows(self, which: Mapping[str, str]) -> list[dict[str, Any]]:
        people = self._tables["Person"].proj(..., person_made="made")
        found: Any = (self._tables["ApiToken"] & which) * people
        return list(found.to_dicts(order_by=["made DESC", "token_id"]))

    def _touch(self, token: ApiToken) -> None:
        now = self._clock()
        if token.used is None or now - token.used >= TOUCH:
            self._tables["ApiToken"].update1({"token_id": token.id, "used": now})


def _check(label: str, limit: Limit, life: timedelta) -> None:
    if not 0 < len(label.strip()) <= 100:
        raise AccountError("Say in up to 100 characters what the token is for.")
    if not limit.verbs or not limit.schemas:
        raise AccountError("A token may read, or write as well, in one schema at least.")
    if not timedelta(0) < life <= MAX_LIFE:
        raise AccountError("A token holds for a year at most.")


def _token(row: Mapping[str, Any]) -> ApiToken:
    limit = Limit(frozenset(map(Verb, row["verbs"])), tuple(row["schemas"]))
    moments = (row["made"], row["until"], row["used"])
    return ApiToken(row["token_id"], person_of(row), row["label"], limit, *moments, bool(row["is_revoked"]))
