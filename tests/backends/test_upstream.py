"""Within make, the rows that belong to the key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import LabwrightError, MakeError, QueryError
from labwright.jobs.make import Maker


@dataclass(frozen=True)
class Lab:
    """Mice and their pairs, sessions with trials, and what a make finds upstream."""

    schema: lw.Schema
    seen: list[Any] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.schema[name]

    def found(self, definition: str, look: Callable[[Any], Any], key: str = "", **members: Any) -> list[Any]:
        """What `look` gives of ``self.upstream`` for each key of a table."""

        def make(own: Any, key: dict[str, Any]) -> None:
            self.seen.append(look(own.upstream))
            own.insert1(key, ignore_extra_fields=True)

        Target = table(self.schema, "Target", definition, lw.Computed, make=make, **members)
        Target.populate(*([key] if key else []))
        return self.seen


@pytest.fixture(params=["modern", "classic"])
def lab(request: pytest.FixtureRequest, prefix: str, project: lw.Project) -> Iterator[Lab]:
    classic = request.param == "classic"
    number = "int" if classic else "int32"
    schema = lw.Schema(f"{prefix}lab", generation="classic") if classic else lw.Schema(f"{prefix}lab")
    Mouse = table(schema, "Mouse", f"mouse : {number}\n---\nage : {number}")
    Mouse.insert([(n, 10 * n) for n in range(1, 5)])
    table(schema, "Room", f"room : {number}").insert([(7,), (8,)])
    Trial = part("Trial", f"-> master\ntrial : {number}\n---\nok : {number}")
    Session = table(schema, "Session", f"-> Mouse\nsession : {number}\n---\n-> Room", Trial=Trial)
    Session.insert([(m, s, 6 + s) for m in (1, 2) for s in (1, 2)])
    Session.Trial.insert([(m, s, t, t % 2) for m in (1, 2) for s in (1, 2) for t in range(3)])
    table(schema, "Pair", "(first) -> Mouse" if classic else "-> Mouse.proj(first='mouse')")
    table(schema, "Other", f"other : {number}").insert1((5,))
    with project.config.override({"jobs.make_reads": "deny"}):
        yield Lab(schema)


def test_parents_and_grandparents(lab: Lab) -> None:
    found = lab.found(
        "-> Session",
        lambda up: (up[lab["Session"]].keys(), up[lab["Mouse"]].fetch1("age"), up["Room"].fetch1("room")),
        "mouse = 2",
    )
    assert found == [([{"mouse": 2, "session": s}], 20, 6 + s) for s in (1, 2)]


def test_parts_of_ancestors(lab: Lab) -> None:
    found = lab.found("-> Session", lambda up: (len(up[lab["Session"].Trial]), len(up["Session.Trial"] & "ok = 1")))
    assert found == [(3, 1)] * 4


def test_ways_through_a_part(lab: Lab) -> None:
    found = lab.found(
        "-> Session.Trial",
        lambda up: (up["Mouse"].fetch1("mouse"), up["Session"].fetch1("room"), up["Session.Trial"].fetch1("trial")),
        "mouse = 1 and trial = 2",
    )
    assert found == [(1, 7, 2), (1, 8, 2)]


def test_references_that_rename(lab: Lab) -> None:
    definition = "-> Mouse.proj(dam='mouse')\n-> Mouse.proj(sire='mouse')"
    look: Callable[[Any], Any] = lambda up: sorted(up["Mouse"].to_arrays("age").tolist())  # noqa: E731 - typed
    assert lab.found(definition, look, "dam = 3 and sire < 4") == [[10, 30], [20, 30], [30]]


def test_names(lab: Lab) -> None:
    def look(up: Any) -> list[int]:
        mouse = lab["Mouse"]()
        given = (lab["Mouse"], mouse, mouse & "age > 100", "Mouse", str(mouse.id), mouse.full_table_name)
        return [len(up[name]) for name in given]

    assert lab.found("-> Session", look, "mouse = 1 and session = 1") == [[1, 1, 0, 1, 1, 1]]


REFUSED: dict[str, tuple[Any, str]] = {
    "no ancestor": (lambda lab: lab["Other"], "Target does not depend on .*other, .*It depends on: .*Session, .*Mouse"),
    "its own table": (lambda lab: "Target", "does not depend on Target"),
    "no table": (lambda lab: 5, "takes a table or its name, not int"),
    "not in the key": (lambda lab: "Room", "The key of Target does not say which rows of .*room"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_upstream(case: str, lab: Lab) -> None:
    given, says = REFUSED[case]
    definition = "-> Mouse\n---\n-> Room" if case == "not in the key" else "-> Session"
    with pytest.raises(QueryError, match=says):
        lab.found(definition, lambda up: up[given(lab)])
    assert len(lab["Target"]) == 0


def test_outside_of_make(lab: Lab) -> None:
    lab.found("-> Session", repr)
    assert lab.seen[0].startswith("<upstream of Target: Session, ")
    with pytest.raises(LabwrightError, match=r"in make alone. Elsewhere use Diagram.trace\(Target & key\)"):
        lab["Target"]().upstream["Mouse"]


def test_all_keys_of_a_batch(lab: Lab) -> None:
    seen: list[Any] = []

    def make_many(self: Any, keys: list[dict[str, Any]]) -> None:
        seen.append(sorted(self.upstream["Mouse"].to_arrays("mouse").tolist()))
        self.insert(keys)

    Batch = table(lab.schema, "Batch", "-> Mouse", lw.Computed, make_many=make_many)
    Batch.populate("mouse < 4")
    assert seen == [[1, 2, 3]]


def test_a_make_in_parts(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> Any:
        ages = self.upstream["Mouse"].fetch1("age")
        computed = yield (ages,)
        if computed is None:
            yield (ages,)
        self.insert1(key)
        lab.seen.append(ages)
        yield

    Parts = table(lab.schema, "Parts", "-> Session", lw.Computed, make=make)
    Parts.populate("session = 1")
    assert lab.seen == [10, 20]


def test_another_table_is_not_filled_meanwhile(lab: Lab) -> None:
    Inner = table(lab.schema, "Inner", "-> Mouse", lw.Computed, make=lambda self, key: self.insert1(key))
    with pytest.raises(MakeError, match=r"Inner cannot be filled while the make of .*target runs"):
        lab.found("-> Session", lambda _: Maker(Inner()))
    with pytest.raises(LabwrightError, match="populate opens transactions of its own"):
        lab.found("-> Session", lambda _: Inner.populate())
    assert len(Inner) == len(lab["Target"]) == 0
    assert Inner.populate()["success_count"] == 4
