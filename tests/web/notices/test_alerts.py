"""Those who look after a server are told what is not well with it: once, when it begins."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.web.notices.conftest import Hands

import labwright as lw
from labwright.cli.finding import Finding
from labwright.web.care.alerts import Trouble, tell_troubles, troubles_of
from labwright.web.care.backups import Backups
from labwright.web.care.postman import WATCH, Postman
from labwright.web.desk.workspace import Workspace
from labwright.web.keeping.keeping import Keeping
from labwright.web.notices.reading import mark_read, told

FULL = Trouble("disk", "0.1 GiB are free.", "/admin")
LOST = Trouble("store", "The store cannot be written to.", "/admin")
ONE = pytest.mark.parametrize("backend", ["sqlite"])


@dataclass(frozen=True)
class Looked:
    """Who has looked, and found this."""

    found: Sequence[Finding]

    def findings(self, project: str) -> Sequence[Finding]:
        assert project == "lab"
        return self.found

    def differences(self, _: str) -> Sequence[str]:
        return ()

    def stores(self, _: str) -> Sequence[Finding]:
        return ()


def texts(keeping: Keeping, person: str = "ana") -> list[str]:
    return sorted(notice.text for notice in told(keeping, person) if not notice.is_read)


def test_a_trouble_is_told_once_until_it_is_over(keeping: Keeping, clock: Hands) -> None:
    def tell(*found: Trouble) -> None:
        tell_troubles(keeping, ["ana", "ben"], found, clock)

    tell(FULL)
    assert texts(keeping) == texts(keeping, "ben") == [FULL.text]
    assert [(notice.kind, notice.link) for notice in told(keeping, "ana")] == [("alert", "/admin")]
    mark_read(keeping, "ana")
    tell(replace(FULL, text="0.2 GiB are free."), LOST)
    assert texts(keeping) == [LOST.text]
    tell(LOST)
    tell(FULL, LOST)
    assert texts(keeping) == [FULL.text, LOST.text]


def test_nobody_is_told_of_what_another_server_has_told(project: lw.Project, keeping: Keeping, clock: Hands) -> None:
    tell_troubles(keeping, ["ana"], [FULL], clock)
    tell_troubles(Keeping(project, keeping.schema), ["ana"], [FULL], clock)
    assert [notice.times for notice in told(keeping, "ana")] == [1]


def test_what_is_looked_at() -> None:
    findings = [
        Finding("ok", "python", "Python"),
        Finding("warning", "packages", "An old one.", "Get a new one."),
        Finding("warning", "disk", "1.5 GiB are free for /data.", "Free some."),
        Finding("problem", "stores", "The store 'raw' cannot be written to.", "Allow it."),
    ]
    found = list(troubles_of("lab", Looked(findings), None))
    assert [trouble.text for trouble in found] == [
        "1.5 GiB are free for /data. Free some.",
        "The store 'raw' cannot be written to. Allow it.",
    ]
    less = replace(findings[2], message="1.2 GiB are free for /data.")
    assert next(troubles_of("lab", Looked([less]), None)).name == found[0].name
    worse = replace(less, level="problem")
    assert next(troubles_of("lab", Looked([worse]), None)).name != found[0].name
    assert list(troubles_of("lab", None, None)) == []


@ONE
def test_backups_that_are_missing(project: lw.Project, tmp_path: Path) -> None:
    now = datetime.now(UTC)

    def trouble(backups: Backups) -> list[str]:
        return [found.text for found in troubles_of("lab", None, backups, lambda: now)]

    assert trouble(Backups(project, "lab", None)) == []
    backups = Backups(project, "lab", tmp_path / "backups")
    assert trouble(backups) == [f"No backup was taken yet into {backups.folder}. Take one."]
    assert backups.begin()
    backups.wait()
    assert trouble(backups) == []
    (made,) = (tmp_path / "backups").iterdir()
    old = now - timedelta(days=8)
    os.utime(made, (old.timestamp(), old.timestamp()))
    assert trouble(backups) == [f"The newest backup is of {old:%Y-%m-%d}. Take one."]
    (tmp_path / "file").touch()
    broken = Backups(project, "lab", tmp_path / "file")
    assert broken.begin()
    broken.wait()
    assert [text[:23] for text in trouble(broken)] == ["The last backup failed:"]


@ONE
def test_it_is_looked_once_an_hour_and_may_fail(project: lw.Project, keeping: Keeping, clock: Hands) -> None:
    looks: list[datetime] = []

    def look() -> None:
        looks.append(clock())
        raise ZeroDivisionError

    workspace = Workspace(project, schemas=[], kept=keeping.schema)
    postman = Postman(workspace, lambda _: "", clock=clock, watch=look)
    for _ in range(3):
        postman.go_round()
    assert len(looks) == 1
    clock.go(seconds=WATCH.total_seconds())
    postman.go_round()
    assert len(looks) == 2
    workspace.close()
