"""Picking, saving and drafts, for people who do not see and do everything."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from tests.web.desk.restricted import READ, WRITE, build, desk

import labwright as lw
from labwright.core.errors import UnknownAttributeError
from labwright.web.desk.changing.drafts import drafts, drafts_of
from labwright.web.desk.changing.many import change_all, chosen_of
from labwright.web.desk.changing.picking import choices, given_for, steps_of, told
from labwright.web.desk.changing.saving import Line, NotSavedError, save
from labwright.web.desk.contents import open_content
from labwright.web.desk.refusals import NotAllowedError, NotThereError
from labwright.web.desk.sheet import Sheet
from labwright.web.keeping.uploads import Uploads, plain_name
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Role, Scope, Verb


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def grant(verbs: frozenset[Verb] = READ, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sheet(lab: lw.Schema, name: str, *grants: Grant) -> Sheet:
    return desk(lab, *grants).sheet(f"{lab.database_name}.{name}")


def picked(found: Sheet, name: str, text: str = "", *, thorough: bool = False, **given: Any) -> list[dict[str, Any]]:
    steps = steps_of(found)
    rows = choices(steps[name], given_for(steps, name, given), text, thorough=thorough).rows
    return [steps[name].values(row) for row in rows]


def test_one_picks_from_the_outside_in(lab: lw.Schema) -> None:
    trial = sheet(lab, "Session.Trial", grant())
    assert {n: s.sheet.title for n, s in steps_of(trial).items()} == {"mouse": "Mouse", "session": "Session"}
    assert picked(trial, "session", mouse=2) == [{"mouse": 2, "session": 1}, {"mouse": 2, "session": 2}]
    litter = sheet(lab, "Litter", grant())
    assert picked(litter, "mother", "m3") == [{"mother": 3}]
    assert picked(litter, "father", mother=1)[0] == {"father": 1}


def test_one_picks_only_from_what_one_sees(lab: lw.Schema) -> None:
    own = sheet(lab, "Session", grant(scope=Scope.OWN))
    assert picked(own, "mouse") == [{"mouse": n} for n in (1, 3, 5, 7)]
    assert picked(own, "mouse", "m2") == picked(own, "mouse", "2") == []
    no_mouse = sheet(lab, "Session.Trial", grant(table="Session*"))
    assert {n: s.sheet.title for n, s in steps_of(no_mouse).items()} == {"mouse": "Session", "session": "Session"}


def test_what_is_hidden_is_neither_told_nor_found(lab: lw.Schema) -> None:
    mouse = sheet(lab, "Mouse", grant(hidden=frozenset({"name"})))
    assert told(mouse) == ["person", "sex"]
    session = sheet(lab, "Session", grant(hidden=frozenset({"name"})))
    for thorough in (False, True):
        assert picked(session, "mouse", "m3", thorough=thorough) == []
    rows = choices(steps_of(session)["mouse"], {}).rows
    assert all("name" not in row for row in rows)


def test_pages_of_choices_follow_each_other(lab: lw.Schema) -> None:
    step = steps_of(sheet(lab, "Session", grant()))["mouse"]
    seen: list[int] = []
    after = None
    while True:
        page = choices(step, {}, "m", after, 3, thorough=True)
        seen += [row["mouse"] for row in page.rows]
        after = page.following
        if after is None:
            break
    assert seen == list(range(1, 9))


def line(found: Sheet, place: str = "", **row: Any) -> Line:
    return Line(place, found, row)


def test_a_master_with_parts_is_one_change_or_none(lab: lw.Schema) -> None:
    found = desk(lab, grant(WRITE))
    session, trial = (found.sheet(f"{lab.database_name}.{name}") for name in ("Session", "Session.Trial"))
    lines = [line(session, mouse=4, session=1), line(trial, "Trial.0", mouse=4, session=1, trial=1)]
    with pytest.raises(NotSavedError) as refused:
        save(found, [*lines, line(trial, "Trial.7", mouse=4, session=1, trial=1)])
    assert list(refused.value.failed) == ["Trial.7"]
    assert not lab["Session"] & {"mouse": 4}
    number = save(found, lines, why="new")
    assert [(c.id, c.who) for c in lab["Session"].Trial.history({"mouse": 4, "session": 1, "trial": 1})] == [
        (number, "ana")
    ]


def test_conflicts_of_all_rows_are_told_at_once_and_nothing_is_changed(lab: lw.Schema) -> None:
    found = desk(lab, grant(WRITE))
    session, trial = (found.sheet(f"{lab.database_name}.{name}") for name in ("Session", "Session.Trial"))
    key = {"mouse": 1, "session": 1}
    lines = [
        Line("", session, {"note": "mine"}, key, {"note": "what was"}),
        Line("Trial.0", trial, {"score": 9.0}, {**key, "trial": 1}, {"score": 0.0}),
        Line("Trial.1", trial, {}, {**key, "trial": 2}, {"score": 0.0}, is_gone=True),
        Line("Trial.2", trial, {"score": 7.0}, {**key, "trial": 3}, {"score": 1.5}),
    ]
    with pytest.raises(NotSavedError) as refused:
        save(found, lines)
    assert set(refused.value.conflicts) == {"", "Trial.0", "Trial.1"}
    assert (lab["Session"].Trial & key).to_arrays("score", order_by="KEY").tolist() == [0.5, 1.0, 1.5]


def test_what_is_also_done_is_done_with_it_or_not_at_all(lab: lw.Schema) -> None:
    found = desk(lab, grant(WRITE))
    session = found.sheet(f"{lab.database_name}.Session")

    def fail() -> None:
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        save(found, [line(session, mouse=4, session=1)], also=fail)
    assert not lab["Session"] & {"mouse": 4}


@pytest.mark.parametrize(
    ("grants", "what"),
    [
        ((grant(READ),), Verb.INSERT),
        ((grant(WRITE, "Session"), grant(READ, "Session.Trial"), grant(READ, "Mouse")), Verb.INSERT),
        ((grant(WRITE, "Session"), grant(READ | {Verb.INSERT}, "Session.Trial"), grant(READ, "Mouse")), Verb.DELETE),
        ((grant(WRITE, "Session"), grant(READ | {Verb.INSERT}, "Session.Trial"), grant(READ, "Mouse")), Verb.UPDATE),
    ],
)
def test_a_part_needs_rights_of_its_own(lab: lw.Schema, grants: tuple[Grant, ...], what: Verb) -> None:
    found = desk(lab, *grants)
    session, trial = (found.sheet(f"{lab.database_name}.{name}") for name in ("Session", "Session.Trial"))
    key = {"mouse": 1, "session": 1, "trial": 1}
    parts = {
        Verb.INSERT: Line("Trial.0", trial, {**key, "trial": 9}),
        Verb.UPDATE: Line("Trial.0", trial, {"score": 9.0}, key),
        Verb.DELETE: Line("Trial.0", trial, {}, key, is_gone=True),
    }
    with pytest.raises(NotAllowedError):
        save(found, [Line("", session, {"note": "new"}, {"mouse": 1, "session": 1}), parts[what]])
    assert (lab["Session"] & {"mouse": 1, "session": 1}).fetch1("note") == "note 1"
    assert len(lab["Session"].Trial()) == 3


def test_only_ones_own_rows_are_entered_and_changed(lab: lw.Schema) -> None:
    found = desk(lab, grant(WRITE, scope=Scope.OWN))
    mouse = found.sheet(f"{lab.database_name}.Mouse")
    new: dict[str, Any] = {"mouse": 20, "name": "x", "sex": "M"}
    with pytest.raises(NotAllowedError, match="only your own rows"):
        save(found, [line(mouse, person="ben", **new)])
    save(found, [line(mouse, person="ana", **new)])
    assert (lab["Mouse"] & "name = 'x'").to_arrays("mouse").tolist() == [20]


def test_a_hidden_attribute_is_not_saved(lab: lw.Schema) -> None:
    found = desk(lab, grant(WRITE, hidden=frozenset({"weight"})))
    mouse = found.sheet(f"{lab.database_name}.Mouse")
    for bad in ({"row": {"weight": 3.0}}, {"base": {"weight": 0.25}}):
        with pytest.raises(UnknownAttributeError):
            save(found, [Line("", mouse, **{"key": {"mouse": 1}, **bad})])  # type: ignore[arg-type]  # as they are


def test_drafts_are_of_one_person(lab: lw.Schema) -> None:
    ana, ben = desk(lab, grant(WRITE)), desk(lab, grant(WRITE), person="ben")
    number, name = "a" * 32, f"{lab.database_name}.Mouse"
    drafts(ana).keep(number, name, "", {"name": "Ida"})
    drafts(ben).keep(number, name, "", {"name": "Bo"})
    assert [d.content for d in drafts_of(ana)] == [{"name": "Ida"}]
    drafts(ben).discard(number)
    assert drafts(ana).find(number) is not None
    assert drafts(ben).find(number) is None
    assert drafts(ana).find("../x") is None
    assert drafts_of(desk(lab, grant(READ, "Person"))) == []  # nobody reads of tables that they may not see


def test_a_file_of_a_row_is_had_only_by_those_who_see_it(lab: lw.Schema, tmp_path: Path) -> None:
    paper = type("Paper", (lw.Manual,), {"definition": "-> Mouse\n---\nscan : <attach>\nraw : bytes"})
    table: Any = lab(paper, context={"Mouse": lab["Mouse"]})
    (tmp_path / "a.txt").write_text("secret")
    for number, person in ((1, "ana"), (2, "ben")):
        with lw.acting_as(person):
            table.insert1({"mouse": number, "scan": tmp_path / "a.txt", "raw": b"r"})
    own = sheet(lab, "Paper", grant(scope=Scope.OWN))
    content = open_content(own, {"mouse": 1}, "scan")
    assert (content.name, content.size, content.file.read()) == ("a.txt", 6, b"secret")
    content.close()
    with pytest.raises(NotThereError):
        open_content(own, {"mouse": 2}, "scan")
    with pytest.raises(NotThereError):
        open_content(sheet(lab, "Paper", grant(hidden=frozenset({"scan"}))), {"mouse": 1}, "scan")


def test_a_file_waits_for_whoever_has_sent_it(tmp_path: Path) -> None:
    ana, ben = Uploads("ana", tmp_path), Uploads("ben", tmp_path)
    token = ana.put("../../evil\x00.sh", io.BytesIO(b"x"))
    found = ana.find(token)
    assert found is not None
    assert found.name == "evil_.sh"
    assert tmp_path in found.parents
    assert ben.find(token) is None
    for bad in ("", "..", "../" + token, token.upper() + "x"):
        assert ana.find(bad) is None
    ben.discard(token)
    assert found.exists()
    ana.discard(token)
    assert ana.find(token) is None


@pytest.mark.parametrize(
    "name", ["x" * 500 + ".tif", "ü" * 300, ".", "...", "/", "a\\b", "a\nb", "con:1", "\u202etxt.exe"]
)
def test_any_name_becomes_the_name_of_a_file(tmp_path: Path, name: str) -> None:
    plain = plain_name(name)
    (tmp_path / plain).write_bytes(b"")
    assert [path.name for path in tmp_path.iterdir()] == [plain]
    assert plain.isprintable()


def test_who_may_not_change_a_row_is_told_so_and_nothing_of_it(lab: lw.Schema) -> None:
    """Neither what it has become meanwhile, nor what the lab's checks think of it."""
    seen: list[Any] = []

    @lw.check(lab["Mouse"])
    def names(mouse: dict[str, Any]) -> Any:
        """Looks at each row that somebody changes."""
        seen.append(mouse)
        yield lw.Fault("weight", f"It weighs {mouse['weight']}.")

    grants = grant(), grant(WRITE - READ, scope=Scope.OWN)
    found = desk(lab, *grants, screens=lw.Screens([names]))
    mouse = found.sheet(f"{lab.database_name}.Mouse")
    stale = Line("", mouse, {"name": "x"}, {"mouse": 2}, {"name": "what it was long ago"})
    changes: list[Any] = [
        lambda: save(found, [stale]),
        lambda: mouse.update({"mouse": 2}, {"name": "x"}, {"name": "what it was long ago"}),
        lambda: change_all(chosen_of(mouse, mouse.rows()), "name", "x"),
    ]
    for change in changes:
        with pytest.raises(NotAllowedError, match="only your own rows"):
            change()
    assert not seen


def test_a_row_that_is_not_seen_is_changed_as_one_that_is_gone(lab: lw.Schema) -> None:
    own = sheet(lab, "Mouse", grant(WRITE, scope=Scope.OWN))
    told = []
    for key, base in (({"mouse": 2}, {"name": "m2"}), ({"mouse": 99}, {"name": "m2"})):
        with pytest.raises(NotSavedError) as refused:
            save(own.desk, [Line("", own, {"name": "x"}, key, base)])
        (conflict,) = refused.value.conflicts.values()
        told.append((conflict.gone, dict(conflict.differences)))
    assert told == [(True, {}), (True, {})]
    seen = desk(lab, grant(), grant(WRITE, scope=Scope.OWN)).sheet(own.name)
    with pytest.raises(NotAllowedError, match="only your own rows"):
        save(seen.desk, [Line("", seen, {"name": "x"}, {"mouse": 2}, {"name": "m2"})])
    assert (lab["Mouse"] & {"mouse": 2}).fetch1("name") == "m2"
