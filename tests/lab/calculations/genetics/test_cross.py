"""Crosses: published expectations, and laws."""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.calculations.genetics.matings import Mating, alleles, matings

import labwright as lw
from labwright.lab.calculations.genetics.cross import Offspring, by_genotype, by_zygosity, chance, cross, gametes
from labwright.lab.calculations.genetics.linkage import Linkage, find_linkage, haldane
from labwright.lab.calculations.genetics.locus import Alleles, Locus
from labwright.lab.calculations.genetics.parent import Parent
from labwright.lab.calculations.genetics.zygosity import read_genotype, zygosity

CASES: Final = json.loads((Path(__file__).parents[2] / "reference_cases.json").read_text(encoding="utf-8"))
PAIRS: Final[Mapping[str, Alleles]] = {"wt": ("+", "+"), "het": ("m", "+"), "hom": ("m", "m")}
LOCUS: Final = Locus("a")
HALF: Final = Fraction(1, 2)


@pytest.mark.parametrize(("mated", "expected"), list(CASES["mendel_autosomal"].items()), ids=str)
def test_autosomal_crosses_are_as_published(mated: str, expected: dict[str, float]) -> None:
    one, other = mated.split(" x ")
    found = cross([LOCUS], Parent("F", {"a": PAIRS[one]}), Parent("M", {"a": PAIRS[other]}))
    assert by_zygosity([LOCUS], found) == {(code,): share for code, share in expected.items()}
    turned = cross([LOCUS], Parent("F", {"a": PAIRS[other]}), Parent("M", {"a": PAIRS[one]}))
    assert turned == found


@pytest.mark.parametrize(("mated", "expected"), list(CASES["mendel_x_linked (sire x dam)"].items()), ids=str)
def test_x_linked_crosses_are_as_published(mated: str, expected: dict[str, float]) -> None:
    locus = Locus("a", "X", wild_type="wt")
    sire, dam = mated.split(" x ")
    found = cross(
        [locus],
        Parent("F", {"a": read_genotype(dam, locus, "F", "jax")}),
        Parent("M", {"a": read_genotype(sire, locus, "M", "jax")}),
    )
    shown = {frozenset(text.split("/")): p for text, p in by_genotype([locus], found).items()}
    assert shown == {frozenset(text.split("/")): p for text, p in expected.items()}


def test_a_mutant_sire_gives_his_x_to_all_daughters_and_no_son() -> None:
    locus = Locus("Atp7a", "X")
    found = cross([locus], Parent("F", {"Atp7a": ("+", "+")}), Parent("M", {"Atp7a": ("Mo",)}))
    assert found == {Offspring("F", (("Mo", "+"),)): HALF, Offspring("M", (("+",),)): HALF}


def test_y_goes_to_sons_and_mitochondria_come_from_the_dam() -> None:
    loci = [Locus("Sry", "Y"), Locus("mt", "mitochondrial")]
    found = cross(loci, Parent("F", {"mt": ("m",)}), Parent("M", {"Sry": ("tg",), "mt": ("+",)}))
    assert found == {Offspring("F", ((), ("m",))): HALF, Offspring("M", (("tg",), ("m",))): HALF}


def test_half_of_the_pups_of_a_hemizygous_transgenic_animal_have_the_transgene() -> None:
    tg = Locus("Tg", wild_type="0")
    found = cross([tg], Parent("F", {"Tg": ("Tg", "0")}), Parent("M", {"Tg": ("0", "0")}))
    assert by_zygosity([tg], found) == {("hemi",): HALF, ("absent",): HALF}


def test_unknown_is_not_wild_type() -> None:
    for one, other in ((None, None), ("+", "+")), ((None, None), (None, None)):
        found = cross([LOCUS], Parent("F", {"a": one}), Parent("M", {"a": other}) if other[0] else Parent("M"))
        assert set(by_zygosity([LOCUS], found)) == {("unknown",)}
    carrier = cross([LOCUS], Parent("F", {"a": ("m", "m")}), Parent("M"))
    assert by_zygosity([LOCUS], carrier) == {("present",): 1}


