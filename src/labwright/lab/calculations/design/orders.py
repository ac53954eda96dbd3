"""In which order each unit meets the conditions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import labwright as lw
from labwright.lab.calculations.design.allocation import set_hash
from labwright.lab.calculations.design.content import plain
from labwright.lab.calculations.design.randomness import Draws, Randomness
from labwright.lab.calculations.design.squares import carry_over, williams_square
from labwright.lab.calculations.design.units import Ineligible, Unit, eligible


@dataclass(frozen=True, slots=True)
class Orders:
    """The order of conditions for each unit.

    Parameters
    ----------
    method : str
    conditions : tuple of str
    randomness : Randomness
    eligible_hash : str
        SHA-256 of the names of the units: 64 hexadecimal digits.
    order_of : mapping from unit to tuple of str
    balanced : bool
        Whether each condition is at each place, and follows each other one, equally often over all units.

    Examples
    --------
    >>> random_orders(["M1", "M2"], ["a", "b", "c"], seed=1).balanced
    False
    """

    method: str
    conditions: tuple[str, ...]
    randomness: Randomness
    eligible_hash: str
    order_of: Mapping[Unit, tuple[str, ...]]
    balanced: bool

    def content(self) -> dict[str, Any]:
        """All of it as plain data for JSON: orders as a list of unit and order."""
        parts = asdict(self) | {"order_of": [[unit, list(order)] for unit, order in self.order_of.items()]}
        return dict(plain(parts, "orders"))


def williams_orders(
    units: Iterable[Unit], conditions: Sequence[str], seed: int, ineligible: Ineligible | None = None
) -> Orders:
    """Orders of Williams squares, whose symbols and rows are permuted at random.

    Parameters
    ----------
    units : iterable of str, int or tuple
        Best a multiple of the sequences: as many as conditions, or twice that where these are odd. Else some sequences,
        drawn, are used once more than others, and the result says that it is not balanced.
    conditions : sequence of str
    seed : int
    ineligible : mapping from unit to text, optional
        As in `simple`.

    Returns
    -------
    Orders

    Raises
    ------
    DataError
        When units or conditions are none, or twice there.

    Examples
    --------
    >>> orders = williams_orders(["M1", "M2", "M3", "M4"], ["a", "b", "c", "d"], seed=1)
    >>> orders.balanced, set(carry_over(orders.order_of.values()).values())
    (True, {1})
    """
    chosen, names, draws = eligible(units, ineligible), _conditions(conditions), Draws(seed)
    symbols = draws.shuffled(names)
    sequences = [tuple(symbols[symbol] for symbol in row) for row in williams_square(len(names))]
    times, rest = divmod(len(chosen), len(sequences))
    deck = sequences * times + draws.shuffled(sequences)[:rest]
    return _orders("Williams", chosen, names, draws, draws.shuffled(deck))


def random_orders(
    units: Iterable[Unit], conditions: Sequence[str], seed: int, ineligible: Ineligible | None = None
) -> Orders:
    """An order for each unit, drawn from all orders, whatever the others have.

    Parameters
    ----------
    units, conditions, seed, ineligible
        As in `williams_orders`.

    Returns
    -------
    Orders

    Raises
    ------
    DataError
        As in `williams_orders`.

    Examples
    --------
    >>> sorted(random_orders(["M1"], ["a", "b", "c"], seed=1).order_of["M1"])
    ['a', 'b', 'c']
    """
    chosen, names, draws = eligible(units, ineligible), _conditions(conditions), Draws(seed)
    return _orders("random", chosen, names, draws, [tuple(draws.shuffled(names)) for _ in chosen])


def _conditions(conditions: Sequence[str]) -> tuple[str, ...]:
    names = tuple(sorted(conditions))
    if len(set(names)) < max(len(names), 2):
        raise lw.errors.DataError(f"The conditions are {list(names)}: at least two are needed, each once.")
    return names


def _orders(
    method: str, units: tuple[Unit, ...], names: tuple[str, ...], draws: Draws, orders: Sequence[tuple[str, ...]]
) -> Orders:
    order_of = dict(zip(units, orders, strict=True))
    return Orders(method, names, draws.randomness, set_hash(units), order_of, _is_balanced(orders, names))


def _is_balanced(orders: Sequence[tuple[str, ...]], names: tuple[str, ...]) -> bool:
    following = carry_over(orders)
    after = {following.get((one, other), 0) for one in names for other in names if one != other}
    places = {place.count(name) for place in zip(*orders, strict=True) for name in names}
    return len(after) == len(places) == 1
