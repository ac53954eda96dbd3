"""What pages are told: what changes, whoever changes it, of what their person may read."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.statements import sent_by
from tests.web.serving import wait_until

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.jobs import board, watch
from labwright.web.desk.jobs.status import statuses
from labwright.web.desk.jobs.watch import EACH, STATUS, Listener
from labwright.web.desk.workspace import Workspace
from labwright.web.notices.notify import notify
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Scope, Verb

READ = frozenset({Verb.READ})
BAD = 2
ASKED = 2
"""Statements, at most, by which one hears whether anything was written."""


def make(self: Any, key: dict[str, Any]) -> None:
    if key["mouse"] == BAD:
        raise ValueError("not this one")
    self.insert1(key)


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    table(schema, "Mouse", "mouse : int32")
    table(schema, "Secret", "secret : int32")
    table(schema, "Weight", "-> Mouse", lw.Computed, make=make)
    schema["Mouse"].insert([(1,), (2,), (3,)])
    for cls in schema:
        cls().ready()
    return schema


@pytest.fixture
def workspace(lab: lw.Schema, prefix: str) -> Iterator[Workspace]:
    workspace = Workspace(lab.project, [lab], schemas=[lab.database_name], kept=f"{prefix}app")
    yield workspace
    workspace.close()


def desk(workspace: Workspace, person: str = "ana", hidden: str = "", scope: Scope = Scope.ALL) -> Desk:
    who = Person(person, role=Role.RESEARCHER)
    names = [n.rpartition(".")[2] for n in workspace.tables()]
    grants = [Grant(Role.RESEARCHER, None, "*", name, READ, scope) for name in names if name != hidden]
    return Desk(workspace, who, Rights.of(who, grants))


async def _hear(listener: Listener, *wanted: str) -> set[str]:
    """What is told until all that is wanted was."""
    heard: set[str] = set()
    while not heard >= set(wanted):
        news = await listener.news(20)
        assert news, f"{set(wanted) - heard} was never told of"
        heard |= {name.rpartition(".")[2] for name in news.tables} | news.others
    return heard


def test_what_others_write_is_told(workspace: Workspace, lab: lw.Schema) -> None:
    async def listen() -> None:
        workspace.board.follow()
        workspace.watch.look()
        listener = workspace.watch.listen(desk(workspace), workspace.watch.place)
        assert listener is not None
        await asyncio.to_thread(lab["Mouse"].insert1, (4,))
        assert await _hear(listener, "Mouse", STATUS) <= {"Mouse", STATUS}
        workspace.watch.leave(listener)

    asyncio.run(listen())


def test_who_may_not_read_a_table_hears_nothing_of_it(workspace: Workspace, lab: lw.Schema) -> None:
    async def listen() -> None:
        workspace.watch.look()
        listener = workspace.watch.listen(desk(workspace, hidden="Secret"), workspace.watch.place)
        assert listener is not None
        await asyncio.to_thread(lab["Secret"].insert1, (7,))
        await asyncio.to_thread(lab["Mouse"].insert1, (4,))
        assert "Secret" not in await _hear(listener, "Mouse")
        listener.tell("later", list(workspace.tables()), [])
        assert await _hear(listener, "Weight") == {"Mouse", "Weight"}

    asyncio.run(listen())


def test_who_was_away_is_told_everything(workspace: Workspace) -> None:
    async def listen() -> None:
        listener = workspace.watch.listen(desk(workspace, hidden="Secret"), "elsewhere-3")
        assert listener is not None
        assert await _hear(listener, STATUS) == {"Mouse", "Weight", STATUS}

    asyncio.run(listen())


def test_who_knows_all_is_not_told_it_again(workspace: Workspace) -> None:
    async def listen() -> None:
        workspace.watch.look()
        listener = workspace.watch.listen(desk(workspace), workspace.watch.place)
        assert listener is not None
        news = await listener.news(0.3)  # servers may tell of writes a moment late, but of this table there were none
        assert not {name for name in news.tables if name.endswith("Weight")}

    asyncio.run(listen())


def test_notices_are_told(workspace: Workspace) -> None:
    async def listen() -> None:
        notify(workspace.keeping, "ben", "alert", "before")
        workspace.watch.look()
        listener = workspace.watch.listen(desk(workspace), workspace.watch.place)
        assert listener is not None
        await asyncio.to_thread(notify, workspace.keeping, "ana", "alert", "The disk is full")
        assert watch.NOTICES in await _hear(listener, watch.NOTICES)

    asyncio.run(listen())


def test_one_person_has_so_many_pages(workspace: Workspace) -> None:
    async def listen() -> None:
        own = [workspace.watch.listen(desk(workspace), "") for _ in range(EACH)]
        assert None not in own
        assert workspace.watch.listen(desk(workspace), "") is None
        assert workspace.watch.listen(desk(workspace, "ben"), "") is not None
        assert own[0] is not None
        workspace.watch.leave(own[0])
        assert workspace.watch.listen(desk(workspace), "") is not None
        workspace.close()
        assert all(listener.is_closed for listener in own[1:] if listener is not None)
        assert workspace.watch.listening == 0

    asyncio.run(listen())


def test_nobody_asks_the_database_when_nothing_was_written(
    workspace: Workspace, lab: lw.Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "SHARE", 0)  # what was written is counted by the look that notices it
    sent = sent_by(lab.project, monkeypatch)

    def is_quiet() -> bool:
        sent.clear()
        look = workspace.board.follow()
        return workspace.board.follow() is look and len(sent) <= ASKED * 2

    wait_until(is_quiet, "looks ask no more than whether anything was written")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_first_count_is_no_measure_of_those_that_follow(
    workspace: Workspace, lab: lw.Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, ask = [0.0], board._progress

    def slowly(filling: Any) -> Any:
        now[0] += 10
        return ask(filling)

    monkeypatch.setattr(board, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(board, "_progress", slowly)
    for count in (3, 4, 4):
        standing = workspace.board.follow().standings[f"{lab.database_name}.Weight"]
        assert standing.progress.total == count  # at once, and after two that were dear with a pause
        lab["Mouse"].insert1((max(lab["Mouse"].to_arrays("mouse")) + 1,))
        now[0] += 1


def test_how_tables_stand(workspace: Workspace, lab: lw.Schema) -> None:
    lab["Weight"].populate(reserve_jobs=True, suppress_errors=True)
    found = statuses(desk(workspace))
    weight = found[f"{lab.database_name}.Weight"].progress
    assert (weight.total, weight.done, weight.error) == (3, 2, 1)
    assert found[f"{lab.database_name}.Mouse"].progress is None


def test_who_may_not_read_all_rows_is_told_no_numbers(workspace: Workspace, lab: lw.Schema) -> None:
    assert statuses(desk(workspace, scope=Scope.OWN)) == {}
    assert f"{lab.database_name}.Weight" not in statuses(desk(workspace, hidden="Weight"))


def test_one_table_that_cannot_be_counted_is_no_harm_to_others(workspace: Workspace, lab: lw.Schema) -> None:
    class Broken(lw.Computed):
        definition = "-> Mouse"

        @property
        def key_source(self) -> Any:
            raise lw.errors.QueryError("nobody knows the keys\nin detail")

    lab(Broken, context={"Mouse": lab["Mouse"]})()
    Broken().heading  # noqa: B018 - declares it
    workspace = Workspace(lab.project, [lab], schemas=[lab.database_name])
    found = workspace.board.read().standings
    assert found[f"{lab.database_name}.Broken"].problem == "nobody knows the keys"
    assert found[f"{lab.database_name}.Weight"].progress.total == 3
