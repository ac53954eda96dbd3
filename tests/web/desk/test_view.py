"""What a grid shows of a table to one person: columns, also of what rows refer to, filters, orders and pages."""

from __future__ import annotations

import itertools
from typing import Any
from urllib.parse import parse_qsl

import pytest
from tests.backends.classes import table
from tests.web.desk.restricted import build, grant, sheet

import labwright as lw
from labwright.web.desk.grid.listing import Listing, exact_listing, read_listing
from labwright.web.desk.grid.paging import END, SIZE, Page, count, read_page
from labwright.web.desk.grid.view import links_of, offered
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sheet import Sheet
from labwright.web.roles.role import Scope

EVIL = "'; DROP TABLE mouse; --"


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def listing(found: Sheet, query: str = "") -> Listing:
    return read_listing(found, parse_qsl(query, keep_blank_values=True))


def page(asked: Listing, size: int = SIZE, **place: str | None) -> Page:
    return read_page(asked.view, asked.conditions, asked.order, size=size, **place)


def values(found: Sheet, query: str = "") -> list[tuple[Any, ...]]:
    """The columns of the first page."""
    asked = listing(found, query)
    assert not asked.problems
    return [tuple(row[asked.view.inner(n)] for n in asked.view.chosen) for row in page(asked).rows]


def test_columns_are_those_that_were_asked_for(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant())
    assert listing(mouse).view.chosen == ("mouse", "person", "name", "sex", "weight", "is_alive")
    assert values(mouse, "columns=name,mouse&sort=-mouse")[:2] == [("m8", 8), ("m7", 7)]
    assert listing(mouse, "columns=name,age").problems == ["There is no column 'age' to be shown."]


def test_columns_of_what_rows_refer_to(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant())
    assert values(session, "columns=session,Mouse:name,Mouse:Person:salary&session=1&sort=-Mouse:name") == [
        (1, "m3", 10), (1, "m2", 20), (1, "m1", 10),
    ]  # fmt: skip
    trial = sheet(lab, "Session.Trial", grant())
    assert values(trial, "columns=trial,Session:note,Session:Mouse:sex&Session:Mouse:sex=F&trial.ge=2") == [
        (2, "note 1", "F"), (3, "note 1", "F"),
    ]  # fmt: skip


def test_two_references_to_one_table(lab: lw.Schema) -> None:
    litter = sheet(lab, "Litter", grant())
    assert sorted(links_of(litter)) == ["father", "mother"]
    assert values(litter, "columns=litter,mother:name,father:name&sort=-father:name,litter") == [
        (1, "m1", "m2"), (3, "m4", "m1"), (2, "m3", None),
    ]  # fmt: skip
    assert values(litter, "columns=litter&father:name.is_null=1") == [(2,)]
    assert values(litter, "columns=litter&father:name.is_null=1&mother:name=m3") == [(2,)]
    assert "mother:person" in dict(offered(litter))


def test_nothing_is_seen_of_a_parent_that_is_not_ones_own(lab: lw.Schema) -> None:
    own = sheet(lab, "Session", grant(table="Session"), grant(table="Mouse", scope=Scope.OWN))
    assert values(own, "columns=mouse,Mouse:name&session=1") == [(1, "m1"), (2, None), (3, "m3")]
    assert values(own, "columns=mouse&Mouse:name.in=m1,m2,m3&session=1") == [(1,), (3,)]
    assert listing(own, "columns=Mouse:mouse").problems  # which the rows have themselves
    assert values(own, "columns=mouse&Mouse:sex.ne=F") == []
    assert values(own, "columns=mouse,Mouse:name&q=m2&session=1") == []
    ordered = values(own, "columns=mouse&sort=-Mouse:name,-mouse&session=1")
    assert ordered == [(3,), (1,), (2,)]


def test_tables_further_up_are_reached_by_the_key_that_rows_have_of_them(lab: lw.Schema) -> None:
    trial = sheet(lab, "Session.Trial", grant())
    assert list(links_of(trial)) == ["Session", "Mouse"]
    assert values(trial, "columns=trial,Mouse:name&Mouse:sex=F&sort=-Mouse:name,trial") == [
        (1, "m1"), (2, "m1"), (3, "m1"),
    ]  # fmt: skip
    assert values(trial, "columns=trial,Mouse:Person:salary&trial=1") == [(1, 10)]
    names = [name for name, _ in offered(trial)]
    assert names == [*dict.fromkeys(names)]
    assert {"Session:note", "Mouse:sex", "Mouse:Person:salary"} <= set(names)
    assert "Session:Mouse:sex" not in names
    hidden = grant(table="Mouse", hidden=frozenset({"sex"}))
    shy = sheet(lab, "Session.Trial", grant(table="Session*"), hidden)
    assert listing(shy, "Mouse:sex=F").problems


def test_what_is_reached_in_two_ways_is_reached_by_naming_them(lab: lw.Schema) -> None:
    table(lab, "Cage", "cage : int32\n---\nroom : varchar(9)").insert([(1, "north"), (2, "south")])
    table(lab, "Pet", "-> Cage\npet : int32\n---\nname : varchar(9)").insert([(1, 1, "Ida"), (2, 1, "Udo")])
    table(
        lab, "Fight", "-> Pet.proj(own='cage', winner='pet')\n-> Pet.proj(other='cage', loser='pet')\n---\nhour : int16"
    ).insert1((1, 1, 2, 1, 9))  # fmt: skip
    table(lab, "Wound", "-> Pet\nwound : int32").insert1((2, 1, 1))
    fight = sheet(lab, "Fight", grant())
    assert list(links_of(fight)) == ["own+winner", "other+loser"]
    paths = ["own+winner:name", "own+winner:Cage:room", "other+loser:Cage:room"]
    assert set(paths) <= {name for name, _ in offered(fight)}
    assert values(fight, f"columns={','.join(paths)}".replace("+", "%2B")) == [("Ida", "north", "south")]
    assert values(sheet(lab, "Wound", grant()), "columns=wound,Cage:room") == [(1, "south")]


