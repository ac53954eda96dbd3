"""A lab with a little of everything, for tests of pages and API."""

from __future__ import annotations

from typing import Any

from tests.backends.classes import part, table

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.app import create_app
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.role import Role
from labwright.web.site import Site

BAD = 3
"""The mouse that cannot be scored."""
MICE = 120
ANA = Person("ana", "Ana Silva", role=Role.ADMIN)


def make(self: Any, key: dict[str, Any]) -> None:
    """Fail for one mouse."""
    if key["mouse"] == BAD:
        raise ValueError("this mouse has no score")
    self.insert1({**key, "score": key["mouse"] / 2})


def build(schema: lw.Schema) -> None:
    """Make the tables, with rows."""
    mouse = table(
        schema,
        "Mouse",
        """
        # Animals of the lab
        mouse : int32                      # number on the ear tag
        ---
        name : varchar(20)
        sex = "U" : enum("F", "M", "U")
        weight = null : float64            # on arrival (g)
        arrival : date
        notes = null : varchar(2000)
        """,
    )
    session = table(
        schema, "Session", "-> Mouse\nsession : int16\n---\nstarted : datetime",
        Trial=part("Trial", "-> master\ntrial : int16\n---\ncorrect : bool"),
    )  # fmt: skip
    score = table(schema, "Score", "# How well it did\n-> Session\n---\nscore : float64", lw.Computed, make=make)
    mouse.insert((n, f"m{n}", "FM"[n % 2], 20 + n / 8, "2026-01-02", None) for n in range(1, MICE + 1))
    session.insert((n, 1, f"2026-02-{n:02} 10:00:00") for n in range(1, 6))
    session.Trial.insert((1, 1, trial, trial % 2 == 0) for trial in range(1, 4))
    score.populate(reserve_jobs=True, suppress_errors=True)


def app_of(schema: lw.Schema, *others: lw.Schema) -> Any:
    """The app, for the one person at this machine."""
    names = [s.database_name for s in (schema, *others)]
    return create_app(Site({"lab": Workspace(schema.project, [schema], schemas=names)}), ANA)
