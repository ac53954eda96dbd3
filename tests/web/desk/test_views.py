"""Views that people keep: their own, those of their lab, and those that they have pinned."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest
from tests.web.desk.restricted import build, desk, grant

import labwright as lw
from labwright.web.desk.desk import Desk
from labwright.web.desk.grid.saved_views import drop_view, pin_view, pinned_views, query_of, save_view, saved_views
from labwright.web.desk.refusals import BadRequestError, NotThereError


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def names(found: Desk, schema: lw.Schema) -> list[tuple[str, str]]:
    return [(v.owner, v.name) for v in saved_views(found.sheet(f"{schema.database_name}.Mouse"))]


def test_views_are_kept_for_oneself_and_for_the_lab(lab: lw.Schema) -> None:
    ana = desk(lab, grant(), person="ana", colleagues=("ana", "ben"))
    ben = desk(lab, grant(), person="ben", colleagues=("ana", "ben"))
    eve = desk(lab, grant(), person="eve")
    mouse = ana.sheet(f"{lab.database_name}.Mouse")
    save_view(mouse, "light", "weight.le=1")
    save_view(mouse, "  heavy   mice ", "weight.ge=1", is_shared=True)
    assert names(ana, lab) == [("ana", "heavy mice"), ("ana", "light")]
    assert names(ben, lab) == [("ana", "heavy mice")]
    assert names(eve, lab) == []
    save_view(mouse, "heavy mice", "weight.ge=2")
    assert names(ben, lab) == []
    assert [v.query for v in saved_views(mouse)] == ["weight.ge=2", "weight.le=1"]


def test_views_are_pinned_by_each_person(lab: lw.Schema) -> None:
    ana = desk(lab, grant(), person="ana", colleagues=("ana", "ben"))
    ben = desk(lab, grant(), person="ben", colleagues=("ana", "ben"))
    mouse = ana.sheet(f"{lab.database_name}.Mouse")
    save_view(mouse, "heavy", "weight.ge=1", is_shared=True)
    pin_view(ben.sheet(mouse.name), "ana", "heavy", pinned=True)
    pin_view(ben.sheet(mouse.name), "ana", "heavy", pinned=True)
    assert [v.name for v in pinned_views(ben)] == ["heavy"]
    assert pinned_views(ana) == []
    assert pinned_views(desk(lab, grant(table="Person"), person="ben", colleagues=("ana", "ben"))) == []
    pin_view(ben.sheet(mouse.name), "ana", "heavy", pinned=False)
    assert pinned_views(ben) == []
    pin_view(ben.sheet(mouse.name), "ana", "heavy", pinned=True)
    drop_view(mouse, "heavy")
    assert pinned_views(ben) == [] == saved_views(mouse)


def test_views_of_others_are_left_alone(lab: lw.Schema) -> None:
    ana = desk(lab, grant(), person="ana", colleagues=("ana", "ben"))
    ben = desk(lab, grant(), person="ben", colleagues=("ana", "ben"))
    mouse = ana.sheet(f"{lab.database_name}.Mouse")
    save_view(mouse, "heavy", "weight.ge=1", is_shared=True)
    save_view(mouse, "mine", "weight.ge=2")
    with pytest.raises(NotThereError):
        drop_view(ben.sheet(mouse.name), "heavy")
    with pytest.raises(NotThereError):
        pin_view(ben.sheet(mouse.name), "ana", "mine", pinned=True)
    save_view(ben.sheet(mouse.name), "heavy", "weight.ge=9")
    assert names(ben, lab) == [("ana", "heavy"), ("ben", "heavy")]


@pytest.mark.parametrize("query", ["weight.ge=1", "columns=weight", "sort=-weight", "Person:salary=1"])
def test_what_others_share_tells_no_names_of_what_is_hidden(lab: lw.Schema, query: str) -> None:
    ana = desk(lab, grant(), person="ana", colleagues=("ana", "ben"))
    save_view(ana.sheet(f"{lab.database_name}.Mouse"), "secret", query, is_shared=True)
    hidden = grant(hidden=frozenset({"weight", "salary"}))
    assert names(desk(lab, hidden, person="ben", colleagues=("ana", "ben")), lab) == []
    assert names(desk(lab, grant(), person="ben", colleagues=("ana", "ben")), lab) == [("ana", "secret")]


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_view_needs_a_name(lab: lw.Schema, name: str) -> None:
    with pytest.raises(BadRequestError, match="name"):
        save_view(desk(lab, grant()).sheet(f"{lab.database_name}.Mouse"), name, "")


def test_a_view_is_not_the_page_that_somebody_is_at() -> None:
    assert query_of(parse_qsl("weight.ge=1&after=%3D1&columns=a,Mouse:b&done=x")) == "weight.ge=1&columns=a,Mouse:b"
