"""Genotypes that are impossible from the parents."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.genetics.matings import Mating, matings

from labwright.lab.calculations.genetics.conflicts import find_conflicts, possible_parents
from labwright.lab.calculations.genetics.cross import Offspring, cross
from labwright.lab.calculations.genetics.locus import Alleles, Inheritance, Locus
from labwright.lab.calculations.genetics.parent import Parent


@pytest.mark.parametrize(
    ("kind", "sex", "pup", "dam", "sire", "reason"),
    [
        ("autosomal", "F", ("m", "+"), ("+", "+"), ("+", "+"), "neither parent has m"),
        ("autosomal", "F", ("m", "m"), ("m", "+"), ("+", "+"), "the sire has no m"),
        ("autosomal", "U", ("+", "+"), ("m", "m"), ("m", "+"), "the dam has no +"),
        ("autosomal", "U", ("n", "m"), ("n", "m"), ("+", "+"), "the sire has no m and no n"),
        ("autosomal", "U", ("m", None), ("+", "+"), ("+", "+"), "neither parent has m"),
        ("X", "M", ("m",), ("+", "+"), ("m",), "the dam has no m"),
        ("X", "F", ("+", "+"), ("+", "+"), ("m",), "the sire has no +"),
        ("X", "M", ("m", "+"), ("m", "+"), ("m",), "an animal of sex M has 1 copy of it, and 2 are given"),
        ("Y", "M", ("m",), (), ("+",), "the sire has no m"),
        ("mitochondrial", "M", ("m",), ("+",), ("m",), "the dam has no m"),
    ],
)
def test_what_cannot_be_is_found_and_explained(
    kind: Inheritance, sex: str, pup: Alleles, dam: Alleles, sire: Alleles, reason: str
) -> None:
    loci = [Locus("a", kind), Locus("b")]
    (found,) = find_conflicts(loci, sex, {"a": pup}, Parent("F", {"a": dam}), Parent("M", {"a": sire}))
    assert found.locus == "a"
    assert reason in found.reason


@pytest.mark.parametrize(
    ("pup", "dam", "sire"),
    [
        (("m", "+"), (None, None), ("+", "+")),
        (("m", "+"), ("+", "+"), ("+", None)),
        ((None, None), ("+", "+"), ("+", "+")),
        (("m", "+"), ("m", "+"), ("+", "+")),
        (("m", "n"), ("n", "n"), ("m", "m")),
    ],
)
def test_what_can_be_is_no_conflict(pup: Alleles, dam: Alleles, sire: Alleles) -> None:
    assert not find_conflicts([Locus("a")], "F", {"a": pup}, Parent("F", {"a": dam}), Parent("M", {"a": sire}))


def test_one_known_parent_is_enough() -> None:
    (found,) = find_conflicts([Locus("a")], "F", {"a": ("m", "m")}, sire=Parent("M", {"a": ("+", "+")}))
    assert "the sire has no m" in found.reason


def test_a_locus_that_is_inherited_in_an_unknown_way_contradicts_nothing() -> None:
    wild = {"a": ("+", "+")}
    assert not find_conflicts([Locus("a", "unknown")], "F", {"a": ("m", "+")}, Parent("F", wild), Parent("M", wild))


def test_the_sires_that_come_into_question() -> None:
    dams = [Parent("F", {"a": ("+", "+")})]
    sires = [Parent("M", {"a": pair}) for pair in (("+", "+"), ("m", "+"), ("m", "m"))]
    assert possible_parents([Locus("a")], "F", {"a": ("m", "+")}, dams, sires) == [(0, 1), (0, 2)]
    assert possible_parents([Locus("a")], "F", {"a": ("m", "m")}, dams, sires) == []


@given(matings())
def test_no_offspring_is_a_conflict(made: Mating) -> None:
    loci, dam, sire, linkage = made
    for kind in cross(loci, dam, sire, linkage):
        named = dict(zip((locus.name for locus in loci), kind.genotypes, strict=True))
        assert find_conflicts(loci, kind.sex, named, dam, sire) == []


@given(matings(), st.data())
def test_what_is_no_offspring_of_known_parents_is_a_conflict(made: Mating, data: st.DataObject) -> None:
    loci = made[0]
    dam, sire = (Parent(p.sex, {k: tuple(a or "+" for a in v) for k, v in p.genotypes.items()}) for p in made[1:3])
    sex = data.draw(st.sampled_from("FM"))
    locus = data.draw(st.sampled_from(loci))
    pup = locus.ordered(tuple(data.draw(st.sampled_from("mn+")) for _ in range(locus.copies(sex))))
    can_be = Offspring(sex, (pup,)) in cross([locus], dam, sire)
    assert bool(find_conflicts([locus], sex, {locus.name: pup}, dam, sire)) is not can_be
