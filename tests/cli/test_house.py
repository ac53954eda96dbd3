"""What all commands have in common: options, errors, exit codes, the page about them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Command
from typer.testing import CliRunner

import labwright
from labwright.cli.group import COMMANDS, load
from labwright.cli.main import app
from labwright.cli.reference import reference_page

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def test_version() -> None:
    assert CliRunner().invoke(app, ["--version"]).stdout == f"labwright {labwright.__version__}\n"


def test_help_names_the_commands() -> None:
    shown = CliRunner().invoke(app, ["--help"]).stdout
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_begins_with_its_summary(name: str) -> None:
    assert str(load(name).help).splitlines()[0] == COMMANDS[name]


def test_help_loads_no_command() -> None:
    code = (
        "import sys; from labwright.cli.main import app\n"
        "try: app(['--help'])\n"
        "except SystemExit: pass\n"
        "print([m for m in sys.modules if m.startswith(('labwright.sql', 'labwright.tables', 'pydantic', 'numpy'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_page_about_the_commands() -> None:
    assert PAGE.read_text(encoding="utf-8") == reference_page(), "write labwright.cli.reference.reference_page() there"


def test_python_runs_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "labwright", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("labwright ")


def test_an_unknown_command(command: Command) -> None:
    done = command("descibe")
    assert done.returncode == 2
    assert "descibe" in done.stderr


def test_an_error_without_traceback(command: Command) -> None:
    done = command("describe", "--database", "mysqll://x")
    assert done.returncode == 1
    assert done.stderr.startswith("Error: The database URL has unknown scheme 'mysqll'. Did you mean 'mysql'")
    assert "Traceback" not in done.stderr


def test_debug_shows_the_traceback(command: Command) -> None:
    done = command("--debug", "describe", "nowhere")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "MissingTableError" in done.stderr


@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_a_password_is_not_shown(debug: list[str], command: Command) -> None:
    done = command(*debug, "describe", "--database", "postgresql://ana:sw0rdfish@127.0.0.1:1/lab")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr
    assert "sw0rdfish" not in done.stdout + done.stderr


def test_options_after_the_command_win(command: Command) -> None:
    out = command.out("--database", "sqlite:///a.db", "describe", "--database", "sqlite:///b.db")
    assert "b.db" in out
    assert not (command.folder / "a.db").exists()


def test_a_profile(command: Command) -> None:
    command.out("init")
    with (command.folder / "labwright.toml").open("a", encoding="utf-8") as file:
        file.write('[other.database]\nurl = "sqlite:///other.db"\n')
    assert "other.db" in command.out("--profile", "other", "describe")
    assert "other.db" in command.out("describe", "--profile", "other")
    done = command("describe", "--profile", "nobody")
    assert done.returncode == 1
    assert "nobody" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="Windows interrupts whole consoles")
def test_an_interrupt(command: Command) -> None:
    with command.start("shell", "-c", "import time; print('ready', flush=True); time.sleep(60)") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert (process.returncode, errors.strip()) == (130, "")


def test_nobody_reads(command: Command) -> None:
    with command.start("shell", "-c", "import sys; sys.stdin.read(); print('x' * 10**6)") as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.close()
        errors = process.stderr.read()
    assert (process.returncode, errors) == (0, "")
