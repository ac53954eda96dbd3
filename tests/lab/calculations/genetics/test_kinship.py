"""Kinship: published pedigrees, the definition itself, and laws."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.lab.calculations.genetics.families import SEXES, Row, families

import labwright as lw
from labwright.lab.calculations.genetics.kinship import Chromosome, expected_inbreeding, inbreeding, kinship, kinships
from labwright.lab.calculations.genetics.pedigree import Animal, Pedigree, read_pedigree

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))
CHROMOSOMES: Final[tuple[Chromosome, ...]] = ("autosomal", "X")


@pytest.mark.parametrize("case", CASES["pedigrees"], ids=lambda case: case["name"])
def test_inbreeding_is_as_published(case: dict[str, Any]) -> None:
    pedigree = read_pedigree(zip(case["ids"], case["sire"], case["dam"], strict=True))
    found = {str(animal): f for animal, f in inbreeding(pedigree).items()}
    assert {animal: found[animal] for animal in case["F"]} == case["F"]


@pytest.mark.parametrize("case", CASES["pedigrees"], ids=lambda case: case["name"])
def test_inbreeding_is_the_sum_over_wrights_paths(case: dict[str, Any]) -> None:
    parents = {a: (s, d) for a, s, d in zip(case["ids"], case["sire"], case["dam"], strict=True)}
    found = inbreeding(read_pedigree((a, *pair) for a, pair in parents.items()))
    for animal in parents:
        assert found[animal] == _by_paths(animal, parents)


def _by_paths(animal: Any, parents: dict[Any, tuple[Any, Any]]) -> Fraction:
    """The sum of (1/2)^(n1+n2+1) (1+F_A) over paths from sire to dam on which nobody is twice."""
    sire, dam = parents[animal]
    total = Fraction(0)
    for one, other in product(_lines(sire, parents), _lines(dam, parents)):
        if one[-1] == other[-1] and not set(one[:-1]) & set(other[:-1]):
            total += Fraction(1, 2 ** (len(one) + len(other) - 1)) * (1 + _by_paths(one[-1], parents))
    return total


def _lines(animal: Any, parents: dict[Any, tuple[Any, Any]]) -> Iterator[tuple[Any, ...]]:
    """All ways from an animal up to it or an ancestor."""
    if animal is not None:
        yield (animal,)
        for parent in parents[animal]:
            yield from ((animal, *line) for line in _lines(parent, parents))


def test_full_sib_mating_follows_wrights_recurrence() -> None:
    rows: list[tuple[str, str | None, str | None]] = [("M0", None, None), ("F0", None, None)]
    for t in range(1, 26):
        rows += [(f"{sex}{t}", f"M{t - 1}", f"F{t - 1}") for sex in "MF"]
    found = inbreeding(read_pedigree(rows))
    expected = [Fraction(0), Fraction(0)]
    while len(expected) < 26:
        expected.append((1 + 2 * expected[-1] + expected[-2]) / 4)
    assert [found[f"F{t}"] for t in range(26)] == expected
    assert [found[f"F{t + 1}"] for t, *_ in CASES["full_sib_F"]] == [f for *_, f in CASES["full_sib_F"]]
    assert found["F20"] > 0.98  # which is why 20 such generations make an inbred strain


def test_kin_on_the_x_are_as_is_known() -> None:
    """Grossman & Eisen 1989: brothers share the X of their dam, and none that their sire has."""
    rows = [("son", "Tom", "Mia"), ("bro", "Tom", "Mia"), ("girl", "Tom", "Mia"), ("sis", "Tom", "Mia")]
    pedigree = read_pedigree(rows, {"son": "M", "bro": "M", "girl": "F", "sis": "F"})
    found = kinships(pedigree, ["Tom", "Mia", "bro", "sis"], ["son", "girl"], "X")
    assert found.tolist() == [[0, 0.5], [0.5, 0.25], [0.5, 0.25], [0.25, 0.375]]
    assert inbreeding(pedigree, "X") == {"Mia": 0, "girl": 0, "sis": 0}


@pytest.mark.parametrize("chromosome", CHROMOSOMES)
@given(rows=families(most=7))
def test_kinship_is_the_probability_that_drawn_alleles_are_copies(rows: list[Row], chromosome: Chromosome) -> None:
    assume(sum(parent is not None for _, *pair in rows for parent in pair) <= 8)
    pedigree = read_pedigree(rows, SEXES)
    animals = sorted(animal for animal, *_ in rows)
    found = kinships(pedigree, animals, animals, chromosome)
    expected = _by_all_descents(sorted(rows), chromosome)
    assert {pair: found[pair] for pair in expected} == expected


def _by_all_descents(rows: Sequence[Row], chromosome: Chromosome) -> dict[tuple[int, int], Fraction]:
    """Let the alleles of founders come down in all ways: each parent gives the first or second of its own."""
    births = [(animal, side) for animal, *pair in rows for side, parent in enumerate(pair) if parent is not None]
    found = {(one[0], other[0]): Fraction(0) for one, other in product(rows, rows)}
    for way in product((0, 1), repeat=len(births)):
        chosen = dict(zip(births, way, strict=True))
        alleles: dict[int, list[Any]] = {}
        for animal, *pair in rows:
            own = [
                (animal, side) if parent is None else alleles[parent][chosen[animal, side] % len(alleles[parent])]
                for side, parent in enumerate(pair)
            ]
            alleles[animal] = own[1:] if chromosome == "X" and SEXES[animal] == "M" else own
        for one, other in found:
            same = [a == b for a, b in product(alleles[one], alleles[other])]
            found[one, other] += Fraction(sum(same), len(same))
    return {pair: total / 2 ** len(births) for pair, total in found.items()}


@pytest.mark.parametrize("chromosome", CHROMOSOMES)
@given(rows=families(), data=st.data())
def test_the_order_of_rows_and_the_names_do_not_matter(
    rows: list[Row], chromosome: Chromosome, data: st.DataObject
) -> None:
    names: dict[int | None, Any] = {animal: f"animal {animal}" for animal, *_ in rows} | {None: None}
    turned = data.draw(st.permutations([(names[a], names[s], names[d]) for a, s, d in rows]))
    found = inbreeding(read_pedigree(rows, SEXES), chromosome)
    sexes = {names[animal]: SEXES[animal] for animal, *_ in rows}
    assert inbreeding(read_pedigree(turned, sexes), chromosome) == {names[int(str(a))]: f for a, f in found.items()}


@given(families())
def test_an_animal_is_as_inbred_as_its_parents_are_kin(rows: list[Row]) -> None:
    pedigree = read_pedigree(rows, SEXES)
    found, of_x = inbreeding(pedigree), inbreeding(pedigree, "X")
    assert set(of_x) == {animal for animal, *_ in rows if SEXES[animal] == "F"}
    for animal, sire, dam in rows:
        known = sire is not None and dam is not None
        assert found[animal] == (expected_inbreeding(pedigree, sire, dam) if known else 0)
        assert kinship(pedigree, animal, animal) == (1 + found[animal]) / 2
        if animal in of_x:
            assert of_x[animal] == (expected_inbreeding(pedigree, sire, dam, "X") if known else 0)


def test_a_large_colony_is_as_by_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in parts: 300 breeders, 12 generations, against the whole table of kinships made row by row."""
    monkeypatch.setattr("labwright.lab.calculations.genetics.kinship.NUMBERS_AT_ONCE", 2000)
    pedigree = _colony(generations=12, sires=10, dams=15, litter=4)
    table, found = _table(pedigree), inbreeding(pedigree)
    for place, animal in enumerate(pedigree.animals):
        assert found[animal] == pytest.approx(2 * table[place][place] - 1, abs=1e-12)
    last = pedigree.animals[-20:]
    kin = kinships(pedigree, last, last)
    assert [list(row) for row in kin] == [pytest.approx(row[-20:], abs=1e-12) for row in table[-20:]]


