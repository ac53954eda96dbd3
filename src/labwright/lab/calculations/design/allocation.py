"""An allocation: which unit came to which arm, with what probability, by which draws."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from typing import Any

from labwright.lab.calculations.design.content import content_hash, plain
from labwright.lab.calculations.design.randomness import Randomness
from labwright.lab.calculations.design.units import Unit
from labwright.lab.canonical import digest, to_json


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit and its arm.

    Parameters
    ----------
    unit : str, int or tuple
    arm : str
    number : int
        The place in the sequence of assignments, from 1.
    probabilities : mapping from str to Fraction
        Of each arm for this unit before the draw: over all draws of the plan, or, for minimisation, given the units
        before.
    group : str
        The block, stratum, cluster or plot, where there is one.
    details : mapping
        What else went into it: scores and the random draw of minimisation.

    Examples
    --------
    >>> Assignment("M1", "drug", 1, {"drug": Fraction(1, 2), "saline": Fraction(1, 2)}).probabilities["drug"]
    Fraction(1, 2)
    """

    unit: Unit
    arm: str
    number: int
    probabilities: Mapping[str, Fraction]
    group: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Allocation:
    """A whole plan, made once and stored. It compares equal to one made again from the same seed: that is its audit.

    Parameters
    ----------
    method : str
    arms : mapping from str to int
        Codes and their parts of the whole.
    parameters : mapping
        What else the method was given.
    randomness : Randomness
    eligible_hash : str
        SHA-256 of the names of all units that could be drawn: 64 hexadecimal digits.
    assignments : tuple of Assignment

    Examples
    --------
    >>> from labwright.lab.calculations.design import complete
    >>> plan = complete(["M1", "M2", "M3", "M4"], ["drug", "saline"], seed=7)
    >>> plan.counts()
    {'drug': 2, 'saline': 2}
    >>> plan == complete(["M4", "M3", "M2", "M1"], ["saline", "drug"], seed=7)
    True
    """

    method: str
    arms: Mapping[str, int]
    parameters: Mapping[str, Any]
    randomness: Randomness
    eligible_hash: str
    assignments: tuple[Assignment, ...]

    def counts(self) -> dict[str, int]:
        """How many units each arm has."""
        found = Counter(assignment.arm for assignment in self.assignments)
        return {arm: found[arm] for arm in self.arms}

    def arm_of(self) -> dict[Unit, str]:
        """The arm of each unit."""
        return {assignment.unit: assignment.arm for assignment in self.assignments}

    def content(self) -> dict[str, Any]:
        """All of it as plain data for JSON: fractions as texts."""
        found = plain(asdict(self), "allocation")
        return dict(found)

    def hash(self) -> str:
        """SHA-256 of the content: 64 hexadecimal digits."""
        return content_hash(self.content())


def set_hash(units: tuple[Unit, ...]) -> str:
    """SHA-256 of the names of units, in their order.

    Examples
    --------
    >>> set_hash(("M1", "M2")) == set_hash(("M1", "M3"))
    False
    """
    return digest(to_json(plain(units)).encode())


def shares(parts: Mapping[str, int]) -> dict[str, Fraction]:
    """The probability of each arm, in proportion to the ratio.

    Examples
    --------
    >>> shares({"drug": 2, "saline": 1})
    {'drug': Fraction(2, 3), 'saline': Fraction(1, 3)}
    """
    whole = sum(parts.values())
    return {arm: Fraction(part, whole) for arm, part in parts.items()}
