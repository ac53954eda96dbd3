"""Which forms were sent, so that what is sent twice is done once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, Final

import labwright as lw
from labwright.web.keeping.own_rows import OwnRows

KEPT: Final = timedelta(days=1)
"""For so long it is known that a form was sent."""
_SUBMISSION: Final = """
    # a form that was sent
    person : varchar(64)
    digest : char(64)       # of the number of the form, and of all that it held
    ---
    at : datetime_utc(6)
    index (person, at)
    """


class Submissions(OwnRows):
    """The forms that one person has sent.

    Parameters
    ----------
    keeping : Keeping
    person : str

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.keeping.keeping import Keeping
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     sent = Submissions(Keeping(project), "ana")
    ...     sent.ready()
    ...     sent.note(mark_of("a form", {"name": "Ida"}))
    ...     sent.has(mark_of("a form", {"name": "Ida"})), sent.has(mark_of("a form", {"name": "Ada"}))
    (True, False)
    """

    title = "Submission"
    definition = _SUBMISSION

    def ready(self) -> None:
        """Make the table, which cannot be done within a transaction, and forget what is long ago."""
        super().ready()
        (self._own & lw.Where("at", "<", self._clock() - KEPT)).delete_quick()

    def has(self, mark: str) -> bool:
        """Whether a form was sent."""
        return bool(self._own & {"digest": mark})

    def note(self, mark: str) -> None:
        """Note that a form was sent.

        Raises
        ------
        DuplicateError
            When that was noted already.
        """
        self._table.insert1({"person": self._person, "digest": mark, "at": self._clock()})

    @contextmanager
    def noted(self, mark: str) -> Iterator[None]:
        """Note it before what is done in the block, and forget it where that fails."""
        self.note(mark)
        try:
            yield
        except BaseException:
            (self._own & {"digest": mark}).delete_quick()
            raise


def mark_of(number: str, held: Mapping[str, Any]) -> str:
    """What tells a form from all others, and from itself with something else in it."""
    said = json.dumps([number, held], sort_keys=True, default=str)
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
