"""Genotypes that cannot come from the parents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import labwright as lw
from labwright.lab.calculations.genetics.locus import Alleles, Locus
from labwright.lab.calculations.genetics.parent import Parent, check_pair
from labwright.lab.calculations.genetics.zygosity import show_genotype


@dataclass(frozen=True)
class Conflict:
    """A genotype that is impossible.

    Parameters
    ----------
    locus : str
    reason : str
        A sentence for the person who keeps the animals.

    Examples
    --------
    >>> str(Conflict("Grin1", "neither parent has fl"))
    'Grin1: neither parent has fl'
    """

    locus: str
    reason: str

    def __str__(self) -> str:
        return f"{self.locus}: {self.reason}"


def find_conflicts(
    loci: Sequence[Locus],
    sex: str,
    genotypes: Mapping[str, Alleles],
    dam: Parent | None = None,
    sire: Parent | None = None,
) -> list[Conflict]:
    """Where an animal has a genotype that its parents cannot have given it, and why.

    New mutations aside, one of the three has been typed wrongly, sexed wrongly, or is not of this family. A copy that
    is not known, of the animal or of a parent, contradicts nothing.

    Parameters
    ----------
    loci : sequence of Locus
    sex : str
        Of the animal: ``'F'``, ``'M'`` or ``'U'``.
    genotypes : mapping
        The name of a locus -> its alleles there.
    dam, sire : Parent, optional
        None where it is not known which animal that is.

    Examples
    --------
    >>> wild = {"Grin1": ("+", "+")}
    >>> pup = {"Grin1": ("fl", "+")}
    >>> print(*find_conflicts([Locus("Grin1")], "F", pup, Parent("F", wild), Parent("M", wild)))
    Grin1: fl/+ cannot come from a dam that is +/+ and a sire that is +/+: neither parent has fl
    """
    dam, sire = dam or Parent("F"), sire or Parent("M")
    check_pair(dam, sire)
    typed = ((locus, genotypes[locus.name]) for locus in loci if locus.name in genotypes)
    found = ((locus, _objection(locus, sex, alleles, dam, sire)) for locus, alleles in typed)
    return [Conflict(locus.name, reason) for locus, reason in found if reason]


def possible_parents(
    loci: Sequence[Locus],
    sex: str,
    genotypes: Mapping[str, Alleles],
    dams: Sequence[Parent],
    sires: Sequence[Parent],
) -> list[tuple[int, int]]:
    """Which pairs of a harem or trio can have had an animal: their places among `dams` and `sires`.

    Examples
    --------
    >>> dam = Parent("F", {"Grin1": ("+", "+")})
    >>> sires = [Parent("M", {"Grin1": ("+", "+")}), Parent("M", {"Grin1": ("fl", "+")})]
    >>> possible_parents([Locus("Grin1")], "F", {"Grin1": ("fl", "+")}, [dam], sires)
    [(0, 1)]
    """
    pairs = product(enumerate(dams), enumerate(sires))
    return [(i, j) for (i, dam), (j, sire) in pairs if not find_conflicts(loci, sex, genotypes, dam, sire)]


def _objection(locus: Locus, sex: str, alleles: Alleles, dam: Parent, sire: Parent) -> str:
    if locus.inheritance == "unknown":
        return ""
    try:
        locus.checked(alleles, sex if sex in {"F", "M"} else _sex_by_copies(locus, alleles))
    except lw.errors.DataError as error:
        return str(error).partition(": ")[2]
    givers = _givers(locus, alleles, dam, sire)
    if _can_give(locus, alleles, givers):
        return ""
    pair = " and ".join(f"a {giver.role} that is {show_genotype(locus, giver.at(locus))}" for giver in givers)
    return f"{show_genotype(locus, alleles)} cannot come from {pair}: {_reason(locus, alleles, givers)}"


def _sex_by_copies(locus: Locus, alleles: Alleles) -> str:
    """The sex in which there are so many copies; where there is none, any will object."""
    return "F" if len(alleles) == locus.copies("F") else "M"


def _givers(locus: Locus, alleles: Alleles, dam: Parent, sire: Parent) -> list[Parent]:
    """The parents that the copies come from."""
    if len(alleles) == 2:
        return [dam, sire]
    if len(alleles) == 1:
        return [sire] if locus.inheritance == "Y" else [dam]
    return []


def _can_give(locus: Locus, alleles: Alleles, givers: Sequence[Parent]) -> bool:
    orders = {alleles, alleles[::-1]}
    return any(all(_has(locus, giver, allele) for giver, allele in zip(givers, order, strict=True)) for order in orders)


def _has(locus: Locus, parent: Parent, allele: str | None) -> bool:
    """Whether a parent may have an allele."""
    own = parent.at(locus)
    return allele is None or None in own or allele in own


def _reason(locus: Locus, alleles: Alleles, givers: Sequence[Parent]) -> str:
    names = list(dict.fromkeys(allele for allele in locus.ordered(alleles) if allele))
    for giver in givers:
        if not any(_has(locus, giver, allele) for allele in alleles):
            return f"the {giver.role} has no {' and no '.join(names)}"
    lacking = [name for name in names if not any(_has(locus, giver, name) for giver in givers)]
    return f"neither parent has {' nor '.join(lacking)}"
