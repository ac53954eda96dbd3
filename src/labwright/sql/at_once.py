"""One statement that does all that stores a computation, for databases whose queries may change something."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from labwright.sql.assertions import Look
from labwright.sql.drivers.base import Order
from labwright.sql.recheck import REMEMBERED

_CHECK: Final = "(SELECT CASE WHEN {0} THEN 1 ELSE ('found: ' || count(*))::int END FROM {1})"
"""Fails, as no text is a number."""


def at_once(demands: Sequence[Order], looks: Sequence[Look], others: Sequence[Order]) -> Order:
    """The statement that fails, and changes nothing, unless all holds.

    Each statement costs as much again in sending it, and beginning and committing cost two more.

    Parameters
    ----------
    demands : sequence of Order
        Each about one row, which it has to touch.
    looks : sequence of Look
    others : sequence of Order
        What is stored, each about one row.

    Returns
    -------
    Order
    """
    sql = _said(
        tuple(order.sql for order in demands),
        tuple((look.columns, look.sql, look.same) for look in looks),
        tuple(order.sql for order in others),
    )
    asked = [value for order in demands for value in order.rows[0]]
    asked += [value for look in looks for value in look.params]
    asked += [value for order in others for value in order.rows[0]]
    return Order(sql, ((*asked, *(value for look in looks for value in look.bound)),))


@lru_cache(maxsize=REMEMBERED)
def _said(demands: Sequence[str], looks: Sequence[tuple[str, str, str]], others: Sequence[str]) -> str:
    parts = [f"d{i} AS ({sql} RETURNING 1)" for i, sql in enumerate(demands)]
    parts += [f"q{i}{columns} AS ({sql})" for i, (columns, sql, _) in enumerate(looks)]
    parts += [f"o{i} AS ({sql})" for i, sql in enumerate(others)]
    checks = [_CHECK.format("count(*) = 1", f"d{i}") for i in range(len(demands))]
    checks += [_CHECK.format(same, f"q{i}") for i, (_, _, same) in enumerate(looks)]
    return f"WITH {', '.join(parts)} SELECT {', '.join(checks) or '1'}"
