"""Species and sexes as NWB reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

import labwright as lw
from labwright.lab.terms.species import SPECIES, check_sex, check_species

CASES: Final = json.loads((Path(__file__).parents[1] / "reference_cases.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", CASES["nwb_species_valid"])
def test_species_that_are_read(text: str) -> None:
    assert check_species(text) == text


@pytest.mark.parametrize(
    "text", [*CASES["nwb_species_invalid"], "mus musculus", "Mus", "NCBITaxon_10090", "Mus musculus\n"]
)
def test_species_that_are_not(text: str) -> None:
    with pytest.raises(lw.errors.DataError, match="is no species"):
        check_species(text)


def test_ours_are_all_read_by_name_and_address() -> None:
    assert len({one.taxon_id for one in SPECIES}) == len({one.latin_name for one in SPECIES}) == len(SPECIES) == 11
    for one in SPECIES:
        assert check_species(one.latin_name) == one.latin_name
        assert check_species(one.iri) == one.iri


@pytest.mark.parametrize("species", [one.latin_name for one in SPECIES] + [one.iri for one in SPECIES])
def test_each_species_has_its_sexes_and_no_others(species: str) -> None:
    is_worm = species in {"Caenorhabditis elegans", "http://purl.obolibrary.org/obo/NCBITaxon_6239"}
    cases = CASES["nwb_sex_valid"]
    valid, invalid = cases["Caenorhabditis elegans"], cases["default"]
    if not is_worm:
        valid, invalid = invalid, valid
    assert [check_sex(sex, species) for sex in valid] == valid
    for sex in [*invalid, "", "f", "female"]:
        with pytest.raises(lw.errors.DataError, match="There are: "):
            check_sex(sex, species)
