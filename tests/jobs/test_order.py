from __future__ import annotations

import datetime
import decimal
import enum
import json
import math
import pickle
import sys
import types
import uuid
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import labwright as lw
from labwright.core.errors import ConfigError, QueryError
from labwright.jobs.order import WorkOrder, order_for, table_path
from labwright.tables.config_section import Secret
from labwright.testing.executor_suite import ExecutorSuite

values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.uuids()
    | st.binary()
    | st.decimals(allow_nan=False)
)
keys = st.dictionaries(st.text("abc"), values)
restrictions = st.text() | st.none() | keys | st.lists(keys)


@given(st.lists(restrictions), keys, st.none() | st.integers(0))
def test_an_order_is_the_same_after_a_journey(said: list[Any], kwargs: dict[str, Any], calls: int | None) -> None:
    order = WorkOrder(tables=("lab:Spikes",), restrictions=tuple(said), make_kwargs=kwargs, max_calls=calls)
    assert WorkOrder.from_json(order.to_json()) == order
    assert pickle.loads(pickle.dumps(order)) == order
    assert json.loads(order.to_json())


def test_numbers_of_numpy_are_numbers() -> None:
    order = WorkOrder(restrictions=({"mouse": np.int64(3), "weight": np.float64(0.5)},))
    assert WorkOrder.from_json(order.to_json()).restrictions == ({"mouse": 3, "weight": 0.5},)


def test_the_password_stays_here() -> None:
    order = WorkOrder(address="postgresql://me@db/lab", password=Secret("sw0rd-fish"))
    told = [repr(order), order.to_json(), pickle.dumps(order).decode("latin-1")]
    assert [text for text in told if "sw0rd-fish" in text] == []


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"address": "postgresql://me:pw@db/lab"}, "holds no password"),
        ({"address": "sqlite:///:memory:"}, "in memory is of this process alone"),
        ({"tables": ("__main__:Spikes",)}, "No other process has '__main__:Spikes'"),
        ({"tables": ("Spikes",)}, "'package.module:Class'"),
        ({"tables": (ExecutorSuite,)}, "'package.module:Class'"),
        ({"until": "tomorrow"}, "not 'tomorrow'"),
        ({"make_kwargs": {"model": object()}}, "'model' of 'make_kwargs'"),
        ({"make_kwargs": {"weights": np.zeros(3)}}, "'weights' of 'make_kwargs'.*ndarray"),
        ({"restrictions": ({"mouse": {1, 2}},)}, "cannot be told"),
    ],
    ids=lambda part: str(part)[:40],
)
def test_what_cannot_travel_is_refused(part: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message) as caught:
        WorkOrder(**part)
    assert "pw@" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"tabels": []}', "3"])
def test_what_is_no_order_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no work order"):
        WorkOrder.from_json(text)


def test_a_query_is_no_restriction(tmp_path: Path) -> None:
    with lw.Project(f"sqlite:///{tmp_path / 'lab.db'}") as project:
        schema = lw.Schema("lab", connection=project)

        @schema
        class Mouse(lw.Manual):
            definition = "mouse : int32"

        with pytest.raises(QueryError, match=r"query\.keys\(\)"):
            order_for(project, [], Mouse & "mouse > 3")
        with pytest.raises(QueryError, match=r"query\.keys\(\)"):
            order_for(project, [], [Mouse])
        Mouse.insert([(3,), (4,)])
        assert order_for(project, [], (Mouse & "mouse > 3").keys()).restrictions == ([{"mouse": 4}],)


def test_a_class_of_a_module_has_a_path() -> None:
    assert table_path(ExecutorSuite) == "labwright.testing.executor_suite:ExecutorSuite"
    assert table_path(Outer.Part) == f"{__name__}:Outer.Part"


class Outer:
    class Part:
        pass


def nobody() -> type:
    class Local:
        pass

    return Local


def made_by_hand() -> type:
    module = types.ModuleType("made_by_hand")
    return type("Spikes", (), {"__module__": module.__name__})


def of_the_script() -> type:
    return type("Spikes", (), {"__module__": "__main__"})


