"""What is kept for one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from labwright.web.accounts.clock import Clock, utc_now

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping


class OwnRows:
    """The rows of one person in a table of the app, whose key begins with ``person``.

    Parameters
    ----------
    keeping : Keeping
    person : str
    clock : callable
    """

    title: ClassVar[str]
    definition: ClassVar[str]

    def __init__(self, keeping: Keeping, person: str, clock: Clock = utc_now) -> None:
        self._keeping, self._person, self._clock = keeping, person, clock

    @property
    def _table(self) -> Any:
        return self._keeping.table(self.title, self.definition)

    @property
    def _own(self) -> Any:
        return self._table & {"person": self._person}

    def ready(self) -> None:
        """Make the table, which cannot be done within a transaction."""
        self._table().ready()
