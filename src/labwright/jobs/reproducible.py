"""How rows came about, which of them are out of date, and whether they come out the same again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from labwright.core.errors import QueryError
from labwright.core.verb import told, verb
from labwright.jobs.runs import Runs
from labwright.jobs.stale import Stale, stale_rows
from labwright.jobs.verify import Verified, verify_row
from labwright.tables.table import UserTable, answers_for_classes


@answers_for_classes
class Reproducible(UserTable):
    """What a table that fills itself tells of its runs."""

    @told
    def provenance(self) -> Runs:
        r"""How these rows were computed: a query with the key, `code`, `git_commit`, `started`, `user`...

        Called with the key of a row it tells all: ``Spikes.provenance(key).code.source.text``.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32"
        ...     @schema
        ...     class Square(lw.Computed):
        ...         definition = "-> Mouse\n---\nsquare : int32"
        ...         def make(self, key):
        ...             self.insert1({**key, "square": key["mouse"] ** 2})
        ...     Mouse.insert1((7,))
        ...     _ = Square.populate()
        ...     list(Square.provenance.heading)[:3]
        ['mouse', 'code', 'git_commit']
        """
        return Runs(cast(Any, self))

    @verb
    def stale(self) -> list[Stale]:
        r"""The rows whose code or inputs have changed since they were computed, each with the reasons.

        Comments, formatting and docstrings of the code do not count. What make has read is read again, and compared.
        Rows of which no run is known are not among them.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = "mouse : int32\n---\nage : int32"
        ...     @schema
        ...     class Weeks(lw.Computed):
        ...         definition = "-> Mouse\n---\nweeks : float32"
        ...         def make(self, key):
        ...             self.insert1({**key, "weeks": (Mouse & key).fetch1("age") / 7})
        ...     Mouse.insert([(1, 70), (2, 14)])
        ...     _ = Weeks.populate()
        ...     Mouse.update1({"mouse": 2, "age": 21})
        ...     Weeks.stale()
        [Stale(key={'mouse': 2}, reasons=('inputs',))]
        """
        self.ready()
        return stale_rows(cast(Any, self))

    @verb
    def verify(self, key: Mapping[str, Any], rtol: float = 0.0) -> Verified:
        """Compute the rows of a key again, store nothing, and compare with what is stored.

        Parameters
        ----------
        key : mapping
            The primary key of a row, or what its make was given.
        rtol : float
            How far numbers may differ, relative to their size.

        Returns
        -------
        Verified
            True in a condition when all is the same; else its `differences` say what is not.
        """
        self.ready()
        if not rtol >= 0:  # nan, too
            raise QueryError(f"rtol is a number from 0, such as 1e-9, not {rtol!r}.")
        return verify_row(cast(Any, type(self)()), key, float(rtol))
