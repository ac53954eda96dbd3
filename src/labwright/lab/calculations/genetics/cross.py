"""What a dam and a sire can have, and how often: Mendel's rules for any number of loci.

Each parent gives one gamete. At an autosomal locus either allele is in half of them (Mendel 1866); sons have the X of
their dam alone, and the Y of their sire (Morgan 1910, Science 32:120); mitochondria are the dam's. Loci are
independent of each other but where `Linkage` says otherwise.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from typing import Any, Final, TypeVar

import labwright as lw
from labwright.lab.calculations.genetics.linkage import Linkage, Probability
from labwright.lab.calculations.genetics.locus import Alleles, Locus
from labwright.lab.calculations.genetics.parent import Parent, check_pair
from labwright.lab.calculations.genetics.zygosity import Convention, show_genotype, zygosity

K = TypeVar("K", bound=Hashable)
HALF: Final = Fraction(1, 2)

_HANDED_ON = {
    "autosomal": {"FF", "FM", "MF", "MM"},
    "X": {"FF", "FM", "MF"},
    "Y": {"MM"},
    "mitochondrial": {"FF", "FM"},
}
"""From whom to whom."""
_MUTANTS: Final = {"het", "hom", "hemi"}


@dataclass(frozen=True)
class Offspring:
    """A kind of offspring.

    Parameters
    ----------
    sex : str
        ``'F'`` or ``'M'``.
    genotypes : tuple of tuple
        Its alleles at each locus, in the order of the loci of the cross.

    Examples
    --------
    >>> Offspring("F", (("cre", "+"),)).genotypes[0]
    ('cre', '+')
    """

    sex: str
    genotypes: tuple[Alleles, ...]


@dataclass(frozen=True)
class _Group:
    """Loci that are inherited together."""

    loci: tuple[Locus, ...]
    recombination: tuple[Probability, ...] = ()

    @property
    def inheritance(self) -> str:
        return self.loci[0].inheritance


def gametes(locus: Locus, parent: Parent) -> dict[str | None, Fraction]:
    """What a parent gives at one locus, and how often; of an X or Y, among the gametes that have it.

    Examples
    --------
    >>> gametes(Locus("Grin1"), Parent("F", {"Grin1": ("fl", "+")}))
    {'fl': Fraction(1, 2), '+': Fraction(1, 2)}
    >>> gametes(Locus("Grin1"), Parent("F"))
    {None: Fraction(1, 1)}
    """
    alleles = parent.at(locus)
    return _summed((allele, Fraction(1, len(alleles))) for allele in alleles)


def cross(
    loci: Sequence[Locus],
    dam: Parent,
    sire: Parent,
    linkage: Iterable[Linkage] = (),
    sons: Probability = HALF,
) -> dict[Offspring, Any]:
    """The kinds of offspring, and the probability of each.

    An allele that is not known is None in the offspring too, and is not taken for wild type.

    Parameters
    ----------
    loci : sequence of Locus
    dam, sire : Parent
    linkage : iterable of Linkage
        Of loci that are not independent.
    sons : Fraction or float
        The share of males.

    Returns
    -------
    dict
        `Offspring` -> Fraction; float where the linkage or the share of males is one. They sum to 1.

    Raises
    ------
    DataError
        Where a genotype cannot be one of the parent, or it is not known which alleles of linked loci are on one
        chromosome.

    Examples
    --------
    >>> grin1 = Locus("Grin1")
    >>> carrier = {"Grin1": ("fl", "+")}
    >>> found = cross([grin1], Parent("F", carrier), Parent("M", carrier))
    >>> by_genotype([grin1], found)
    {'fl/fl': Fraction(1, 4), 'fl/+': Fraction(1, 2), '+/+': Fraction(1, 4)}
    """
    check_pair(dam, sire)
    groups = _groups(loci, linkage)
    for group, parent in product(groups, (dam, sire)):
        _check_phase(group, parent)
    found: dict[Offspring, Any] = {}
    for sex, share in (("F", 1 - sons), ("M", sons)):
        found |= {Offspring(sex, kind): share * p for kind, p in _of_sex(sex, loci, groups, dam, sire).items()}
    return {kind: p for kind, p in found.items() if p}


def by_genotype(
    loci: Sequence[Locus], offspring: Mapping[Offspring, Any], convention: Convention = "jax", with_sex: bool = False
) -> dict[str, Any]:
    """The same by how the genotypes are written, those of several loci behind each other.

    Examples
    --------
    >>> atp7a = Locus("Atp7a", "X")
    >>> found = cross([atp7a], Parent("F", {"Atp7a": ("+", "Mo")}), Parent("M", {"Atp7a": ("+",)}))
    >>> {kind: float(p) for kind, p in by_genotype([atp7a], found).items()}
    {'+/+': 0.25, 'Mo/+': 0.25, '+/Y': 0.25, 'Mo/Y': 0.25}
    """

    def written(kind: Offspring) -> str:
        texts = [show_genotype(locus, pair, convention) for locus, pair in zip(loci, kind.genotypes, strict=True)]
        return " ".join([kind.sex, *texts] if with_sex else texts)

    return _summed((written(kind), p) for kind, p in offspring.items())


def by_zygosity(loci: Sequence[Locus], offspring: Mapping[Offspring, Any]) -> dict[tuple[str, ...], Any]:
    """The same by the codes of `zygosity` at each locus, whatever the sex.

    Examples
    --------
    >>> cre = Locus("Cre", wild_type="0")
    >>> found = cross([cre], Parent("F", {"Cre": ("cre", "0")}), Parent("M", {"Cre": ("0", "0")}))
    >>> by_zygosity([cre], found)
    {('hemi',): Fraction(1, 2), ('absent',): Fraction(1, 2)}
    """
    return _summed((_codes(loci, kind), p) for kind, p in offspring.items())


def chance(
    loci: Sequence[Locus],
    dam: Parent,
    sire: Parent,
    wanted: Mapping[str, str],
    sex: str = "",
    linkage: Iterable[Linkage] = (),
    sons: Probability = HALF,
) -> Any:
    """The probability that a pup is what somebody asks for.

    Parameters
    ----------
    loci, dam, sire, linkage, sons
        As for `cross`. Loci that nobody asks for cost no time.
    wanted : mapping
        The name of a locus -> a code of `zygosity`; ``'present'`` stands for any that has a mutant.
    sex : str, optional
        Only pups of this sex will do.

    Raises
    ------
    DataError
        When it cannot be known, because the genotype of a parent is not.

    Examples
    --------
    >>> loci = [Locus("Grin1"), Locus("Cre", wild_type="0")]
    >>> dam = Parent("F", {"Grin1": ("fl", "fl"), "Cre": ("0", "0")})
    >>> sire = Parent("M", {"Grin1": ("fl", "+"), "Cre": ("cre", "0")})
    >>> chance(loci, dam, sire, {"Grin1": "hom", "Cre": "hemi"})
    Fraction(1, 4)
    """
    names = {locus.name for locus in loci}
    if missing := sorted(set(wanted) - names):
        raise lw.errors.DataError(
            f"There is no locus {missing[0]!r} in this cross. There are: {', '.join(sorted(names))}."
        )
    linkage = tuple(linkage)
    needed = set(wanted).union(*(group.loci for group in linkage if set(group.loci) & set(wanted)))
    asked = [locus for locus in loci if locus.name in needed]
    kept = [group for group in linkage if set(group.loci) & set(wanted)]
    if wrong := sorted(set(wanted.values()) - _MUTANTS - {"wt", "absent", "present"}):
        raise lw.errors.DataError(f"{wrong[0]!r} cannot be asked for. Say wt, het, hom, hemi, absent or present.")
    total: Any = Fraction(0)
    for kind, p in cross(asked, dam, sire, kept, sons).items():
        if sex in {"", kind.sex} and _is_wanted(asked, kind, wanted):
            total += p
    return total


def _is_wanted(loci: Sequence[Locus], kind: Offspring, wanted: Mapping[str, str]) -> bool:
    answers = {
        locus.name: _meets(locus, alleles, wanted[locus.name])
        for locus, alleles in zip(loci, kind.genotypes, strict=True)
        if locus.name in wanted
    }
    if False in answers.values():
        return False
    for name, answer in answers.items():
        if answer is None:
            raise lw.errors.DataError(
                f"How many pups are {wanted[name]} at {name} cannot be said: the genotype of a parent is not known."
            )
    return True


def _meets(locus: Locus, alleles: Alleles, code: str) -> bool | None:
    """Whether a genotype is what is asked for; None where that depends on what is not known."""
    met = _MUTANTS if code == "present" else {code}
    mutants = set(alleles) - {locus.wild_type, None}
    fillings = product(*({allele} if allele else {locus.wild_type, *(mutants or {"another"})} for allele in alleles))
    could_be: set[str] = {zygosity(locus, filling) for filling in fillings}
    if could_be <= met:
        return True
    return None if could_be & met else False


def _codes(loci: Sequence[Locus], kind: Offspring) -> tuple[str, ...]:
    return tuple(zygosity(locus, alleles) for locus, alleles in zip(loci, kind.genotypes, strict=True))


def _groups(loci: Sequence[Locus], linkage: Iterable[Linkage]) -> list[_Group]:
    by_name = {locus.name: locus for locus in loci}
    if len(by_name) != len(loci):
        raise lw.errors.DataError(f"A locus is there twice: {', '.join(locus.name for locus in loci)}.")
    groups = [_linked(by_name, link) for link in linkage]
    taken = [locus.name for group in groups for locus in group.loci]
    if len(set(taken)) != len(taken):
        raise lw.errors.DataError(
            f"A locus is in two linkages: {', '.join(taken)}. A linkage has all loci of a chromosome."
        )
    return [*groups, *(_Group((locus,)) for locus in loci if locus.name not in taken)]


def _linked(by_name: Mapping[str, Locus], link: Linkage) -> _Group:
    if missing := [name for name in link.loci if name not in by_name]:
        raise lw.errors.DataError(
            f"{missing[0]} is in a linkage, and not among the loci of this cross. Add it to them."
        )
    loci = tuple(by_name[name] for name in link.loci)
    if len({locus.inheritance for locus in loci}) > 1:
        kinds = ", ".join(f"{locus.name} ({locus.inheritance})" for locus in loci)
        raise lw.errors.DataError(f"Loci that are linked are inherited in the same way, and these are not: {kinds}.")
    return _Group(loci, link.recombination)


def _check_phase(group: _Group, parent: Parent) -> None:
    open_loci = [locus.name for locus in group.loci if len(set(parent.at(locus))) > 1]
    if len(open_loci) > 1 and not parent.is_phased and any(r != HALF for r in group.recombination):
        raise lw.errors.DataError(
            f"The {parent.role} is heterozygous at the linked loci {', '.join(open_loci)}, and it is not known which "
            "alleles are on one chromosome. Give the alleles of one chromosome first and say is_phased=True; "
            "its parents, or its offspring, show which they are."
        )


def _of_sex(
    sex: str, loci: Sequence[Locus], groups: Sequence[_Group], dam: Parent, sire: Parent
) -> dict[tuple[Alleles, ...], Any]:
    """The genotypes of daughters, or of sons."""
    places = {locus.name: place for place, locus in enumerate(locus for group in groups for locus in group.loci)}
    found: dict[tuple[Alleles, ...], Any] = {(): Fraction(1)}
    for group in groups:
        more = _group_genotypes(group, sex, dam, sire)
        found = {(*kind, *new): p * q for kind, p in found.items() for new, q in more.items()}
    return {tuple(kind[places[locus.name]] for locus in loci): p for kind, p in found.items()}


def _group_genotypes(group: _Group, sex: str, dam: Parent, sire: Parent) -> dict[tuple[Alleles, ...], Any]:
    pairs = product(_haplotypes(group, dam, sex).items(), _haplotypes(group, sire, sex).items())
    return _summed((_joined(group, one, other), p * q) for (one, p), (other, q) in pairs)


def _joined(group: _Group, *haplotypes: Alleles) -> tuple[Alleles, ...]:
    strands = [haplotype for haplotype in haplotypes if haplotype]
    return tuple(locus.ordered(tuple(strand[place] for strand in strands)) for place, locus in enumerate(group.loci))


def _haplotypes(group: _Group, parent: Parent, sex: str) -> dict[Alleles, Any]:
    """What a parent gives to offspring of a sex: one allele for each locus, or none at all."""
    if parent.sex + sex not in _HANDED_ON[group.inheritance]:
        return {(): Fraction(1)}
    strands: list[Alleles] = list(zip(*(parent.at(locus) for locus in group.loci), strict=True))
    if len(strands) == 1:
        return {strands[0]: Fraction(1)}
    walks: dict[tuple[Alleles, int], Any] = {((strand[0],), side): HALF for side, strand in enumerate(strands)}
    for place, share in enumerate(group.recombination, 1):
        walks = _summed(
            (((*before, strands[to][place]), to), p * q)
            for (before, side), p in walks.items()
            for to, q in ((side, 1 - share), (1 - side, share))
        )
    return _summed((haplotype, p) for (haplotype, _), p in walks.items())


def _summed(parts: Iterable[tuple[K, Any]]) -> dict[K, Any]:
    sums: dict[K, Any] = {}
    for key, p in parts:
        sums[key] = sums[key] + p if key in sums else p
    return sums
