"""init: the settings of a new project."""

from __future__ import annotations

import os
import stat

import pytest
from tests.cli.conftest import Command

from labwright.tables.settings_load import load_settings


def test_a_new_project(command: Command) -> None:
    out = command.out("init", "new")
    assert "cd new" in out
    assert "labwright doctor" in out
    folder = command.folder / "new"
    settings = load_settings(folder)
    assert settings.profile == "laptop"
    assert settings.database_url().path == str(folder / ".labwright/labwright.db")
    assert ".secrets/" in (folder / ".gitignore").read_text(encoding="utf-8")


def test_settings_are_not_overwritten(command: Command) -> None:
    command.out("init")
    (command.folder / "labwright.toml").write_text("safemode = false\n", encoding="utf-8")
    done = command("init")
    assert done.returncode == 1
    assert "There are settings already" in done.stderr
    assert (command.folder / "labwright.toml").read_text(encoding="utf-8") == "safemode = false\n"


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_server_and_its_password(place: str, command: Command) -> None:
    option = ["--database", "postgresql://ana:sw0rd%20fish@db.lab:5433/brains"]
    out = command.out(*(["init", *option] if place == "after" else [*option, "init"]))
    settings = load_settings(command.folder)
    url = settings.database_url()
    assert (settings.profile, url.host, url.port, url.user, url.password) == (
        "lab",
        "db.lab",
        5433,
        "ana",
        "sw0rd fish",
    )
    secret = command.folder / ".secrets" / "database.password"
    assert secret.read_text(encoding="utf-8") == "sw0rd fish"
    assert "sw0rd" not in out + (command.folder / "labwright.toml").read_text(encoding="utf-8")
    assert os.name == "nt" or stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_server_without_password(command: Command) -> None:
    assert ".secrets/database.password" in command.out("init", "--database", "mysql://ana@db.lab")


def test_a_file_with_a_difficult_name(command: Command) -> None:
    command.out("init", "--database", 'sqlite:///wei"rd µ.db')
    assert load_settings(command.folder).database_url().path == str(command.folder / 'wei"rd µ.db')
