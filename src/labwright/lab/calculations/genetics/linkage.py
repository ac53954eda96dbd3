"""Loci that are inherited together, and how often they part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import labwright as lw
from labwright.lab.calculations.genetics.locus import Locus

Probability = Fraction | float


def haldane(distance: float) -> float:
    """The share of gametes in which two loci part: r = (1 - exp(-2 d)) / 2.

    Crossovers are taken to be independent of each other (Haldane 1919, J Genet 8:299).

    Parameters
    ----------
    distance : float
        On the genetic map, in centimorgan.

    Returns
    -------
    float
        Between 0 and 1/2.

    Examples
    --------
    >>> round(haldane(10), 6)
    0.090635
    """
    if not distance >= 0:
        raise lw.errors.DataError(f"A distance on the genetic map is 0 cM or more, and this one is {distance!r}.")
    return -math.expm1(-2 * distance / 100) / 2


@dataclass(frozen=True)
class Linkage:
    """Loci in their order on one chromosome.

    Parameters
    ----------
    loci : tuple of str
        Their names.
    recombination : tuple
        For each but the last, the share of gametes in which it parts from the next one: a Fraction for exact results.

    Examples
    --------
    >>> Linkage(("Grin1", "Cre"), (Fraction(1, 10),)).loci
    ('Grin1', 'Cre')
    """

    loci: tuple[str, ...]
    recombination: tuple[Probability, ...]

    def __post_init__(self) -> None:
        if len(set(self.loci)) != len(self.loci):
            raise lw.errors.DataError(f"A locus is there twice: {', '.join(self.loci)}.")
        if len(self.recombination) != len(self.loci) - 1:
            gaps, given = len(self.loci) - 1, len(self.recombination)
            raise lw.errors.DataError(
                f"{len(self.loci)} loci have {gaps} {'gap' if gaps == 1 else 'gaps'} between them, and {given} "
                f"{'fraction is' if given == 1 else 'fractions are'} given. Give one for each."
            )
        for share in self.recombination:
            if not 0 <= share <= Fraction(1, 2):
                raise lw.errors.DataError(f"Two loci part in at most half of the gametes, and here in {share}.")


def find_linkage(loci: Iterable[Locus]) -> tuple[Linkage, ...]:
    """The linkage of loci whose chromosome and position are known, by `haldane`; the others are left out.

    Examples
    --------
    >>> loci = [Locus("a", chromosome="2", position=40), Locus("b", chromosome="2", position=30), Locus("c")]
    >>> [(group.loci, round(group.recombination[0], 4)) for group in find_linkage(loci)]
    [(('b', 'a'), 0.0906)]
    """
    placed: dict[str, list[tuple[float, Locus]]] = {}
    for locus in loci:
        if locus.chromosome and locus.position is not None:
            placed.setdefault(locus.chromosome, []).append((locus.position, locus))
    return tuple(_linked(sorted(group, key=lambda one: one[0])) for group in placed.values() if len(group) > 1)


def _linked(group: list[tuple[float, Locus]]) -> Linkage:
    gaps = (after - before for (before, _), (after, _) in pairwise(group))
    return Linkage(tuple(locus.name for _, locus in group), tuple(haldane(gap) for gap in gaps))
