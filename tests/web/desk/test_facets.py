"""Which values are most frequent, among what the person sees."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from tests.web.desk.restricted import build, grant, sheet

import labwright as lw
from labwright.web.desk.grid.facets import Facets, facets_of
from labwright.web.desk.grid.listing import read_listing
from labwright.web.desk.sheet import Sheet
from labwright.web.roles.role import Scope


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def facets(found: Sheet, query: str = "") -> Facets:
    return facets_of(read_listing(found, parse_qsl(query)))


def told(found: Facets) -> dict[str, dict[str, int]]:
    return {f.name: {v.filter: v.count for v in f.values} for f in found.facets}


def test_values_are_counted(lab: lw.Schema) -> None:
    assert told(facets(sheet(lab, "Mouse", grant()))) == {
        "person": {"ana": 4, "ben": 4}, "sex": {"F": 4, "M": 4}, "is_alive": {"yes": 6, "no": 2},
    }  # fmt: skip
    assert told(facets(sheet(lab, "Mouse", grant()), "sex=F&columns=is_alive")) == {"is_alive": {"yes": 3, "no": 1}}


def test_values_of_what_rows_refer_to(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant())
    assert told(facets(session, "columns=session,note,Mouse:person,Mouse:sex")) == {
        "note": {"note 1": 3, "note 2": 3}, "Mouse:person": {"ana": 4, "ben": 2}, "Mouse:sex": {"F": 4, "M": 2},
    }  # fmt: skip


def test_what_is_not_seen_is_not_counted(lab: lw.Schema) -> None:
    own = sheet(lab, "Mouse", grant(scope=Scope.OWN, hidden=frozenset({"sex"})))
    assert told(facets(own)) == {"person": {"ana": 4}, "is_alive": {"yes": 3, "no": 1}}
    session = sheet(lab, "Session", grant(table="Session"), grant(table="Mouse", scope=Scope.OWN))
    assert told(facets(session, "columns=Mouse:sex")) == {"Mouse:sex": {"F": 4}}


def test_only_some_rows_of_many_are_looked_at(lab: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labwright.web.desk.grid.facets.LOOKED_AT", 3)
    found = facets(sheet(lab, "Mouse", grant()), "columns=sex")
    assert (found.looked_at, found.is_partial, sum(told(found)["sex"].values())) == (3, True, 3)
    assert not facets(sheet(lab, "Mouse", grant()), "columns=sex&mouse.le=3").is_partial


def test_nothing_to_count(lab: lw.Schema) -> None:
    assert facets(sheet(lab, "Mouse", grant()), "columns=weight").facets == ()
    assert told(facets(sheet(lab, "Mouse", grant()), "mouse=99")) == {}
