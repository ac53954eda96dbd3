"""Pedigrees: their order, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.lab.calculations.genetics.families import SEXES, Row, families

import labwright as lw
from labwright.lab.calculations.genetics.pedigree import NOBODY, Pedigree, read_pedigree


def rows_of(pedigree: Pedigree) -> set[tuple[Any, ...]]:
    names = [*pedigree.animals, None]  # which is what NOBODY finds
    places = zip(pedigree.animals, pedigree.sires, pedigree.dams, strict=True)
    return {(animal, names[sire], names[dam]) for animal, sire, dam in places}


@given(families())
def test_parents_stand_before_their_offspring_and_nothing_is_lost(rows: list[Row]) -> None:
    pedigree = read_pedigree(rows)
    assert rows_of(pedigree) == set(rows)
    for place, parents in enumerate(zip(pedigree.sires, pedigree.dams, strict=True)):
        assert NOBODY <= min(parents) <= max(parents) < place


@given(families())
def test_generations_come_one_after_the_other(rows: list[Row]) -> None:
    pedigree = read_pedigree(rows)
    assert list(pedigree.generations) == sorted(pedigree.generations)
    parents = {animal: {sire, dam} - {None} for animal, sire, dam in rows}

    def longest(animal: int) -> int:
        return max((1 + longest(parent) for parent in parents[animal] if parent is not None), default=0)

    assert list(pedigree.generations) == [longest(int(str(animal))) for animal in pedigree.animals]


@given(families())
def test_ancestors_are_those_that_parents_lead_to(rows: list[Row]) -> None:
    pedigree = read_pedigree(rows)
    parents = {animal: {sire, dam} - {None} for animal, sire, dam in rows}
    wanted, waiting = set[int](), [rows[0][0]]
    while waiting:
        wanted.add(animal := waiting.pop())
        waiting += [parent for parent in parents[animal] if parent is not None]
    found = pedigree.of_ancestors(rows[0][0])
    assert rows_of(found) == {row for row in rows if row[0] in wanted}


@given(families())
def test_those_with_offspring_alone(rows: list[Row]) -> None:
    have_offspring = {parent for _, *pair in rows for parent in pair}
    found = read_pedigree(rows).of_parents()
    assert rows_of(found) == {row for row in rows if row[0] in have_offspring}


def test_sexes_are_told_by_roles_and_by_what_is_recorded() -> None:
    pedigree = read_pedigree([("pup", "Tom", "Mia"), ("runt", "Tom", "Mia")], {"pup": "F", "runt": "U"})
    assert pedigree.sexes == {"pup": "F", "Tom": "M", "Mia": "F"}


def test_a_deep_line_is_read_without_recursion() -> None:
    line = [(n, None, n - 1) for n in range(1, 5000)]
    assert read_pedigree(reversed(line)).generations[-1] == 4999


@pytest.mark.parametrize(
    ("rows", "sexes", "message"),
    [
        ([("a", None, None), ("a", "b", None)], {}, "a is in the pedigree twice"),
        ([(None, "a", "b")], {}, "offspring of the sire a and the dam b has no name"),
        ([("a", "a", None)], {}, "its own ancestor: a is a parent of a"),
        ([("pup", "b", None), ("b", None, "a"), ("a", "b", None)], {}, "a is a parent of b, b is a parent of a. Corr"),
        ([("x", "a", "b"), ("y", "c", "a")], {}, "a is the dam of y, and the sire of x"),
        ([("x", 1, 0), ("y", 0, 3)], {}, "0 is the sire of y, and the dam of x"),
        ([("x", "a", "a")], {}, "a is the dam of x, and the sire of x"),
        ([("x", "a", None)], {"a": "F"}, "a is the sire of x, and recorded as F"),
    ],
)
def test_what_is_no_pedigree_is_refused(rows: Any, sexes: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        read_pedigree(rows, sexes)


@given(families())
def test_any_cycle_is_found_and_told(rows: list[Row]) -> None:
    pedigree = read_pedigree(rows)
    oldest = next((a for a in pedigree.animals if SEXES[int(str(a))] == "M"), None)
    if oldest is None:
        return
    descendants = {
        a for a in pedigree.animals if oldest in pedigree.of_ancestors(a).animals and SEXES[int(str(a))] == "F"
    }
    for last in descendants:
        closed = [(a, sire, last if a == oldest else dam) for a, sire, dam in rows]
        with pytest.raises(lw.errors.DataError, match="cannot be its own ancestor") as error:
            read_pedigree(closed)
        steps = str(error.value).partition(": ")[2].partition(". ")[0].split(", ")
        given = {f"{parent} is a parent of {child}" for child, *pair in closed for parent in pair}
        assert set(steps) <= given
        assert steps[0].split()[-1] == steps[-1].split()[0]


def test_an_animal_that_is_not_there_is_named() -> None:
    with pytest.raises(lw.errors.DataError, match="'Max' is not in this pedigree of 3 animals"):
        read_pedigree([("pup", "Tom", "Mia")]).of_ancestors("Max")