def replaced() -> type:
    return type("Outer", (), {"__module__": __name__})


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (nobody, "within the function 'nobody'"),
        (made_by_hand, "no module 'made_by_hand'"),
        (replaced, "something else, or nothing, as 'Outer'"),
    ],
    ids=lambda part: getattr(part, "__name__", None),
)
def test_a_class_that_others_cannot_import_is_refused(make: Any, reason: str) -> None:
    with pytest.raises(ConfigError, match=f"{reason}.* Put the tables into a module"):
        table_path(make())


@pytest.mark.parametrize(("file", "where"), [(None, "in a notebook or at a prompt"), ("a.py", "in the script itself")])
def test_a_class_of_the_main_module_is_refused(monkeypatch: pytest.MonkeyPatch, file: str | None, where: str) -> None:
    main = types.ModuleType("__main__")
    if file is not None:
        main.__file__ = file
    monkeypatch.setitem(sys.modules, "__main__", main)
    with pytest.raises(ConfigError, match=f"{where}.* Put the tables into a module"):
        table_path(of_the_script())


def test_a_database_in_memory_is_refused() -> None:
    with lw.Project("sqlite:///:memory:") as project, pytest.raises(ConfigError, match="of this process alone"):
        order_for(project, [])


def test_another_process_finds_the_database(database_url: str, prefix: str) -> None:
    with lw.Project(database_url) as project:
        project.connection.connect()
        order = order_for(project, [], "a > 3", max_calls=2)
        there = order.open_project()
        assert there.connection.url == project.connection.url
        assert there.connection.connect().is_connected
        there.close()
        assert (order.restrictions, order.max_calls) == (("a > 3",), 2)


def test_the_password_may_be_in_the_settings_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    order = WorkOrder(folder=str(tmp_path), address="postgresql://me@db/lab")
    monkeypatch.setenv("LABWRIGHT_DATABASE__PASSWORD", "sw0rd-fish")
    assert order.open_project().connection.url.password == "sw0rd-fish"


def test_a_folder_says_where_the_database_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "labwright.toml").write_text(
        'database.url = "sqlite:///a.db"\n[far]\ndatabase.url = "sqlite:///b.db"\n'
    )
    for profile, name in ((None, "a.db"), ("far", "b.db")):
        with lw.Project.open(tmp_path, profile=profile) as project:
            order = order_for(project, [])
            assert (order.folder, order.profile, order.address) == (str(tmp_path), profile, None)
        monkeypatch.chdir("/")
        assert order.open_project().connection.url.path == str(tmp_path / name)


def test_what_is_set_in_code_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with lw.config.override({"database.url": "sqlite:///c.db"}), lw.Project() as project:
        order = order_for(project, [])
        project.connection.connect()
    monkeypatch.chdir("/")
    assert order.open_project().connection.url.path == str(tmp_path / "c.db")


EXAMPLES = (decimal.Decimal("1.50"), datetime.date(2024, 2, 29), uuid.UUID(int=7), b"\0\xff")


def test_values_keep_their_types() -> None:
    order = WorkOrder(make_kwargs={"all": list(EXAMPLES)})
    assert WorkOrder.from_json(order.to_json()).make_kwargs["all"] == list(EXAMPLES)


class Colour(enum.IntEnum):
    """A number that is more than one."""

    RED = 1


@pytest.mark.parametrize(
    "value",
    [
        {1: 2},
        {None: 0, "None": 1},
        {True: 1, "True": 2},
        (1, (2, [3])),
        {"$date": "2020-01-01"},
        {"$float": "hello"},
        {(1, 2): math.inf},
        {"a": [{"$tuple": ()}]},
        {},
        [],
    ],
    ids=str,
)
def test_values_arrive_as_they_are(value: Any) -> None:
    order = WorkOrder(tables=("a:B",), make_kwargs={"given": value}, restrictions=({"a": 1},))
    assert repr(WorkOrder.from_json(order.to_json()).make_kwargs["given"]) == repr(value)
    assert WorkOrder.from_json(order.to_json()) == order


@pytest.mark.parametrize(
    "value", [Colour.RED, object(), {1, 2}, pd.Timestamp("2020-01-01")], ids=lambda v: type(v).__name__
)
def test_what_would_arrive_as_something_else_is_refused(value: Any) -> None:
    with pytest.raises(ConfigError, match="cannot be told 'given'"):
        WorkOrder(tables=("a:B",), make_kwargs={"given": value})
