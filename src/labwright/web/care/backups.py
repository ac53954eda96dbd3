"""Backups that are taken from the app, into a folder of the server."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import labwright as lw


@dataclass(frozen=True)
class Backup:
    """A file with a backup.

    Parameters
    ----------
    name : str
    size : int
        In bytes.
    made : datetime
    """

    name: str
    size: int
    made: datetime


class Backups:
    """The backups of one project.

    Parameters
    ----------
    project : Project
    name : str
        The name of the project.
    folder : Path or None
        Where they are kept; None where the settings name no folder.
    """

    def __init__(self, project: lw.Project, name: str, folder: Path | None) -> None:
        self.folder = folder
        self._project = project
        self._name = "".join(c if c.isalnum() else "-" for c in name)
        self._lock = threading.Lock()
        self._running: threading.Thread | None = None
        self.problem = ""

    @property
    def is_running(self) -> bool:
        """Whether one is being taken."""
        return self._running is not None and self._running.is_alive()

    def all(self) -> Sequence[Backup]:
        """Those that are there, the newest first."""
        files = self.folder.glob("*.zip") if self.folder is not None and self.folder.is_dir() else ()
        found = [Backup(file.name, (at := file.stat()).st_size, _utc(at.st_mtime)) for file in files]
        return sorted(found, key=lambda backup: (backup.made, backup.name), reverse=True)

    def begin(self) -> bool:
        """Take one while people go on working; False where one is being taken, or there is no folder for it."""
        with self._lock:
            if self.is_running or self.folder is None:
                return False
            self.problem = ""
            file = self.folder / f"{self._name}-{datetime.now(UTC):%Y-%m-%d-%H%M%S}.zip"
            self._running = threading.Thread(target=self._take, args=(file,), name=f"backup of {self._name}")
            self._running.start()
            return True

    def trouble(self, oldest: datetime) -> str:
        """Why there is no good backup that was made after `oldest`; empty where there is, or none are taken here."""
        if self.folder is None or self.is_running:
            return ""
        if self.problem:
            return f"The last backup failed: {self.problem}"
        newest = next(iter(self.all()), None)
        if newest is None:
            return f"No backup was taken yet into {self.folder}. Take one."
        return "" if newest.made >= oldest else f"The newest backup is of {newest.made:%Y-%m-%d}. Take one."

    def wait(self) -> None:
        """Wait until the one that is being taken is there."""
        if self._running is not None:
            self._running.join()

    def _take(self, file: Path) -> None:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with self._project:
                lw.backup(file, connection=self._project)
        except (lw.LabwrightError, OSError) as error:
            self.problem = str(error)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
