"""A lab book in each database, and an authority that runs here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import table
from tests.backends.conftest import schema
from tests.backends.stores import opened
from tests.lab.notebook.local_authority import LocalAuthority

import labwright as lw
from labwright.lab.notebook import Notebook

__all__ = ["schema"]


@pytest.fixture
def project(database_url: str, tmp_path: Path, prefix: str) -> Iterator[lw.Project]:
    """A project with settings of its own."""
    with opened(database_url, tmp_path) as project:
        yield project


@pytest.fixture
def notebook(project: lw.Project, prefix: str) -> Notebook:
    """A lab book without entries, which keeps files in its tables."""
    return Notebook(f"{prefix}notebook", project=project)


@pytest.fixture
def mouse(schema: lw.Schema) -> Any:
    """A table to write about."""
    made = table(schema, "Mouse", "mouse : int32\n---\nname : varchar(20)")
    made.insert([(3, "Ida"), (4, "Bo")])
    return made


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAuthority]:
    """An authority for time stamps."""
    with LocalAuthority.running(tmp_path_factory.mktemp("authority")) as found:
        yield found


@pytest.fixture
def gel(tmp_path: Path) -> Path:
    """A file."""
    path = tmp_path / "gel 1.txt"
    path.write_text("two bands")
    return path
