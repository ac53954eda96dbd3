"""What one person may see and do of computations; who sees some rows learns nothing of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.jobs.launching import launch, made_of
from labwright.web.desk.jobs.staling import agreed, out_of_date, recompute
from labwright.web.desk.picture import MARK, Links, picture
from labwright.web.desk.refusals import ClashError, NotAllowedError, NotThereError
from labwright.web.desk.workspace import Workspace
from labwright.web.notices.following import followed
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
STEER = READ | {Verb.POPULATE, Verb.DELETE}
LINKS = Links("/about/{}", "/diagram?open={}")
BAD = 2


def make(self: Any, key: dict[str, Any]) -> None:
    gain = (self.schema["Scan"] & key).fetch1("gain")
    if key["scan"] == BAD:
        raise ValueError("the image is blank")
    self.insert1({**key, "cells": 10 * gain})


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    table(schema, "Scan", "scan : int32\n---\ngain = 1 : int32\nsecret = 0 : int32")
    table(schema, "Cells", "-> Scan\n---\ncells : int32", lw.Computed, make=make)
    schema["Scan"].insert([(1, 1, 7), (2, 1, 7), (3, 1, 7)])
    schema["Cells"].populate(reserve_jobs=True, suppress_errors=True)
    return schema


def desk(lab: lw.Schema, *grants: Grant, declared: bool = True) -> Desk:
    who = Person("ana", role=Role.RESEARCHER)
    name = lab.database_name
    workspace = Workspace(lab.project, [lab] if declared else [], schemas=[name], kept=f"{name}_app")
    return Desk(workspace, who, Rights.of(who, grants))


def grant(verbs: frozenset[Verb] = STEER, table: str = "*", **more: Any) -> Grant:
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def filling(lab: lw.Schema, *grants: Grant, declared: bool = True) -> Filling:
    return Filling(desk(lab, *grants, declared=declared).sheet(f"{lab.database_name}.Cells"))


ASKING: tuple[Callable[[Filling], object], ...] = (
    Filling.counts,
    Filling.workers,
    Filling.standing,
    Filling.durations,
    lambda f: f.jobs("pending"),
    lambda f: f.explain({"scan": 1}),
)
STEERING: tuple[Callable[[Filling], object], ...] = (
    Filling.failures,
    Filling.refresh,
    Filling.retry,
    Filling.clear,
    Filling.stop,
    Filling.stale,
    lambda f: f.ignore({"scan": 1}),
    lambda f: launch(f, here=True),
    lambda f: recompute(f, ""),
)


def test_who_sees_some_rows_learns_nothing_of_all(lab: lw.Schema) -> None:
    own = filling(lab, grant(STEER, scope=Scope.OWN))
    for ask in (*ASKING, *STEERING):
        with pytest.raises(NotAllowedError):
            ask(own)


def test_who_may_read_does_not_steer(lab: lw.Schema) -> None:
    reader = filling(lab, grant(READ))
    for ask in ASKING:
        ask(reader)
    for steer in STEERING:
        with pytest.raises(NotAllowedError):
            steer(reader)
    assert len(lab["Cells"].jobs.errors) == 1
    assert "blank" not in reader.explain({"scan": BAD})
    assert reader.explain({"scan": BAD}).startswith("It failed at ")


def test_why_a_row_is_not_there(lab: lw.Schema) -> None:
    cells = filling(lab, grant())
    assert "the image is blank" in cells.explain({"scan": BAD})
    assert cells.explain({"scan": 1}) == "It is computed."
    assert cells.explain({"scan": 9}) == "What it is made of is not there yet: Scan 9."
    lab["Scan"].insert1((4, 1, 7))
    assert cells.explain({"scan": 4}).startswith("It was never tried.")
    cells.refresh()
    assert cells.explain({"scan": 4}).startswith("It is in the queue")
    cells.ignore({"scan": 4})
    assert cells.explain({"scan": 4}).startswith("It is ignored")
    hidden = filling(lab, grant(), grant(table="Cells"), declared=True)
    assert "jobs" not in hidden.explain({"scan": 4})


def test_what_is_not_seen_is_not_named(lab: lw.Schema) -> None:
    cells = filling(lab, grant(table="Cells"))
    assert cells.explain({"scan": 9}) == "What it is made of is not there yet: rows that you do not see."


def test_failures_are_grouped_retried_and_cleared(lab: lw.Schema) -> None:
    cells = filling(lab, grant())
    (failure,) = cells.failures()
    assert (failure.kind, [dict(key) for key in failure.keys]) == ("ValueError", [{"scan": BAD}])
    assert cells.retry(failure.keys) == 1
    assert [job.told for job in cells.jobs("pending")] == [str(BAD)]
    cells.ignore({"scan": BAD})
    assert [job.spelled for job in cells.jobs("ignored")] == [str(BAD)]
    assert cells.read(str(BAD)) == {"scan": BAD}
    for text in ("x", "1,2", "~x"):
        with pytest.raises(NotThereError):
            cells.read(text)


def test_how_long_it_takes(lab: lw.Schema) -> None:
    found = filling(lab, grant()).durations()
    assert found is not None
    assert (found.count, found.median <= found.most) == (2, True)
    assert found.left(10, 2) == pytest.approx(5 * found.median)


def test_what_is_out_of_date_is_computed_again_as_agreed(lab: lw.Schema) -> None:
    cells = filling(lab, grant())
    assert out_of_date(cells).keys == []
    lab["Scan"].update1({"scan": 1, "gain": 5})
    found = out_of_date(cells)
    assert [dict(key) for key in found.keys] == [{"scan": 1}]
    assert dict(found.reasons) == {"What they were computed from has changed.": 1}
    with pytest.raises(ClashError, match="Look at it again"):
        recompute(cells, "something else")
    assert recompute(cells, agreed(found.losses)) == 1
    assert len(lab["Cells"] & "scan = 1") == 0


def test_a_launch_without_the_code_queues(lab: lw.Schema) -> None:
    lab["Scan"].insert1((4, 1, 7))
    cells = filling(lab, grant(), declared=False)
    assert launch(cells, here=True).startswith("1 new in the queue. This server does not know the code")
    assert followed(cells.sheet.desk.workspace.keeping, "ana") == {f"{lab.database_name}.Cells"}
    assert made_of(cells.sheet) == []
    assert [s.title for s in made_of(filling(lab, grant()).sheet)] == ["Cells"]


def test_a_class_that_no_worker_can_import_is_told(lab: lw.Schema) -> None:
    said = launch(filling(lab, grant()), here=True)
    assert "No worker could be started: Workers in other processes cannot import Cells" in said


def test_the_picture_shows_what_a_person_sees(lab: lw.Schema) -> None:
    name = lab.database_name
    whole = str(picture(desk(lab, grant()), [], [], LINKS))
    assert f'href="/about/{name}.Cells"' in whole
    assert "2 of 3" in whole
    assert ">1 failed<" in whole
    assert str(picture(desk(lab, grant(table="Cells")), [], [], LINKS)).count("<a ") == 1
    own = str(picture(desk(lab, grant(scope=Scope.OWN)), [], [], LINKS))
    assert "of 3" not in own
    assert MARK not in own
    assert picture(desk(lab), [], [], LINKS) == ""
    hidden = str(picture(desk(lab, grant(hidden=frozenset({"secret"}))), [], [], LINKS))
    assert "secret" not in hidden
    assert "secret" not in whole


def test_the_picture_is_drawn_whatever_comments_say(lab: lw.Schema) -> None:
    table(lab, "Odd", f"# {MARK}999{MARK} <script> §9§\nodd : int32")
    drawn = str(picture(desk(lab, grant()), [], [], LINKS))
    assert "999 &lt;script&gt; §9§" in drawn


def test_many_tables_are_one_box_for_each_schema(lab: lw.Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labwright.web.desk.picture.LARGE", 1)
    name, at = lab.database_name, desk(lab, grant())
    assert f'href="/diagram?open={name}"' in str(picture(at, [], [], LINKS))
    assert f'href="/about/{name}.Cells"' in str(picture(at, [], [name], LINKS))
