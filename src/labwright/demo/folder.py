"""The folder that the demo works in."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from urllib.parse import quote

from labwright.demo import instrument

SCHEMA = "labwright_demo"
SETTINGS = """\
# Written by `labwright demo`, so that commands within this folder use the database of the demo.
[database]
url = "sqlite:///.labwright/labwright.db"
"""


@dataclass(frozen=True)
class DemoFolder:
    """Where each of the demo's files goes."""

    path: Path

    @property
    def data(self) -> Path:
        """The folder that the instrument writes into."""
        return self.path / "data"

    @property
    def figure(self) -> Path:
        """The picture of images and objects."""
        return self.path / "figure.png"

    @property
    def diagram(self) -> Path:
        """The picture of the pipeline."""
        return self.path / "pipeline.svg"

    @property
    def settings(self) -> Path:
        """The settings that name the database."""
        return self.path / "labwright.toml"

    @property
    def database(self) -> Path:
        """The database, when no other one is asked for."""
        return self.path / ".labwright" / "labwright.db"

    @property
    def store(self) -> Path:
        """The store of images and masks."""
        return self.path / ".labwright" / "store"

    @property
    def database_url(self) -> str:
        """The address of `database`."""
        return f"sqlite:///{quote(str(self.database.absolute()))}"

    def make(self, *, with_settings: bool) -> None:
        """Make the folder and, unless there are any, settings."""
        (self.database.parent if with_settings else self.path).mkdir(parents=True, exist_ok=True)
        if with_settings and not self.settings.exists():
            self.settings.write_text(SETTINGS, encoding="utf-8")

    def remove(self, *, with_database: bool, gone: Iterable[str] = ()) -> None:
        """Remove the demo's files, those of other schemas that are gone, and the folders that are empty then."""
        files = [self.data / file for file, _ in instrument.files()] + [self.figure, self.diagram]
        if with_database:
            files += [self.database.with_name(self.database.name + end) for end in ("", "-wal", "-shm")]
            files += [self.settings] if self.has_own_settings else []
        for file in files:
            file.unlink(missing_ok=True)
            self._remove_empty(file.parent)
        self._remove_objects((SCHEMA, *gone))

    def _remove_objects(self, schemas: Iterable[str]) -> None:
        """Remove the objects of some schemas; what is left of the store goes when no schema uses it."""
        for kind, schema in product(("_schema", "_hash"), schemas):
            shutil.rmtree(self.store / kind / schema, ignore_errors=True)
        claims = self.store / "_labwright" / "claims"
        if not claims.is_dir() or not any(claims.iterdir()):
            shutil.rmtree(self.store / "_labwright", ignore_errors=True)
        for folder in (self.store / "_schema", self.store / "_hash", self.store):
            self._remove_empty(folder)

    @property
    def has_own_settings(self) -> bool:
        """Whether the settings are as the demo has written them."""
        return self.settings.exists() and self.settings.read_text(encoding="utf-8") == SETTINGS

    def _remove_empty(self, folder: Path) -> None:
        """Remove `folder` and those above it, as far as they are empty and within the demo's own."""
        while folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
            if folder == self.path:
                return
            folder = folder.parent

    @staticmethod
    def shown(path: Path) -> str:
        """Return a path as it is written everywhere."""
        return path.as_posix()
