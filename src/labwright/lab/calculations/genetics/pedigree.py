"""Who descends from whom, parents before children."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Final

import labwright as lw

Animal = Hashable
Parents = tuple[Animal | None, Animal | None]
"""Sire and dam; None for one that is not known."""
NOBODY: Final = -1


@dataclass(frozen=True, eq=False)
class Pedigree:
    """Animals and their parents; `read_pedigree` makes one.

    Parameters
    ----------
    animals : tuple
        Parents before their offspring.
    sires, dams : tuple of int
        The places of their parents among `animals`; -1 for one that is not known.
    sexes : mapping
        Animal -> ``'F'`` or ``'M'``, as far as known.

    Examples
    --------
    >>> pedigree = read_pedigree([("pup", "Tom", "Mia")])
    >>> pedigree.animals, pedigree.sires, pedigree.sexes["Tom"]
    (('Tom', 'Mia', 'pup'), (-1, -1, 0), 'M')
    """

    animals: tuple[Animal, ...]
    sires: tuple[int, ...]
    dams: tuple[int, ...]
    sexes: Mapping[Animal, str]

    def __len__(self) -> int:
        return len(self.animals)

    @cached_property
    def _places(self) -> dict[Animal, int]:
        return {animal: place for place, animal in enumerate(self.animals)}

    def place(self, animal: Animal) -> int:
        """Where an animal is among `animals`.

        Raises
        ------
        DataError
            When it is not there.

        Examples
        --------
        >>> read_pedigree([("pup", "Tom", "Mia")]).place("pup")
        2
        """
        if animal not in self._places:
            raise lw.errors.DataError(f"{animal!r} is not in this pedigree of {len(self)} animals. Add it to them.")
        return self._places[animal]

    @cached_property
    def generations(self) -> tuple[int, ...]:
        """The generation of each animal: 0 without known parents, else one more than the later of its parents.

        Examples
        --------
        >>> read_pedigree([("pup", "Tom", "Mia"), ("back", "pup", "Mia")]).generations
        (0, 0, 1, 2)
        """
        found: list[int] = []
        for sire, dam in zip(self.sires, self.dams, strict=True):
            found.append(1 + max(found[parent] if parent >= 0 else NOBODY for parent in (sire, dam)))
        return tuple(found)

    def of_ancestors(self, *animals: Animal) -> Pedigree:
        """The pedigree of animals and all their ancestors alone.

        Examples
        --------
        >>> read_pedigree([("pup", "Tom", "Mia"), ("other", "Max", "Mia")]).of_ancestors("pup").animals
        ('Tom', 'Mia', 'pup')
        """
        wanted = [False] * len(self)
        for animal in animals:
            wanted[self.place(animal)] = True
        for place in range(len(self) - 1, -1, -1):
            for parent in (self.sires[place], self.dams[place]):
                if wanted[place] and parent >= 0:
                    wanted[parent] = True
        return self._of_places([place for place, is_wanted in enumerate(wanted) if is_wanted])

    def of_parents(self) -> Pedigree:
        """The pedigree without animals that have no offspring.

        Examples
        --------
        >>> read_pedigree([("pup", "Tom", "Mia"), ("other", "Max", "pup")]).of_parents().animals
        ('Tom', 'Mia', 'Max', 'pup')
        """
        return self._of_places(sorted({*self.sires, *self.dams} - {NOBODY}))

    def _of_places(self, places: Sequence[int]) -> Pedigree:
        """The pedigree of some places, in order, with which all known parents are."""
        new = {place: number for number, place in enumerate(places)} | {NOBODY: NOBODY}
        return Pedigree(
            tuple(self.animals[place] for place in places),
            tuple(new[self.sires[place]] for place in places),
            tuple(new[self.dams[place]] for place in places),
            self.sexes,
        )


def read_pedigree(
    rows: Iterable[tuple[Animal, Animal | None, Animal | None]], sexes: Mapping[Any, str] | None = None
) -> Pedigree:
    """Make a pedigree of animals in any order.

    Parameters
    ----------
    rows : iterable of (animal, sire, dam)
        None for a parent that is not known. Parents that have no row of their own are founders.
    sexes : mapping, optional
        Animal -> sex. Sires are male and dams are female without being said to be.

    Raises
    ------
    DataError
        When an animal has two rows, is its own ancestor, or a parent of the wrong sex.

    Examples
    --------
    >>> read_pedigree([("pup", "Tom", "Mia"), ("Mia", None, None)]).animals
    ('Mia', 'Tom', 'pup')
    >>> read_pedigree([("Ann", "Tom", "Bea"), ("Bea", "Tom", "Ann")])
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: An animal cannot be its own ancestor: Bea is a parent of Ann, Ann is a parent of
    Bea. Correct a parent of one of them.
    """
    parents = _parents(rows)
    known = _sexes(parents, sexes or {})
    order = _in_order(parents)
    places: dict[Animal | None, int] = {None: NOBODY, **{animal: place for place, animal in enumerate(order)}}
    sires, dams = (tuple(places[parents[animal][side]] for animal in order) for side in (0, 1))
    return Pedigree(tuple(order), sires, dams, known)


def _parents(rows: Iterable[tuple[Animal, Animal | None, Animal | None]]) -> dict[Animal, Parents]:
    """The parents of all animals, those who are there as parents alone among them."""
    found: dict[Animal, Parents] = {}
    for animal, sire, dam in rows:
        if animal is None:
            raise lw.errors.DataError(f"The offspring of the sire {sire} and the dam {dam} has no name. Give it one.")
        if animal in found:
            raise lw.errors.DataError(f"{animal} is in the pedigree twice. An animal has one row, with both parents.")
        found[animal] = (sire, dam)
    founders = (parent for pair in list(found.values()) for parent in pair if parent is not None)
    return found | {parent: (None, None) for parent in founders if parent not in found}


def _sexes(parents: Mapping[Animal, Parents], given: Mapping[Animal, str]) -> dict[Animal, str]:
    """The sexes of all animals of which they are known, from what is given and from their roles."""
    found = {animal: sex for animal, sex in given.items() if sex in {"F", "M"}}
    child_of: dict[Animal, Animal] = {}
    for child, pair in parents.items():
        for parent, sex, role in zip(pair, "MF", ("sire", "dam"), strict=True):
            if parent is None:
                continue
            if found.setdefault(parent, sex) != sex:
                other = f"the {'dam' if sex == 'M' else 'sire'} of"
                told = f"{other} {child_of[parent]}" if parent in child_of else f"recorded as {found[parent]}"
                raise lw.errors.DataError(f"{parent} is the {role} of {child}, and {told}. Correct one of them.")
            child_of[parent] = child
    return found


def _in_order(parents: Mapping[Animal, Parents]) -> list[Animal]:
    """All animals, parents before children, in the order of their generations (Kahn 1962)."""
    missing = {animal: 2 - pair.count(None) for animal, pair in parents.items()}
    children: dict[Animal, list[Animal]] = {}
    for animal, pair in parents.items():
        for parent in filter(lambda one: one is not None, pair):
            children.setdefault(parent, []).append(animal)
    order = [animal for animal, count in missing.items() if not count]
    for animal in order:  # which grows meanwhile
        for child in children.get(animal, ()):
            missing[child] -= 1
            if not missing[child]:
                order.append(child)
    if len(order) < len(parents):
        raise lw.errors.DataError(_cycle_message(parents, set(parents).difference(order)))
    return order


def _cycle_message(parents: Mapping[Animal, Parents], knot: set[Animal]) -> str:
    """Go from parent to parent among animals of which each has one there, until one comes again."""
    animal = next(one for one in parents if one in knot)
    path: dict[Animal, int] = {}
    while animal not in path:
        path[animal] = len(path)
        animal = next(parent for parent in parents[animal] if parent in knot)
    cycle = [*list(path)[path[animal] :], animal]
    steps = ", ".join(f"{parent} is a parent of {child}" for child, parent in pairwise(cycle))
    return f"An animal cannot be its own ancestor: {steps}. Correct a parent of one of them."
