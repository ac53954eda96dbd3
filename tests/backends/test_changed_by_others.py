"""Tables that another client changes while a project is open: what fails for that is done again with what is there."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DataError, LabwrightError, MissingAttributeError, UnknownAttributeError
from labwright.tables.project import Project

BEFORE: Final = "mouse : int32\n---\nmass = null : int32\nname : varchar(4)"
ROWS: Final[list[dict[str, Any]]] = [{"mouse": n, "mass": 10 * n, "name": f"m{n}"} for n in (1, 2, 3)]


@pytest.fixture
def schema(project: Project, prefix: str) -> lw.Schema:
    """In the open project, whatever the last one is that was opened."""
    return lw.Schema(f"{prefix}lab", connection=project)


@pytest.fixture
def mice(schema: lw.Schema) -> Any:
    """The table as the open project knows it; it has been read."""
    mice = table(schema, "Mouse", BEFORE)
    mice.insert(ROWS)
    assert mice.to_dicts(order_by="KEY") == ROWS
    return mice


@pytest.fixture
def other(database_url: str, prefix: str) -> Iterator[lw.Schema]:
    """The same schema as another client sees it."""
    with Project(database_url) as project:
        yield lw.Schema(f"{prefix}lab", connection=project)


def alter(other: lw.Schema, definition: str, **options: Any) -> None:
    table(other, "Mouse", definition).alter(prompt=False, **options)


def rename(other: lw.Schema) -> None:
    alter(other, BEFORE.replace("mass", "grams"), renames={"grams": "mass"})


def test_rows_are_read_with_the_attributes_that_are_there_now(mice: Any, other: lw.Schema) -> None:
    rename(other)
    expected = [{"mouse": r["mouse"], "grams": r["mass"], "name": r["name"]} for r in ROWS]
    assert mice.to_dicts(order_by="KEY") == expected
    assert mice.heading.names == ["mouse", "grams", "name"]
    assert (mice & {"grams": 20}).fetch1("name") == "m2"


@pytest.mark.parametrize("read", ["to_arrow", "to_pandas", "to_polars", "to_dicts"])
def test_whole_rows_from_before_are_read(read: str, mice: Any, other: lw.Schema) -> None:
    some = mice & [{"mouse": 2}, {"mouse": 3}] & "name <> 'm3'"
    rename(other)
    found = getattr(some, read)()
    grams = [r["grams"] for r in found] if read == "to_dicts" else [int(found["grams"][n]) for n in _places(found)]
    assert grams == [20]


def _places(frame: Any) -> Any:
    """Where the rows of a frame are."""
    return frame.index if hasattr(frame, "index") else range(len(frame))


READS: Final[dict[str, Callable[[Any], list[Any]]]] = {
    "fetch": lambda q: list(q.fetch("name", order_by="KEY")),
    "to_dicts": lambda q: [r["name"] for r in q.to_dicts(order_by="KEY")],
    "to_arrays": lambda q: q.to_arrays("name", order_by="KEY").tolist(),
    "to_pandas": lambda q: sorted(q.to_pandas()["name"]),
    "to_polars": lambda q: sorted(q.to_polars()["name"]),
    "to_arrow": lambda q: sorted(q.to_arrow()["name"].to_pylist()),
    "keys": lambda q: [f"m{k['mouse']}" for k in q.keys(order_by="KEY")],
    "len": lambda q: [f"m{n + 2}" for n in range(len(q))],
    "bool": lambda q: ["m2", "m3"] if q else [],
}


@pytest.mark.parametrize("backend", ["postgres"], indirect=True)
@pytest.mark.parametrize("read", READS)
def test_a_query_from_before_reads_on_where_it_still_has_a_meaning(
    read: str, backend: str, mice: Any, other: lw.Schema
) -> None:
    """The attribute that it compares is a text by now, which PostgreSQL compares with no number."""
    heavy = mice & [{"mass": 20}, {"mass": 30}]
    alter(other, BEFORE.replace("mass = null : int32", "mass = null : varchar(9)"))
    assert READS[read](heavy) == ["m2", "m3"]


def test_joins_slices_and_conditions_from_before(mice: Any, other: lw.Schema, schema: lw.Schema) -> None:
    visit = table(schema, "Visit", "-> Mouse\nvisit : int16\n---\nmass : float64")
    visit.insert([(1, 1, 1.5), (2, 1, 2.5), (3, 1, 3.5)])
    among = (mice & visit.proj() & lw.AndList([{"name": "m2"}, "mouse > 0"])) & lw.Top(2)
    joined = labelled(mice, visit)
    expected = {"mouse": 2, "double": 4, "label": "m2", "visit": 1, "speed": 2.5}
    assert joined.to_dicts() == [expected | {"mass": 20}]
    alter(other, BEFORE.replace("mass = null : int32\n", ""), lossy=True)
    assert [r["name"] for r in among.to_dicts()] == ["m2"]
    with pytest.raises(UnknownAttributeError, match="compose the query again"):
        joined.to_dicts()
    alter(other, "mouse : int32\n---\nage = null : int32\nname : varchar(4)")
    assert len(among) == 1
    narrow = mice.proj("name") * visit
    assert narrow.to_dicts()[0] == {"mouse": 1, "name": "m1", "visit": 1, "mass": 1.5}
    assert labelled(mice, visit).to_dicts() == [expected | {"age": None}]


def labelled(mice: Any, visit: Any) -> Any:
    joined = mice.proj(..., double="mouse * 2", label="name") * (visit.proj(..., speed="mass") & "speed > 1.6")
    return joined & lw.Not({"mouse": 3}) & "label <> 'x'"


def test_a_query_that_has_lost_its_meaning_says_so(mice: Any, other: lw.Schema) -> None:
    heavy, double = mice & "mass > 10", mice.proj(double="mass * 2")
    rename(other)
    for query in (heavy, double):
        with pytest.raises(UnknownAttributeError, match=r"Another client has changed \w+\.mouse meanwhile.*again"):
            query.to_dicts()
    assert len(mice & "grams > 10") == 2


def test_conditions_and_projections_find_a_new_attribute(mice: Any, other: lw.Schema) -> None:
    alter(other, BEFORE + "\ncage = 7 : int16")
    assert len(mice & "cage = 7") == 3
    assert mice.proj("cage").to_dicts(order_by="KEY", limit=1) == [{"mouse": 1, "cage": 7}]
    with pytest.raises(UnknownAttributeError, match=r"'cake'.*'cage'"):
        mice & "cake = 7"


def test_rows_are_written_with_a_new_attribute(mice: Any, other: lw.Schema) -> None:
    alter(other, BEFORE + "\ncage = 7 : int16")
    mice.insert1({"mouse": 4, "name": "m4", "cage": 8})
    mice.update1({"mouse": 1, "cage": 9})
    assert mice.fetch("cage", order_by="KEY").tolist() == [9, 7, 7, 8]


def test_values_are_held_to_the_type_that_is_there_now(mice: Any, other: lw.Schema) -> None:
    alter(other, BEFORE.replace("varchar(4)", "varchar(20)"))
    mice.insert([{"mouse": 4, "name": "more than four"}])
    mice.update1({"mouse": 1, "name": "also more"})
    with pytest.raises(DataError, match="there is room for 20"):
        mice.insert1({"mouse": 5, "name": "x" * 21})
    assert mice.fetch("name", order_by="KEY").tolist() == ["also more", "m2", "m3", "more than four"]


@pytest.mark.parametrize("form", [lambda rows: [tuple(r.values()) for r in rows], iter], ids=["tuples", "iterator"])
def test_rows_that_name_no_attributes_or_are_gone_are_given_again(form: Any, mice: Any, other: lw.Schema) -> None:
    """Tuples might go elsewhere."""
    alter(other, BEFORE + "\ncage = 7 : int16")
    rows = [{"mouse": 4, "mass": 1, "name": "m4", "cage": 8}]
    with pytest.raises(LabwrightError, match=r"Another client has changed \w+\.mouse meanwhile.*give the rows again"):
        mice.insert(form(rows))
    assert len(mice) == 3
    mice.insert(form(rows))
    assert (mice & "cage = 8").fetch1() == rows[0]


def test_an_attribute_that_must_be_given(mice: Any, other: lw.Schema) -> None:
    alter(other, BEFORE + "\ncage : int16", fill={"cage": "1"})
    for _ in range(2):
        with pytest.raises((lw.errors.IntegrityError, MissingAttributeError), match="cage"):
            mice.insert1({"mouse": 4, "name": "m4"})
    mice.insert1({"mouse": 4, "name": "m4", "cage": 8})
    assert len(mice) == 4


def test_streams_and_deletes_are_right_the_next_time(mice: Any, other: lw.Schema) -> None:
    rename(other)
    with pytest.raises(UnknownAttributeError):
        next(iter(mice))
    assert sorted(r["grams"] for r in mice) == [10, 20, 30]
    assert (mice & "grams > 10").delete(prompt=False) == 2


def test_within_a_transaction_the_next_one_is_right(mice: Any, other: lw.Schema, project: Project) -> None:
    rename(other)
    query = mice & "mouse > 1"
    with contextlib.suppress(LabwrightError), project.connection.transaction:  # PostgreSQL's is over
        query.to_dicts()
    with project.connection.transaction:
        assert (mice & "mouse > 1").fetch("grams", order_by="KEY").tolist() == [20, 30]


def test_what_is_known_stays_known_when_nothing_has_changed(mice: Any, project: Project, prefix: str) -> None:
    known = project.database.tables(f"{prefix}lab")
    with pytest.raises(UnknownAttributeError, match="'speed'"):
        mice & "speed > 3"
    assert project.database.tables(f"{prefix}lab") is known
