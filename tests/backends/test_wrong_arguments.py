"""An argument that is nothing of the sort is told in our own words, and leaves everything as it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import LabwrightError

Call = Callable[[Any], Any]

CALLS: Final[dict[str, tuple[Call, str]]] = {
    "insert a series": (lambda t: t.insert(pd.Series([1, 2])), "insert takes rows.*not Series"),
    "insert a number": (lambda t: t.insert(5), "insert takes rows.*not int"),
    "insert a number by chunks": (lambda t: t.insert(5, chunk_size=2), "insert takes rows.*not int"),
    "insert a class": (lambda t: t.insert(int), "insert takes rows.*not type"),
    "insert an array": (lambda t: t.insert(np.arange(3)), "Row 0 is.*a row is a dict, a tuple or a record"),
    "insert fields without names": (lambda t: t.insert([{5: 1}]), "Row 0 has a field 5"),
    "insert by chunks of a": (lambda t: t.insert([(1, 2)], chunk_size="a"), "chunk_size must be a whole number"),
    "insert parts of 5": (lambda t: t.insert([(1, 2)], parts=5), "parts takes a dict"),
    "insert1 a number": (lambda t: t.insert1(5), "Row 0 is 5 .int.; a row is a dict"),
    "insert1 None": (lambda t: t.insert1(None), "Row 0 is None"),
    "insert_dataframe a number": (lambda t: t.insert_dataframe(5), "takes a pandas frame, not int"),
    "insert_dataframe dicts": (lambda t: t.insert_dataframe([{"a": 9}]), "takes a pandas frame, not list"),
    "update1 a number": (lambda t: t.update1(5), "update1 takes a dict"),
    "update1 a name 5": (lambda t: t.update1({"a": 1, 5: 5}), "no attribute 5"),
    "update1 a list": (lambda t: t.update1({"a": [1]}), "cannot hold"),
    "delete with part_integrity": (lambda t: t.delete(part_integrity=5), "'enforce', 'cascade' or 'ignore', not 5"),
    "populate max_calls": (lambda t: t.Sum.populate(max_calls="a"), "max_calls must be a whole number.*'a'"),
    "populate a number": (lambda t: t.Sum.populate(5), "restriction cannot be 5"),
    "progress of a number": (lambda t: t.Sum.progress(5), "restriction cannot be 5"),
    "preview a": (lambda t: t.preview("a"), "limit must be a whole number from 0, not 'a'"),
    "preview of -1 rows": (lambda t: t.preview(-1), "limit must be a whole number from 0, not -1"),
    "preview of width a": (lambda t: t.preview(5, "a"), "width must be a whole number from 0, not 'a'"),
    "head a": (lambda t: t.head("a"), "limit must be a whole number"),
    "tail a": (lambda t: t.tail("a"), "limit must be a whole number"),
    "keys a": (lambda t: t.keys(limit="a"), "limit must be a whole number"),
    "to_dicts by 5": (lambda t: t.to_dicts(5), "order_by takes names"),
    "to_dicts from 1.5": (lambda t: t.to_dicts(offset=1.5), "offset must be a whole number"),
    "to_dicts into 5": (lambda t: t.to_dicts(download_path=5), "download_path must be the path of a folder, not 5"),
    "to_arrays of 5": (lambda t: t.to_arrays(5), "names of attributes, one by one, not 5"),
    "to_arrays of a list": (lambda t: t.to_arrays(["a"]), r"names of attributes, one by one, not \['a'\]"),
    "to_pandas by 5": (lambda t: t.to_pandas(5), "order_by takes names"),
    "fetch1 of 5": (lambda t: t.fetch1(5), "names of attributes, one by one, not 5"),
    "iter_batches of a": (lambda t: list(t.iter_batches("a")), "size must be a whole number"),
    "proj of 5": (lambda t: t.proj(5), "proj takes names of attributes"),
    "proj to 5": (lambda t: t.proj(y=5), "renamed or computed by text, not by 5"),
    "aggr of 5": (lambda t: t.aggr(5), "aggr takes a table or a query, not 5"),
    "aggr to 5": (lambda t: t.aggr(t.Part, n=5), "computed by text, not by 5"),
    "join with 5": (lambda t: t * 5, "join takes a table or a query, not 5"),
    "union with 5": (lambda t: t + 5, "union takes a table or a query, not 5"),
    "restrict by 5": (lambda t: t & 5, "cannot be 5"),
    "restrict by Not(5)": (lambda t: t & lw.Not(5), "cannot be 5"),
    "restrict by a class": (lambda t: t & int, "cannot be <class 'int'>"),
    "AndList of 5": (lambda _: lw.AndList(5), r"given as a list: AndList\(\[5\]\)"),  # type: ignore[arg-type]  # what is tested
    "AndList of a text": (lambda _: lw.AndList("a = 1"), r"AndList\(\['a = 1'\]\)"),
    "Top a": (lambda _: lw.Top("a"), "limit of a Top must be a whole number"),  # type: ignore[arg-type]  # what is tested
    "Top by 5": (lambda t: t & lw.Top(1, 5), "order_by takes names"),  # type: ignore[arg-type]  # what is tested
    "U of 5": (lambda _: lw.U(5), "U takes names of attributes, one by one"),  # type: ignore[arg-type]  # what is tested
    "U of a list": (lambda _: lw.U(["a"]), r"one by one, as in U\('a', 'b'\)"),  # type: ignore[arg-type]  # what is tested
    "Schema 5": (lambda _: lw.Schema(5), "named by a text, not by 5"),  # type: ignore[arg-type]  # what is tested
    "Schema with context": (lambda _: lw.Schema("x", context=5), "context takes a dict"),  # type: ignore[arg-type]  # what is tested
    "Schema with objects": (lambda _: lw.Schema("x", add_objects=5), "add_objects takes"),  # type: ignore[arg-type]  # what is tested
    "Schema at 5": (lambda _: lw.Schema("x", connection=5), "A connection is expected.*not 5"),  # type: ignore[arg-type]  # what is tested
    "Schema of a class": (lambda t: t().schema(int), "A schema takes classes derived from"),
    "activate 5": (lambda _: lw.Schema().activate(5), "named by a text, not by 5"),  # type: ignore[arg-type]  # what is tested
    "VirtualModule 5": (lambda _: lw.VirtualModule(5, "x"), "named by a text, not by 5"),  # type: ignore[arg-type]  # what is tested
    "virtual_schema 5": (lambda _: lw.virtual_schema(5), "named by a text, not by 5"),  # type: ignore[arg-type]  # what is tested
    "FreeTable 5": (lambda _: lw.FreeTable(None, 5), "named as 'schema.table', not 5"),  # type: ignore[arg-type]  # what is tested
    "list_schemas of 5": (lambda _: lw.list_schemas(5), "A connection is expected.*not 5"),  # type: ignore[arg-type]  # what is tested
    "Project at 5": (lambda _: lw.Project(5).database, "A database URL is a text"),  # type: ignore[arg-type]  # what is tested
    "Project in 5": (lambda _: lw.Project.open(5), "opened in a folder or at a database URL, not at 5"),  # type: ignore[arg-type]  # what is tested
    "Connection to 5": (lambda _: lw.Connection(5), "A database URL is a text"),  # type: ignore[arg-type]  # what is tested
    "Diagram of 5": (lambda _: lw.Diagram(5), "made of tables, schemas.*not of 5"),  # type: ignore[arg-type]  # what is tested
    "Diagram times 5": (lambda t: lw.Diagram(t) * 5, "not of 5"),  # type: ignore[operator]  # what is tested
    "Diagram saved in 5": (lambda t: lw.Diagram(t).save(5), "saved under a path"),  # type: ignore[arg-type]  # what is tested
}  # fmt: skip


@pytest.fixture
def note(schema: lw.Schema) -> Any:
    made = table(schema, "Note", "a : int32\n---\nx : int32", Part=part("Part", "-> master\nk : int8"))
    made.Sum = table(schema, "NoteSum", "-> Note\n---\ny : int32", lw.Computed, make=lambda self, key: None)
    made.insert([(1, 2), (2, 3)])
    return made


@pytest.mark.parametrize("name", CALLS)
def test_wrong_arguments(name: str, note: Any) -> None:
    call, says = CALLS[name]
    with pytest.raises(LabwrightError, match=says):
        call(note)
    assert note.to_dicts(order_by="KEY") == [{"a": 1, "x": 2}, {"a": 2, "x": 3}]


class Stray(lw.Manual):
    """A class that nobody has decorated."""

    definition = "a : int32"

    class Tip(lw.Part):
        """Nor its part."""

        definition = "-> master"


class StraySum(lw.Computed):
    """One that would fill itself."""

    definition = "-> Stray"


NEEDS: Final = {"insert": ([],), "insert1": ({},), "restrict": ("a = 1",), "join": (Stray,), "aggr": (Stray,)}
DECLARES: Final = {"definition", "tier", "derive", "make", "query_node", "rules", "owner", "history", "resources"}
VERBS: Final = sorted(
    {name for name in dir(lw.Computed) if not name.startswith("_")} - DECLARES - {"diagram_model", "diagram_nodes"}
)


@pytest.mark.parametrize("name", VERBS)
def test_a_class_without_schema(name: str) -> None:
    """Whatever is asked of its rows."""
    for cls in (Stray, Stray.Tip, StraySum) if name in dir(lw.Manual) else (StraySum,):
        with pytest.raises(LabwrightError, match=f"{cls.__name__} belongs to no schema: decorate the class"):
            getattr(cls, name)(*NEEDS.get(name, ()))


OPERATORS: Final[dict[str, Call]] = {
    "and": lambda t: t & "a = 1",
    "minus": lambda t: t - "a = 1",
    "times": lambda t: t * t,
    "plus": lambda t: t + t,
    "not": lambda t: -t,
    "len": len,
    "list": list,
    "in": lambda t: {"a": 1} in t,
    "call": lambda t: t(),
    "diagram": lw.Diagram,
    "insert itself": lambda t: t.insert(t),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_of_a_class_without_schema(name: str) -> None:
    with pytest.raises(LabwrightError, match="Stray belongs to no schema"):
        OPERATORS[name](Stray)


@pytest.mark.parametrize("base", [lw.Manual, lw.Lookup, lw.Computed, lw.Part])
def test_a_base_class_has_no_rows(base: Any) -> None:
    with pytest.raises(LabwrightError, match=f"{base.__name__} belongs to no schema.*A base class has no rows"):
        base.insert([(1,)])
    assert base.heading.__doc__ == "The attributes of the table."


def test_a_verb_may_be_overridden(schema: lw.Schema) -> None:
    base: Any = lw.Manual

    def insert(self: Any, rows: Any, **options: Any) -> None:
        base.insert(self, [{"a": row} for row in rows], **options)

    note = table(schema, "Note", "a : int32", insert=insert)
    note.insert([1, 2])
    assert note.to_arrays("a", order_by="KEY").tolist() == [1, 2]


def test_a_query_is_not_changed_but_a_table_that_it_chooses_from(note: Any) -> None:
    first = note & lw.Top(1)
    with pytest.raises(AttributeError, match=r"A query has no delete, .* restrict the table: Table & query.proj"):
        first.delete(prompt=False)
    with pytest.raises(AttributeError, match="'QueryExpression' object has no attribute 'deleet'"):
        first.deleet()
    (note & first.proj()).delete(prompt=False)
    assert len(note()) == 1
