"""Rows go in whole or not at all, in whatever form they come, and an error says which row, cell and parent it was."""

# ruff: noqa: DTZ001 - the columns have no time zones
from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import (
    DataError,
    DuplicateError,
    IntegrityError,
    LabwrightError,
    MissingAttributeError,
    QueryError,
    UnknownAttributeError,
)


@dataclass(frozen=True)
class Lab:
    """Species have subjects, which have sessions with trials."""

    Species: Any
    Subject: Any
    Session: Any

    @property
    def counts(self) -> tuple[int, int, int, int]:
        return len(self.Species), len(self.Subject), len(self.Session), len(self.Session.Trial)


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    return Lab(
        table(schema, "Species", "species : varchar(20)", lw.Lookup, contents=[("mouse",), ("it's",)]),
        table(
            schema,
            "Subject",
            """
            id : int32
            ---
            -> Species
            weight = null : float64
            born = '2020-01-01' : date
            label = null : varchar(10)
            unique index (label)
            """,
        ),
        table(
            schema,
            "Session",
            "-> Subject\nsession : int16\n---\nscore = 0.5 : float64",
            Trial=part("Trial", "-> master\ntrial : int16\n---\nrt = null : float32"),
        ),
    )


BORN: Final = datetime.date(2024, 2, 29)
ROWS: Final[list[dict[str, Any]]] = [
    {"id": 1, "species": "mouse", "weight": 20.5, "born": BORN, "label": "a"},
    {"id": 2, "species": "it's", "weight": None, "born": BORN, "label": None},
]


def frame() -> pd.DataFrame:
    return pd.DataFrame(ROWS)


def structured() -> np.ndarray[Any, Any]:
    dtype = [("id", "i4"), ("species", "U20"), ("weight", "O"), ("born", "O"), ("label", "O")]
    return np.array([(r["id"], r["species"], r["weight"], r["born"], r["label"]) for r in ROWS], dtype)


def write_csv(folder: Path) -> Path:
    path = folder / "rows.csv"
    path.write_text("id,species,weight,born,label\n1,mouse,20.5,2024-02-29,a\n2,it's,,2024-02-29,\n", "utf-8")
    return path


