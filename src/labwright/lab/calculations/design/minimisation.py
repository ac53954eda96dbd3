"""Minimisation: each unit mostly comes to the arm that keeps the arms alike in what is known of their units."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import labwright as lw
from labwright.lab.calculations.design.allocation import Allocation, Assignment, set_hash
from labwright.lab.calculations.design.randomness import Draws
from labwright.lab.calculations.design.units import Arms, Ineligible, Unit, eligible, ratios, require_labels

Traits = Mapping[str, Mapping[Any, str]]
"""For each factor the level of each unit: ``{"sex": {"M1": "F", ...}, "litter": {...}}``."""


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is the same for all units."""

    parts: Mapping[str, int]
    traits: Traits
    weights: Mapping[str, Fraction]
    p: Fraction

    @property
    def slots(self) -> dict[str, str]:
        """One for each part of each arm, all alike, with the arm that it stands for."""
        return {
            arm if part == 1 else f"{arm} {number}": arm
            for arm, part in self.parts.items()
            for number in range(1, part + 1)
        }

    def scores(self, unit: Unit, past: Sequence[tuple[Unit, str]]) -> dict[str, Fraction]:
        """The imbalance that each slot would leave: the weighted sum over factors of the range over slots."""
        found = dict.fromkeys(self.slots, Fraction(0))
        for factor, weight in self.weights.items():
            level_of = self.traits[factor]
            alike = Counter(slot for other, slot in past if level_of[other] == level_of[unit])
            for slot in found:
                counts = [alike[other] + (other == slot) for other in found]
                found[slot] += weight * (max(counts) - min(counts))
        return found

    def probabilities(self, scores: Mapping[str, Fraction]) -> dict[str, Fraction]:
        """Of each slot: those with the least score share that of the preferred one, and what it leaves."""
        least = min(scores.values())
        best = [slot for slot in scores if scores[slot] == least]
        other = (1 - self.p) / (len(scores) - 1)
        shared = (self.p + (len(best) - 1) * other) / len(best)
        return {slot: shared if slot in best else other for slot in scores}


def minimisation(
    units: Iterable[Unit],
    arms: Arms,
    traits: Traits,
    seed: int,
    *,
    p: float | str | Fraction = "0.8",
    weights: Mapping[str, int] | None = None,
    before: Mapping[Any, str] | None = None,
    ineligible: Ineligible | None = None,
) -> Allocation:
    """Pocock-Simon minimisation with a biased coin.

    For each unit, and each arm it could come to, the imbalance is the weighted sum over factors of the range over arms
    of the number of units with the same level. The arm with the least is preferred, by chance among equals, and chosen
    with probability `p`. An arm with several parts is as many arms with one, which it stands for together: so that each
    unit comes to it as often as the ratio says (Kuznetsova and Tymofyeyev 2012).

    Parameters
    ----------
    units, arms, seed, ineligible
        As in `simple`. Units are taken in the order of their names.
    traits : mapping from factor to mapping from unit to level
        What is to be balanced. Units in `before` need their levels too.
    p : float, text or Fraction
        Probability of the preferred arm, below 1: else the next arm could be told from those before. The others share
        the rest.
    weights : mapping from factor to int, optional
        1 each, where not given.
    before : mapping from unit to arm, optional
        Units allocated earlier, that are counted and not drawn.

    Returns
    -------
    Allocation
        Probabilities are those given the units before. The details of each assignment have the scores (fractions), the
        draw, in [0, 1), and the slot: the first whose cumulated probability exceeds the draw, in the order of codes.
        Slots are the arms, and of one with several parts, ``'drug 1'``, ``'drug 2'``.

    Raises
    ------
    DataError
        As in `simple`; when a level is missing, `p` allows no chance, or a unit is in `before`.

    References
    ----------
    Pocock SJ, Simon R (1975) Biometrics 31:103. Kuznetsova OM, Tymofyeyev Y (2012) Statistics in Medicine 31:701.

    Examples
    --------
    >>> sex = {"M1": "F", "M2": "F", "M3": "M", "M4": "M"}
    >>> plan = minimisation(sex, ["drug", "saline"], {"sex": sex}, seed=1)
    >>> plan.assignments[1].details["scores"][plan.assignments[0].arm]
    Fraction(2, 1)
    """
    before = before or {}
    chosen = eligible(units, dict.fromkeys(before, "already allocated") | dict(ineligible or {}))
    rule, draws = _rule(arms, traits, weights, p), Draws(seed)
    for factor, level_of in traits.items():
        require_labels([*before, *chosen], level_of, factor)
    if strange := sorted(set(before.values()) - set(rule.parts)):
        raise lw.errors.DataError(f"Units were allocated before to {strange}: the arms are {sorted(rule.parts)}.")
    past: list[tuple[Unit, str]] = []
    for unit, arm in _sorted(before):
        past.append((unit, _least_of(arm, rule, rule.scores(unit, past))))
    found: list[Assignment] = []
    for number, unit in enumerate(chosen, start=1):
        found.append(_assign(unit, number, rule, past, draws))
        past.append((unit, found[-1].details["slot"]))
    return Allocation(
        "minimisation", rule.parts, _parameters(rule, before), draws.randomness, set_hash(chosen), tuple(found)
    )


