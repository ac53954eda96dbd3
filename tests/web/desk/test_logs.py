"""What workers of the server have written, and who may read it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from starlette.testclient import TestClient
from tests.web.desk.restricted import desk, grant
from tests.web.lab import ANA
from tests.web.pages.form import ORIGIN

import labwright as lw
from labwright.web.app import create_app
from labwright.web.desk.jobs.crews import Crews
from labwright.web.desk.jobs.filling import Filling
from labwright.web.desk.jobs.logs import logs_of
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.role import Scope, Verb
from labwright.web.site import Site

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])
PIPELINE = """
import labwright as lw

schema = lw.Schema({name!r})

@schema
class Session(lw.Manual):
    definition = "session : int32\\n---\\nsecret = 7 : int32"

@schema
class Scan(lw.Lookup):
    definition = "-> Session"

@schema
class Score(lw.Computed):
    definition = "-> Scan"

    def make(self, key):
        print("<b>the secret is", (Session & key).fetch1("secret"))
        self.insert1(key)
"""
STEER = frozenset({Verb.READ, Verb.POPULATE})
READ = frozenset({Verb.READ})
PATIENCE = 60


@pytest.fixture
def lab(project: lw.Project, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    name = f"{prefix}logs"
    (tmp_path / f"{name}.py").write_text(PIPELINE.format(name=name))
    monkeypatch.syspath_prepend(tmp_path)
    with project:
        module = __import__(name)
        module.Session.insert([{"session": 1}])
        module.Scan.insert([(1,)])
        yield module
    del sys.modules[name]


def filling(lab: ModuleType, crews: Crews | None, *grants: Grant) -> Filling:
    found = desk(lab.schema, *grants)
    if crews is not None:
        found.workspace.crews = crews
    return Filling(found.sheet(f"{lab.schema.database_name}.Score"))


def test_logs_are_for_those_who_may_know_all(lab: ModuleType) -> None:
    crews = Crews(lambda: None)
    steering = filling(lab, crews, grant(STEER))
    assert logs_of(steering) == {}
    name = steering.sheet.name
    assert crews.start(name, [lab.Score])
    assert crews.wait(name, PATIENCE)
    (log,) = logs_of(steering).values()
    first, printed, last = log.splitlines()
    assert printed == "<b>the secret is 7"
    assert "fills" in first
    assert "1 key computed" in last
    hidden = grant(READ, "Session", hidden=frozenset({"secret"}))
    for shy in (
        [grant(READ)],
        [grant(STEER, "Score"), grant(READ, "Scan")],
        [grant(STEER, "Score"), grant(READ, "Scan"), hidden],
        [grant(STEER, "Score"), grant(READ, "Scan"), grant(READ, "Session", scope=Scope.OWN)],
        [grant(READ), grant(STEER, "Score", scope=Scope.OWN)],
    ):
        assert logs_of(filling(lab, crews, *shy)) == {}


def test_a_log_is_shown_as_text(lab: ModuleType) -> None:
    workspace = Workspace(lab.schema.project, [lab.schema], schemas=[lab.schema.database_name])
    app, path = create_app(Site({"lab": workspace}), ANA), f"{lab.schema.database_name}.Score"
    with TestClient(app, base_url=ORIGIN, headers={"Origin": ORIGIN}) as client:
        client.post(f"/launch/{path}")
        assert workspace.crews.wait(path, PATIENCE)
        shown = client.get(f"/jobs/{path}").text
    assert "&lt;b&gt;the secret is 7" in shown
    assert "<b>the secret" not in shown
