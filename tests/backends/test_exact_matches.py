"""A condition finds the rows that have a value and no others, whatever the value is made of."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, Final

import numpy as np
import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DataError, DefinitionSyntaxError, QueryError

WHOLE: Final = (1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**64 + 1, 10**40, 1e300, 1e22, 1e-7, 1.5, 0)
"""The first three and the last are whole numbers of 64 bits."""


def ids(query: Any) -> list[int]:
    found: list[int] = query.to_arrays("id", order_by="id").tolist()
    return found


@pytest.mark.parametrize("others", [1, 150])
def test_text_with_nul_in_a_list(others: int, schema: lw.Schema, backend: str) -> None:
    texts = ["", "a", "\1", "\1\2", "\1\3", "a\1", "\2"]
    texts += [] if backend == "postgres" else ["\0", "a\0b", "\0\1", "\1\0", "a\0"]
    rat = table(schema, "Rat", "id : int32\n---\nname : varchar(9)")
    rat.insert(enumerate(texts))
    for number, text in enumerate(texts):
        rest = [{"name": f"no{i}"} for i in range(others)]
        assert ids(rat & [{"name": text}, *rest]) == [number]
        assert ids(rat & [{"name": text, "id": number}, *({**r, "id": 1} for r in rest)]) == [number]


def test_a_text_that_ends_earlier_is_another(schema: lw.Schema, backend: str) -> None:
    rat = table(schema, "Rat", "id : int32\n---\nname : varchar(9)")
    rat.insert([(0, ""), (1, "a")])
    for condition in ({"name": "a\0"}, [{"name": "\0"}, {"name": "b"}]):
        if backend == "postgres":
            with pytest.raises(DataError, match="NUL"):
                len(rat & condition)
        else:
            assert ids(rat & condition) == []
            assert ids(rat - condition) == [0, 1]


@pytest.mark.parametrize("others", [1, 150])
def test_bytes_in_a_list(others: int, schema: lw.Schema) -> None:
    values = [b"", b"a", b"a\0", b"\0\xff'\\%", bytes(range(256)), b"61"]
    rat = table(schema, "Rat", "id : int32\n---\nraw : bytes")
    rat.insert(enumerate(values))
    rest = [{"raw": b"no%d" % i} for i in range(others)]
    for number, value in enumerate(values):
        assert ids(rat & {"raw": value}) == ids(rat & [{"raw": value}, *rest]) == [number]


def test_text_in_json_keeps_its_blanks(schema: lw.Schema) -> None:
    texts = ["a", "a ", " ", "", "A", "á", "a\t"]
    note = table(schema, "Note", "id : int32\n---\ninfo : json\nname : varchar(9)")
    note.insert((i, {"k": text}, text) for i, text in enumerate(texts))
    shown = note.proj(text="info.k")
    for number, text in enumerate(texts):
        assert ids(note & {"info.k": text}) == [number]
        assert ids(shown & {"text": text}) == ids(shown & [{"text": text}, {"text": "no"}]) == [number]
    assert ids(note & "info->>'$.k' = name") == list(range(len(texts)))
    assert len(lw.U("text") & shown) == len(texts)


def test_whole_numbers_in_json_are_of_64_bits(schema: lw.Schema) -> None:
    note = table(schema, "Note", "id : int32\n---\ninfo : json")
    note.insert((i, {"n": n}) for i, n in enumerate(WHOLE))
    found = note.proj(n="info.n:int").to_dicts(order_by="id")
    assert [row["n"] for row in found] == [*WHOLE[:3], *([None] * 8), 0]
    for number, value in enumerate(WHOLE[:3]):
        assert ids(note & {"info.n": value}) == ids(note & {"info.n:int": value}) == [number]


@pytest.mark.parametrize("value", [16, 2**63, -1, [1] * 16, np.int64(16), np.zeros(16, np.uint8)])
def test_a_number_is_no_uuid(value: Any, schema: lw.Schema) -> None:
    rat = table(schema, "Rat", "id : uuid")
    with pytest.raises(DataError, match="give a uuid"):
        rat.insert1({"id": value})
    rat.insert1({"id": uuid.UUID(int=0)})
    with pytest.raises(DataError, match="give a uuid"):
        (rat & {"id": value}).to_dicts()


@pytest.mark.parametrize("value", [np.datetime64("2024-01-02"), datetime.date(2024, 1, 2), 1 + 0j])
def test_a_date_is_no_decimal(value: Any, schema: lw.Schema) -> None:
    rat = table(schema, "Rat", "id : int32\n---\nprice : decimal(8, 2)")
    with pytest.raises(DataError, match=r"price.*give a decimal\.Decimal or a number"):
        rat.insert1({"id": 1, "price": value})
    with pytest.raises(DataError, match=r"give a decimal\.Decimal or a number"):
        (rat & {"price": value}).to_dicts()


def test_more_rows_than_there_are(schema: lw.Schema) -> None:
    rat = table(schema, "Rat", "id : int32")
    rat.insert((i,) for i in range(3))
    for many in (2**63, 2**64, 10**30):
        assert ids(rat & lw.Top(many, "id")) == [r["id"] for r in rat.to_dicts(limit=many)] == [0, 1, 2]
        assert ids(rat & lw.Top(2, "id", many)) == rat.to_dicts(limit=2, offset=many) == []
    assert ids(rat & lw.Top(np.int64(2), "id", np.uint8(1))) == [1, 2]  # type: ignore[arg-type]  # what is tested
    for wrong in (True, 2.0, -1, "2", np.arange(2)):
        with pytest.raises(QueryError, match="limit"):
            lw.Top(wrong)  # type: ignore[arg-type]  # what is tested
        with pytest.raises(QueryError, match="limit"):
            rat.to_dicts(limit=wrong)


def test_a_definition_that_no_database_can_hold(schema: lw.Schema) -> None:
    with pytest.raises(DefinitionSyntaxError, match="line 3: a definition cannot hold half a surrogate pair"):
        table(schema, "Rat", "id : int32\n---\nname : varchar(9)  # \ud800")
    assert len(table(schema, "Mouse", "id : int32")) == 0


def test_json_that_is_no_text_is_told_with_its_place(schema: lw.Schema) -> None:
    note = table(schema, "Note", "id : int32\n---\ninfo : json")
    deep: list[list[Any]] = [[]]
    for _ in range(100_000):
        deep.append([deep[-1]])
    nested = [(deep[n], "nested too deeply") for n in (1000, 100_000)]
    for value, why in (({"k": ["\ud800"]}, "surrogate"), ({"\udc00": 1}, "surrogate"), *nested):
        with pytest.raises(DataError, match=rf"row 1 \(id=2\), attribute 'info'.*{why}"):
            note.insert([(1, {}), (2, value)])
    assert len(note) == 0


def test_bytes_are_no_condition(schema: lw.Schema) -> None:
    with pytest.raises(QueryError, match="cannot be b'id = 1'"):
        table(schema, "Rat", "id : int32") & b"id = 1"
