"""What is typed goes through every database, is edited as it was, and is found again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.backends.stores import opened
from tests.web.fields.kinds import TYPES, values

import labwright as lw
from labwright.web.fields import Field, FieldError, fields_of, filters_of
from labwright.web.fields.filters import join_list

HELD = {name: type_ for name, type_ in TYPES.items() if name != "u64"}  # which SQLite has no room for
PATIENT = settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture
def lab(database_url: str, prefix: str) -> Any:
    with lw.Project(database_url) as project:
        yield lw.Schema(f"{prefix}lab", connection=project)


@pytest.fixture
def everything(lab: lw.Schema) -> Any:
    lines = ["id : int32", "---", *(f"{name} = null : {type_}" for name, type_ in HELD.items())]
    return lab(type("Everything", (lw.Manual,), {"definition": "\n".join(lines)}))


def rows() -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({name: st.none() | values(type_).map(without_sign) for name, type_ in HELD.items()})


def without_sign(value: Any) -> Any:
    """`value` without the sign of zero, which MariaDB does not keep."""
    return value + 0.0 if isinstance(value, float) else value


def texts_of(fields: Mapping[str, Field], row: Mapping[str, Any]) -> dict[str, str]:
    return {name: field.edit(row[name]) for name, field in fields.items()}


@PATIENT
@given(row=rows())
def test_what_is_typed_comes_back_and_is_found(everything: Any, row: dict[str, Any]) -> None:
    everything.delete_quick()
    fields = {name: field for name, field in fields_of(everything.heading).items() if name != "id"}
    typed = texts_of(fields, row)
    everything.insert1({"id": 1} | {name: field.parse(typed[name]) for name, field in fields.items()})
    everything.insert1({"id": 2})
    (found,) = (everything & "id = 1").to_dicts()
    for name, field in fields.items():
        same = (
            field.parse(typed[name]) == found[name] if field.kind == "json" else field.edit(found[name]) == typed[name]
        )
        assert same, (name, typed[name], found[name])  # of JSON, databases keep neither order nor 1.0
    for name, field in fields.items():
        check_filters(everything, field, typed[name])


def check_filters(table: Any, field: Field, text: str) -> None:
    """Filters by the text of a value find its row, and those by its absence the other one."""
    filters = {f"{field.name}.is_null": "1"} if not text else {f"{field.name}.not_null": "1"} | by_value(field, text)
    conditions, problems = filters_of(table.heading, list(filters.items()))
    assert problems == []
    found = (table & lw.AndList(conditions)).to_arrays("id").tolist()
    assert found == ([1] if text else [1, 2]), filters


def by_value(field: Field, text: str) -> dict[str, str]:
    usual = {"eq": text, "in": join_list([text])}
    ordered = {"le": text, "ge": text, "between": f"{text}..{text}"}
    searched = {"has": field.parse(text), "starts": field.parse(text)} if "has" in field.operators else {}
    asked = {name: t for name, t in (usual | ordered | searched).items() if name in field.operators}
    return {f"{field.name}.{operator}": t for operator, t in asked.items()}


def test_rows_are_filtered_as_people_mean_it(lab: lw.Schema) -> None:
    @lab
    class Scan(lw.Manual):
        definition = """
        scan : int16
        ---
        name : varchar(40)
        score = null : float32
        at : datetime(3)
        side : enum("left", "right")
        """

    Scan.insert(
        [
            (1, "Anna 50%", 0.1, "2024-02-28 23:59:59.999", "left"),
            (2, "anna_5", None, "2024-02-29 00:00:00", "right"),
            (3, "Bert", 2.5, "2024-02-29 23:59:59.999", "left"),
            (4, "", 3, "2024-03-01 00:00:00", "right"),
        ]
    )

    def found(*pairs: tuple[str, str]) -> list[int]:
        conditions, problems = filters_of(Scan.heading, pairs)
        assert problems == []
        return sorted((Scan & lw.AndList(conditions)).to_arrays("scan").tolist())

    assert found() == [1, 2, 3, 4]
    assert found(("at", "2024-02-29")) == [2, 3]
    assert found(("at.ne", "29.02.2024")) == [1, 4]
    assert found(("at.le", "2024-02-29")) == [1, 2, 3]
    assert found(("at.gt", "2024-02-29")) == [4]
    assert found(("at.between", "2024-02-28..2024-02-29")) == [1, 2, 3]
    assert found(("at.in", "2024-02-28,2024-03-01")) == [1, 4]
    assert found(("name.has", "ANNA")) == [1, 2]
    assert found(("name.has", "0%")) == [1]
    assert found(("name.starts", "a"), ("name.has", "_")) == [2]
    assert found(("name", '""')) == [4]
    assert found(("name", "anna_5"), ("name", "Bert")) == [2, 3]
    assert found(("score", "0.1")) == [1]
    assert found(("score.ne", "0.1")) == [3, 4]
    assert found(("score.is_null", ""), ("score", "0,1")) == [1, 2]
    assert found(("score.between", "2.."), ("side", "left")) == [3]
    assert found(("side.in", "left,right"), ("scan.in", "1,4")) == [1, 4]


class Window(lw.AttributeAdapter):
    """A classic adapter, whose values no page knows."""

    attribute_type = "varchar(16)"

    def put(self, value: slice) -> str:
        return f"{value.start}:{value.stop}"

    def get(self, stored: str) -> slice:
        return slice(*map(int, stored.split(":")))


def test_what_codecs_keep_is_shown_without_a_look_into_the_store(
    database_url: str, prefix: str, tmp_path: Path
) -> None:
    with opened(database_url, tmp_path, "main") as project:
        project.config.update({"stores.default": "main"})
        scan: Any = lw.Schema(f"{prefix}lab", connection=project, generation="classic", context={"extent": Window()})(
            type("Scan", (lw.Manual,), {"definition": SCAN})
        )
        (tmp_path / "notes.txt").write_text("calm")
        trace = np.arange(6, dtype="f4").reshape(2, 3)
        scan.insert1(
            {"scan": 1, "meta": (1, None), "notes": tmp_path / "notes.txt", "trace": trace, "movie": b"12345"}
            | {"frames": slice(2, 5)}
        )
        row = scan.proj("meta", "trace", "movie", "frames").fetch1()
        for file in (tmp_path / "main").rglob("*.*"):
            file.unlink()
        fields = fields_of(scan.heading)
    assert [fields[n].macro for n in scan.heading] == ["number", "json", "file", "file", "file", "none"]
    assert [n for n in scan.heading if fields[n].column.is_heavy] == ["meta", "notes", "frames"]
    assert fields["meta"].parse(fields["meta"].edit(row["meta"])) == (1, None)
    assert fields["trace"].format(row["trace"]) == "array 2 x 3 float32"
    assert fields["trace"].to_json(row["trace"])["shape"] == [2, 3]
    assert fields["movie"].format(row["movie"]).endswith(", 5 bytes")
    assert fields["frames"].format(row["frames"]) == "slice(2, 5, None)"
    for name in ("notes", "trace", "movie", "frames"):
        with pytest.raises(FieldError):
            fields[name].parse(str(tmp_path / "notes.txt"))


SCAN = """
scan : int16
---
meta : <blob>
notes : <attach>
trace : <npy@>
movie : <object@>
frames : <extent>
"""