def test_a_table_that_refers_to_itself_is_not_followed_round(lab: lw.Schema) -> None:
    table(lab, "Node", "node : int32\n---\n-> [nullable] Node.proj(parent='node')\nname : varchar(9)").insert(
        [(1, None, "root"), (2, 1, "leaf")]
    )
    table(lab, "Leaf", "-> Node\nleaf : int32").insert1((2, 1))
    leaf = sheet(lab, "Leaf", grant())
    assert list(links_of(leaf)) == ["Node"]
    assert values(leaf, "columns=leaf,Node:name,Node:parent:name") == [(1, "leaf", "root")]


@pytest.mark.parametrize("name", ["Person:salary", "Mouse:Person:salary", "salary"])
def test_a_hidden_column_is_not_there_however_it_is_asked_for(lab: lw.Schema, name: str) -> None:
    found = sheet(lab, "Session" if name.startswith("Mouse") else "Mouse", grant(hidden=frozenset({"salary"})))
    nothing = name.replace("salary", "nothing")
    for query in ("columns={}", "{}.ge=15", "{}.is_null=1", "columns=mouse,{}"):
        asked, other = listing(found, query.format(name)), listing(found, query.format(nothing))
        assert [p.replace(name, "*") for p in asked.problems] == [p.replace(nothing, "*") for p in other.problems] != []
        assert page(asked) == page(other)
        with pytest.raises(BadRequestError):
            exact_listing(found, parse_qsl(query.format(name)))
    with pytest.raises(BadRequestError, match="cannot be sorted"):
        listing(found, f"sort={name}")
    assert name not in dict(offered(found))


def test_a_table_that_may_not_be_read_adds_no_columns(lab: lw.Schema) -> None:
    found = sheet(lab, "Session", grant(table="Session"))
    assert dict(offered(found)) == {}
    assert listing(found, "Mouse:name=m1").problems


@pytest.mark.parametrize("sort", ["", "weight", "-weight,name", "sex,-Person:salary", "-person,is_alive"])
@pytest.mark.parametrize("size", [1, 3])
def test_pages_lead_to_the_end_and_back(lab: lw.Schema, sort: str, size: int) -> None:
    lab["Mouse"].insert([(9, "ana", "m9", "F", None, 1), (10, "ben", "m10", "M", None, 0)])
    asked = listing(sheet(lab, "Mouse", grant()), f"sort={sort}")
    forward = [page(asked, size)]
    while forward[-1].following is not None:
        forward.append(page(asked, size, after=forward[-1].following))
    backward = [page(asked, size, before=END)]
    while backward[-1].preceding is not None:
        backward.append(page(asked, size, before=backward[-1].preceding))
    rows = list(itertools.chain.from_iterable(p.rows for p in forward))
    assert [r["mouse"] for r in rows] == [r["mouse"] for p in backward[::-1] for r in p.rows]
    assert len(rows) == len({r["mouse"] for r in rows}) == 10
    assert page(asked, size, before=forward[-1].preceding).rows == forward[-2].rows
    assert page(asked, size, after=backward[-1].following).rows == backward[-2].rows


def test_words_are_looked_for_in_all_columns(lab: lw.Schema) -> None:
    session = sheet(lab, "Session", grant())
    assert values(session, "columns=mouse,session,note,Mouse:name&q=note%202%20M3") == [(3, 2, "note 2", "m3")]
    assert values(sheet(lab, "Mouse", grant()), "columns=mouse,person&q=BE")[:2] == [(2, "ben"), (4, "ben")]
    assert values(sheet(lab, "Mouse", grant()), f"q={EVIL}") == []


def test_rows_are_counted(lab: lw.Schema) -> None:
    asked = listing(sheet(lab, "Mouse", grant(scope=Scope.OWN)))
    assert count(asked.view, asked.conditions) == 4


@pytest.mark.parametrize("key", ["name", "mouse", "weight.ge", "name.has", "name.in", "Person:salary", "q"])
def test_what_is_typed_is_never_a_statement(lab: lw.Schema, key: str) -> None:
    asked = listing(sheet(lab, "Mouse", grant()), f"{key}={EVIL}")
    assert len(page(asked).rows) in (0, 8)
    assert len(lab["Mouse"]()) == 8


@pytest.mark.parametrize("sort", [EVIL, "mouse DESC", "mouse--", "(SELECT 1)", "Mouse:name", "joined_0"])
def test_what_rows_are_sorted_by_is_never_a_statement(lab: lw.Schema, sort: str) -> None:
    with pytest.raises(BadRequestError):
        read_listing(sheet(lab, "Mouse", grant()), [("sort", sort)])


@pytest.mark.parametrize("place", ["x", "=1", "=1,=2,=3", "~", "=a"])
def test_a_place_that_is_none(lab: lw.Schema, place: str) -> None:
    asked = listing(sheet(lab, "Mouse", grant()), "sort=name")
    with pytest.raises(BadRequestError):
        page(asked, after=place)


def test_the_names_of_joined_columns_are_no_ones_else(schema: lw.Schema) -> None:
    table(schema, "Rig", "rig : int32\n---\nroom : varchar(9)").insert1((1, "east"))
    table(schema, "Run", "run : int32\n---\n-> Rig\njoined_0 : varchar(9)").insert1((1, 1, "own"))
    assert values(sheet(schema, "Run", grant()), "columns=joined_0,Rig:room") == [("own", "east")]
