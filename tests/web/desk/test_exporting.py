"""Files of rows: exactly what the person sees, in types that come back as they were."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from tests.backends.classes import table
from tests.web.desk.restricted import build, grant, sheet

import labwright as lw
from labwright.web.desk.grid.exporting import FORMATS, file_name, write_rows
from labwright.web.desk.grid.listing import exact_listing
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sheet import Sheet
from labwright.web.fields import guarded, unguarded
from labwright.web.roles.role import Scope

EVIL = ["=cmd|'/c calc'!A0", "@SUM(1)", "+1+1", "-2+3", "\t=1", "'=1", "+/-", "-/-", "'tis", 'plain, "quoted"\nline']


def write(found: Sheet, format_: str, folder: Path, query: str = "") -> Path:
    listing = exact_listing(found, parse_qsl(query))
    path = folder / file_name(listing, format_)
    with path.open("wb") as file:
        write_rows(listing, format_, file, lambda row: f"http://lab/t/x/{row}")
    return path


def lines(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


@pytest.fixture
def strains(schema: lw.Schema) -> lw.Schema:
    made = table(
        schema, "Strain",
        """
        strain : int32
        ---
        name : varchar(40000)
        share = null : decimal(20, 4)    # of the wild type (%)
        born = null : date
        seen = null : datetime(6)
        big = null : int64
        is_wild = null : bool
        weights = null : <blob>
        """,
    )  # fmt: skip
    rows = [{"strain": i, "name": text} for i, text in enumerate(EVIL)]
    rows[0] |= {"share": "1.5", "born": "2026-02-03", "seen": "2026-02-03 10:11:12", "big": 2**53 + 1, "is_wild": True}
    rows[1] |= {"born": "1850-02-03", "seen": "2026-02-03 10:11:12.345678", "weights": [1, 2]}
    rows[2] |= {"name": "x" * 33_000}
    made.insert(rows)
    return schema


@given(st.text(st.characters(codec="utf-8")) | st.from_regex(r"'{0,3}[=+@\-\t]{1,2}[+/\-a1]{0,3}", fullmatch=True))
def test_what_is_guarded_is_unguarded(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "@", "\t", "\r", "\n"))


def test_a_file_of_texts(strains: lw.Schema, tmp_path: Path) -> None:
    path = write(sheet(strains, "Strain", grant()), "csv", tmp_path)
    head, *rows = lines(path)
    assert head == ["strain", "name", "share", "born", "seen", "big", "is_wild"]
    names = [row[1] for row in rows]
    assert [unguarded(name) for name in names] == [*EVIL[:2], "x" * 33_000, *EVIL[3:]]
    assert names[6:9] == ["+/-", "-/-", "'tis"]
    assert not any(name.startswith(("=", "@", "\t", "-2")) for name in names)
    assert rows[0][2:] == ["1.5000", "2026-02-03", "2026-02-03 10:11:12", str(2**53 + 1), "yes"]


def test_a_workbook(strains: lw.Schema, tmp_path: Path) -> None:
    path = write(sheet(strains, "Strain", grant()), "xlsx", tmp_path)
    book = CalamineWorkbook.from_path(path)
    rows: list[list[Any]] = book.get_sheet_by_name("Rows").to_python()
    names = [row[1] for row in rows[1:]]
    assert (names[:2], names[3:]) == (EVIL[:2], EVIL[3:])
    assert names[2].startswith("(too long for a cell: see http://lab/t/x/{'strain': 2")
    assert rows[1][2] == 1.5
    assert (str(rows[1][3]), str(rows[1][4])) == ("2026-02-03", "2026-02-03 10:11:12")
    assert rows[1][5] == str(2**53 + 1)
    assert rows[1][6] is True
    assert rows[2][3:5] == ["1850-02-03", "2026-02-03 10:11:12.345678"]
    told: list[list[Any]] = book.get_sheet_by_name("Columns").to_python()
    assert ["share", "decimal(20,4)", "%", "of the wild type (%)"] in told
    assert [row[0] for row in told if "left out" in row[3]] == ["weights"]
    assert b"<f>" not in path.read_bytes()


def test_a_parquet_file(strains: lw.Schema, tmp_path: Path, schema: lw.Schema) -> None:
    path = write(sheet(strains, "Strain", grant()), "parquet", tmp_path, "sort=-strain&columns=name,share,big")
    found = pq.read_table(path)
    assert found.column_names == ["name", "share", "big"]
    assert found["name"].to_pylist()[::-1] == [*EVIL[:2], "x" * 33_000, *EVIL[3:]]
    assert found["big"].to_pylist()[-1] == 2**53 + 1
    told = found.schema.field("share").metadata
    assert told == {
        b"labwright.type": b"decimal(20,4)", b"labwright.unit": b"%", b"labwright.comment": b"of the wild type (%)",
    }  # fmt: skip
    assert found.schema.metadata[b"labwright.table"] == f"{schema.database_name}.Strain".encode()


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_has_what_the_person_sees_and_nothing_else(schema: lw.Schema, tmp_path: Path, format_: str) -> None:
    build(schema)
    hidden = grant(scope=Scope.OWN, hidden=frozenset({"salary", "weight"}))
    mouse = sheet(schema, "Mouse", hidden)
    path = write(mouse, format_, tmp_path, "sort=-mouse")
    head: list[Any]
    rows: list[list[Any]]
    if format_ == "csv":
        head, *rows = lines(path)
    elif format_ == "xlsx":
        head, *rows = CalamineWorkbook.from_path(path).get_sheet_by_name("Rows").to_python()
    else:
        found = pq.read_table(path)
        head, rows = found.column_names, [list(row.values()) for row in found.to_pylist()]
    assert head == ["mouse", "person", "name", "sex", "is_alive"]
    assert [int(float(str(row[0]))) for row in rows] == [7, 5, 3, 1]
    for query in ("columns=weight", "columns=Person:salary", "weight.ge=1", "sort=weight", "columns=nothing"):
        with pytest.raises(BadRequestError):
            write(mouse, format_, tmp_path, query)


@pytest.mark.parametrize("format_", FORMATS)
def test_a_file_without_rows_and_columns_of_others(schema: lw.Schema, tmp_path: Path, format_: str) -> None:
    build(schema)
    session = sheet(schema, "Session", grant(), grant(table="Mouse"))
    for query, count in (("mouse=99", 0), ("session=1", 3)):
        path = write(session, format_, tmp_path, f"columns=session,Mouse:name&{query}&sort=-Mouse:name")
        if format_ == "csv":
            assert lines(path) == [["session", "Mouse:name"], *(["1", f"m{n}"] for n in (3, 2, 1))][: count + 1]
        elif format_ == "parquet":
            assert pq.read_table(path)["Mouse:name"].to_pylist() == ["m3", "m2", "m1"][:count]
        else:
            assert len(CalamineWorkbook.from_path(path).get_sheet_by_name("Rows").to_python()) == count + 1


def test_what_does_not_fit_is_refused(schema: lw.Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build(schema)
    monkeypatch.setattr("labwright.web.desk.grid.exporting.ROWS", 7)
    mouse = sheet(schema, "Mouse", grant())
    with pytest.raises(BadRequestError, match="room for 7 rows"):
        write(mouse, "xlsx", tmp_path)
    with pytest.raises(BadRequestError, match="no format 'exe'"):
        write(mouse, "exe", tmp_path)
    write(mouse, "xlsx", tmp_path, "mouse.le=7")
