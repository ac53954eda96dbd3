"""An animal as what it can hand on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import labwright as lw
from labwright.lab.calculations.genetics.locus import Alleles, Locus

_ROLES = {"F": "dam", "M": "sire"}


@dataclass(frozen=True)
class Parent:
    """An animal that breeds.

    Parameters
    ----------
    sex : str
        ``'F'`` or ``'M'``.
    genotypes : mapping
        The name of a locus -> its alleles, None for a copy that is not known. Of a locus that is not
        there, nothing is known.
    is_phased : bool
        Whether the first alleles of all linked loci are known to be on one chromosome, and the second on the other.

    Examples
    --------
    >>> Parent("M", {"Atp7a": ("Mo",)}).at(Locus("Grin1"))
    (None, None)
    """

    sex: str
    genotypes: Mapping[str, Alleles] = field(default_factory=dict)
    is_phased: bool = False

    def __post_init__(self) -> None:
        if self.sex not in _ROLES:
            raise lw.errors.DataError(f"A parent is 'F' or 'M', and this one is {self.sex!r}. Sex the animal first.")

    @property
    def role(self) -> str:
        """Whether it is the dam or the sire.

        Examples
        --------
        >>> Parent("F").role
        'dam'
        """
        return _ROLES[self.sex]

    def at(self, locus: Locus) -> Alleles:
        """Its alleles at a locus.

        Raises
        ------
        DataError
            When there are not as many as an animal of this sex has.

        Examples
        --------
        >>> Parent("M", {"Atp7a": ("Mo",)}).at(Locus("Atp7a", "X"))
        ('Mo',)
        """
        if locus.name not in self.genotypes:
            return locus.unknown(self.sex)
        return locus.checked(self.genotypes[locus.name], self.sex)


def check_pair(dam: Parent, sire: Parent) -> None:
    """Refuse a dam that is not female and a sire that is not male.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_pair(dam=Parent("F"), sire=Parent("M"))
    """
    for animal, role in ((dam, "dam"), (sire, "sire")):
        if animal.role != role:
            raise lw.errors.DataError(f"The {role} is of sex {animal.sex!r}. Are dam and sire exchanged?")
