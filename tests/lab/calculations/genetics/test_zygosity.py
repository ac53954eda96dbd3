"""How genotypes are called and written; which laboratory a name tells of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.lab.calculations.genetics.locus import Alleles, Locus
from labwright.lab.calculations.genetics.nomenclature import (
    allele_lab_code,
    check_lab_code,
    is_lab_code,
    strain_lab_codes,
)
from labwright.lab.calculations.genetics.zygosity import read_genotype, show_genotype, zygosity

FLOX, X, CRE = Locus("Grin1"), Locus("Atp7a", "X"), Locus("Cre", wild_type="0")


@pytest.mark.parametrize(
    ("locus", "alleles", "code", "jax", "alyx"),
    [
        (FLOX, ("fl", "+"), "het", "fl/+", "+/-"),
        (FLOX, ("+", "+"), "wt", "+/+", "-/-"),
        (FLOX, ("fl", "fl"), "hom", "fl/fl", "+/+"),
        (FLOX, ("fl", None), "present", "fl/?", "+"),
        (FLOX, (None, None), "unknown", "?/?", ""),
        (FLOX, ("+", None), "unknown", "+/?", ""),
        (CRE, ("cre", "0"), "hemi", "cre/0", "+/-"),
        (CRE, ("0", "0"), "absent", "0/0", "-/-"),
        (CRE, ("cre", "cre"), "hom", "cre/cre", "+/+"),
        (X, ("Mo",), "hemi", "Mo/Y", "+"),
        (X, ("+",), "wt", "+/Y", "-/-"),
        (Locus("Sry", "Y"), (), "absent", "-", "-/-"),
        (Locus("mt", "mitochondrial"), ("m",), "hom", "m", "+"),
    ],
)
def test_a_genotype_is_called_and_written(locus: Locus, alleles: Alleles, code: str, jax: str, alyx: str) -> None:
    assert (zygosity(locus, alleles), show_genotype(locus, alleles), show_genotype(locus, alleles, "alyx")) == (
        code,
        jax,
        alyx,
    )


def test_the_same_text_means_the_opposite_in_the_other_convention() -> None:
    assert zygosity(FLOX, read_genotype("+/+", FLOX, "U", "jax")) == "wt"
    assert zygosity(FLOX, read_genotype("+/+", FLOX, "U", "alyx", mutant="fl")) == "hom"


names = st.sampled_from(["fl", "tm1Mag", "+", None])


@given(st.sampled_from([FLOX, X]), st.sampled_from("FM"), st.lists(names, min_size=2, max_size=2))
def test_what_is_written_is_read_again(locus: Locus, sex: str, given_names: list[str | None]) -> None:
    alleles = locus.ordered(tuple(given_names[: locus.copies(sex)]))
    assert read_genotype(show_genotype(locus, alleles), locus, sex, "jax") == alleles


@given(st.lists(st.sampled_from(["fl", "+"]), min_size=2, max_size=2))
def test_what_is_written_for_alyx_is_read_again(given_names: list[str]) -> None:
    alleles = FLOX.ordered(tuple(given_names))
    assert read_genotype(show_genotype(FLOX, alleles, "alyx"), FLOX, "U", "alyx", mutant="fl") == alleles


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("fl", FLOX, "U", "jax"), "2 copies of it, and 1 is given"),
        (("fl/+", X, "M", "jax"), "1 copy of it, and 2 are given"),
        (("fl//+", FLOX, "U", "jax"), "is no genotype of Grin1"),
        (("+/+", FLOX, "U", "mgi"), "There are: 'jax', 'alyx'"),
        (("+/+", FLOX, "U", "alyx"), "does not say which allele"),
        (("+/?", FLOX, "U", "alyx"), "is no genotype of Grin1"),
    ],
)
def test_a_text_without_meaning_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(lw.errors.DataError) as caught:
        read_genotype(*arguments)
    assert message in str(caught.value)


def test_an_empty_text_is_not_wild_type() -> None:
    assert read_genotype("", FLOX, "U", "jax") == read_genotype("", FLOX, "U", "alyx") == (None, None)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Egfr<tm1Mag>", "Mag"),
        ("Trp53<tm1Tyj>", "Tyj"),
        ("Lepr<db-3J>", "J"),
        ("Tg(Thy1-COP4/EYFP)18Gfng", "Gfng"),
        ("Gt(ROSA)26Sor<tm9(CAG-tdTomato)Hze>", "Hze"),
        ("Apc<Min>", None),
        ("Pde6b<rd1>", None),
    ],
)
def test_the_laboratory_of_an_allele(name: str, code: str | None) -> None:
    assert allele_lab_code(name) == code


def test_the_laboratories_of_a_strain() -> None:
    assert strain_lab_codes("C57BL/6J") == ("J",)
    assert strain_lab_codes("129S1/SvImJ") == ("Sv", "Im", "J")
    assert strain_lab_codes("C57BL") == ()


@given(st.text(max_size=7))
def test_a_laboratory_code_is_a_capital_and_small_letters(text: str) -> None:
    if is_lab_code(text):
        assert text[0] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        assert len(text) <= 5
        assert check_lab_code(text) == text
    else:
        with pytest.raises(lw.errors.DataError, match="no laboratory code"):
            check_lab_code(text)
