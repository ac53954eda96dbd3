"""Kinship and inbreeding, on autosomes and on the X.

The kinship of two animals is the probability that an allele drawn from the one and an allele drawn from the other are
copies of one allele of an ancestor; the inbreeding of an animal is the kinship of its parents (Malecot 1948), which is
Wright's F, the sum over paths of (1/2)^(n1+n2+1) (1+F_A) (Wright 1922, Am Nat 56:330). On the X a male has one allele,
which is his dam's (Grossman & Eisen 1989, J Hered 80:137).

The matrix K of kinships is T D T', where T has the shares of an animal's alleles that come from each ancestor and D is
diagonal (Henderson 1976, Biometrics 32:69). A column of it needs one walk from offspring to parents and one back
(Colleau 2002, Genet Sel Evol 34:409), so that K is never made as a whole. All numbers are sums of powers of two: up to
some twenty generations there is no rounding.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Final, Literal

import labwright as lw
from labwright.lab.calculations.genetics.pedigree import NOBODY, Animal, Pedigree

if TYPE_CHECKING:
    import numpy as np

Chromosome = Literal["autosomal", "X"]
NUMBERS_AT_ONCE: Final = 4_000_000


def inbreeding(pedigree: Pedigree, chromosome: Chromosome = "autosomal") -> dict[Animal, float]:
    """The inbreeding coefficient F of all animals.

    Parameters
    ----------
    pedigree : Pedigree
    chromosome : str
        ``'autosomal'``, or ``'X'``: then of females alone, since males have one X. Animals of unknown sex are left out.

    Returns
    -------
    dict
        Animal -> F, from 0 to 1. Founders are taken to be unrelated, and a parent that is not known for one.

    Raises
    ------
    DataError
        When there is no such chromosome.

    Examples
    --------
    >>> from labwright.lab.calculations.genetics.pedigree import read_pedigree
    >>> sibs = read_pedigree([("Ann", "Tom", "Mia"), ("Bob", "Tom", "Mia"), ("pup", "Bob", "Ann")], {"pup": "F"})
    >>> inbreeding(sibs)["pup"], inbreeding(sibs, "X")["pup"]
    (0.25, 0.25)
    """
    found = zip(pedigree.animals, _inbreeding(pedigree, chromosome).tolist(), strict=True)
    return {animal: f for animal, f in found if chromosome == "autosomal" or pedigree.sexes.get(animal) == "F"}


def kinships(
    pedigree: Pedigree, ones: Sequence[Animal], others: Sequence[Animal], chromosome: Chromosome = "autosomal"
) -> np.ndarray:
    """The kinship of each of some animals with each of others, as for a choice of matings.

    Parameters
    ----------
    pedigree : Pedigree
    ones, others : sequence
        Animals. The kinship of one with itself is (1 + F) / 2, and 1 for the X of a male.
    chromosome : str
        ``'autosomal'`` or ``'X'``.

    Returns
    -------
    ndarray of float64, shape (len(ones), len(others))

    Raises
    ------
    DataError
        When an animal is not in the pedigree, or for the X of unknown sex.

    Examples
    --------
    >>> from labwright.lab.calculations.genetics.pedigree import read_pedigree
    >>> family = read_pedigree([("Ann", "Tom", "Mia"), ("Bob", "Tom", "Mia")], {"Ann": "F", "Bob": "M"})
    >>> kinships(family, ["Ann"], ["Bob", "Tom", "Ann"]).tolist()
    [[0.25, 0.25, 0.5]]
    >>> kinships(family, ["Ann"], ["Bob", "Tom", "Ann"], "X").tolist()
    [[0.25, 0.5, 0.5]]
    """
    import numpy as np

    family = pedigree.of_ancestors(*ones, *others)
    descent = _Descent(family, chromosome)
    own = descent.own(_inbreeding(family, chromosome))
    pairs = [(family.place(one), family.place(other)) for one, other in product(ones, others)]
    found = descent.kinships(np.array(pairs, dtype=int).reshape(-1, 2), own, descent.starts[-1])
    return found.reshape(len(ones), len(others))


def kinship(pedigree: Pedigree, one: Animal, other: Animal, chromosome: Chromosome = "autosomal") -> float:
    """The kinship of two animals.

    Parameters
    ----------
    pedigree, chromosome
        As for `kinships`.
    one, other : hashable
        Two animals, or the same twice.

    Examples
    --------
    >>> from labwright.lab.calculations.genetics.pedigree import read_pedigree
    >>> kinship(read_pedigree([("pup", "Tom", "Mia")]), "pup", "Mia")
    0.25
    """
    return float(kinships(pedigree, [one], [other], chromosome)[0, 0])


def expected_inbreeding(pedigree: Pedigree, sire: Animal, dam: Animal, chromosome: Chromosome = "autosomal") -> float:
    """The inbreeding coefficient that the offspring of a proposed mating would have; on the X, the daughters.

    Parameters
    ----------
    pedigree, chromosome
        As for `kinships`.
    sire, dam : hashable
        Two animals.

    Raises
    ------
    DataError
        When one is not in the pedigree, a sire is female or a dam male.

    Examples
    --------
    >>> from labwright.lab.calculations.genetics.pedigree import read_pedigree
    >>> expected_inbreeding(read_pedigree([("pup", "Tom", "Mia")]), sire="Tom", dam="pup")
    0.25
    """
    for animal, role, wrong in ((sire, "sire", "F"), (dam, "dam", "M")):
        if pedigree.sexes.get(animal) == wrong:
            raise lw.errors.DataError(f"The {role} {animal} is of sex {wrong!r}. Are dam and sire exchanged?")
    if sire == dam:
        raise lw.errors.DataError(f"{sire} is both sire and dam of this mating. Take two animals.")
    proposed = Pedigree(pedigree.animals, pedigree.sires, pedigree.dams, {**pedigree.sexes, sire: "M", dam: "F"})
    return kinship(proposed, sire, dam, chromosome)


def _inbreeding(pedigree: Pedigree, chromosome: Chromosome) -> np.ndarray:
    """The kinship of the parents of each animal, generation after generation, each pair of parents once."""
    import numpy as np

    parents = pedigree.of_parents()
    descent = _Descent(parents, chromosome)
    places = {pedigree.place(animal): place for place, animal in enumerate(parents.animals)} | {NOBODY: NOBODY}
    pairs = np.array([(places[s], places[d]) for s, d in zip(pedigree.sires, pedigree.dams, strict=True)], dtype=int)
    pairs, which = np.unique(pairs.reshape(-1, 2), axis=0, return_inverse=True)
    of_parents = which[[pedigree.place(animal) for animal in parents.animals]]
    generations = 1 + np.array([*parents.generations, NOBODY])[pairs].max(axis=1, initial=NOBODY)
    found = np.zeros(len(pairs))
    for generation, below in enumerate(descent.starts[1:], start=1):
        asked = np.flatnonzero((generations == generation) & (pairs != NOBODY).all(axis=1))
        found[asked] = descent.kinships(pairs[asked], descent.own(found[of_parents]), below)
    return found[which]


class _Descent:
    """How alleles come down a pedigree, as arrays; a parent that is not known is the last row, which stays 0."""

    def __init__(self, pedigree: Pedigree, chromosome: Chromosome) -> None:
        import numpy as np

        if chromosome not in {"autosomal", "X"}:
            raise lw.errors.DataError(f"There is no kinship on {chromosome!r}. There is on 'autosomal' and 'X'.")
        males = _are_males(pedigree) if chromosome == "X" else [False] * len(pedigree)
        self.parents = np.column_stack([pedigree.sires, pedigree.dams]).astype(int)
        self.haploid = np.array(males, dtype=bool)
        self.shares = np.where(self.haploid[:, None], (0.0, 1.0), (0.5, 0.5))
        self.starts: list[int] = [0, *np.cumsum(np.bincount(np.array(pedigree.generations, dtype=int))).tolist()]

    def own(self, inbreeding: np.ndarray) -> np.ndarray:
        """D: of the kinship of an animal with itself, what does not come from its parents."""
        import numpy as np

        selves = np.append(np.where(self.haploid, 1.0, (1 + inbreeding) / 2), 0.0)
        handed_on = (self.shares**2 * selves[self.parents]).sum(axis=1) + 2 * self.shares.prod(axis=1) * inbreeding
        return np.append(selves[:-1] - handed_on, 0.0)

    def kinships(self, pairs: np.ndarray, own: np.ndarray, below: int) -> np.ndarray:
        """The kinship of each pair among the first rows; D need be right for these."""
        import numpy as np

        fewer = min((0, 1), key=lambda side: len(np.unique(pairs[:, side])))
        places, which = np.unique(pairs[:, fewer], return_inverse=True)
        found = np.zeros(len(pairs))
        step = max(1, NUMBERS_AT_ONCE // (below + 1))
        for start in range(0, len(places), step):
            here = np.flatnonzero((start <= which) & (which < start + step))
            columns = self._columns(places[start : start + step], own, below)
            found[here] = columns[pairs[here, 1 - fewer], which[here] - start]
        return found

    def _columns(self, places: np.ndarray, own: np.ndarray, below: int) -> np.ndarray:
        """T D T' e for each place: the kinship of the first rows with it."""
        import numpy as np

        found = np.zeros((below + 1, len(places)))
        found[places, np.arange(len(places))] = 1
        for rows in reversed(list(self._generations(below))):
            _add_up(found, self.parents[rows], self.shares[rows, :, None] * found[rows, None])
        found *= np.append(own[:below], 0.0)[:, None]
        for rows in self._generations(below):
            found[rows] += (self.shares[rows, :, None] * found[self.parents[rows]]).sum(axis=1)
        return found

    def _generations(self, below: int) -> Iterator[slice]:
        """The rows of each generation that has parents."""
        return (slice(start, stop) for start, stop in pairwise(self.starts[1:]) if stop <= below)


def _are_males(pedigree: Pedigree) -> list[bool]:
    if unknown := [str(animal) for animal in pedigree.animals if animal not in pedigree.sexes]:
        raise lw.errors.DataError(f"How the X came to {', '.join(unknown)} depends on the sex. Give it in `sexes`.")
    return [pedigree.sexes[animal] == "M" for animal in pedigree.animals]


def _add_up(found: np.ndarray, parents: np.ndarray, given: np.ndarray) -> None:
    """Add what is given to the row of each parent, who may be there several times."""
    import numpy as np

    order = np.argsort(parents, axis=None, kind="stable")
    rows, starts = np.unique(parents.ravel()[order], return_index=True)
    found[rows] += np.add.reduceat(given.reshape(len(order), -1)[order], starts, axis=0)