FORMS: Final[dict[str, Callable[[Path], Any]]] = {
    "dicts": lambda _: ROWS,
    "tuples": lambda _: [tuple(row.values()) for row in ROWS],
    "lists": lambda _: [list(row.values()) for row in ROWS],
    "generator": lambda _: (row for row in ROWS),
    "dicts in another order": lambda _: [dict(reversed(row.items())) for row in ROWS],
    "dicts with other fields": lambda _: [{k: v for k, v in row.items() if v is not None} for row in ROWS],
    "structured array": lambda _: structured(),
    "numpy records": lambda _: list(structured()),
    "recarray": lambda _: structured().view(np.recarray),
    "pandas": lambda _: frame(),
    "pandas with index": lambda _: frame().set_index("id"),
    "pandas with any index": lambda _: frame().set_axis([7, 3]),
    "polars": lambda _: pl.DataFrame(ROWS),
    "arrow": lambda _: pa.Table.from_pylist(ROWS),
    "arrow batch": lambda _: pa.RecordBatch.from_pylist(ROWS),
    "csv path": write_csv,
    "csv text path": lambda folder: str(write_csv(folder)),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("chunk_size", [None, 1])
def test_every_form_of_rows(form: str, chunk_size: int | None, lab: Lab, tmp_path: Path) -> None:
    lab.Subject.insert(FORMS[form](tmp_path), chunk_size=chunk_size)
    assert lab.Subject.to_dicts(order_by="KEY") == ROWS


def test_insert_dataframe(lab: Lab) -> None:
    lab.Subject.insert_dataframe(frame().set_index("id"))
    lab.Subject.insert_dataframe(frame().assign(id=[3, 4], label=None), index_as_pk=False)
    assert lab.Subject.to_arrays("id", order_by="KEY").tolist() == [1, 2, 3, 4]
    frame_again = lab.Subject.to_pandas(order_by="KEY")
    lab.Subject.delete_quick()
    lab.Subject.insert(frame_again)
    assert lab.Subject.to_dicts(order_by="KEY", limit=2) == ROWS


@pytest.mark.parametrize("empty", [[], (), iter(()), frame().iloc[:0], pl.DataFrame(), structured()[:0]])
def test_no_rows(empty: Any, lab: Lab) -> None:
    lab.Subject.insert(empty)
    assert len(lab.Subject) == 0


def test_one_row_in_every_form(lab: Lab) -> None:
    for row in (ROWS[0], tuple(ROWS[0].values()), structured()[0]):
        lab.Subject.insert1(row)
        assert (lab.Subject & "id = 1").fetch1() == ROWS[0]
        lab.Subject.delete_quick()


def test_from_a_query(lab: Lab, schema: lw.Schema) -> None:
    lab.Subject.insert(ROWS)
    Copy = table(schema, "Copy", "id : int64\n---\nweight = null : float64\nborn = null : date")
    Copy.insert(lab.Subject.proj("weight"))
    assert Copy.to_dicts(order_by="KEY") == [
        {"id": 1, "weight": 20.5, "born": None},
        {"id": 2, "weight": None, "born": None},
    ]
    with pytest.raises(DuplicateError):
        Copy.insert(lab.Subject.proj("weight"))
    Copy.insert(lab.Subject & "id = 1", skip_duplicates=True, ignore_extra_fields=True)
    assert (Copy & "id = 1").fetch1("born") is None
    Copy.insert(lab.Subject, replace=True, ignore_extra_fields=True)
    assert Copy.to_arrays("born").tolist() == [BORN, BORN]
    with pytest.raises(UnknownAttributeError, match="species"):
        Copy.insert(lab.Subject)
    with pytest.raises(MissingAttributeError, match="'species'"):
        lab.Subject.insert(Copy.proj("weight"))


def test_a_query_must_be_of_the_same_types(lab: Lab, schema: lw.Schema) -> None:
    Other = table(schema, "Other", "id : int32\n---\nborn = null : varchar(20)")
    lab.Subject.insert(ROWS)
    with pytest.raises(QueryError, match="'born' is date in the query and varchar"):
        Other.insert(lab.Subject.proj("born"))


def test_skip_duplicates_skips_nothing_else(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    new = {"id": 3, "species": "mouse"}
    lab.Subject.insert([{**ROWS[0], "weight": 99.0}, new, new], skip_duplicates=True)
    assert lab.Subject.to_arrays("weight", order_by="KEY").tolist()[:1] == [20.5]
    assert len(lab.Subject) == 3
    for bad, error in (
        ({"id": 4, "species": "cat"}, IntegrityError),
        ({"id": 4}, MissingAttributeError),
        ({"id": 4, "species": None}, MissingAttributeError),
        ({"id": 4, "species": "mouse", "label": "x" * 11}, DataError),
    ):
        with pytest.raises(error):
            lab.Subject.insert([{"id": 5, "species": "mouse"}, bad], skip_duplicates=True)
        assert len(lab.Subject) == 3
    assert len(lab.Subject & "id = 4") == 0


@pytest.mark.parametrize("option", ["skip_duplicates", "replace"])
def test_a_clash_elsewhere_than_in_the_key_changes_no_row(option: str, lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    before = lab.Subject.to_dicts(order_by="KEY")
    clashing = {"id": 4, "species": "mouse", "weight": 7.0, "label": "a"}
    new = {"id": 3, "species": "mouse", "label": "c"}
    renamed = lab.Subject.proj("species", "label", old="id") & "old = 1"
    query = lw.U("id", "species", "label") & renamed.proj("species", "label", id="old + 3")
    for rows in ([clashing], [new, ROWS[1], clashing], query):
        with pytest.raises(DuplicateError, match="A row with the same label is already in"):
            lab.Subject.insert(rows, **{option: True})
        assert lab.Subject.to_dicts(order_by="KEY") == before
    nameless = lw.U("id", "species") & lab.Subject.proj(old="id", kind="species").proj(
        id="old", species="nullif(kind, kind)"
    )
    with pytest.raises(IntegrityError):
        lab.Subject.insert(nameless, **{option: True})


def test_replace_keeps_children(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    lab.Session.insert([(1, 1, 0.1), (1, 2, 0.2)])
    lab.Subject.insert([{"id": 1, "species": "it's", "weight": 3}, {"id": 9, "species": "mouse"}], replace=True)
    assert (lab.Subject & "id = 1").fetch1() == {
        "id": 1,
        "species": "it's",
        "weight": 3.0,
        "born": datetime.date(2020, 1, 1),
        "label": None,
    }
    assert lab.counts == (2, 3, 2, 0)
    with pytest.raises(QueryError, match="exclude each other"):
        lab.Subject.insert(ROWS, replace=True, skip_duplicates=True)


def test_replace_of_a_bare_key(lab: Lab) -> None:
    lab.Species.insert([("mouse",), ("bird",)], replace=True)
    assert sorted(lab.Species.to_arrays("species")) == ["bird", "it's", "mouse"]


def test_extra_fields(lab: Lab) -> None:
    extra = [{**row, "note": "x"} for row in ROWS]
    with pytest.raises(UnknownAttributeError, match=r"Row 0 .*'note'.*ignore_extra_fields"):
        lab.Subject.insert(extra)
    with pytest.raises(UnknownAttributeError, match=r"'wieght'.*Did you mean 'weight'"):
        lab.Subject.insert1({"id": 1, "species": "mouse", "wieght": 3})
    with pytest.raises(UnknownAttributeError, match="'note'"):
        lab.Subject.insert(pd.DataFrame(extra))
    assert len(lab.Subject) == 0
    lab.Subject.insert(extra, ignore_extra_fields=True)
    lab.Subject.insert(pl.DataFrame(extra).with_columns(id=pl.col("id") + 10, label=None), ignore_extra_fields=True)
    assert len(lab.Subject) == 4


def test_chunks_are_all_or_nothing(lab: Lab) -> None:
    rows = [{"id": i, "species": "mouse" if i != 25 else "cat"} for i in range(30)]
    with pytest.raises(IntegrityError, match=r"row \d+: its parent is missing.*species='cat'"):
        lab.Subject.insert(rows, chunk_size=10)
    assert lab.Subject.to_arrays("id", order_by="KEY").tolist() == list(range(20))


FAULTY_ROWS: Final[dict[str, tuple[Any, str]]] = {
    "missing parent": ({"species": "cat"}, r"row 25: its parent is missing"),
    "duplicate": ({"id": 3}, r"row 25: the key id=3 is taken, it is in the table already"),
    "duplicate in the chunk": ({"id": 24}, r"row 25: the key id=24 is taken, row 24 has it too"),
    "wrong value": ({"weight": "heavy"}, r"row 25 \(id=25\), attribute 'weight'"),
    "wrong field": ({"wieght": 1}, r"Row 25 has a field 'wieght'"),
    "no value": ({"species": None}, r"row 25 \(id=25\), attribute 'species'"),
}  # fmt: skip


@pytest.mark.parametrize("chunk_size", [None, 1, 10, 25])
@pytest.mark.parametrize("fault", FAULTY_ROWS)
def test_errors_count_the_rows_of_the_whole_call(fault: str, chunk_size: int | None, lab: Lab) -> None:
    change, says = FAULTY_ROWS[fault]
    if fault.startswith("duplicate"):
        if chunk_size in (1, 25) or (fault == "duplicate" and chunk_size is None):
            says = says.replace("row 24 has it too", "it is in the table already")
        if fault == "duplicate" and chunk_size is None:
            says = says.replace("it is in the table already", "row 3 has it too")
    rows: list[dict[str, Any]] = [{"id": i, "species": "mouse", "weight": 1} for i in range(30)]
    rows[25] |= change
    with pytest.raises(LabwrightError, match=says):
        lab.Subject.insert(iter(rows), chunk_size=chunk_size)


def test_errors_count_tuples_and_frames_alike(lab: Lab) -> None:
    tuples: list[tuple[Any, ...]] = [(i, "mouse", 1, None, None) for i in range(30)]
    tuples[17] = (17, "mouse", "heavy", None, None)
    names = ["id", "species", "weight", "born", "label"]
    frame = pd.DataFrame(tuples, columns=names).astype({"weight": object})
    for rows in (tuples, frame):
        with pytest.raises(DataError, match=r"row 17 \(id=17\), attribute 'weight'"):
            lab.Subject.insert(rows, chunk_size=4)
        assert lab.Subject.delete(prompt=False) == 16
    with pytest.raises(DataError, match="Row 17 has 2 values"):
        lab.Subject.insert([*tuples[:17], (17, "mouse")], chunk_size=4)


def test_errors_count_rows_with_and_without_a_default(schema: lw.Schema) -> None:
    """Rows that leave a default to the database go by themselves."""
    note = table(schema, "Note", "id : int32\n---\nat = CURRENT_TIMESTAMP : datetime\nsize : int8")
    rows: list[dict[str, Any]] = [{"id": i, "at": None if i % 2 else "2024-01-01", "size": 1} for i in range(10)]
    for bad in (4, 7):
        with pytest.raises(DataError, match=rf"row {bad} \(id={bad}\), attribute 'size'"):
            note.insert([*rows[:bad], rows[bad] | {"size": 1000}, *rows[bad + 1 :]])
    assert len(note) == 0


@pytest.mark.parametrize("nothing", [None, "", math.nan, np.datetime64("NaT"), pd.NaT], ids=repr)
def test_what_means_no_value_leaves_a_default_to_the_database(nothing: Any, schema: lw.Schema) -> None:
    note = table(schema, "Note", "id : int auto_increment\n---\nat = CURRENT_TIMESTAMP : datetime\nsize : int8")
    note.insert([{"at": nothing, "size": 1}, {"at": "2024-01-01", "size": 2}, {"id": nothing, "size": 3}])
    now, then, again = note.fetch("at", order_by="size")
    assert then == datetime.datetime(2024, 1, 1)
    assert abs(now - again) < datetime.timedelta(hours=1)
    assert len(set(note.fetch("id"))) == 3
    note.update1({"id": (note & "size = 2").fetch1("id"), "at": nothing})
    assert abs((note & "size = 2").fetch1("at") - now) < datetime.timedelta(hours=1)


def test_empty_cells_of_a_csv_leave_defaults_to_the_database(schema: lw.Schema, tmp_path: Path) -> None:
    note = table(schema, "Note", "id : int32\n---\nat = CURRENT_TIMESTAMP : datetime\nsize = null : int8")
    (tmp_path / "note.csv").write_text("id,at,size\n1,,\n2,2024-01-01,5\n")
    note.insert(tmp_path / "note.csv")
    now, then = note.fetch("at", order_by="id")
    assert then == datetime.datetime(2024, 1, 1) < now
    assert note.fetch("size", order_by="id").tolist() == [None, 5]


def test_truth_values_of_numpy_are_whole_numbers_like_those_of_python(schema: lw.Schema) -> None:
    note = table(schema, "Note", "id : int32\n---\nflag : tinyint")
    note.insert([(1, True), (2, np.True_), (3, np.bool_(False))])
    assert note.fetch("flag", order_by="id").tolist() == [1, 1, 0]


@pytest.mark.parametrize("rows", [5, {"id": 1}, None])
def test_what_is_no_rows_in_chunks(rows: Any, lab: Lab) -> None:
    with pytest.raises(DataError, match="insert takes"):
        lab.Subject.insert(rows, chunk_size=2)


DOCUMENTS: Final = ({"a": [1, None, "x"], "b": 2.0}, [1, 2], "text", '"quoted"', "5", 5, 5.0, True, None)


@pytest.mark.parametrize("chunk_size", [None, 2])
@pytest.mark.parametrize("form", ["to_arrow", "to_polars", "to_pandas", "to_dicts", "to_arrays", "csv"])
def test_json_goes_there_and_back(form: str, chunk_size: int | None, schema: lw.Schema, tmp_path: Path) -> None:
    note, copy = (table(schema, name, "id : int32\n---\ninfo = null : json") for name in ("Note", "Copy"))
    note.insert(enumerate(DOCUMENTS))
    rows = getattr(note, "to_polars" if form == "csv" else form)()
    if form == "csv":
        rows.write_csv(tmp_path / "note.csv")
        rows = tmp_path / "note.csv"
    copy.insert(rows, chunk_size=chunk_size)
    found = copy.to_dicts(order_by="KEY")
    assert [row["info"] for row in found] == list(DOCUMENTS)
    assert [type(row["info"]) for row in found] == list(map(type, DOCUMENTS))


def test_json_in_arrow_that_is_no_text(schema: lw.Schema) -> None:
    note = table(schema, "Note", "id : int32\n---\ninfo = null : json")
    note.insert(pa.table({"id": [1, 2], "info": [{"a": 1}, {"a": 2}]}))
    note.insert(pl.DataFrame({"id": [3], "info": [["x", "y"]]}))
    assert note.to_arrays("info", order_by="KEY").tolist() == [{"a": 1}, {"a": 2}, ["x", "y"]]
    with pytest.raises(DataError, match=r"Row 1, attribute 'info': 'left' is not JSON.*json\.dumps"):
        note.insert(pl.DataFrame({"id": [4, 5], "info": ["1", "left"]}))
    assert len(note) == 3


@pytest.mark.parametrize("count", [1, 3, 200])
@pytest.mark.parametrize("where", ["first", "last"])
def test_all_or_nothing(count: int, where: str, lab: Lab) -> None:
    good = [{"id": i, "species": "mouse"} for i in range(count)]
    for bad, error in (
        ({"id": 0, "species": "mouse"}, DuplicateError),
        ({"id": 999, "species": "cat"}, IntegrityError),
        ({"id": 2**31, "species": "mouse"}, DataError),
        ({"id": 999, "species": None}, MissingAttributeError),
        ("nonsense", DataError),
    ):
        rows = [bad, *good] if where == "first" else [*good, bad]
        with pytest.raises(error):
            lab.Subject.insert(iter(rows))
        assert len(lab.Subject) == 0, bad


def test_a_generator_that_fails(lab: Lab) -> None:
    def rows() -> Iterator[dict[str, Any]]:
        yield from ROWS
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        lab.Subject.insert(rows())
    assert len(lab.Subject) == 0


def test_a_transaction_lives_on_after_a_refused_row(lab: Lab, project: lw.Project) -> None:
    lab.Subject.insert(ROWS)
    copies = lab.Subject.proj("born", "species")
    with project.connection.transaction:
        for rows, error in (
            ([ROWS[0]], DuplicateError),
            ([{"id": 3, "species": "cat"}], IntegrityError),
            ([{"id": 3, "species": "mouse"}, ROWS[0]], DuplicateError),
            (copies, DuplicateError),
        ):
            with pytest.raises(error):
                lab.Subject.insert(rows)
        with pytest.raises(IntegrityError, match="species='cat'"):
            lab.Subject.update1({"id": 1, "species": "cat"})
        lab.Subject.insert1({"id": 4, "species": "mouse"})
    assert lab.Subject.to_arrays("id", order_by="KEY").tolist() == [1, 2, 4]


def test_errors_name_the_place(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    name = str(lab.Subject().id)
    messages = {
        DuplicateError: ([{"id": 7, "species": "mouse"}, ROWS[1]], ["row 1", "id=2", "in the table already"]),
        IntegrityError: (
            [{"id": 7, "species": "cat"}],
            ["row 0", "species='cat'", "#species", "Insert"],
        ),
        DataError: ([{"id": 7, "species": "mouse", "weight": "fat"}], ["row 0 (id=7", "'weight'", "'fat'", "float64"]),
        MissingAttributeError: ([{"species": "mouse"}], ["needs a value for 'id'", "Given: species"]),
    }
    for error, (rows, parts) in messages.items():
        with pytest.raises(error) as caught:
            lab.Subject.insert(rows)
        assert [p for p in [name, *parts] if p not in str(caught.value)] == [], str(caught.value)
    with pytest.raises(DuplicateError, match="row 1: the key id=7 is taken, row 0 has it too"):
        lab.Subject.insert([{"id": 7, "species": "mouse"}] * 2)
    with pytest.raises(DuplicateError) as caught:
        lab.Subject.insert1({"id": 7, "species": "mouse", "label": "a"})
    assert "label" in str(caught.value)


def test_a_missing_parent_of_many_attributes(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    lab.Session.insert1((1, 1, 0.5))
    with pytest.raises(IntegrityError, match=r"row 1: .*session has no row with id=1, session=2"):
        lab.Session.Trial.insert([(1, 1, 1, None), (1, 2, 1, 0.5)])


def test_master_and_parts_as_a_unit(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    trials = [{"id": 1, "session": 1, "trial": t} for t in range(3)]
    lab.Session.insert([{"id": 1, "session": 1}], parts={"Trial": trials})
    assert lab.counts == (2, 2, 1, 3)
    for rows, parts, error in (
        ([(1, 2, 0.0)], {"Trial": [(1, 3, 1, None)]}, DataError),
        ([(1, 2, 0.0)], {"Trial": [(1, 2, 1, "slow")]}, DataError),
        ([(1, 2, 0.0)], {"Trail": trials}, DataError),
        ([(1, 1, 0.0)], {"Trial": [(1, 1, 9, None)]}, DuplicateError),
    ):
        with pytest.raises(error):
            lab.Session.insert(rows, parts=parts)
        assert lab.counts == (2, 2, 1, 3)


def test_parts_of_no_rows_and_of_none(lab: Lab) -> None:
    with pytest.raises(DataError, match="Species has no part 'Trial'"):
        lab.Species.insert([("bird",)], parts={"Trial": []})


def test_computed_tables_are_not_filled_by_hand(lab: Lab, schema: lw.Schema) -> None:
    Mean = table(
        schema, "Mean", "-> Subject\n---\nm : float64", lw.Computed, Point=part("Point", "-> master\np : int8")
    )
    lab.Subject.insert(ROWS)
    with pytest.raises(LabwrightError, match=r"populate\(\).*allow_direct_insert=True"):
        Mean.insert1((1, 0.5))
    with pytest.raises(LabwrightError, match="allow_direct_insert=True"):
        Mean.Point.insert1((1, 1))
    Mean.insert1((1, 0.5), allow_direct_insert=True)
    Mean.Point.insert1((1, 1), allow_direct_insert=True)
    assert (len(Mean), len(Mean.Point)) == (1, 1)


def test_update1(lab: Lab) -> None:
    lab.Subject.insert(ROWS)
    lab.Session.insert1((1, 1, 0.5))
    lab.Subject.update1({"id": 1, "weight": None, "born": None, "species": "it's"})
    changed = {"species": "it's", "weight": None, "born": datetime.date(2020, 1, 1)}
    assert lab.Subject.to_dicts(order_by="KEY") == [ROWS[0] | changed, ROWS[1]]
    lab.Subject.update1({"id": 1})
    assert lab.Subject.to_dicts(order_by="KEY") == [ROWS[0] | changed, ROWS[1]]
    for row, error, says in (
        ({"weight": 3}, MissingAttributeError, "'id' is missing"),
        ({"id": None, "weight": 3}, MissingAttributeError, "'id' is missing"),
        ({"id": 3, "weight": 3}, LabwrightError, "no row with id=3"),
        ({"id": 1, "wieght": 3}, UnknownAttributeError, "Did you mean 'weight'"),
        ({"id": 1, "weight": "fat"}, DataError, "'weight'"),
        ({"id": 1, "species": None}, MissingAttributeError, "'species'"),
        ({"id": 1, "species": "cat"}, IntegrityError, "species='cat'"),
        ({"id": 2, "label": "a"}, DuplicateError, "label"),
        ([1, 2], DataError, "takes a dict"),
    ):
        with pytest.raises(error, match=says):
            lab.Subject.update1(row)
    with pytest.raises(QueryError, match="not on a restriction"):
        (lab.Subject & "id = 1").update1({"id": 1, "weight": 2})
    assert lab.Subject.to_dicts(order_by="KEY") == [ROWS[0] | changed, ROWS[1]]


def test_update1_to_now(schema: lw.Schema) -> None:
    Note = table(schema, "Note", "id : int8\n---\nat = CURRENT_TIMESTAMP : datetime(6)\nn = 5 : int8")
    Note.insert1((1, "2001-01-01", 3))
    Note.update1({"id": 1, "at": None, "n": None})
    at, n = Note.fetch1("at", "n")
    assert at.year > 2001
    assert n == 5


def test_validate_reports_every_bad_cell(lab: Lab) -> None:
    rows = [
        {"id": 1, "species": "mouse", "weight": "fat"},
        {"id": 2**40, "species": None},
        {"id": 1, "species": "mouse", "label": "x" * 11, "born": "soon"},
    ]
    result = lab.Subject.validate(rows)
    assert not result
    places = {(row, attribute) for row, attribute, _ in result.errors}
    assert places == {(0, "weight"), (1, "id"), (1, "species"), (2, "label"), (2, "born"), (2, None)}
    assert [row for row, _, _ in result.errors[:-1]] == sorted(row for row, _, _ in result.errors[:-1])
    assert "row 2, 'born'" in result.summary()
    assert "3 rows, 6 problems" in result.summary()
    with pytest.raises(LabwrightError, match="row 0, 'weight'"):
        result.raise_if_invalid()
    assert len(lab.Subject) == 0


def test_validate_reports_every_unknown_field(lab: Lab) -> None:
    rows = [{"id": 1, "specie": "mouse", "weight": "fat"}, {"id": 2, "species": "mouse", "wieght": 1.0}, {"id": 3}]
    expected = {(0, "specie"), (0, "weight"), (0, "species"), (1, "wieght"), (2, "species")}
    for given in (rows, iter(rows)):
        assert {error[:2] for error in lab.Subject.validate(given).errors} == expected
    assert "Did you mean 'weight'" in lab.Subject.validate(rows).summary()
    frame = pd.DataFrame([{"id": 2**40, "species": "mouse", "wieght": 1.0}])
    assert [error[:2] for error in lab.Subject.validate(frame).errors] == [(None, "wieght"), (0, "id")]


def test_validate_what_is_right(lab: Lab) -> None:
    assert lab.Subject.validate(ROWS).summary() == "2 rows, all valid"
    assert lab.Subject.validate([]).is_valid
    assert not lab.Subject.validate([{"id": 1}])
    assert not lab.Subject.validate([{"id": 1, "species": "mouse", "x": 1}])
    assert lab.Subject.validate([{"id": 1, "species": "mouse", "x": 1}], ignore_extra_fields=True)
    assert not lab.Subject.validate("nowhere.csv")


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"id": 1, "species": "mouse"}, "insert1"),
        (5, "insert takes rows"),
        (None, "insert takes rows"),
        ([5], "Row 0 is 5"),
        (["id"], "Row 0 is 'id'"),
        ([(1, "mouse")], "Row 0 has 2 values and the table has 5 attributes: id, species, weight, born, label"),
        ([{"id": 1, "species": "mouse"}, (1, "mouse")], "Row 1 is a tuple"),
        ("missing.csv", "missing.csv"),
    ],
)
def test_what_is_no_rows(rows: Any, says: str, lab: Lab) -> None:
    with pytest.raises(LabwrightError, match=says):
        lab.Subject.insert(rows)


def test_a_csv_file_with_a_short_line(lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "short.csv"
    path.write_text("id,species\n1,mouse\n2\n", "utf-8")
    with pytest.raises(DataError, match=r"Line 3 of .*short\.csv"):
        lab.Subject.insert(path)
    assert len(lab.Subject) == 0


def test_decimals_from_frames(schema: lw.Schema) -> None:
    Price = table(schema, "Price", "id : int32\n---\nprice = null : decimal(8,2)\nat = null : datetime(6)")
    at = datetime.datetime(2024, 1, 1, 12, 0, 0, 5)
    frame = pd.DataFrame({"id": [1, 2, 3], "price": [1.1, np.nan, 2.25], "at": [pd.Timestamp(at), pd.NaT, None]})
    Price.insert(frame)
    expected = [(1, Decimal("1.10"), at), (2, None, None), (3, Decimal("2.25"), None)]
    assert [tuple(row.values()) for row in Price.to_dicts(order_by="KEY")] == expected
