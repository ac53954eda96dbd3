"""Tables in the hands of somebody who may not do all with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labwright.tables.table import Table

Row = Mapping[str, Any]


class Guarded:
    r"""A table as an action has it: in the app as far as the person may see and change it, elsewhere all of it.

    Parameters
    ----------
    rows : Table class or query of a table

    Attributes
    ----------
    rows : query
        The rows that may be seen; of the action's own table the row that it is done to.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     mice = lw.Guarded(Mouse)
    ...     mice.insert([{"mouse": 1, "weight": 20}])
    ...     mice.update({"mouse": 1}, {"weight": 21})
    ...     mice.rows.to_dicts()
    [{'mouse': 1, 'weight': 21.0}]
    """

    def __init__(self, rows: Any) -> None:
        self.rows = rows() if isinstance(rows, type) else rows

    @property
    def _table(self) -> type[Table]:
        return type(self.rows)

    def insert(self, rows: Sequence[Row], parts: Mapping[str, Sequence[Row]] | None = None) -> None:
        """Enter rows, and their parts."""
        if parts:
            self._table.insert(rows, parts=parts)
        else:
            self._table.insert(rows)

    def update(self, key: Row, changes: Row) -> None:
        """Change attributes of a row."""
        self._table.update1({**key, **changes})

    def delete(self, key: Row) -> None:
        """Delete a row, with all that depends on it."""
        (self._table & key).delete(prompt=False)
