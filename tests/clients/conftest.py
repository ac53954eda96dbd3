"""A lab that programs in other languages use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp
from tests.backends.classes import part, table
from tests.backends.conftest import project, schema
from tests.clients import octave
from tests.web.conftest import serve
from tests.web.lab import app_of

import labwright as lw

__all__ = ["project", "schema", "serve"]


def build(schema: lw.Schema) -> Any:
    """Mice with sessions, and what is computed of these elsewhere."""
    mouse = table(
        schema,
        "Mouse",
        """
        mouse : int32
        ---
        name : varchar(20)
        sex = 'U' : enum('F', 'M', 'U')
        weight = null : float64
        arrival : date
        """,
    )
    session = table(schema, "Session", "-> Mouse\nsession : int16\n---\nstarted : datetime")
    walk = table(
        schema, "Walk", "-> Session\n---\nspeed : float64\nlabel = '' : varchar(20)", lw.Computed,
        Step=part("Step", "-> master\nstep : int8\n---\nx : float64"),
    )  # fmt: skip
    mouse.insert([(n, f"m{n}", "FM"[n % 2], 20 + n / 8, "2026-01-02") for n in range(1, 7)])
    session.insert([(n, 1, f"2026-02-{n:02} 10:00:00") for n in range(1, 4)])
    len(walk())
    return walk


@pytest.fixture
def run(schema: lw.Schema, serve: Callable[[ASGIApp], str], tmp_path: Path) -> Callable[[str], str]:
    """Run a program in Octave; ``{s}`` in it is the schema."""
    build(schema)
    url = serve(app_of(schema))
    folder = tmp_path / "octave"
    folder.mkdir()
    return lambda program: octave.run(program.replace("{s}", schema.database_name), url, folder)
