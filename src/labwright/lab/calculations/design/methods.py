"""Ways of allocating units to arms by chance: simple, complete, in blocks, in strata, by cluster, as a split plot."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import labwright as lw
from labwright.lab.calculations.design.allocation import Allocation, Assignment, set_hash, shares
from labwright.lab.calculations.design.randomness import Draws
from labwright.lab.calculations.design.units import Arms, Ineligible, Unit, eligible, grouped, pattern, ratios

Dealt = tuple[Unit, str, str]
"""A unit, its arm and its group."""


def simple(units: Iterable[Unit], arms: Arms, seed: int, ineligible: Ineligible | None = None) -> Allocation:
    """Draw for each unit alone, whatever the others have: the arms differ in size by chance.

    Parameters
    ----------
    units : iterable of str, int or tuple
        Their order does not matter: they are sorted by name first.
    arms : mapping from str to int, or sequence of str
        Codes, with their parts of the whole where these differ.
    seed : int
        From 0 to 2**63 - 1; `fresh_seed` makes one.
    ineligible : mapping from unit to text, optional
        Units that must not be allocated, with the reason; asking for one of them is an error.

    Returns
    -------
    Allocation
        Each unit comes to an arm with probability ``part / sum of parts``.

    Raises
    ------
    DataError
        When a unit is ineligible or listed twice, or arms or seed are none.

    Examples
    --------
    >>> simple(["M1", "M2", "M3"], ["drug", "saline"], seed=1).assignments[0].probabilities
    {'drug': Fraction(1, 2), 'saline': Fraction(1, 2)}
    """
    chosen, parts, draws = eligible(units, ineligible), ratios(arms), Draws(seed)
    whole = pattern(parts)
    return _allocation("simple", {}, parts, draws, [(unit, draws.choice(whole), "") for unit in chosen])


def complete(units: Iterable[Unit], arms: Arms, seed: int, ineligible: Ineligible | None = None) -> Allocation:
    """Fix how many units each arm has, and draw which: all orders are equally probable.

    Where the units do not divide by the ratio, chance decides who has the ones left over, none more than its part.

    Parameters
    ----------
    units, arms, seed, ineligible
        As in `simple`.

    Returns
    -------
    Allocation

    Raises
    ------
    DataError
        As in `simple`.

    Examples
    --------
    >>> complete(range(9), {"drug": 2, "saline": 1}, seed=1).counts()
    {'drug': 6, 'saline': 3}
    """
    chosen, parts, draws = eligible(units, ineligible), ratios(arms), Draws(seed)
    return _allocation("complete", {}, parts, draws, _dealt(chosen, parts, draws))


def _dealt(units: Sequence[Unit], parts: Mapping[str, int], draws: Draws, group: str = "") -> list[Dealt]:
    whole = pattern(parts)
    times, rest = divmod(len(units), len(whole))
    deck = whole * times + draws.shuffled(whole)[:rest]
    return [(unit, arm, group) for unit, arm in zip(units, draws.shuffled(deck), strict=True)]


def permuted_blocks(
    units: Iterable[Unit], arms: Arms, seed: int, sizes: Sequence[int] = (), ineligible: Ineligible | None = None
) -> Allocation:
    """Draw in blocks, each of which has all arms in their ratio: no arm gets ahead while units come in.

    Parameters
    ----------
    units, arms, seed, ineligible
        As in `simple`. Blocks are filled in the order of the names.
    sizes : sequence of int, optional
        Each block has one of these, drawn: the last arm of a block cannot be guessed. Multiples of the sum of the
        parts; that sum and twice it where nothing is given. The last block may stay part empty.

    Returns
    -------
    Allocation

    Raises
    ------
    DataError
        As in `simple`, and when a size holds no whole number of ratios.

    Examples
    --------
    >>> plan = permuted_blocks([f"M{n}" for n in range(8)], ["a", "b"], seed=1, sizes=[4])
    >>> [assignment.arm for assignment in plan.assignments[:4]].count("a")
    2
    """
    chosen, parts, draws = eligible(units, ineligible), ratios(arms), Draws(seed)
    sizes = _sizes(sizes, parts)
    dealt = _in_blocks(chosen, parts, draws, sizes, "block")
    return _allocation("permuted blocks", {"sizes": sizes}, parts, draws, dealt)


def _sizes(sizes: Sequence[int], parts: Mapping[str, int]) -> list[int]:
    whole = sum(parts.values())
    sizes = sorted(set(sizes or (whole, 2 * whole)))
    if wrong := [size for size in sizes if size < 1 or size % whole]:
        raise lw.errors.DataError(f"Blocks of {wrong} do not hold the ratio {dict(parts)}: take multiples of {whole}.")
    return sizes


def _in_blocks(
    units: Iterable[Unit], parts: Mapping[str, int], draws: Draws, sizes: Sequence[int], name: str
) -> Iterator[Dealt]:
    waiting, number, whole = iter(units), 0, pattern(parts)
    while True:
        size = draws.choice(sizes)
        block = draws.shuffled(whole * (size // len(whole)))
        taken, number = list(islice(waiting, size)), number + 1
        yield from ((unit, arm, f"{name} {number}") for unit, arm in zip(taken, block, strict=False))
        if len(taken) < size:
            return


def stratified(
    units: Iterable[Unit],
    arms: Arms,
    strata: Mapping[Any, Hashable],
    seed: int,
    *,
    sizes: Sequence[int] = (),
    every_arm: bool = False,
    ineligible: Ineligible | None = None,
) -> Allocation:
    """Allocate within each stratum: of a sex, a litter, a batch.

    Parameters
    ----------
    units, arms, seed, ineligible
        As in `simple`.
    strata : mapping from unit to label
        A tuple where strata are made of several things.
    sizes : sequence of int, optional
        Permuted blocks of these sizes within each stratum; without it, each stratum is allocated completely.
    every_arm : bool
        Refuse, before anything is drawn, where a stratum has too few units for all arms: "each litter contributes to
        each arm". Not together with `sizes`, whose last block may end before an arm's turn.

    Returns
    -------
    Allocation
        The group of an assignment is its stratum.

    Raises
    ------
    DataError
        As in `simple`, when a unit has no stratum, and when a stratum cannot contribute to every arm.

    Examples
    --------
    >>> litter = {"M1": "L1", "M2": "L1", "M3": "L2", "M4": "L2"}
    >>> plan = stratified(litter, ["drug", "saline"], litter, seed=1, every_arm=True)
    >>> sorted((assignment.group, assignment.arm) for assignment in plan.assignments)
    [('L1', 'drug'), ('L1', 'saline'), ('L2', 'drug'), ('L2', 'saline')]
    """
    chosen, parts, draws = eligible(units, ineligible), ratios(arms), Draws(seed)
    groups = grouped(chosen, strata, "stratum")
    if every_arm:
        _require_room(groups, parts, sizes)
    sizes = _sizes(sizes, parts) if sizes else []
    dealt: list[Dealt] = []
    for label, members in groups.items():
        dealt += _in_blocks(members, parts, draws, sizes, label) if sizes else _dealt(members, parts, draws, label)
    return _allocation("stratified", {"sizes": sizes, "every_arm": every_arm}, parts, draws, dealt)


def _require_room(groups: Mapping[str, Sequence[Unit]], parts: Mapping[str, int], sizes: Sequence[int]) -> None:
    whole = sum(parts.values())
    if sizes:
        raise lw.errors.DataError("every_arm and sizes exclude each other: leave the sizes of blocks away.")
    if small := [f"{label} ({len(members)})" for label, members in groups.items() if len(members) < whole]:
        raise lw.errors.DataError(
            f"Strata with too few units for each arm: {', '.join(small)}. Each needs {whole}, for the ratio "
            f"{dict(parts)}. Leave these strata out, or do without every_arm."
        )


def clusters(
    units: Iterable[Unit],
    arms: Arms,
    cluster_of: Mapping[Any, Hashable],
    seed: int,
    ineligible: Ineligible | None = None,
) -> Allocation:
    """Allocate whole clusters completely: the cage or litter is the experimental unit, its animals share the arm.

    Parameters
    ----------
    units, arms, seed, ineligible
        As in `simple`; the units are the animals.
    cluster_of : mapping from unit to label

    Returns
    -------
    Allocation
        Counts are exact in clusters, not in animals. The sample size of an analysis is the number of clusters.

    Raises
    ------
    DataError
        As in `simple`, and when a unit has no cluster.

    Examples
    --------
    >>> cage = {"M1": "C1", "M2": "C1", "M3": "C2", "M4": "C2"}
    >>> arm = clusters(cage, ["drug", "saline"], cage, seed=1).arm_of()
    >>> arm["M1"] == arm["M2"], arm["M1"] == arm["M3"]
    (True, False)
    """
    chosen, parts, draws = eligible(units, ineligible), ratios(arms), Draws(seed)
    groups = grouped(chosen, cluster_of, "cluster")
    arm_of = {label: arm for label, arm, _ in _dealt(tuple(groups), parts, draws)}
    dealt = ((unit, arm_of[label], label) for label, members in groups.items() for unit in members)
    return _allocation("clusters", {"clusters": len(groups)}, parts, draws, dealt)


@dataclass(frozen=True, slots=True)
class SplitPlot:
    """Two factors: one given to whole plots, the other to the units within each.

    Parameters
    ----------
    whole : Allocation
        Of the plots.
    sub : Allocation
        Of the units; the group of each is its plot.

    Examples
    --------
    >>> cage = {"M1": "C1", "M2": "C1", "M3": "C2", "M4": "C2"}
    >>> plan = split_plot(cage, cage, ["enriched", "plain"], ["drug", "saline"], seed=1)
    >>> sorted(set(plan.arms_of().values()))
    [('enriched', 'drug'), ('enriched', 'saline'), ('plain', 'drug'), ('plain', 'saline')]
    """

    whole: Allocation
    sub: Allocation

    def arms_of(self) -> dict[Unit, tuple[str, str]]:
        """The level of both factors for each unit: that of its plot first."""
        of_plot = self.whole.arm_of()
        return {found.unit: (of_plot[found.group], found.arm) for found in self.sub.assignments}


def split_plot(
    units: Iterable[Unit],
    plot_of: Mapping[Any, Hashable],
    whole_arms: Arms,
    sub_arms: Arms,
    seed: int,
    ineligible: Ineligible | None = None,
) -> SplitPlot:
    """Allocate plots completely to one factor, and the units within each plot completely to another.

    Parameters
    ----------
    units, seed, ineligible
        As in `simple`.
    plot_of : mapping from unit to label
        The plot of each unit: a cage, a day.
    whole_arms, sub_arms : mapping from str to int, or sequence of str
        The levels of the factor of plots, and of that of units.

    Returns
    -------
    SplitPlot

    Raises
    ------
    DataError
        As in `simple`, and when a unit has no plot.

    Examples
    --------
    >>> cage = {"M1": "C1", "M2": "C1", "M3": "C2", "M4": "C2"}
    >>> split_plot(cage, cage, ["enriched", "plain"], ["drug", "saline"], seed=1).sub.counts()
    {'drug': 2, 'saline': 2}
    """
    chosen, draws = eligible(units, ineligible), Draws(seed)
    outer, inner = ratios(whole_arms), ratios(sub_arms)
    plots = grouped(chosen, plot_of, "plot")
    whole = _allocation("split plot, plots", {}, outer, draws, _dealt(tuple(plots), outer, draws))
    dealt = [one for label, members in plots.items() for one in _dealt(members, inner, draws, label)]
    return SplitPlot(whole, _allocation("split plot, units", {}, inner, draws, dealt))


def _allocation(
    method: str, parameters: Mapping[str, Any], parts: Mapping[str, int], draws: Draws, dealt: Iterable[Dealt]
) -> Allocation:
    probabilities = shares(parts)
    found = [Assignment(unit, arm, 0, probabilities, group) for unit, arm, group in dealt]
    numbered = tuple(replace(assignment, number=number) for number, assignment in enumerate(found, start=1))
    names = eligible(assignment.unit for assignment in found)
    return Allocation(method, parts, dict(parameters), draws.randomness, set_hash(names), numbered)
