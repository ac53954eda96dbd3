"""A lab in which people see and do different things."""

from __future__ import annotations

from typing import Any

from tests.backends.classes import part, table

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.roles.grant import Grant
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role, Verb

READ = frozenset({Verb.READ})
WRITE = frozenset({Verb.READ, Verb.INSERT, Verb.UPDATE, Verb.DELETE})


def build(schema: lw.Schema) -> lw.Schema:
    """People with mice, litters of two mice, and sessions with trials."""
    person = table(schema, "Person", "person : varchar(20)\n---\nsalary = 0 : int32")
    mouse = table(
        schema, "Mouse",
        """
        mouse : int32
        ---
        -> Person
        name : varchar(20)
        sex : enum("M", "F")
        weight = null : float64     # (g)
        is_alive = 1 : bool
        """,
        owner="Person",
    )  # fmt: skip
    litter = table(
        schema,
        "Litter",
        "litter : int32\n---\n-> Mouse.proj(mother='mouse')\n-> [nullable] Mouse.proj(father='mouse')\nborn : date",
    )
    session = table(
        schema, "Session", "-> Mouse\nsession : int32\n---\nnote = '' : varchar(50)",
        Trial=part("Trial", "-> master\ntrial : int32\n---\nscore = null : float64"),
    )  # fmt: skip
    person.insert([("ana", 10), ("ben", 20)])
    mouse.insert((n, "ana" if n % 2 else "ben", f"m{n}", "MF"[n % 2], n / 4 or None, n % 3 > 0) for n in range(1, 9))
    litter.insert([(1, 1, 2, "2026-01-01"), (2, 3, None, "2026-01-02"), (3, 4, 1, "2026-02-01")])
    session.insert((mouse, s, f"note {s}") for mouse in (1, 2, 3) for s in (1, 2))
    session.Trial.insert((1, 1, t, t / 2) for t in range(1, 4))
    return schema


def desk(
    schema: lw.Schema,
    *grants: Grant,
    person: str = "ana",
    colleagues: tuple[str, ...] = (),
    screens: lw.Screens | None = None,
) -> Desk:
    """The desk of a researcher with these rights."""
    who = Person(person, role=Role.RESEARCHER)
    kept = f"{schema.database_name}_app"
    workspace = Workspace(schema.project, schemas=[schema.database_name], kept=kept, screens=screens)
    return Desk(workspace, who, Rights.of(who, grants), colleagues)


def grant(verbs: frozenset[Verb] = READ, table: str = "*", **more: Any) -> Grant:
    """A right of researchers."""
    return Grant(Role.RESEARCHER, None, "*", table, verbs, **more)


def sheet(schema: lw.Schema, name: str, *grants: Grant, **more: Any) -> Sheet:
    """A table at such a desk."""
    return desk(schema, *grants, **more).sheet(f"{schema.database_name}.{name}")
