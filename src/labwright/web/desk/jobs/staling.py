"""Rows that are out of date: which, what depends on them, and computing them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from labwright.web.desk.changing.deleting import Loss, delete_agreed, losses_of

if TYPE_CHECKING:
    from labwright.web.desk.jobs.filling import Filling

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "code": "The code of the table is another one now.",
        "parent": "What they are made of was computed anew.",
        "inputs": "What they were computed from has changed.",
    }
)


@dataclass(frozen=True)
class OutOfDate:
    """Rows of a table that are out of date.

    Parameters
    ----------
    keys : sequence of mapping
    reasons : mapping of str to int
        Sentences, and for how many rows they hold.
    losses : sequence of Loss
        What goes before they are computed again.
    """

    keys: Sequence[Mapping[str, Any]]
    reasons: Mapping[str, int]
    losses: Sequence[Loss]

    @property
    def agreed(self) -> str:
        """What somebody agrees to who has seen what goes."""
        return agreed(self.losses)


def out_of_date(filling: Filling) -> OutOfDate:
    """Look which rows of a table are out of date now."""
    found = filling.stale()
    reasons = Counter(REASONS[reason] for one in found for reason in one.reasons)
    keys = [one.key for one in found]
    return OutOfDate(keys, reasons, losses_of(filling.sheet, keys) if keys else [])


def agreed(losses: Sequence[Loss]) -> str:
    """What somebody agrees to who has seen what goes."""
    return " ".join(f"{loss.name}:{loss.rows}" for loss in losses)


def recompute(filling: Filling, number: str) -> int:
    """Delete the rows that are out of date with all that depends on them, if that is what was agreed to.

    Raises
    ------
    NotAllowedError
        When the person may not delete all of that.
    ClashError
        When it is not what was agreed to.
    """
    keys = out_of_date(filling).keys
    if keys:
        delete_agreed(filling.sheet, [keys], lambda losses: agreed(losses) == number, "computed again")
        filling.look_for_stale()
    return len(keys)
