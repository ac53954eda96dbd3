"""Random draws that can be repeated, and what has to be known to repeat them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import labwright as lw

T = TypeVar("T")

LARGEST_SEED: Final = 2**63 - 1
PROCEDURE: Final = "labwright draws 1"


def fresh_seed() -> int:
    """A seed from the randomness of the system, that fits into a signed integer of 64 bits.

    Examples
    --------
    >>> 0 <= fresh_seed() < 2**63
    True
    """
    return secrets.randbelow(LARGEST_SEED + 1)


@dataclass(frozen=True, slots=True)
class Randomness:
    """What has to be known to repeat draws.

    Parameters
    ----------
    seed : int
    generator : str
        The bit generator.
    library : str
        Where it comes from, with its version. Others of another version compare equal: its bits stay the same.
    procedure : str
        How bits become choices.

    Examples
    --------
    >>> Draws(7).randomness.generator
    'PCG64'
    """

    seed: int
    generator: str
    library: str = field(compare=False)
    procedure: str = PROCEDURE


class Draws:
    """Choices made from the bits of PCG64 (O'Neill 2014), as numpy has it.

    Only raw bits are taken from numpy, which promises them to stay as they are in all versions; what becomes of them
    is decided here: whole numbers by rejection, orders by the shuffle of Fisher and Yates (Knuth, TAOCP 2, 3.4.2).

    Parameters
    ----------
    seed : int
        From 0 to 2**63 - 1.

    Raises
    ------
    DataError
        When the seed is none.

    Examples
    --------
    >>> Draws(7).shuffled("abcdef") == Draws(7).shuffled("abcdef")
    True
    >>> sorted(Draws(7).shuffled([1, 2, 3]))
    [1, 2, 3]
    """

    def __init__(self, seed: int) -> None:
        import numpy as np

        if type(seed) is not int or not 0 <= seed <= LARGEST_SEED:
            raise lw.errors.DataError(f"The seed {seed!r} is no whole number from 0 to {LARGEST_SEED}.")
        self._bits = np.random.PCG64(seed)
        self.randomness = Randomness(seed, "PCG64", f"numpy {np.__version__}")

    def _raw(self) -> int:
        return int(self._bits.random_raw())

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound - 1``, all equally probable."""
        limit = 2**64 - 2**64 % bound
        while (raw := self._raw()) >= limit:
            pass
        return raw % bound

    def uniform(self) -> float:
        """A number in [0, 1), a multiple of 2**-53."""
        return (self._raw() >> 11) * 2.0**-53

    def choice(self, items: Sequence[T]) -> T:
        """One of the items, all equally probable."""
        return items[self.below(len(items))]

    def shuffled(self, items: Iterable[T]) -> list[T]:
        """The items in an order drawn from all orders, all equally probable."""
        order = list(items)
        for last in range(len(order) - 1, 0, -1):
            other = self.below(last + 1)
            order[last], order[other] = order[other], order[last]
        return order
