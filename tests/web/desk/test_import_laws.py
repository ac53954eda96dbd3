"""What is exported comes back as it was, whatever is in it; and no file does harm, whatever is in it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.web.fields.kinds import TYPES, field, values

import labwright as lw
from labwright.web.accounts.person import Person
from labwright.web.desk.desk import Desk
from labwright.web.desk.importing.beginning import begin
from labwright.web.desk.importing.cells import packed, text_of, unpacked, value_of
from labwright.web.desk.importing.checking import put_into
from labwright.web.desk.importing.entering import enter
from labwright.web.desk.importing.judging import Fate, There
from labwright.web.desk.importing.looking import rows_with
from labwright.web.desk.importing.mapping import Choice
from labwright.web.desk.importing.reading import Reader
from labwright.web.desk.importing.texts import DELIMITERS, guess_delimiter, guess_encoding, read_text
from labwright.web.desk.refusals import BadRequestError
from labwright.web.desk.sheet import Sheet
from labwright.web.desk.workspace import Workspace
from labwright.web.fields import fields_of
from labwright.web.roles.rights import Rights
from labwright.web.roles.role import Role

HELD = {name: type_ for name, type_ in TYPES.items() if name != "u64"}  # which SQLite has no room for
PATIENT = settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def without_sign(value: Any) -> Any:
    """`value` without the sign of zero, which MariaDB does not keep."""
    return value + 0.0 if isinstance(value, float) else value


def rows() -> st.SearchStrategy[list[dict[str, Any]]]:
    one = st.fixed_dictionaries({n: st.none() | values(type_).map(without_sign) for n, type_ in HELD.items()})
    return st.lists(one, min_size=1, max_size=4)


@pytest.fixture
def everything(schema: lw.Schema) -> Sheet:
    lines = ["id : int32", "---", *(f"{name} = null : {type_}" for name, type_ in HELD.items())]
    made: Any = schema(type("Everything", (lw.Manual,), {"definition": "\n".join(lines)}))
    made().ready()
    who = Person("ana", role=Role.ADMIN)
    workspace = Workspace(schema.project, schemas=[schema.database_name], kept=f"{schema.database_name}_kept")
    return Desk(workspace, who, Rights.of(who)).sheet(f"{schema.database_name}.Everything")


def exported(sheet: Sheet, delimiter: str) -> tuple[str, list[dict[str, str]]]:
    """All rows as a text, and cell by cell."""
    fields = fields_of(sheet.heading)
    texts = [{n: f.edit(row[n]) for n, f in fields.items()} for row in sheet.rows().to_dicts(order_by="id")]
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, list(fields), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(texts)
    return file.getvalue(), texts


@PATIENT
@given(given_rows=rows(), delimiter=st.sampled_from(list(DELIMITERS)))
def test_what_is_exported_comes_back(everything: Sheet, given_rows: Sequence[Any], delimiter: str) -> None:
    everything.table.delete_quick()
    everything.table.insert([{"id": n, **row} for n, row in enumerate(given_rows)])
    text, before = exported(everything, delimiter)
    everything.table.delete_quick()
    draft = begin(everything, "all.csv", text.encode("utf-8-sig"))
    draft = put_into(draft, draft.mapping, There.REFUSE)
    assert [one.problems for one in rows_with(draft, Fate.BAD).rows] == []
    enter(draft)
    assert exported(everything, delimiter)[1] == before
    # and once more, over itself, it changes nothing
    again = begin(everything, "all.csv", text.encode("utf-8-sig"))
    assert put_into(again, again.mapping, There.UPDATE).counts["same"] == len(given_rows)
    again.discard()


@settings(max_examples=300)
@given(
    data=st.binary(max_size=300)
    | st.text(max_size=100).map(str.encode)
    | st.text(max_size=50).map(lambda t: t.encode("utf-16"))
)
@example(data=b"sep=;\na;b")
@example(data=b'"\r\r\n\0')
def test_any_bytes_are_rows_or_refused(data: bytes) -> None:
    found, refused = read(data)
    assert refused == "" or refused.endswith((".", "?"))
    assert all(isinstance(cell, str) for _, cells in found for cell in cells)


def read(data: bytes) -> tuple[list[tuple[int, Sequence[str]]], str]:
    """The rows of a file, or why there are none."""
    encoding = guess_encoding(data)
    try:
        return list(read_text(data, encoding, guess_delimiter(data, encoding))), ""
    except BadRequestError as error:
        return [], error.text


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8")), min_size=2, max_size=4), min_size=1, max_size=5))
def test_cells_read_back(table: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    assert [list(cells) for _, cells in read_text(file.getvalue().encode("utf-8-sig"), "utf-8-sig", ",")] == table


CELLS = st.one_of(
    st.none(), st.booleans(), st.floats(allow_nan=False), st.text(st.characters(codec="utf-8")),
    st.dates().map(lambda d: {"@date": d.isoformat()}), st.datetimes().map(lambda d: {"@moment": d.isoformat()}),
    st.times().map(lambda t: {"@time": t.isoformat()}),
)  # fmt: skip


@given(st.lists(CELLS))
def test_cells_are_kept_as_they_are(cells: list[Any]) -> None:
    kept = unpacked(packed(cells))
    assert kept == cells
    assert [value_of(cell) for cell in kept] == [value_of(cell) for cell in cells]
    assert all(isinstance(text_of(cell), str) for cell in kept)


@pytest.mark.parametrize("type_", ["int32", "float64", "varchar(40)", "date", "bool", "enum('a', 'b')", "uuid", "json"])
@given(texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=5))
def test_every_cell_is_read_or_has_its_reason(type_: str, texts: list[str]) -> None:
    reader = Reader({"x": field(type_, nullable=True)}, Choice({0: "x"}), 1)
    for text in texts:
        row, problems = reader.read([text])
        assert ("x" in row) is not bool(problems)
        assert all(p.text.endswith((".", "?")) for p in problems)
