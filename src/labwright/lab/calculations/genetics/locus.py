"""A place in the genome: how it is inherited, and how many copies of it an animal has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import labwright as lw

Alleles = tuple[str | None, ...]
"""The alleles of an animal at a locus, one for each copy; None is a copy that is not known, which is not wild type."""
Inheritance = Literal["autosomal", "X", "Y", "mitochondrial", "unknown"]

_COPIES = {
    ("autosomal", "F"): 2,
    ("autosomal", "M"): 2,
    ("X", "F"): 2,
    ("X", "M"): 1,
    ("Y", "F"): 0,
    ("Y", "M"): 1,
    ("mitochondrial", "F"): 1,
    ("mitochondrial", "M"): 1,
}


@dataclass(frozen=True)
class Locus:
    """A place in the genome of a species whose males are XY.

    Parameters
    ----------
    name : str
    inheritance : str
        ``'autosomal'``, ``'X'``, ``'Y'``, ``'mitochondrial'``, or ``'unknown'``.
    wild_type : str
        How the allele of the wild type is written: ``'+'``, and ``'0'`` where a transgene is or is not inserted.
    chromosome : str
    position : float, optional
        On the genetic map, in centimorgan.

    Examples
    --------
    >>> Locus("Atp7a", "X").copies("M")
    1
    """

    name: str
    inheritance: Inheritance = "autosomal"
    wild_type: str = "+"
    chromosome: str = ""
    position: float | None = None

    @property
    def is_insertion(self) -> bool:
        """Whether it is the place of a transgene, which wild types do not have.

        Examples
        --------
        >>> Locus("Tg(Thy1-GFP)", wild_type="0").is_insertion
        True
        """
        return self.wild_type == "0"

    def copies(self, sex: str) -> int:
        """How many copies an animal of a sex has: 0, 1 or 2.

        Raises
        ------
        DataError
            When it is not known how the locus is inherited, or when that depends on a sex that is not known.

        Examples
        --------
        >>> Locus("Sry", "Y").copies("F"), Locus("Cre").copies("U")
        (0, 2)
        """
        if self.inheritance == "unknown":
            raise lw.errors.DataError(
                f"It is not known how {self.name} is inherited. Say autosomal, X, Y or mitochondrial at the locus."
            )
        known = {self._copies_in("F"), self._copies_in("M")} if sex not in {"F", "M"} else {self._copies_in(sex)}
        if len(known) > 1:
            raise lw.errors.DataError(
                f"{self.name} is on the {self.inheritance} chromosome: how many copies there are depends on the sex, "
                f"which is {sex!r}. Give the sex of the animal, 'F' or 'M'."
            )
        return known.pop()

    def _copies_in(self, sex: str) -> int:
        return _COPIES[self.inheritance, sex]

    def unknown(self, sex: str) -> Alleles:
        """The alleles of an animal of which nothing is known.

        Examples
        --------
        >>> Locus("Atp7a", "X").unknown("F")
        (None, None)
        """
        return (None,) * self.copies(sex)

    def ordered(self, alleles: Alleles) -> Alleles:
        """The same alleles as they are written: mutants by name, then wild type, then what is not known.

        Examples
        --------
        >>> Locus("Cre").ordered((None, "+")), Locus("Cre").ordered(("+", "cre"))
        (('+', None), ('cre', '+'))
        """
        return tuple(sorted(alleles, key=lambda allele: (allele is None, allele == self.wild_type, allele or "")))

    def checked(self, alleles: Alleles, sex: str) -> Alleles:
        """Return `alleles` where there are as many as an animal of the sex has copies.

        Raises
        ------
        DataError
            Where there are more or fewer.

        Examples
        --------
        >>> Locus("Atp7a", "X").checked(("Mo",), "M")
        ('Mo',)
        """
        if len(alleles) != (copies := self.copies(sex)):
            raise lw.errors.DataError(
                f"{self.name}: an animal of sex {sex} has {copies} {'copy' if copies == 1 else 'copies'} of it, "
                f"and {len(alleles)} {'is' if len(alleles) == 1 else 'are'} given: {alleles!r}. "
                "Write None for a copy that is not known."
            )
        return alleles