def test_what_depends_on_an_unknown_genotype_has_no_chance() -> None:
    dam, sire = Parent("F", {"a": ("m", "m")}), Parent("M")
    with pytest.raises(lw.errors.DataError, match="How many pups are hom at a cannot be said"):
        chance([LOCUS], dam, sire, {"a": "hom"})
    assert chance([LOCUS], dam, sire, {"a": "present"}) == 1
    assert chance([LOCUS], dam, sire, {"a": "wt"}) == 0


def test_linked_loci_part_by_their_fraction() -> None:
    loci = [Locus("a"), Locus("b")]
    dam = Parent("F", {"a": ("m", "+"), "b": ("n", "+")}, is_phased=True)
    sire = Parent("M", {"a": ("+", "+"), "b": ("+", "+")})
    found = by_zygosity(loci, cross(loci, dam, sire, [Linkage(("a", "b"), (Fraction(1, 10),))]))
    parental, parted = Fraction(9, 20), Fraction(1, 20)
    assert found == {("het", "het"): parental, ("wt", "wt"): parental, ("het", "wt"): parted, ("wt", "het"): parted}


def test_x_linked_loci_part_in_the_dam_alone() -> None:
    loci = [Locus("a", "X"), Locus("b", "X")]
    dam = Parent("F", {"a": ("m", "+"), "b": ("+", "n")}, is_phased=True)
    sire = Parent("M", {"a": ("m",), "b": ("n",)})
    found = cross(loci, dam, sire, [Linkage(("a", "b"), (Fraction(1, 10),))])
    assert found[Offspring("M", (("m",), ("n",)))] == Fraction(1, 40)
    assert found[Offspring("M", (("m",), ("+",)))] == Fraction(9, 40)
    assert found[Offspring("F", (("m", "m"), ("n", "n")))] == Fraction(1, 40)


def test_the_phase_of_linked_loci_is_not_guessed() -> None:
    loci = [Locus("a"), Locus("b")]
    dam = Parent("F", {"a": ("m", "+"), "b": ("n", "+")})
    with pytest.raises(lw.errors.DataError, match="dam is heterozygous at the linked loci a, b"):
        cross(loci, dam, Parent("M"), [Linkage(("a", "b"), (0.1,))])
    cross(loci, dam, Parent("M"), [Linkage(("a", "b"), (HALF,))])


def test_the_ends_of_a_map_part_as_if_there_were_nothing_between() -> None:
    """Haldane's function has no interference: r13 = r12 (1 - r23) + (1 - r12) r23."""
    near, far = haldane(12), haldane(30)
    assert haldane(42) == pytest.approx(near * (1 - far) + (1 - near) * far)
    loci = [Locus(name, chromosome="1", position=place) for name, place in (("a", 0), ("b", 12), ("c", 42))]
    dam = Parent("F", dict.fromkeys("abc", ("m", "+")), is_phased=True)
    sire = Parent("M", dict.fromkeys("abc", ("+", "+")))
    parted = chance(loci, dam, sire, {"a": "het", "c": "wt"}, linkage=find_linkage(loci))
    assert parted == pytest.approx(haldane(42) / 2)


