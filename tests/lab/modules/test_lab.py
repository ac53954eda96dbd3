"""People, places, devices, projects and protocols."""

from __future__ import annotations

from typing import Any

import pytest

import labwright as lw

RuleError = lw.errors.RuleError


def test_places_lie_in_larger_ones(lab: Any) -> None:
    lab.Location.insert([("north", "site", None, ""), ("b1", "building", "north", ""), ("r12", "room", "b1", "")])
    with pytest.raises(RuleError, match="a place lies in a larger one"):
        lab.Location.insert1(("annex", "building", "r12", ""))
    with pytest.raises(RuleError, match="larger than those that lie in it"):
        lab.Location.update1({"location": "b1", "place_kind": "rack"})
    lab.Location.update1({"location": "b1", "place_kind": "floor"})
    with pytest.raises(RuleError, match="a place lies in a larger one"):
        lab.Location.update1({"location": "north", "within": "r12"})


def test_people_by_their_identifiers(lab: Any) -> None:
    lab.User.insert1({"user": "josiah", "family_name": "Carberry", "orcid": "0000-0002-1825-0097"})
    with pytest.raises(RuleError, match="ORCID"):
        lab.User.insert1({"user": "ana", "family_name": "Silva", "orcid": "0000-0002-1825-97"})
    lab.Organization.insert1({"organization": "Crossref", "full_name": "Crossref", "ror": "02twcfp32"})
    with pytest.raises(RuleError, match=r"ror\.org"):
        lab.Organization.insert1({"organization": "X", "full_name": "X", "ror": "12twcfp32"})


def test_a_person_is_once_in_a_laboratory_at_a_time(lab: Any) -> None:
    lab.User.insert1({"user": "eva", "family_name": "Meyer"})
    lab.Lab.insert1({"lab": "smith", "full_name": "Smith laboratory"})
    lab.Membership.insert1(("eva", "smith", "2024-01-01", "2025-01-01", "guest"))
    lab.Membership.insert1(("eva", "smith", "2025-01-01", None, "scientist"))
    with pytest.raises(RuleError, match="once in a laboratory"):
        lab.Membership.insert1(("eva", "smith", "2026-01-01", None, "head"))


def test_projects_end_after_they_start(lab: Any) -> None:
    lab.Project.insert1({"project": "maps", "title": "Maps of place", "start": "2024-01-01", "end": "2026-01-01"})
    with pytest.raises(RuleError, match="ends after it starts"):
        lab.Project.insert1({"project": "times", "title": "Times", "start": "2024-01-01", "end": "2023-01-01"})


def test_protocols_say_when_they_hold(lab: Any) -> None:
    lab.Protocol.insert1({"protocol": "P1", "title": "Place cells"})
    lab.ProtocolVersion.insert1({"protocol": "P1", "version": "1", "status": "draft"})
    approved = {"protocol": "P1", "version": "2", "status": "approved"}
    with pytest.raises(RuleError, match="says when it was approved"):
        lab.ProtocolVersion.insert1(approved)
    with pytest.raises(RuleError, match="expires after"):
        lab.ProtocolVersion.insert1(approved | {"approved_on": "2025-01-01", "expires_on": "2024-01-01"})
    lab.ProtocolVersion.insert1(approved | {"approved_on": "2025-01-01", "expires_on": "2028-01-01"})
    lab.ProtocolAllowance.insert1(("P1", "2", 1, 10090, "moderate", 40, "2025-01-01", ""))
    with pytest.raises(RuleError, match="changes a number"):
        lab.ProtocolAllowance.insert1(("P1", "2", 2, 10090, "moderate", 0, "2025-02-01", ""))


def test_licences_end_after_they_begin(lab: Any) -> None:
    lab.User.insert1({"user": "kim", "family_name": "Kim"})
    lab.License.insert1(("kim", "surgery", "2024-01-01", "2027-12-31", "L-1"))
    with pytest.raises(RuleError, match="a licence ends after it begins"):
        lab.License.insert1(("kim", "imaging", "2024-01-01", "2023-12-31", "L-2"))


def test_species_are_there_from_the_beginning(lab: Any) -> None:
    mouse = (lab.Species & {"taxon_id": 10090}).fetch1()
    assert mouse["latin_name"] == "Mus musculus"
    assert 0 < mouse["gestation_days"] < mouse["wean_days"] < mouse["maturity_days"]
