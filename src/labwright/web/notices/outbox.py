"""What is to be sent: taken by one server, tried again, and never lost or forgotten to be sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import labwright as lw
from labwright.web.notices.kind import Channel
from labwright.web.notices.tables import deliveries, notices

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

LEASE: Final = timedelta(minutes=10)
"""After so long another server sends what one has taken and not said that it is sent."""
TRIES: Final = 8
FIRST: Final = timedelta(seconds=30)
LONGEST: Final = timedelta(hours=2)


@dataclass(frozen=True)
class Message:
    """What is to be sent to a person.

    Parameters
    ----------
    number : str
        The same for each try to send it, so that who gets it twice can tell.
    person : str
    channel : Channel
    kind, text, link : str
    times : int
    at : datetime
    row : mapping
        Of the outbox.
    """

    number: str
    person: str
    channel: Channel
    kind: str
    text: str
    link: str
    times: int
    at: datetime
    row: Any


class SendError(Exception):
    """It could not be sent.

    Parameters
    ----------
    text : str
    is_final : bool
        Whether it makes no sense to try again.
    """

    def __init__(self, text: str, *, is_final: bool = False) -> None:
        super().__init__(text)
        self.is_final = is_final


def take(keeping: Keeping, now: datetime, limit: int = 20) -> Sequence[Message]:
    """Take what is due, for nobody else to send: also what a server has taken that is no more."""
    due = deliveries(keeping) & "state IN ('waiting', 'sending')" & lw.Where("due", "<=", now)
    rows = (due * notices(keeping).proj("person", "kind", "text", "link", "times", "at")).to_dicts(
        order_by="due", limit=limit
    )
    return [_message(row) for row in rows if _is_taken(keeping, row, now)]


def _is_taken(keeping: Keeping, row: Any, now: datetime) -> bool:
    key = {name: row[name] for name in ("notice", "channel")}
    expected = {name: row[name] for name in ("state", "due", "tries")}
    try:
        deliveries(keeping).update1(
            {**key, "state": "sending", "due": now + LEASE, "tries": row["tries"] + 1}, expected=expected
        )
    except lw.errors.ConflictError:
        return False
    return True


def _message(row: Any) -> Message:
    return Message(
        f"{row['notice']}.{row['times']}", row["person"], Channel(row["channel"]), row["kind"], row["text"],
        row["link"], row["times"], row["at"], row,
    )  # fmt: skip


def note_sent(keeping: Keeping, message: Message, now: datetime) -> None:
    """Note that it is sent; what was put out of the same meanwhile is sent when its time has come."""
    _settle(keeping, message, {"state": "sent", "due": now, "problem": ""})


def note_problem(keeping: Keeping, message: Message, error: SendError, now: datetime) -> None:
    """Note that it could not be sent, and when to try again."""
    tries = message.row["tries"] + 1
    ends = error.is_final or tries >= TRIES
    pause = min(LONGEST, FIRST * 4 ** (tries - 1))
    state = {"state": "failed", "due": now} if ends else {"state": "waiting", "due": now + pause}
    _settle(keeping, message, {**state, "problem": str(error)[:500]})


def _settle(keeping: Keeping, message: Message, changes: dict[str, Any]) -> None:
    key = {name: message.row[name] for name in ("notice", "channel")}
    try:
        deliveries(keeping).update1({**key, **changes}, expected={"state": "sending"})
    except lw.errors.ConflictError:
        return  # it was put out once more while it was sent
