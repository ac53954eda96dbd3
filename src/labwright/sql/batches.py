"""Several runs of a query, with other values each, as one statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labwright.sql.statement import Statement


def numbered(sql: str, values: Sequence[Sequence[Any]]) -> Statement:
    """Return one statement for all; each row of its result begins with the number of the values that it is of.

    Examples
    --------
    >>> numbered("SELECT a FROM t WHERE b = ?", [(1,), (2,)]).sql.count("UNION ALL")
    1
    """
    parts = (f"SELECT {number} AS run_number, s.* FROM ({sql}) AS s" for number in range(len(values)))
    return Statement(" UNION ALL ".join(parts), tuple(v for params in values for v in params))
