"""Whether arms go together with something else: cage, litter, dam, batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, factorial, prod, sqrt
from typing import Any, Final

import labwright as lw
from labwright.lab.calculations.design.units import grouped

Table = tuple[tuple[int, ...], ...]

MOST_ARRANGEMENTS: Final = 20_000
"""Tables of counts that are looked at one by one; where there may be more, units are shuffled instead."""
SHUFFLES: Final = 9_999


@dataclass(frozen=True, slots=True)
class Association:
    """How closely arms go together with one attribute of their units.

    Parameters
    ----------
    attribute : str
    cramers_v : float
        0 where shares are the same in all levels, 1 where the one tells the other.
    p : float
        Probability of a chi-square as large or larger if units had been dealt at random.
    exact : bool
        Whether all tables with these margins were looked at; else `p` is of 9,999 shuffles with seed 0.
    missing : mapping from str to tuple of str
        Levels that do not contribute to each arm, with the arms that they lack.
    table : tuple of tuple of int
        Units in each level (rows, by name) and arm (columns, by code).

    Examples
    --------
    >>> cage = {"M1": "C1", "M2": "C1", "M3": "C2", "M4": "C2"}
    >>> found = association({"M1": "a", "M2": "a", "M3": "b", "M4": "b"}, cage, "cage")
    >>> found.cramers_v, round(found.p, 4), dict(found.missing)
    (1.0, 0.3333, {'C1': ('b',), 'C2': ('a',)})
    """

    attribute: str
    cramers_v: float
    p: float
    exact: bool
    missing: Mapping[str, tuple[str, ...]]
    table: Table

    @property
    def is_complete(self) -> bool:
        """Whether the attribute tells the arm: no level has units in two arms."""
        return all(sum(count > 0 for count in row) < 2 for row in self.table)


def association(arm_of: Mapping[Any, str], label_of: Mapping[Any, Hashable], attribute: str) -> Association:
    """Compare arms with one attribute of their units.

    Cramer's V is ``sqrt(chi2 / (N (min(levels, arms) - 1)))`` (Cramer 1946, 21.9); 0 where there is one level or arm.
    The probability is that of Pearson's chi-square given both margins, exact where few tables have them: it holds for
    the small counts of litters and cages, where the limit does not.

    Parameters
    ----------
    arm_of : mapping from unit to arm
    label_of : mapping from unit to label
        Has all units.
    attribute : str
        What the labels are: cage, litter, dam, batch.

    Returns
    -------
    Association

    Raises
    ------
    DataError
        When a unit has no label, or there are no units.

    Examples
    --------
    >>> litter = {"M1": "L1", "M2": "L1", "M3": "L2", "M4": "L2"}
    >>> association({"M1": "a", "M2": "b", "M3": "b", "M4": "a"}, litter, "litter").cramers_v
    0.0
    """
    if not arm_of:
        raise lw.errors.DataError("No units are allocated: there is nothing to compare.")
    arms = sorted(set(arm_of.values()))
    groups = grouped(sorted(arm_of, key=str), label_of, attribute)
    counts = [Counter(arm_of[unit] for unit in members) for members in groups.values()]
    table = tuple(tuple(count[arm] for arm in arms) for count in counts)
    missing = {
        label: tuple(arm for arm in arms if not count[arm])
        for label, count in zip(groups, counts, strict=True)
        if len(count) < len(arms)
    }
    p, exact = _probability(table)
    return Association(attribute, _cramers_v(table), p, exact, missing, table)


def confounding(
    arm_of: Mapping[Any, str],
    attributes: Mapping[str, Mapping[Any, Hashable]],
    *,
    every_arm: Iterable[str] = (),
) -> tuple[Association, ...]:
    """Compare arms with each of several attributes; the closest association comes first.

    Parameters
    ----------
    arm_of : mapping from unit to arm
    attributes : mapping from str to mapping from unit to label
    every_arm : iterable of str
        Attributes each level of which must contribute to each arm.

    Returns
    -------
    tuple of Association

    Raises
    ------
    DataError
        When a level of one of `every_arm` does not contribute to each arm; all are named with the arms that they lack.

    Examples
    --------
    >>> litter = {"M1": "L1", "M2": "L1", "M3": "L2", "M4": "L2"}
    >>> confounding({"M1": "a", "M2": "a", "M3": "b", "M4": "b"}, {"litter": litter}, every_arm=["litter"])
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: Each litter is to contribute to each arm: L1 has none in b; L2 has none in a. ...
    """
    found = [association(arm_of, label_of, name) for name, label_of in attributes.items()]
    wanted = set(every_arm)
    if unknown := sorted(wanted - set(attributes)):
        raise lw.errors.DataError(f"There are no attributes {unknown}: given are {sorted(attributes)}.")
    for one in found:
        if one.attribute in wanted and one.missing:
            raise lw.errors.DataError(_lacking(one))
    return tuple(sorted(found, key=lambda one: (-one.cramers_v, one.p, one.attribute)))


def _lacking(found: Association) -> str:
    lacks = "; ".join(f"{label} has none in {', '.join(arms)}" for label, arms in found.missing.items())
    return (
        f"Each {found.attribute} is to contribute to each arm: {lacks}. "
        "Allocate within strata with every_arm, or leave these out."
    )


def _margins(table: Table) -> tuple[list[int], list[int]]:
    return [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]


def _closeness(table: Table) -> Fraction:
    """The sum of count squared over both margins, which is chi-square / N + 1."""
    rows, columns = _margins(table)
    cells = ((count, r, c) for row, r in zip(table, rows, strict=True) for count, c in zip(row, columns, strict=True))
    return sum((Fraction(count**2, r * c) for count, r, c in cells), Fraction(0))


def _cramers_v(table: Table) -> float:
    smaller = min(len(table), len(table[0]))
    return sqrt((_closeness(table) - 1) / (smaller - 1)) if smaller > 1 else 0.0


def _probability(table: Table) -> tuple[float, bool]:
    rows, columns = _margins(table)
    if len(rows) < 2 or len(columns) < 2:
        return 1.0, True
    if prod(comb(row + len(columns) - 1, row) for row in rows[:-1]) <= MOST_ARRANGEMENTS:
        return float(_exact(table, rows, columns)), True
    return _shuffled(table), False


def _exact(table: Table, rows: Sequence[int], columns: Sequence[int]) -> Fraction:
    """The share of arrangements whose table is at least as far from independence."""
    seen = _closeness(table)
    ways = {True: 0, False: 0}
    for other in _tables(rows, tuple(columns)):
        count = prod(factorial(row) // prod(map(factorial, cells)) for row, cells in zip(rows, other, strict=True))
        ways[_closeness(other) >= seen] += count
    return Fraction(ways[True], ways[True] + ways[False])


def _tables(rows: Sequence[int], left: tuple[int, ...]) -> Iterable[Table]:
    if len(rows) == 1:
        yield (left,)
        return
    for row in _rows(rows[0], left):
        remaining = tuple(have - taken for have, taken in zip(left, row, strict=True))
        yield from ((row, *rest) for rest in _tables(rows[1:], remaining))


def _rows(total: int, left: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    if len(left) == 1:
        if total <= left[0]:
            yield (total,)
        return
    for first in range(min(total, left[0]) + 1):
        yield from ((first, *rest) for rest in _rows(total - first, left[1:]))


def _shuffled(table: Table) -> float:
    import numpy as np

    levels = np.repeat(np.arange(len(table)), [sum(row) for row in table])
    arms = np.concatenate([np.repeat(np.arange(len(row)), row) for row in table])
    weight = 1 / np.outer(*_margins(table))
    random = np.random.Generator(np.random.PCG64(0))

    def closeness(labels: np.ndarray) -> float:
        counts = np.bincount(levels * weight.shape[1] + labels, minlength=weight.size).reshape(weight.shape)
        return float((counts**2 * weight).sum())

    seen = closeness(arms)
    reached = sum(closeness(random.permutation(arms)) >= seen - 1e-9 for _ in range(SHUFFLES))
    return (reached + 1) / (SHUFFLES + 1)
