"""Latin squares and Williams squares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Final

import labwright as lw
from labwright.lab.calculations.design.allocation import Allocation, Assignment, set_hash, shares
from labwright.lab.calculations.design.randomness import Draws
from labwright.lab.calculations.design.units import Arms, Ineligible, Unit, eligible, ratios

Square = tuple[tuple[int, ...], ...]
"""Rows of symbols from 0."""

LARGEST_ENUMERATED: Final = 5


def latin_square(
    rows: Iterable[str | int],
    columns: Iterable[str | int],
    arms: Arms,
    seed: int,
    ineligible: Ineligible | None = None,
) -> Allocation:
    """Allocate the cells of a square, so that each arm is once in each row and once in each column.

    Parameters
    ----------
    rows, columns : iterable of str or int
        Names of what crosses, as animals and days: as many of each as there are arms.
    arms : sequence of str
        Equal parts only.
    seed, ineligible
        As in `simple`; the units are pairs of row and column.

    Returns
    -------
    Allocation
        Units are pairs ``(row, column)``; the group of each is its row.

    Raises
    ------
    DataError
        When rows, columns and arms are not equally many, or a name is there twice.

    Examples
    --------
    >>> plan = latin_square(["M1", "M2", "M3"], [1, 2, 3], ["a", "b", "c"], seed=1)
    >>> sorted(found.arm for found in plan.assignments if found.group == "M2")
    ['a', 'b', 'c']
    """
    down, across = _names(eligible(rows)), _names(eligible(columns))
    parts, draws = ratios(arms), Draws(seed)
    if set(parts.values()) != {1} or not len(down) == len(across) == len(parts):
        raise lw.errors.DataError(
            f"A Latin square of {len(down)} rows, {len(across)} columns and the arms {parts}: "
            "there must be as many rows as columns and arms, and no arm counts double."
        )
    cells = [(row, column) for row in down for column in across]
    eligible(cells, ineligible)
    square, codes, probabilities = random_latin_square(len(parts), draws), list(parts), shares(parts)
    symbols = [symbol for row in square for symbol in row]
    found = tuple(
        Assignment(cell, codes[symbol], number, probabilities, group=str(cell[0]))
        for number, (cell, symbol) in enumerate(zip(cells, symbols, strict=True), start=1)
    )
    parameters = {"set": "all squares" if len(parts) <= LARGEST_ENUMERATED else "Jacobson-Matthews chain"}
    return Allocation("Latin square", parts, parameters, draws.randomness, set_hash(tuple(cells)), found)


def _names(units: tuple[Unit, ...]) -> list[str | int]:
    names = [unit for unit in units if not isinstance(unit, tuple)]
    if len(names) < len(units):
        raise lw.errors.DataError("The rows and columns of a Latin square have texts or numbers as names.")
    return names


def random_latin_square(order: int, draws: Draws) -> Square:
    """A Latin square drawn from all of its order.

    Up to order 5 all are equally probable: a reduced square is drawn from the list of all, then its columns, and its
    rows but the first, are permuted, which reaches each square in one way. Above, the moves of Jacobson and Matthews
    (1996, J Combinatorial Designs 4:405) lead from the cyclic square over ``order ** 3`` others; the limit of these is
    the uniform distribution. Rows, columns and symbols are permuted then too.

    Parameters
    ----------
    order : int
    draws : Draws

    Returns
    -------
    tuple of tuple of int
        Symbols from 0 to ``order - 1``.

    Examples
    --------
    >>> square = random_latin_square(4, Draws(1))
    >>> all(sorted(line) == [0, 1, 2, 3] for line in [*square, *zip(*square)])
    True
    """
    is_listed = order <= LARGEST_ENUMERATED
    start = draws.choice(reduced_squares(order)) if is_listed else jacobson_matthews(order, draws)
    symbols, columns = draws.shuffled(range(order)), draws.shuffled(range(order))
    rows = [0, *draws.shuffled(range(1, order))] if is_listed else draws.shuffled(range(order))
    return tuple(tuple(symbols[start[row][column]] for column in columns) for row in rows)


@cache
def reduced_squares(order: int) -> tuple[Square, ...]:
    """All Latin squares whose first row and first column are in order: 1, 1, 1, 4 and 56 for orders 1 to 5.

    Examples
    --------
    >>> [len(reduced_squares(order)) for order in range(1, 6)]
    [1, 1, 1, 4, 56]
    """
    return tuple(_completions((tuple(range(order)),), order))


def _completions(square: Square, order: int) -> Iterator[Square]:
    if len(square) == order:
        yield square
        return
    for row in _rows((len(square),), square, order):
        yield from _completions((*square, row), order)


def _rows(row: tuple[int, ...], above: Square, order: int) -> Iterator[tuple[int, ...]]:
    column = len(row)
    if column == order:
        yield row
        return
    for symbol in range(order):
        if symbol not in row and all(other[column] != symbol for other in above):
            yield from _rows((*row, symbol), above, order)


def jacobson_matthews(order: int, draws: Draws) -> Square:
    """The Latin square that comes as number ``order ** 3`` on the way from the cyclic one.

    A square is the cube of 0 and 1 that tells whether a row, a column and a symbol meet; each move adds 1 at one place
    and mends the lines through it, which may leave one -1 that the next move starts from. Squares without it are
    counted, not moves: else those to which a way through many -1 leads would come too often.

    Examples
    --------
    >>> square = jacobson_matthews(6, Draws(1))
    >>> all(len(set(line)) == 6 for line in [*square, *zip(*square)])
    True
    """
    size = range(order)
    cube = [[[int((row + column) % order == symbol) for symbol in size] for column in size] for row in size]
    hole: tuple[int, int, int] | None = None
    left = order**3
    while left:
        hole = _move(cube, hole or _zero(cube, draws), draws)
        left -= not hole
    return tuple(tuple(line.index(1) for line in plane) for plane in cube)


def _zero(cube: list[list[list[int]]], draws: Draws) -> tuple[int, int, int]:
    while True:
        row, column, symbol = (draws.below(len(cube)) for _ in range(3))
        if cube[row][column][symbol] == 0:
            return row, column, symbol


def _move(cube: list[list[list[int]]], at: tuple[int, int, int], draws: Draws) -> tuple[int, int, int] | None:
    row, column, symbol = at
    size = range(len(cube))
    other_row = draws.choice([other for other in size if cube[other][column][symbol] == 1])
    other_column = draws.choice([other for other in size if cube[row][other][symbol] == 1])
    other_symbol = draws.choice([other for other in size if cube[row][column][other] == 1])
    for r, a in ((row, 1), (other_row, -1)):
        for c, b in ((column, 1), (other_column, -1)):
            for s, d in ((symbol, 1), (other_symbol, -1)):
                cube[r][c][s] += a * b * d
    opposite = other_row, other_column, other_symbol
    return opposite if cube[other_row][other_column][other_symbol] < 0 else None


def williams_square(conditions: int) -> Square:
    """Sequences in which each condition is once at each place, and follows each other one equally often.

    The first is 0, 1, n-1, 2, n-2, ...; each next adds 1, modulo n. Where n is odd, their reversals follow: only all 2n
    together are balanced (Williams 1949, Australian J Scientific Research A 2:149).

    Parameters
    ----------
    conditions : int
        How many, at least 2.

    Returns
    -------
    tuple of tuple of int
        ``n`` sequences of conditions from 0, or ``2 n`` where n is odd.

    Raises
    ------
    DataError
        When there are fewer than two conditions.

    Examples
    --------
    >>> williams_square(4)
    ((0, 1, 3, 2), (1, 2, 0, 3), (2, 3, 1, 0), (3, 0, 2, 1))
    """
    if conditions < 2:
        raise lw.errors.DataError(f"{conditions} conditions have no order to balance: there must be two.")
    first = [0, *(place // 2 + 1 if place % 2 == 0 else -(place // 2 + 1) for place in range(conditions - 1))]
    square = tuple(tuple((step + row) % conditions for step in first) for row in range(conditions))
    return square if conditions % 2 == 0 else (*square, *(row[::-1] for row in square))


def carry_over(sequences: Iterable[Sequence[object]]) -> dict[tuple[object, object], int]:
    """How often each condition directly follows each other one.

    Examples
    --------
    >>> set(carry_over(williams_square(5)).values())
    {2}
    """
    found: dict[tuple[object, object], int] = {}
    for sequence in sequences:
        for pair in pairwise(sequence):
            found[pair] = found.get(pair, 0) + 1
    return found
