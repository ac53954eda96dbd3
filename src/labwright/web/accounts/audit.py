"""What was done with accounts: a record to which rows are only added."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import labwright as lw
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock
from labwright.web.accounts.tables import Tables

NOWHERE = Caller("")
ORDER: Final = ("at DESC", "nonce")


@dataclass(frozen=True)
class Event:
    """Something that was done with an account, or was tried.

    Parameters
    ----------
    at : datetime
    event : str
        Such as ``"login"``.
    person : str
        Whose account; empty when there is no such person.
    actor : str
        Who did it.
    address : str
    is_ok : bool
    details : mapping
        Never a secret.
    place : str
        Where it stands in the record.
    """

    at: datetime
    event: str
    person: str
    actor: str
    address: str
    is_ok: bool
    details: Mapping[str, Any]
    place: str = ""


class Audit:
    """The record of one server."""

    def __init__(self, tables: Tables, clock: Clock) -> None:
        self._tables, self._clock = tables, clock

    def note(
        self, event: str, person: str, caller: Caller = NOWHERE, *, ok: bool = True, actor: str = "", **details: Any
    ) -> None:
        """Add a row."""
        row = {
            "at": self._clock(),
            "nonce": secrets.token_hex(8),
            "event": event,
            "person": person,
            "actor": actor or (person if ok else ""),
            "address": caller.address[:64],
            "result": "ok" if ok else "refused",
            "details": details,
        }
        self._tables["Audit"].insert1(row)

    def events(
        self, person: str | None = None, event: str | None = None, limit: int = 200, before: str | None = None
    ) -> list[Event]:
        """What happened, newest first.

        Parameters
        ----------
        person, event : str, optional
            Only of this person, or of this kind.
        limit : int
        before : str, optional
            The place of an event: those after it in this order.
        """
        wanted = {name: value for name, value in (("person", person), ("event", event)) if value is not None}
        place = _place(before)
        after = True if place is None else lw.After(place, order_by=list(ORDER))
        rows = (self._tables["Audit"] & wanted & after).to_dicts(order_by=list(ORDER), limit=limit)
        return [_event(row) for row in rows]

    def kinds(self) -> list[str]:
        """The kinds of events that there are."""
        return sorted((lw.U("event") & self._tables["Audit"]).to_arrays("event"))

    def came_from(self, person: str, address: str, since: datetime) -> bool:
        """Whether the person has logged in from an address since a time."""
        wanted = {"person": person, "event": "login", "result": "ok", "address": address[:64]}
        return bool(self._tables["Audit"] & wanted & lw.Where("at", ">=", since))


def _place(text: str | None) -> dict[str, Any] | None:
    """Where an event stands; None where the text is none that an event has."""
    at, _, nonce = (text or "").partition("~")
    try:
        return {"at": datetime.fromisoformat(at), "nonce": nonce}
    except ValueError:
        return None


def _event(row: Mapping[str, Any]) -> Event:
    is_ok = row["result"] == "ok"
    place = f"{row['at'].isoformat()}~{row['nonce']}"
    return Event(row["at"], row["event"], row["person"], row["actor"], row["address"], is_ok, row["details"], place)