def _rule(arms: Arms, traits: Traits, weights: Mapping[str, int] | None, p: float | str | Fraction) -> _Rule:
    parts, chance = ratios(arms), Fraction(str(p))
    if not Fraction(1, sum(parts.values())) <= chance < 1:
        raise lw.errors.DataError(f"p is {p}: it must be below 1, and not below the share of an arm.")
    given = weights or dict.fromkeys(traits, 1)
    if not traits or set(given) != set(traits) or min(given.values()) <= 0:
        raise lw.errors.DataError(
            f"The weights {dict(given)} must be above 0, for each of the factors {sorted(traits)}."
        )
    rule = _Rule(parts, traits, {factor: Fraction(given[factor]) for factor in sorted(traits)}, chance)
    if len(rule.slots) < sum(parts.values()):
        raise lw.errors.DataError(f"An arm of {list(parts)} has the name of a part of another: give it another name.")
    return rule


def _sorted(before: Mapping[Any, str]) -> list[tuple[Unit, str]]:
    return [(unit, before[unit]) for unit in eligible(before)] if before else []


def _least_of(arm: str, rule: _Rule, scores: Mapping[str, Fraction]) -> str:
    """The slot of an arm that leaves the least imbalance, for a unit of which the arm alone is known."""
    return min((slot for slot, of in rule.slots.items() if of == arm), key=lambda slot: scores[slot])


def _assign(unit: Unit, number: int, rule: _Rule, past: Sequence[tuple[Unit, str]], draws: Draws) -> Assignment:
    scores = rule.scores(unit, past)
    of_slots, draw = rule.probabilities(scores), draws.uniform()
    slot = _at(draw, of_slots)
    probabilities = dict.fromkeys(rule.parts, Fraction(0))
    for other, arm in rule.slots.items():
        probabilities[arm] += of_slots[other]
    details = {"scores": scores, "draw": draw, "slot": slot}
    return Assignment(unit, rule.slots[slot], number, probabilities, details=details)


def _at(draw: float, probabilities: Mapping[str, Fraction]) -> str:
    reached = Fraction(0)
    for slot, probability in probabilities.items():
        reached += probability
        if Fraction(draw) < reached:
            return slot
    raise AssertionError("probabilities add up to 1, and a draw is below")


def _parameters(rule: _Rule, before: Mapping[Any, str]) -> dict[str, Any]:
    counted = [list(pair) for pair in _sorted(before)]
    return {"p": rule.p, "weights": dict(rule.weights), "measure": "range", "before": counted}
