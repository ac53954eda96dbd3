"""References to what is in stores, on their way to other processes: what leads back to the stores, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from labwright.catalogue.reading import ObjectReader, handle_of
from labwright.core.errors import ConfigError
from labwright.storage.handle import Handle
from labwright.tables.config import Config
from labwright.tables.project import Project, default_project, open_projects


class ProjectReader(ObjectReader):
    """The stores of a project while rows are read.

    Parameters
    ----------
    project : Project
    """

    def __init__(self, project: Project) -> None:
        super().__init__(project.database)
        self._project = project

    def __reduce__(self) -> tuple[Any, ...]:
        found = origin_of(self._project)
        return Origin, (found.address, found.folder, found.profile)


@dataclass(frozen=True, slots=True)
class Origin:
    """The project that a reference was fetched from, as another process finds it again.

    Parameters
    ----------
    address : str
        Of the database, without a password.
    folder : str
        Of the settings.
    profile : str or None
        The profile that was in use.
    """

    address: str
    folder: str
    profile: str | None

    def handle(self, stored: Mapping[str, Any], *, filepath: bool = False) -> Handle:
        """The handle of what a row holds."""
        project = self.project()
        try:
            return handle_of(project.stores, stored, filepath=filepath)
        except ConfigError as error:
            error.add_note(
                f"The reference was fetched in another process, from {self.address}, with the settings in "
                f"{self.folder}; here they are those in {project.config.settings.folder}. What is set in code is not "
                "known elsewhere: name stores in labwright.toml, or set them here too."
            )
            raise

    def project(self) -> Project:
        """The same project here: one that is open, or that the settings describe; else the default one."""
        same = [project for project in open_projects() if project.address() == self.address]
        if same:
            return next((project for project in same if origin_of(project) == self), same[0])
        return _opened(self.folder, self.profile) if Path(self.folder).is_dir() else default_project()


def origin_of(project: Project) -> Origin:
    """What leads to a project from elsewhere."""
    settings = project.config.settings
    return Origin(project.address(), str(settings.folder), settings.profile)


@lru_cache(maxsize=16)
def _opened(folder: str, profile: str | None) -> Project:
    return Project(settings=Config(folder, profile=profile))
