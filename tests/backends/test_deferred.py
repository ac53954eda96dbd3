"""The transaction of a computation: nothing is open while it computes, and all of it is stored at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.backends.classes import table

import labwright as lw
from labwright.core.errors import DuplicateError, InputsChangedError, IntegrityError, LostJobError, TransactionError
from labwright.sql.demand import Demand
from labwright.sql.reads import Reads
from labwright.sql.statement import Statement


@dataclass(frozen=True)
class Lab:
    """A parent and a child, and what somebody else sees."""

    schema: lw.Schema
    Mouse: Any
    Weight: Any

    @property
    def connection(self) -> lw.Connection:
        return self.schema.project.connection

    def stored(self) -> list[int]:
        """What is stored, as another connection sees it."""
        with lw.Project(self.connection.url) as other:
            return sorted(lw.FreeTable(other, str(self.Weight().id)).to_arrays("mouse").tolist())


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Mouse = table(schema, "Mouse", "mouse : int32\n---\nage : int32")
    Mouse.insert([(n, n) for n in range(5)])
    Weight = table(schema, "Weight", "-> Mouse\n---\nweight = null : float64")
    Weight.insert1((0, 0.5))
    return Lab(schema, Mouse, Weight)


def test_inserts_wait_until_it_is_stored(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        lab.Weight.insert([(2, 2.5), (3, None)])
        assert deferred.waits
    assert lab.stored() == [0]
    deferred.commit()
    assert lab.stored() == [0, 1, 2, 3]


def test_many_rows_wait_too(lab: Lab) -> None:
    lab.Mouse.insert([(n, n) for n in range(5, 200)])
    with lab.connection.deferring() as deferred:
        lab.Weight.insert((n, None) for n in range(1, 200))
        assert deferred.waits
    deferred.commit()
    assert len(lab.Weight) == 200


def insert_and_fail(lab: Lab, mouse: int) -> None:
    lab.Weight.insert1((mouse, 1.5))
    raise ZeroDivisionError


def test_an_error_leaves_nothing(lab: Lab) -> None:
    with pytest.raises(ZeroDivisionError), lab.connection.deferring():
        insert_and_fail(lab, 1)
    assert lab.stored() == [0]
    assert not lab.connection.in_transaction


def test_what_it_has_inserted_can_be_read(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        waited = [len(lab.Mouse), deferred.waits, len(lab.Weight), deferred.waits]
        assert waited == [5, True, 2, False]
        assert lab.stored() == [0]
        lab.Weight.insert1((2, 1.5))
    deferred.commit()
    assert lab.stored() == [0, 1, 2]


def test_what_cannot_wait_is_done_in_the_transaction(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        lab.Weight.update1({"mouse": 0, "weight": 9.0})
        assert not deferred.waits
        lab.Weight.insert1((0, 1.5), skip_duplicates=True)
    assert lab.stored() == [0]
    deferred.commit()
    assert lab.Weight.to_arrays("mouse", "weight", order_by="mouse")[1].tolist() == [9.0, 1.5]


def test_parts_of_it_that_are_undone(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        with pytest.raises(ZeroDivisionError), lab.connection.atomic():
            insert_and_fail(lab, 2)
        with lab.connection.atomic():
            lab.Weight.insert1((3, 1.5))
        assert deferred.waits
    deferred.commit()
    assert lab.stored() == [0, 1, 3]


@pytest.mark.parametrize("undone", [False, True])
def test_beginning_within_a_part(lab: Lab, undone: bool) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        try:
            with lab.connection.atomic():
                lab.Weight.insert1((2, 1.5))
                with lab.connection.atomic():
                    lab.Weight.insert1((3, 1.5))
                    assert len(lab.Weight) == 4
                if undone:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            pass
        lab.Weight.insert1((4, 1.5))
    deferred.commit()
    assert lab.stored() == ([0, 1, 4] if undone else [0, 1, 2, 3, 4])


def test_transactions_do_not_nest(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        with pytest.raises(TransactionError, match="do not nest"), lab.connection.transaction:
            pass
        with pytest.raises(TransactionError, match="do not nest"), lab.connection.deferring():
            pass
    deferred.rollback()


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        ((0, 1.0), DuplicateError, "the key mouse=0 is taken"),
        ((77, 1.0), IntegrityError, "parent is missing.*mouse=77"),
    ],
)
def test_the_database_refuses_later(lab: Lab, row: tuple[int, float], error: type[Exception], said: str) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((1, 1.5))
        lab.Weight.insert1(row)
    with pytest.raises(error, match=said):
        deferred.commit()
    assert lab.stored() == [0]


def test_a_refusal_in_the_middle_ends_it(lab: Lab) -> None:
    with lab.connection.deferring() as deferred:
        lab.Weight.insert1((0, 1.5))
        with pytest.raises(DuplicateError, match="mouse=0 is taken"):
            lab.Weight.to_dicts()
        with pytest.raises(TransactionError, match="ended by an earlier error"):
            lab.Weight.insert1((1, 1.5))
    with pytest.raises(TransactionError):
        deferred.commit()
    assert lab.stored() == [0]


def reading_ages(lab: Lab, meanwhile: Callable[[], object]) -> Any:
    reads = Reads()
    with lab.connection.readers.follow(reads), lab.connection.deferring(reads=reads) as deferred:
        age = (lab.Mouse & "mouse = 1").fetch1("age")
        lab.Weight.insert1((1, age))
    meanwhile()
    return deferred


def test_inputs_that_stay(lab: Lab) -> None:
    reading_ages(lab, lambda: lab.Mouse.update1({"mouse": 2, "age": 9})).commit()
    assert lab.stored() == [0, 1]


@pytest.mark.parametrize("meanwhile", ["update", "delete"])
def test_inputs_that_change(lab: Lab, meanwhile: str) -> None:
    changes: dict[str, Callable[[], object]] = {
        "update": lambda: lab.Mouse.update1({"mouse": 1, "age": 9}),
        "delete": (lab.Mouse & "mouse = 1").delete_quick,
    }
    deferred = reading_ages(lab, changes[meanwhile])
    with pytest.raises(InputsChangedError):
        deferred.commit()
    assert lab.stored() == [0]


def count_up(lab: Lab, mouse: int) -> Demand:
    dialect = lab.schema.project.database.dialect
    target = dialect.table(*lab.Mouse().full_table_name.replace("`", "").replace('"', "").split("."))
    mark = dialect.placeholder
    return Demand(Statement(f"UPDATE {target} SET age = age + 1 WHERE mouse = {mark}", (mouse,)), LostJobError())


def test_demands(lab: Lab) -> None:
    with lab.connection.deferring([count_up(lab, 3)]) as deferred:
        lab.Weight.insert1((3, 1.5))
    deferred.commit()
    with lab.connection.deferring([count_up(lab, 99)]) as deferred:
        lab.Weight.insert1((4, 1.5))
    with pytest.raises(LostJobError):
        deferred.commit()
    assert (lab.Mouse & "mouse = 3").fetch1("age") == 4
    assert lab.stored() == [0, 3]


def test_storing_several_together(lab: Lab) -> None:
    made = []
    for mouse in (1, 0, 2, 99, 3):
        with lab.connection.deferring([count_up(lab, mouse)]) as deferred:
            lab.Weight.insert1((mouse, 1.5))
        made.append(deferred)
    told: list[str] = []
    for deferred in made:
        deferred.after_commit(lambda: told.append("stored"))
        deferred.after_rollback(lambda: told.append("undone"))
    failures = lab.connection.store_together(made)
    assert [type(f) for f in failures] == [type(None), DuplicateError, type(None), LostJobError, type(None)]
    assert "the key mouse=0 is taken" in str(failures[1])
    assert lab.stored() == [0, 1, 2, 3]
    assert (lab.Mouse & "mouse = 0").fetch1("age") == 0
    assert sorted(told) == ["stored"] * 3 + ["undone"] * 2


def test_a_stream_is_read_by_itself(lab: Lab) -> None:
    reads = Reads()
    with lab.connection.readers.follow(reads), lab.connection.deferring(reads=reads) as deferred:
        assert [row["mouse"] for row in lab.Mouse()] == [0, 1, 2, 3, 4]
        assert deferred.waits
    lab.Mouse.insert1((9, 9))
    with pytest.raises(InputsChangedError):
        deferred.commit()
