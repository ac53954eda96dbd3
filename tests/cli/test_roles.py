"""``labwright roles``."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.cli.conftest import Command
from tests.web.accounts.bench import OFFICE, SetClock, accounts_in

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.roles.role import Role

SETTINGS = """
[web]
accounts = "{prefix}accounts"
role_prefix = "{prefix}r_"
projects = ["lab", "other"]

[lab.database]
url = "{url}"
prefix = "{prefix}lab"

[other.database]
url = "{url}"
prefix = "{prefix}other"
"""
"""Two projects, as the schemas of one are all that the server has."""


@pytest.fixture
def shared(command: Command, lab: str, database_url: str, prefix: str) -> Iterator[Command]:
    """A server with the account of one reader."""
    (command.folder / "labwright.toml").write_text(SETTINGS.format(url=database_url, prefix=prefix))
    with lw.Project(database_url) as project:
        accounts = accounts_in(project, f"{prefix}accounts", SetClock())
        accounts.people.create(Person("ana", role=Role.READER), OFFICE, by="test")
        yield command
        lw.plan_roles(project, {}, prefix=f"{prefix}r_").apply()
        project.connection.script([f"DROP ROLE IF EXISTS {prefix}r_ana"])


@pytest.mark.parametrize("backend", ["postgres", "mysql"])
def test_what_is_planned_is_applied_once(shared: Command, prefix: str, lab: str) -> None:
    planned = shared.out("roles", "plan")
    assert f"{prefix}r_ana" in planned
    assert lab in planned
    assert "Done" not in planned
    assert shared.out("roles", "plan") == planned, "to look at it does nothing"
    assert "-- Done." in shared.out("roles", "apply")
    assert f"{prefix}r_ana" not in shared.out("roles", "plan")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_file_has_no_roles(command: Command, lab: str, database_url: str) -> None:
    done = command("roles", "plan", "--database", database_url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SQLite" in done.stderr