def _colony(generations: int, sires: int, dams: int, litter: int) -> Pedigree:
    draw = random.Random(20261123)
    rows: list[tuple[Animal, Animal, Animal]] = []
    males, females = [f"M0.{n}" for n in range(sires)], [f"F0.{n}" for n in range(dams)]
    for t in range(1, generations + 1):
        pairs = [(draw.choice(males), dam) for dam in females]
        rows += [(f"{sex}{t}.{n}", *pair) for n, pair in enumerate(pairs) for sex in "MF" * (litter // 2)][::2]
        rows += [(f"F{t}.{n}", *pair) for n, pair in enumerate(pairs)]
        males, females = [f"M{t}.{n}" for n in range(sires)], [f"F{t}.{n}" for n in range(dams)]
    return read_pedigree(dict.fromkeys(rows))


def _table(pedigree: Pedigree) -> list[list[float]]:
    """All kinships, parents before offspring (Emik & Terrill 1949, J Hered 40:51)."""
    table: list[list[float]] = []
    for place, (sire, dam) in enumerate(zip(pedigree.sires, pedigree.dams, strict=True)):
        row = [sum(table[max(p, other)][min(p, other)] for p in (sire, dam) if p >= 0) / 2 for other in range(place)]
        both = min(sire, dam) >= 0
        table.append([*row, (1 + (table[max(sire, dam)][min(sire, dam)] if both else 0)) / 2])
    size = range(len(table))
    return [[table[max(one, other)][min(one, other)] for other in size] for one in size]


def test_nobody_is_kin_to_nobody() -> None:
    empty = read_pedigree([])
    assert inbreeding(empty) == {}
    assert kinships(empty, [], []).shape == (0, 0)
    assert kinships(read_pedigree([("a", None, None)]), ["a"], []).shape == (1, 0)


FAMILY: Final = read_pedigree([("pup", "Tom", "Mia"), ("son", "Tom", "Mia")], {"son": "M"})


@pytest.mark.parametrize(
    ("sire", "dam", "chromosome", "message"),
    [
        ("Mia", "pup", "autosomal", "The sire Mia is of sex 'F'"),
        ("Tom", "son", "autosomal", "The dam son is of sex 'M'"),
        ("pup", "pup", "autosomal", "both sire and dam"),
        ("Tom", "Eve", "autosomal", "'Eve' is not in this pedigree"),
        ("Tom", "Mia", "Y", "no kinship on 'Y'"),
    ],
)
def test_a_mating_that_cannot_be_is_refused(sire: str, dam: str, chromosome: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        expected_inbreeding(FAMILY, sire, dam, chromosome)


def test_the_x_asks_for_the_sex_that_a_proposed_mating_tells() -> None:
    with pytest.raises(lw.errors.DataError, match="How the X came to pup depends on the sex"):
        kinship(FAMILY, "pup", "Tom", "X")
    assert expected_inbreeding(FAMILY, sire="Tom", dam="pup", chromosome="X") == 0.5
    assert inbreeding(FAMILY, "X") == {"Mia": 0}
    assert math.isclose(kinship(FAMILY, "son", "Mia", "X"), 0.5)
