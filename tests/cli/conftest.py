"""The command as people run it, and a small pipeline in the test's database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

import labwright as lw

PROGRAM = shutil.which("labwright", path=str(Path(sys.executable).parent)) or "labwright"


@dataclass(frozen=True)
class Command:
    """Runs `labwright` in a folder, with no settings but those that the test gives."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        ours = ("LABWRIGHT_", "DJ_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        return kept | {"PYTHONIOENCODING": "utf-8", "PYTHONWARNINGS": "error", "HOME": str(self.folder)}

    def start(self, *arguments: object, **options: object) -> subprocess.Popen[str]:
        settings = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        return subprocess.Popen(  # type: ignore[call-overload, no-any-return]  # the options are checked when they are used
            [PROGRAM, *map(str, arguments)],
            cwd=self.folder,
            env=self.environment,
            text=True,
            encoding="utf-8",
            **settings,
        )

    def __call__(self, *arguments: object, typed: str = "") -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments)
        out, err = process.communicate(typed, timeout=60)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def out(self, *arguments: object, typed: str = "") -> str:
        """Return what a command that succeeds writes."""
        done = self(*arguments, typed=typed)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def command(tmp_path: Path) -> Command:
    folder = tmp_path / "project"
    folder.mkdir()
    return Command(folder)


@pytest.fixture
def lab(database_url: str, prefix: str) -> str:
    """The name of a schema with subjects, sessions and trials."""
    with lw.Project(database_url) as project:
        schema = lw.Schema(f"{prefix}lab", connection=project)

        @schema
        class Subject(lw.Manual):
            definition = """
            # mice
            subject_id : int32
            ---
            name = "" : varchar(20)  # as on the cage, e.g. µ2
            """

        @schema
        class Session(lw.Manual):
            definition = """
            -> Subject
            session : int16
            """

            class Trial(lw.Part):
                definition = """
                -> master
                trial : int16
                ---
                outcome : enum('hit', 'miss')
                """

        Subject.insert([(1, "one"), (2, "two")])
        assert len(Session.Trial) == 0
    return f"{prefix}lab"
