"""Forms that people have begun."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from labwright.web.keeping.own_rows import OwnRows

MOST: Final = 200
"""So many drafts one person has; the oldest go when there are more."""
_NUMBER: Final = re.compile("[0-9a-f]{32}")
_DRAFT: Final = """
    # a form that somebody has begun
    person : varchar(64)
    draft : char(32)
    ---
    about : varchar(255)        # the table
    of : varchar(4000)          # the key of the row that is changed, as addresses have it; empty for a new row
    content : json              # what the fields of the form hold
    at : datetime_utc(6)
    index (person, at)
    """


@dataclass(frozen=True)
class Draft:
    """A form that somebody has begun.

    Parameters
    ----------
    number : str
    table : str
        The table, as the app calls it.
    of : str
        The key of the row that is changed, as addresses have it; empty for a new row.
    at : datetime
        When it was kept last.
    content : mapping
        What the fields hold.
    """

    number: str
    table: str
    of: str
    at: datetime
    content: Mapping[str, str]


def is_number(text: str) -> bool:
    """Whether this may be the number of a draft."""
    return _NUMBER.fullmatch(text) is not None


class Drafts(OwnRows):
    """The drafts of one person.

    Parameters
    ----------
    keeping : Keeping
    person : str

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.keeping.keeping import Keeping
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     drafts = Drafts(Keeping(project), "ana")
    ...     drafts.keep("0" * 32, "lab.Mouse", "", {"name": "Ida"})
    ...     [(d.table, d.content) for d in drafts]
    [('lab.Mouse', {'name': 'Ida'})]
    """

    title = "Draft"
    definition = _DRAFT

    def keep(self, number: str, table: str, of: str, content: Mapping[str, str]) -> None:
        """Keep a draft, in the place of what was kept under this number."""
        self.ready()
        row = {"about": table, "of": of, "content": dict(content), "at": self._clock()}
        with self._keeping.changing():
            (self._own & {"draft": number}).delete_quick()
            self._table.insert1({"person": self._person, "draft": number, **row})
            old = self._own.to_arrays("draft", order_by="at DESC", limit=MOST, offset=MOST).tolist()
            if old:
                (self._own & [{"draft": n} for n in old]).delete_quick()

    def find(self, number: str) -> Draft | None:
        """The draft of this number, if there is one."""
        found = (self._own & {"draft": number}).to_dicts() if is_number(number) else []
        return _draft(found[0]) if found else None

    def discard(self, number: str) -> None:
        """Forget a draft."""
        if is_number(number):
            (self._own & {"draft": number}).delete_quick()

    def about(self, table: str, of: str) -> list[Draft]:
        """Those of one form, the newest first."""
        found = self._own & {"about": table, "of": of}
        return list(map(_draft, found.to_dicts(order_by="at DESC", limit=10)))

    def __iter__(self) -> Iterator[Draft]:
        """All of them, the newest first."""
        return map(_draft, self._own.to_dicts(order_by="at DESC"))


def _draft(row: Mapping[str, Any]) -> Draft:
    return Draft(row["draft"], row["about"], row["of"], row["at"], row["content"])
