"""Looking for something in all that somebody may see."""

from __future__ import annotations

import pytest
from tests.web.desk.restricted import READ, build, desk

import labwright as lw
from labwright.web.desk.desk import Desk
from labwright.web.desk.search import Found, scanned, search
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Scope


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def reader(lab: lw.Schema, table: str = "*", scope: Scope = Scope.ALL, hidden: tuple[str, ...] = ()) -> Desk:
    return desk(lab, Grant(Role.RESEARCHER, None, "*", table, READ, scope, frozenset(hidden)))


def told(found: Found) -> dict[str, list[str]]:
    return {hits.sheet.title: [snippet for _, snippet in hits.rows] for hits in found.hits}


def keys(found: Found, title: str) -> list[list[object]]:
    return [[row[n] for n in h.sheet.key] for h in found.hits if h.sheet.title == title for row, _ in h.rows]


def test_rows_are_found_by_words_and_by_keys(lab: lw.Schema) -> None:
    whole = reader(lab)
    assert keys(search(whole, "M3"), "Mouse") == [[3]]
    assert told(search(whole, "m3"))["Mouse"] == ["name: m3"]
    assert keys(search(whole, "1,2"), "Session") == [[1, 2]]
    assert keys(search(whole, "note 2"), "Session") == [[1, 2], [2, 1], [2, 2], [3, 2]]
    assert keys(search(whole, "ben"), "Person") == [["ben"]]
    assert search(whole, "nothing like it").hits == []
    assert search(whole, "  ") == Found([], [], [])


def test_tables_are_found_by_name(lab: lw.Schema) -> None:
    assert [s.title for s in search(reader(lab), "SESSION trial").tables] == ["Session.Trial"]


@pytest.mark.parametrize("text", ["%", "_", "'; DROP TABLE x; --", "\0", "\ud800", "a" * 5000, "~", "1,,", "\\"])
def test_anything_may_be_looked_for(lab: lw.Schema, text: str) -> None:
    assert search(reader(lab), text).hits == []


def test_of_many_rows_some_are_shown(lab: lw.Schema) -> None:
    (mice,) = (h for h in search(reader(lab), "ana").hits if h.sheet.title == "Mouse")
    assert (len(mice.rows), mice.has_more) == (4, False)
    (mice,) = (h for h in search(reader(lab), "m").hits if h.sheet.title == "Mouse")
    assert (len(mice.rows), mice.has_more) == (5, True)


def test_what_is_not_seen_is_not_found(lab: lw.Schema) -> None:
    hidden = reader(lab, hidden=("name", "note", "salary"))
    assert "Mouse" not in told(search(hidden, "m3"))
    assert "Session" not in told(search(hidden, "note"))
    own = reader(lab, "Mouse", Scope.OWN)
    assert keys(search(own, "m"), "Mouse") == [[1], [3], [5], [7]]
    assert search(own, "2").hits == []
    assert search(own, "note").hits == []
    assert search(own, "Session").tables == []


def test_an_address_that_is_scanned_leads_to_its_row(lab: lw.Schema) -> None:
    name = f"{lab.database_name}.Session"
    for text in (
        f"/t/{name}/1,2",
        f"https://lab.example/t/{name}/1,2",
        f" http://x:8421/p/brains/t/{name}/1%2C2?tab=1 ",
    ):
        found = scanned(reader(lab), text.replace("?tab=1", ""))
        assert found is not None
        assert (found[0].title, found[1]["note"]) == ("Session", "note 2")
    for text in (
        "1,2",
        f"/t/{name}/9,9",
        f"/t/{name}/x",
        "/t/nothing.Here/1",
        "javascript:alert(1)//t/a/b",
        f"/t/{name}/1,2/x",
    ):
        assert scanned(reader(lab), text) is None
    own = reader(lab, "Mouse", Scope.OWN)
    assert scanned(own, f"/t/{lab.database_name}.Mouse/2") is None
    assert scanned(own, f"/t/{lab.database_name}.Mouse/1") is not None


def test_large_tables_are_looked_through_from_their_end(lab: lw.Schema) -> None:
    (mice,) = (h for h in search(reader(lab), "m", looked_at=4).hits if h.sheet.title == "Mouse")
    assert mice.is_partial
    assert sorted(row["mouse"] for row, _ in mice.rows) == [5, 6, 7, 8]
    assert keys(search(reader(lab), "1", looked_at=4), "Mouse") == [[1]]  # by its key


def test_there_is_an_end_to_it(lab: lw.Schema) -> None:
    found = search(reader(lab), "m", seconds=-1)
    assert found.hits == []
    assert {s.title for s in found.left} == {"Person", "Mouse", "Litter", "Session", "Session.Trial"}
