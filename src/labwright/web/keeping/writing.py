"""What somebody is writing in the lab book and has not saved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from labwright.web.keeping.own_rows import OwnRows

_WRITING: Final = """
# What somebody is writing in the lab book and has not saved
person : varchar(64)
entry : int32
---
content : json       # the fields of the form by name
at : datetime_utc(6)
"""


@dataclass(frozen=True)
class Writing:
    """What somebody had in a form.

    Parameters
    ----------
    content : mapping of str to str
        The fields by name.
    at : datetime
    """

    content: Mapping[str, str]
    at: datetime


class Writings(OwnRows):
    """The unsaved texts of one person, one for each entry.

    Parameters
    ----------
    keeping : Keeping
    person : str
    clock : callable
        Gives the time in UTC.

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.keeping.keeping import Keeping
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     writings = Writings(Keeping(project), "ana")
    ...     writings.keep(3, {"text": "Two ba"})
    ...     writings.find(3).content["text"]
    'Two ba'
    """

    title = "Writing"
    definition = _WRITING

    def keep(self, entry: int, content: Mapping[str, str]) -> None:
        """Keep what a form holds, in the place of what it held before."""
        row = {"person": self._person, "entry": entry, "content": dict(content), "at": self._clock()}
        self._table.insert1(row, replace=True)

    def find(self, entry: int) -> Writing | None:
        """What was kept, if anything was."""
        found = (self._own & {"entry": entry}).to_dicts()
        return Writing(found[0]["content"], found[0]["at"]) if found else None

    def forget(self, entry: int) -> None:
        """Forget it: it is saved, or not wanted."""
        (self._own & {"entry": entry}).delete_quick()
