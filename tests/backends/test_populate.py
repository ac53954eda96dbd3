"""Computed tables fill themselves, key by key, each whole or not at all."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backends.classes import part, table

import labwright as lw
from labwright.core.errors import DefinitionError, DuplicateError, LabwrightError, QueryError
from labwright.jobs import runner


@dataclass(frozen=True)
class Lab:
    """Sessions and ways to analyse them."""

    schema: lw.Schema
    Session: Any
    Method: Any

    def computed(self, name: str, definition: str = "-> Session\n---\nx = null : float64", **members: Any) -> Any:
        return table(self.schema, name, definition, lw.Computed, **members)


@pytest.fixture
def lab(schema: lw.Schema) -> Lab:
    Session = table(schema, "Session", "subject : int8\nsession : int8\n---\nscore : float64")
    Session.insert([(s, n, s + n / 10) for s in (1, 2) for n in (1, 2, 3)])
    return Lab(schema, Session, table(schema, "Method", "method : varchar(9)", lw.Lookup, contents=[("a",), ("b",)]))


def insert_score(self: Any, key: dict[str, Any]) -> None:
    score = (self.schema["Session"] & key).fetch1("score")
    self.insert1({**key, "x": 2 * score})


class InThree:
    """The three methods that a make can be made of."""

    def make_fetch(self: Any, key: dict[str, Any], **kwargs: Any) -> tuple[Any, ...]:
        return ((self.schema["Session"] & key).fetch1("score"), np.arange(3))

    def make_compute(self: Any, key: dict[str, Any], score: float, array: Any) -> tuple[Any, ...]:
        assert not self.connection.in_transaction
        return (2 * score * array.size / 3,)

    def make_insert(self: Any, key: dict[str, Any], x: float) -> None:
        assert self.connection.in_transaction
        self.insert1({**key, "x": x})


def make_generator(self: Any, key: dict[str, Any]) -> Iterator[Any]:
    fetched = (self.schema["Session"] & key).fetch1("score")
    computed = yield (fetched,)
    if computed is None:
        assert not self.connection.in_transaction
        computed = (2 * fetched,)
        yield computed
    self.insert1({**key, "x": computed[0]})
    yield


def in_a_thread(function: Callable[[], object]) -> None:
    """Do something that the make which runs here has no part in."""
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


FORMS: dict[str, dict[str, Any]] = {
    "whole": {"make": insert_score},
    "three methods": {n: f for n, f in vars(InThree).items() if n.startswith("make_")},
    "generator": {"make": make_generator},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_make(form: str, lab: Lab) -> None:
    Double = lab.computed("Double", **FORMS[form])
    assert Double.progress() == (6, 6)
    assert Double.populate() == {"success_count": 6, "error_list": []}
    assert Double.progress() == (0, 6)
    assert Double.to_arrays("x", order_by="KEY").tolist() == pytest.approx([2.2, 2.4, 2.6, 4.2, 4.4, 4.6])
    assert Double.populate() == {"success_count": 0, "error_list": []}
    (Double & "subject = 1").delete_quick()
    assert Double.populate()["success_count"] == 3


@pytest.mark.parametrize("base", [lw.Computed, lw.Imported])
def test_keys_come_from_the_join_of_the_parents(base: Any, lab: Lab) -> None:
    definition = "-> Session\n-> Method.proj(way='method')\n---\n-> [nullable] Session.proj(s2='subject', n2='session')"
    Both = table(lab.schema, "Both", definition, base, make=lambda self, key: self.insert1(key))
    assert Both.key_source.heading.primary_key == ["subject", "session", "way"]
    assert Both.populate()["success_count"] == 12
    assert len(Both & "way = 'b'") == 6


def test_own_key_source(lab: Lab) -> None:
    class Some(lw.Computed):
        definition = "-> Session"

        @property
        def key_source(self) -> Any:
            return lab.Session & "session > 1"

        def make(self, key: dict[str, Any]) -> None:
            self.insert1(key)

    Fixed = lab.computed("Fixed", "-> Session", key_source=lab.Session & "session = 1", make=Some.make)
    Own: Any = lab.schema(Some, context={"Session": lab.Session})
    assert (Own.progress(), Fixed.progress()) == ((4, 4), (2, 2))
    assert (Own.populate()["success_count"], Fixed.populate()["success_count"]) == (4, 2)


def test_what_is_in_a_store_is_fetched_and_read_outside_of_the_transaction(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lab.schema.project.config.update({"stores.local.protocol": "file", "stores.local.location": str(tmp_path)})
    Trace = table(lab.schema, "Trace", "-> Session\n---\ntrace : <npy@local>")
    Trace.insert([{**key, "trace": np.full(5, key["session"])} for key in lab.Session.keys(order_by="KEY")])

    def make_fetch(self: Any, key: dict[str, Any]) -> tuple[Any, ...]:
        return ((Trace & key).fetch1("trace"),)

    def make_compute(self: Any, key: dict[str, Any], trace: lw.NpyRef) -> tuple[float]:
        assert not self.connection.in_transaction
        return (float(trace[1:3].sum()),)

    def make_insert(self: Any, key: dict[str, Any], x: float) -> None:
        self.insert1({**key, "x": x})

    Sum = lab.computed("Sum", make_fetch=make_fetch, make_compute=make_compute, make_insert=make_insert)
    assert Sum.populate()["success_count"] == 6
    assert sorted(Sum.to_arrays("x")) == [2, 2, 4, 4, 6, 6]


def test_a_master_that_fills_its_parts(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1(key)
        self.Item.insert({**key, "n": n} for n in range(3))

    Items = lab.computed("Items", "-> Session", make=make, Item=part("Item", "-> master\nn : int8"))
    assert Items.populate()["success_count"] == 6
    assert (len(Items), len(Items.Item)) == (6, 18)


RESTRICTED: dict[str, tuple[tuple[Any, ...], dict[str, Any], int]] = {
    "text": (("subject = 1",), {}, 3),
    "dict": (({"subject": 1, "session": 2},), {}, 1),
    "two": (("subject = 1", "session > 1"), {}, 2),
    "list": (([{"session": 1}, {"session": 2}],), {}, 4),
    "nothing": (([],), {}, 0),
    "by the parents' attribute": (("session = 3 and subject = 2",), {}, 1),
    "keys": ((), {"keys": [{"subject": 1, "session": 1}, {"subject": 9, "session": 9}]}, 1),
    "no keys": ((), {"keys": []}, 0),
    "max_calls": ((), {"max_calls": 4}, 4),
    "no calls": ((), {"max_calls": 0}, 0),
    "keys and text": (("session = 1",), {"keys": [{"subject": 1, "session": 1}, {"subject": 1, "session": 2}]}, 1),
}


@pytest.mark.parametrize("case", RESTRICTED)
def test_restricted_populate(case: str, lab: Lab) -> None:
    restrictions, options, expected = RESTRICTED[case]
    Double = lab.computed("Double", make=insert_score)
    assert Double.populate(*restrictions, **options) == {"success_count": expected, "error_list": []}
    assert len(Double) == expected
    if not options:
        assert Double.progress(*restrictions) == (0, expected)


def test_restricted_by_an_expression(lab: Lab) -> None:
    Double = lab.computed("Double", make=insert_score)
    assert Double.populate(lab.Session & "score > 2.15")["success_count"] == 2
    assert Double.progress(lab.Session & "score > 2") == (1, 3)


def fail_for_two(self: Any, key: dict[str, Any]) -> None:
    self.insert1({**key, "x": 1.0})
    if key["session"] == 2:
        raise ValueError("two is bad")


def test_an_error_undoes_its_key_alone(lab: Lab) -> None:
    Double = lab.computed("Double", make=fail_for_two)
    with pytest.raises(ValueError, match="two is bad"):
        Double.populate()
    assert Double.keys() == [{"subject": 1, "session": 1}]


def test_errors_can_be_collected(lab: Lab) -> None:
    Double = lab.computed("Double", make=fail_for_two)
    result = Double.populate(suppress_errors=True)
    keys = [{"subject": s, "session": 2} for s in (1, 2)]
    assert result == {"success_count": 4, "error_list": [(key, "ValueError: two is bad") for key in keys]}
    again = Double.populate(suppress_errors=True, return_exception_objects=True)
    assert [(key, type(error)) for key, error in again["error_list"]] == [(key, ValueError) for key in keys]
    assert (again["success_count"], len(Double)) == (0, 4)


def test_the_database_s_errors_are_collected_too(lab: Lab) -> None:
    Double = lab.computed("Double", make=lambda self, key: self.insert([{**key, "x": 1}, {**key, "x": 2}]))
    result = Double.populate(suppress_errors=True, return_exception_objects=True)
    assert {type(error) for _, error in result["error_list"]} == {DuplicateError}
    assert (len(result["error_list"]), len(Double)) == (6, 0)


def test_arguments_for_make(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any], factor: float = 1, **more: Any) -> None:
        self.insert1({**key, "x": factor})

    Double = lab.computed("Double", make=make)
    Double.populate(make_kwargs={"factor": 3, "other": None})
    assert set(Double.to_arrays("x")) == {3.0}


def test_progress_is_shown(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    Double = lab.computed("Double", make=insert_score)
    Double.populate(max_calls=3, display_progress=True)
    assert capsys.readouterr() == ("", "Double: 3 of 3 keys (100%)\n")
    assert Double.progress(display=True) == (3, 6)
    assert capsys.readouterr().out == "Double: 3 of 6 done (50.0%)\n"
    assert Double.progress([], display=True) == (0, 0)
    assert "(100.0%)" in capsys.readouterr().out


def test_make_may_insert_into_its_own_table_alone(lab: Lab) -> None:
    Other = lab.computed("Other", make=insert_score, Item=part("Item", "-> master\nn : int8"))

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1(key)
        (Other.Item if key["session"] == 3 else Other).insert1({**key, "n": 1}, ignore_extra_fields=True)

    Meddling = lab.computed("Meddling", make=make)
    result = Meddling.populate("subject = 1", suppress_errors=True)
    assert [error.startswith("LabwrightError: ") for _, error in result["error_list"]] == [True] * 3
    assert all("allow_direct_insert=True" in error for _, error in result["error_list"])
    assert (len(Meddling), len(Other), len(Other.Item)) == (0, 0, 0)
    with pytest.raises(LabwrightError, match="allow_direct_insert=True"):
        Meddling.insert1((1, 1, None))


def test_a_make_does_not_open_doors_for_other_threads(lab: Lab) -> None:
    refused: list[str] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        url = self.connection.url

        def meddle() -> None:
            with lw.Project(url):
                try:
                    self.insert1({**key, "x": 5})
                except LabwrightError as error:
                    refused.append(str(error))

        in_a_thread(meddle)
        self.insert1({**key, "x": 1})

    Double = lab.computed("Double", make=make)
    assert Double.populate(max_calls=1)["success_count"] == 1
    assert len(refused) == 1
    assert "allow_direct_insert=True" in refused[0]
    assert Double.to_arrays("x").tolist() == [1]


def test_inputs_that_change_meanwhile_are_computed_again(lab: Lab) -> None:
    calls: list[dict[str, Any]] = []

    def make_compute(self: Any, key: dict[str, Any], score: float, array: Any) -> tuple[Any, ...]:
        calls.append(key)
        if key["session"] == 2 and len(calls) < 4:
            self.schema["Session"].update1({**key, "score": score + 1})
        return (score,)

    Double = lab.computed("Double", **{**FORMS["three methods"], "make_compute": make_compute})
    before = (lab.Session & "subject = 1" & "session = 2").fetch1("score")
    assert Double.populate("subject = 1") == {"success_count": 3, "error_list": []}
    assert len(calls) > 3
    assert (lab.Session & "subject = 1" & "session = 2").fetch1("score") > before


def test_inputs_that_change_without_end(lab: Lab) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        score = (Session & key).fetch1("score")
        if key["session"] == 2:
            context = contextvars.copy_context()  # which knows the project
            in_a_thread(lambda: context.run(Session.update1, {**key, "score": score + 1}))
        self.insert1({**key, "x": score})

    Session = lab.Session
    Double = lab.computed("Double", make=make)
    result = Double.populate("subject = 1", suppress_errors=True)
    assert result["success_count"] == 2
    ((key, message),) = result["error_list"]
    assert key == {"subject": 1, "session": 2}
    assert "InputsChangedError" in message
    assert len(Double) == 2


def test_a_key_that_somebody_else_has_made(lab: Lab) -> None:
    def make_compute(self: Any, key: dict[str, Any], score: float, array: Any) -> tuple[Any, ...]:
        self.insert1({**key, "x": -1}, allow_direct_insert=True)  # what another worker would do
        return (score,)

    Double = lab.computed("Double", **{**FORMS["three methods"], "make_compute": make_compute})
    assert Double.populate(max_calls=2) == {"success_count": 0, "error_list": []}
    assert Double.to_arrays("x").tolist() == [-1, -1]


def test_two_workers(lab: Lab, project: lw.Project) -> None:
    Double = lab.computed("Double", make=insert_score)
    assert len(Double) == 0
    results: list[Any] = []
    barrier = threading.Barrier(2)

    def work() -> None:
        with lw.Project(project.connection.url):
            barrier.wait()
            results.append(Double.populate(suppress_errors=True))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 2
    assert sum(r["success_count"] for r in results) == len(Double) == 6


MISUSES: dict[str, tuple[Any, str]] = {
    "restricted": (lambda t: (t & "subject = 1").populate(), "called on the table, with the restriction as argument"),
    "negative": (lambda t: t.populate(max_calls=-1), "max_calls must be"),
    "unknown attribute": (lambda t: t.populate("sbject = 1"), "Did you mean 'subject'"),
    "in a transaction": (None, "transaction"),
}


@pytest.mark.parametrize("case", MISUSES)
def test_misuse(case: str, lab: Lab, project: lw.Project) -> None:
    Double = lab.computed("Double", make=insert_score)
    assert len(Double) == 0
    call, says = MISUSES[case]
    if call is None:
        with pytest.raises(LabwrightError, match=says), project.connection.transaction:
            Double.populate()
    else:
        with pytest.raises(LabwrightError, match=says):
            call(Double)
    assert len(Double) == 0


def test_tables_that_cannot_fill_themselves(lab: Lab) -> None:
    NoMake = lab.computed("NoMake")
    with pytest.raises(
        LabwrightError, match=r"NoMake cannot fill itself.*make_fetch, make_compute, make_insert are missing"
    ):
        NoMake.populate()
    Half = lab.computed("Half", make_fetch=lambda self, key: ())
    with pytest.raises(LabwrightError, match="make_compute, make_insert are missing"):
        Half.populate()
    Returning = lab.computed("Returning", make=lambda self, key: 5)
    with pytest.raises(LabwrightError, match="returned int"):
        Returning.populate()
    Short = lab.computed("Short", make=lambda self, key: (yield))
    with pytest.raises(LabwrightError, match="ended before it yielded what it computed"):
        Short.populate()
    assert not hasattr(lab.Session, "populate")


@pytest.mark.parametrize("base", [lw.Computed, lw.Imported])
def test_a_key_comes_from_references_alone(base: Any, lab: Lab, project: lw.Project) -> None:
    Own = table(lab.schema, "Own", "-> Session\nn : int8", base, make=insert_score)
    for _ in range(2):
        with pytest.raises(DefinitionError, match=r"own fills itself, so its key comes from references alone, and 'n'"):
            len(lab.Session)
    with project.config.override({"jobs.allow_new_pk_fields_in_computed_tables": True}):
        assert len(Own) == 0
    assert len(Own) == 0  # now that it is there


def test_the_classic_generation_may_have_keys_of_its_own(lab: Lab, prefix: str, project: lw.Project) -> None:
    classic = lw.Schema(f"{prefix}classic", generation="classic")

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert({**key, "n": n} for n in range(2))

    Own = table(classic, "Own", "-> Session\nn : int", lw.Computed, {"Session": lab.Session}, make=make)
    Own.populate()
    assert len(Own) == 2 * len(lab.Session)
    Loose = table(classic, "Loose", "n : int", lw.Computed, make=insert_score)
    with pytest.raises(LabwrightError, match="no reference in its primary key"):
        Loose.populate()


def test_rows_of_another_key(lab: Lab) -> None:
    Wrong = lab.computed("Wrong", make=lambda self, key: self.insert1({**key, "subject": 99}))
    with pytest.raises(LabwrightError, match=r"inserted a row with subject=99, session=1, which is none of the key"):
        Wrong.populate()
    assert len(Wrong) == 0


def test_populate_on_a_part_is_an_attribute_error(lab: Lab) -> None:
    Items = lab.computed("Items", make=insert_score, Item=part("Item", "-> master\nn : int8"))
    with pytest.raises(AttributeError):
        Items.Item.populate()


def test_keys_that_depend_on_results(lab: Lab) -> None:
    Double = lab.computed("Double", make=insert_score)
    Double.populate()
    Summary = lab.computed(
        "Summary", "-> Session", key_source=lab.Session & (Double & "x > 4.3"), make=lambda self, key: self.insert1(key)
    )
    assert Summary.populate()["success_count"] == 2
    with pytest.raises(QueryError):
        Summary.populate(None)


def test_large_results_do_not_pile_up(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "PATIENCE", 1000.0)
    monkeypatch.setattr(runner, "HEAVY", 1500)
    together: list[int] = []
    store = lw.Connection.store_together

    def counted(connection: lw.Connection, made: Any) -> Any:
        together.append(len(made))
        return store(connection, made)

    monkeypatch.setattr(lw.Connection, "store_together", counted)

    def make(self: Any, key: dict[str, Any]) -> None:
        self.insert1({**key, "x": bytes(1000)})

    Large = lab.computed("Large", "-> Session\n---\nx : bytes", make=make)
    assert Large.populate()["success_count"] == 6
    assert together == [2, 2, 2]


class SilentError(Exception):
    """Cannot say what it is."""

    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("reserve", [False, True])
def test_an_error_that_cannot_be_told_is_one_all_the_same(schema: lw.Schema, reserve: bool) -> None:
    def make(self: Any, key: dict[str, Any]) -> None:
        if key["a"] == 2:
            raise SilentError
        self.insert1(key)

    table(schema, "Source", "a : int32").insert([(1,), (2,), (3,)])
    target = table(schema, "Target", "-> Source", lw.Computed, make=make)
    found = target.populate(suppress_errors=True, reserve_jobs=reserve)
    assert (found["success_count"], len(found["error_list"])) == (2, 1)
    assert "SilentError: (what it says cannot be told: RuntimeError)" in found["error_list"][0][1]


@pytest.mark.parametrize("reserve", [False, True])
@pytest.mark.parametrize("how", ["keys", "restriction"])
def test_keys_may_come_one_by_one(schema: lw.Schema, reserve: bool, how: str) -> None:
    table(schema, "Source", "a : int32").insert((n,) for n in range(5))
    target = table(schema, "Target", "-> Source", lw.Computed, make=lambda self, key: self.insert1(key))
    keys = ({"a": n} for n in (1, 3))
    found = (
        target.populate(keys=keys, reserve_jobs=reserve)
        if how == "keys"
        else target.populate(keys, reserve_jobs=reserve)
    )
    assert found["success_count"] == 2
    assert target.to_arrays("a", order_by="KEY").tolist() == [1, 3]


def test_a_run_ends_where_older_code_leaves_keys_out(project: Any, prefix: str) -> None:
    schema = lw.Schema(f"{prefix}old", connection=project, generation="classic")
    calls: list[int] = []

    def make(self: Any, key: dict[str, Any]) -> None:
        calls.append(key["a"])
        if key["a"] != 2:
            self.insert1(key)

    table(schema, "Source", "a : int").insert([(1,), (2,)])
    target = table(schema, "Target", "-> Source", lw.Computed, make=make)
    lw.run(target, suppress_errors=True)
    assert (len(target()), len(target.jobs.errors)) == (1, 1)
    assert sorted(calls) == [1, 2]
