"""`labwright backup`, `restore` and `verify`, as people run them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.conftest import Command

import labwright as lw


def test_there_and_back(command: Command, database_url: str, lab: str, prefix: str) -> None:
    said = command.out("backup", "lab.zip", lab, "--database", database_url)
    assert said.startswith(f"{lab}: 3 tables, 2 rows\nWritten to lab.zip (")
    assert command.out("verify", "lab.zip") == f"{lab}: 3 tables, 2 rows\nlab.zip is sound.\n"
    rename = ("--rename", f"{lab}={prefix}copy")
    said = command.out("restore", "lab.zip", *rename, "--database", database_url)
    assert said.startswith(f"{prefix}copy: 3 tables, 2 rows\nRestored into ")
    said = command.out("verify", "lab.zip", "--against", *rename, "--database", database_url)
    assert said.endswith("lab.zip is sound, and the database has the same.\n")


def test_differences_end_in_1(command: Command, database_url: str, lab: str) -> None:
    command.out("backup", "lab.zip", lab, "--database", database_url)
    with lw.Project(database_url) as project:
        lw.virtual_schema(lab, connection=project)["Subject"].insert1((3, "three"))
    done = command("verify", "lab.zip", "--against", "--database", database_url)
    assert done.returncode == 1
    assert f"{lab}.subject: the row [3] is only in the database" in done.stdout


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_errors_are_one_message(command: Command, database_url: str, lab: str, tmp_path: Path) -> None:
    command.out("backup", "lab.zip", "--database", database_url)
    for arguments, message in {
        ("backup", "lab.zip"): "'lab.zip' is there already",
        ("backup", "other.zip", "labb"): "no schema 'labb'",
        ("restore", "lab.zip"): "has tables already",
        ("restore", "lab.zip", "--rename", "lab"): "--rename wants OLD=NEW",
        ("restore", "none.zip"): "There is no backup 'none.zip'",
        ("verify", "none.zip"): "There is no backup 'none.zip'",
    }.items():
        done = command(*arguments, "--database", database_url)
        assert (done.returncode, message in done.stderr, done.stdout) == (1, True, ""), done.stderr
    assert sorted(p.name for p in command.folder.glob("*.zip*")) == ["lab.zip"]