REFUSED: Final[list[tuple[str, Any]]] = [
    ("sex M has 1 copy of it, and 2 are given", lambda: Parent("M", {"a": ("m", "+")}).at(Locus("a", "X"))),
    ("Sex the animal first", lambda: Parent("U")),
    ("dam is of sex 'M'", lambda: cross([LOCUS], Parent("M"), Parent("M"))),
    ("not known how a is inherited", lambda: cross([Locus("a", "unknown")], Parent("F"), Parent("M"))),
    ("depends on the sex", lambda: Locus("a", "X").copies("U")),
    ("A locus is there twice", lambda: cross([LOCUS, LOCUS], Parent("F"), Parent("M"))),
    ("no locus 'b'", lambda: chance([LOCUS], Parent("F"), Parent("M"), {"b": "het"})),
    ("cannot be asked for", lambda: chance([LOCUS], Parent("F"), Parent("M"), {"a": "mutant"})),
    ("not among the loci", lambda: cross([LOCUS], Parent("F"), Parent("M"), [Linkage(("a", "b"), (0.1,))])),
    (
        "in two linkages",
        lambda: cross([LOCUS], Parent("F"), Parent("M"), [Linkage(("a",), ()), Linkage(("a",), ())]),
    ),
    (
        "inherited in the same way",
        lambda: cross([LOCUS, Locus("b", "X")], Parent("F"), Parent("M"), [Linkage(("a", "b"), (0.1,))]),
    ),
    ("2 loci have 1 gap", lambda: Linkage(("a", "b"), ())),
    ("at most half", lambda: Linkage(("a", "b"), (0.6,))),
    ("A locus is there twice: a, a", lambda: Linkage(("a", "a"), (0.1,))),
    ("0 cM or more", lambda: haldane(-1)),
]


@pytest.mark.parametrize(("message", "attempt"), REFUSED, ids=[message for message, _ in REFUSED])
def test_what_has_no_meaning_is_refused(message: str, attempt: Any) -> None:
    with pytest.raises(lw.errors.DataError, match=message):
        attempt()


@given(matings())
def test_probabilities_sum_to_one_exactly(made: Mating) -> None:
    found = cross(*made)
    assert sum(found.values()) == 1
    assert all(isinstance(p, Fraction) and p > 0 for p in found.values())
    assert sum(p for kind, p in found.items() if kind.sex == "M") == HALF


@given(matings())
def test_linkage_leaves_each_locus_alone_as_it_is(made: Mating) -> None:
    loci, dam, sire, linkage = made
    together = cross(loci, dam, sire, linkage)
    for place, locus in enumerate(loci):
        sums: dict[Offspring, Fraction] = {}
        for kind, p in together.items():
            alone = Offspring(kind.sex, (kind.genotypes[place],))
            sums[alone] = sums.get(alone, Fraction(0)) + p
        assert sums == cross([locus], dam, sire)


@given(matings())
def test_loci_that_are_not_linked_are_independent(made: Mating) -> None:
    loci, dam, sire, _ = made
    alone = [cross([locus], dam, sire) for locus in loci]
    for kind, p in cross(loci, dam, sire).items():
        expected = HALF
        for found, pair in zip(alone, kind.genotypes, strict=True):
            expected *= found[Offspring(kind.sex, (pair,))] / HALF
        assert p == expected


@given(matings())
def test_linkage_of_one_half_is_none(made: Mating) -> None:
    loci, dam, sire, linkage = made
    free = [Linkage(one.loci, (HALF,)) for one in linkage]
    assert cross(loci, dam, sire, free) == cross(loci, dam, sire)


@given(matings(), st.data())
def test_the_chance_of_what_is_asked_for_is_its_share(made: Mating, data: st.DataObject) -> None:
    loci, dam, sire, linkage = made
    place = data.draw(st.integers(0, len(loci) - 1))
    code = data.draw(st.sampled_from(["wt", "het", "hom", "hemi", "absent", "present"]))
    kinds = [(zygosity(loci[place], kind.genotypes[place]), p) for kind, p in cross(loci, dam, sire, linkage).items()]
    try:
        found = chance(loci, dam, sire, {loci[place].name: code}, linkage=linkage)
    except lw.errors.DataError:
        assert any(one in {"unknown", "present"} for one, _ in kinds)
    else:
        met = {"het", "hom", "hemi", "present"} if code == "present" else {code}
        assert found == sum(p for one, p in kinds if one in met)


@given(st.tuples(alleles, alleles))
def test_gametes_have_half_of_the_alleles(pair: Alleles) -> None:
    found = gametes(LOCUS, Parent("F", {"a": pair}))
    assert found == {allele: Fraction(pair.count(allele), 2) for allele in pair}
