"""Sessions: who has logged in, from where, and for how long that holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import labwright as lw
from labwright.web.accounts.caller import MAX_AGENT, Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.people import person_of
from labwright.web.accounts.person import Person
from labwright.web.accounts.secret import digest, new_secret
from labwright.web.accounts.tables import Tables

TOUCH: Final = timedelta(minutes=1)
"""That somebody is still there is written down no more often."""
How = Literal["password", "oidc", "pin"]


@dataclass(frozen=True)
class Lifetimes:
    """How long something holds.

    Parameters
    ----------
    idle, absolute : timedelta
        A session ends when nothing is asked in it for so long, and so long after the login in any case.
    pin_idle : timedelta
        The same for those who came by a PIN.
    fresh : timedelta
        So long after a login or a re-authentication, a person may sign.
    """

    idle: timedelta = timedelta(hours=8)
    absolute: timedelta = timedelta(days=7)
    pin_idle: timedelta = timedelta(minutes=15)
    fresh: timedelta = timedelta(minutes=10)


@dataclass(frozen=True)
class Session:
    """A session. Its `id` is no secret, and opens nothing.

    Parameters
    ----------
    id : str
    person : Person
    how : str
        What the person has shown: ``"password"``, ``"oidc"`` or ``"pin"``.
    made, seen, until : datetime
    proved : datetime or None
        When the person last showed who they are; never by a PIN.
    caller : Caller
    device : str
        The name of the rig that people share, where this is its session.
    parent : str
        The session of the rig in which a PIN was given.
    viewing : str
        The name of the person as whom the server is looked at; empty: as oneself.
    """

    id: str
    person: Person
    how: How
    made: datetime
    seen: datetime
    until: datetime
    proved: datetime | None
    caller: Caller
    device: str = ""
    parent: str = ""
    viewing: str = ""


class Sessions:
    """The sessions of one server; only hashes of what browsers hold are kept."""

    def __init__(self, tables: Tables, clock: Clock, lifetimes: Lifetimes) -> None:
        self._tables, self._clock, self._lifetimes = tables, clock, lifetimes

    def open(
        self,
        person: Person,
        caller: Caller,
        how: How = "password",
        device: str = "",
        parent: str = "",
        proved: datetime | None = None,
    ) -> str:
        """Begin a session; what comes back is for the browser alone, and new each time.

        When somebody showed a provider who they are is what that says; a password they have given now.
        """
        now = self._clock()
        proved = now if how == "password" else proved
        new = Session("", person, how, now, now, now + self._lifetimes.absolute, proved, caller, device, parent)
        return self._insert(new)

    def _insert(self, session: Session) -> str:
        secret, caller = new_secret(), session.caller
        row = {
            "digest": digest("session", secret),
            "name": session.person.name,
            "how": session.how,
            "made": session.made,
            "seen": session.seen,
            "idle_until": session.seen + self._idle(session.how),
            "until": session.until,
            "proved": session.proved,
            "address": caller.address[:64],
            "agent": caller.agent[:MAX_AGENT],
            "device": session.device,
            "parent": session.parent,
        }
        self._tables["Session"].insert1(row)
        return secret

    def find(self, secret: str) -> Session | None:
        """The session of a browser, which is kept alive; None when it has ended, or never was."""
        session = self._found(secret)
        if session is not None:
            self._touch(session)
        return session

    def is_alive(self, secret: str) -> bool:
        """Whether the session of a browser goes on, which it does no longer for being asked."""
        return self._found(secret) is not None

    def _found(self, secret: str) -> Session | None:
        session = self._living({"digest": digest("session", secret)})
        if session is None or (session.parent and self._living({"digest": session.parent}) is None):
            return None
        return session

    def renew(self, secret: str, caller: Caller) -> str | None:
        """Go on under a new secret after somebody has shown anew who they are; the old one opens nothing any more."""
        session, now = self.find(secret), self._clock()
        if session is None or not self._end({"digest": session.id}):
            return None
        return self._insert(replace(session, seen=now, proved=now, caller=caller))

    def is_fresh(self, session: Session) -> bool:
        """Whether the person has shown lately who they are, as signing asks."""
        return session.proved is not None and self._clock() - session.proved < self._lifetimes.fresh

    def of(self, person: Person) -> list[Session]:
        """The living sessions of a person, the last used first."""
        rows = self._rows({"name": person.name}).to_dicts(order_by=["seen DESC", "digest"])
        return [_session(row) for row in rows]

    def view(self, session: Session, name: str = "") -> None:
        """Let the server be looked at as somebody else in a session; as oneself again without a name."""
        self._tables["Session"].update1({"digest": session.id, "viewing": name})

    def all(self) -> list[Session]:
        """The living sessions of everybody, the last used first."""
        return [_session(row) for row in self._rows({}).to_dicts(order_by=["seen DESC", "digest"])]

    def revoke(self, person: Person, id_: str) -> bool:
        """End one of the person's sessions, and those that were begun in it; False when it is none of theirs."""
        return self._end({"name": person.name, "digest": id_})

    def revoke_all(self, person: Person, but: str = "") -> int:
        """End the sessions of a person, living or not, but the one of this id; return how many there were."""
        ids = (self._tables["Session"] & {"name": person.name}).to_arrays("digest")
        return sum(self._end({"digest": str(id_)}) for id_ in ids if id_ != but)

    def close(self, secret: str) -> None:
        """Log out."""
        self._end({"digest": digest("session", secret)})

    def forget(self) -> None:
        """Remove those that have ended."""
        for limit in ("idle_until", "until"):
            (self._tables["Session"] & lw.Where(limit, "<", self._clock())).delete_quick()

    def _end(self, which: Mapping[str, str]) -> bool:
        if not (self._tables["Session"] & which).delete_quick():
            return False
        (self._tables["Session"] & {"parent": which["digest"]}).delete_quick()
        return True

    def _rows(self, which: Mapping[str, str]) -> Any:
        now, tables = self._clock(), self._tables
        living = lw.AndList([lw.Where("idle_until", ">", now), lw.Where("until", ">", now)])
        people = (tables["Person"] & {"is_active": True}).proj(..., "-made")
        return (tables["Session"] & which & living) * people

    def _living(self, which: Mapping[str, str]) -> Session | None:
        rows = self._rows(which).to_dicts()
        return _session(rows[0]) if rows else None

    def _touch(self, session: Session) -> None:
        now = self._clock()
        if now - session.seen < TOUCH:
            return
        seen = {"seen": now, "idle_until": now + self._idle(session.how)}
        self._tables["Session"].update1({"digest": session.id, **seen})
        if session.parent:
            self._tables["Session"].update1(
                {"digest": session.parent, "seen": now, "idle_until": now + self._lifetimes.idle}
            )

    def _idle(self, how: How) -> timedelta:
        return self._lifetimes.pin_idle if how == "pin" else self._lifetimes.idle


def _session(row: Mapping[str, Any]) -> Session:
    caller = Caller(row["address"], row["agent"])
    moments = (row["made"], row["seen"], row["until"], row["proved"])
    rest = (row["device"], row["parent"], row["viewing"])
    return Session(row["digest"], person_of(row), row["how"], *moments, caller, *rest)
