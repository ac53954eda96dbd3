"""What people fill forms with: templates, and what they have entered last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.keeping.own_rows import OwnRows

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

LAST: Final = ""
"""The name of the pattern that the last row makes."""
MAX_NAME: Final = 100
_PATTERN: Final = f"""
    # what somebody fills the form of a table with
    person : varchar(64)
    about : varchar(255)        # the table
    name : varchar({MAX_NAME})         # empty for the row that was entered last
    ---
    content : json              # what the fields of the form hold
    at : datetime_utc(6)
    """


class Patterns(OwnRows):
    """The patterns of one person for one table.

    Parameters
    ----------
    keeping : Keeping
    person : str
    table : str
        As the app calls it.

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.keeping.keeping import Keeping
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     patterns = Patterns(Keeping(project), "ana", "lab.Session")
    ...     patterns.ready()
    ...     patterns.keep("two-photon", {"rig": "2P"})
    ...     patterns.names(), patterns.find("two-photon"), patterns.find(LAST)
    (['two-photon'], {'rig': '2P'}, None)
    """

    title = "Pattern"
    definition = _PATTERN

    def __init__(self, keeping: Keeping, person: str, table: str, clock: Clock = utc_now) -> None:
        super().__init__(keeping, person, clock)
        self._key = {"person": person, "about": table}

    def keep(self, name: str, content: Mapping[str, str]) -> None:
        """Keep a pattern, in the place of what has this name."""
        with self._keeping.changing():
            self.discard(name)
            self._table.insert1({**self._key, "name": name, "content": dict(content), "at": self._clock()})

    def find(self, name: str) -> Mapping[str, str] | None:
        """The pattern of a name, if there is one."""
        found = (self._table & {**self._key, "name": name}).to_arrays("content")
        return None if not len(found) else dict(found[0])

    def names(self) -> list[str]:
        """The names of the templates; `LAST` is among them once a row was entered."""
        found: list[str] = (self._table & self._key).to_arrays("name", order_by="KEY").tolist()
        return found

    def discard(self, name: str) -> None:
        """Forget a pattern."""
        (self._table & {**self._key, "name": name}).delete_quick()
