"""What a person was told, and that they have read it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

import labwright as lw
from labwright.web.notices.tables import notices

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

SHOWN: Final = 100
"""The newest of them; nobody reads more."""


@dataclass(frozen=True)
class Notice:
    """What somebody was told.

    Parameters
    ----------
    number, kind, text, link : str
    times : int
        How often it was told.
    at : datetime
        The last time, in UTC.
    is_read : bool
    """

    number: str
    kind: str
    text: str
    link: str
    times: int
    at: datetime
    is_read: bool


def told(keeping: Keeping, person: str, limit: int = SHOWN) -> Sequence[Notice]:
    """What a person was told, what is not read first, the newest first."""
    rows = (notices(keeping) & {"person": person}).to_dicts(order_by=["is_read", "at DESC"], limit=limit)
    return [Notice(r["notice"], r["kind"], r["text"], r["link"], r["times"], r["at"], bool(r["is_read"])) for r in rows]


def unread(keeping: Keeping, person: str) -> int:
    """How much of it they have not read; none where nothing can be kept."""
    try:
        return int((notices(keeping) & {"person": person, "is_read": False}).count(at_most=SHOWN))
    except lw.LabwrightError:
        return 0


def mark_read(keeping: Keeping, person: str, number: str | None = None) -> None:
    """Note that a person has read a notice of theirs, or all."""
    own = notices(keeping) & {"person": person, "is_read": False}
    found = own & {"notice": number} if number is not None else own
    with keeping.changing():
        for key in found.proj().to_dicts():
            notices(keeping).update1({**key, "is_read": True})
