"""Work orders: what a worker is told that is started elsewhere."""

from __future__ import annotations

import datetime
import decimal
import importlib.util
import json
import math
import sys
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import reduce
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, get_args

from labwright.core.errors import ConfigError, QueryError
from labwright.core.registry import Deferred, origin
from labwright.jobs.engines.stopping import stop_requested
from labwright.sql.url import parse_url
from labwright.tables.config import Config
from labwright.tables.config_section import Secret
from labwright.tables.project import Project

ENTRY: Final = "labwright.jobs.worker:work"
Until = Literal["empty", "stopped"]

_VALUES: Final[Mapping[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]]] = MappingProxyType(
    {
        "$float": (float, repr, float),  # those that are no numbers
        "$decimal": (decimal.Decimal, str, decimal.Decimal),
        "$datetime": (datetime.datetime, datetime.datetime.isoformat, datetime.datetime.fromisoformat),
        "$date": (datetime.date, datetime.date.isoformat, datetime.date.fromisoformat),
        "$time": (datetime.time, datetime.time.isoformat, datetime.time.fromisoformat),
        "$uuid": (uuid.UUID, str, uuid.UUID),
        "$bytes": (bytes, bytes.hex, bytes.fromhex),
    }
)
"""Values of keys that JSON has no form for: their type, and the way there and back."""
_PLAIN: Final = frozenset({bool, int, float, str, type(None)})
_TUPLES: Final = ("tables", "restrictions")


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """What a worker shall do, in values that can be carried anywhere: to another process, machine or year.

    Which keys a worker computes is not in it: those it takes from the database. So an order that is lost, or carried
    out twice, does no harm.

    Parameters
    ----------
    folder : str, optional
        Of the project's settings; by default the worker's working directory.
    profile : str, optional
        The profile of ``labwright.toml``.
    address : str, optional
        Of the database, without a password, where it is not the one of the settings.
    tables : tuple of str
        The classes to fill, as ``"package.module:Class"``.
    restrictions : tuple
        Only keys that meet all of them: texts, dicts, and lists of these.
    until : {'empty', 'stopped'}
        Whether the worker ends when there is nothing left to do, or waits for more.
    max_calls : int, optional
        How many times it calls ``make`` at most.
    lease : float, optional
        Seconds that its claims hold without a sign of life.
    make_kwargs : mapping
        More arguments for ``make``.
    suppress_errors : bool
        Whether it goes on after an error in a ``make``.
    priority : int, optional
        Only jobs of this priority, or that go before it.
    refreshes : bool
        Whether it looks for new keys.
    entry : str
        The function that is called with the order, as ``"package.module:function"``.
    crew, engine : str
        The crew that the worker is of, and the engine that starts it.
    password : Secret
        Of the database, for processes of the same machine and user. It is neither shown, nor pickled, nor in the
        JSON form.

    Examples
    --------
    >>> order = WorkOrder(tables=("lab.analysis:Spikes",), restrictions=("session > 3", {"mouse": 7}))
    >>> WorkOrder.from_json(order.to_json()) == order
    True
    """

    folder: str | None = None
    profile: str | None = None
    address: str | None = None
    tables: tuple[str, ...] = ()
    restrictions: tuple[Any, ...] = ()
    until: Until = "empty"
    max_calls: int | None = None
    lease: float | None = None
    make_kwargs: Mapping[str, Any] = field(default_factory=dict)
    suppress_errors: bool = True
    priority: int | None = None
    refreshes: bool = True
    entry: str = ENTRY
    crew: str = ""
    engine: str = ""
    password: Secret = field(default=Secret(""), repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in (*self.tables, self.entry):
            _check_path(name)
        for restriction in self.restrictions:
            _check_restriction(restriction)
        if self.until not in get_args(Until):
            raise ConfigError(f"A worker works until 'empty' or until 'stopped', not {self.until!r}.")
        _check_address(self.address)
        self._dumped()  # what has no JSON form is refused now, and not where the worker is

    def run(self) -> Any:
        """Call the entry, and return its report."""
        entry: Any = Deferred(self.entry).load()
        return entry(self)

    def stopping(self) -> bool:
        """Whether the crew has been asked to stop: a worker asks this between keys."""
        return stop_requested(self.crew)

    def classes(self) -> list[Any]:
        """Import the classes to fill."""
        return [Deferred(path).load() for path in self.tables]

    def open_project(self) -> Project:
        """Open the project that the order names."""
        settings = Config(self.folder, profile=self.profile)
        if self.address is None:
            return Project(settings=settings)
        password = self.password or settings["database.password"] or ""
        return Project(parse_url(self.address).with_password(str(password)), settings=settings)

    def to_json(self) -> str:
        """The order as JSON, without the password."""
        return self._dumped()

    def _dumped(self) -> str:
        told = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "password"}
        told |= {name: list(told[name]) for name in _TUPLES}
        return json.dumps(_data(told, "the order"), ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> WorkOrder:
        """Read an order that `to_json` wrote.

        Raises
        ------
        ConfigError
            When it is none, or one of another version of Labwright.
        """
        try:
            data = _value(json.loads(text))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            raise ConfigError(f"This is no work order: {error}.") from error
        known = {f.name for f in fields(cls)} - {"password"}
        if not isinstance(data, dict) or not set(data) <= known:
            raise ConfigError(
                "This is no work order of this version of Labwright. Install the same version where the work is "
                "ordered and where it is done."
            )
        return cls(**data | {name: tuple(data[name]) for name in _TUPLES if name in data})

    def __reduce__(self) -> tuple[Any, ...]:
        return WorkOrder.from_json, (self.to_json(),)


def order_for(project: Project, tables: Iterable[type], *restrictions: Any, **more: Any) -> WorkOrder:
    """Make the order to fill `tables`, for workers of other processes and machines.

    Parameters
    ----------
    project : Project
    tables : iterable of table classes
    *restrictions : str, dict or list of these
    **more
        The other parts of a `WorkOrder`.

    Raises
    ------
    ConfigError
        When another process could not open the project, or import one of the classes.
    QueryError
        When a restriction is a query.
    """
    place = _place(project)
    return WorkOrder(tables=tuple(table_path(t) for t in tables), restrictions=restrictions, **place, **more)


def table_path(table: type) -> str:
    """Return ``"package.module:Class"``, by which another process can import a class.

    Raises
    ------
    ConfigError
        When it cannot.
    """
    problem = _why_not_importable(table)
    if problem:
        raise ConfigError(
            f"Workers in other processes cannot import {table.__name__}: {problem} Put the tables into a module, "
            "e.g. pipeline.py, and import it here; or populate in this process."
        )
    return origin(table)


def _why_not_importable(table: type) -> str:
    module, path = table.__module__, table.__qualname__
    if module == "__main__":
        where = "in the script itself" if hasattr(sys.modules[module], "__file__") else "in a notebook or at a prompt"
        return f"it is defined {where}, which no other process has."
    if "<locals>" in path:
        return f"it is defined within the function {path.partition('.<locals>')[0]!r} of {module!r}."
    if not _can_find(module):
        return f"there is no module {module!r} to be found by its name."
    start: Any = sys.modules.get(module)
    found = reduce(lambda owner, name: getattr(owner, name, None), path.split("."), start)
    return "" if found is table else f"the module {module!r} has something else, or nothing, as {path!r}."


def _can_find(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # the second when somebody has made the module by hand
        return False


def _place(project: Project) -> dict[str, Any]:
    """How another process finds the project."""
    settings = project.config.settings
    found = {"folder": str(settings.folder), "profile": settings.profile}
    if project.is_of_settings:
        return found
    url = project.connection.url
    if url.backend == "sqlite" and not url.in_memory:
        url = replace(url, path=str(Path(url.path).absolute()))
    return {**found, "address": str(url.with_password("")), "password": Secret(url.password)}


def _check_address(address: str | None) -> None:
    if address is None:
        return
    url = parse_url(address)
    if url.password:
        raise ConfigError(
            f"A work order holds no password, and {url} has one. Keep it in the settings where the workers are: "
            ".secrets/database.password, or the environment variable LABWRIGHT_DATABASE__PASSWORD."
        )
    if url.in_memory:
        raise ConfigError(
            "A SQLite database in memory is of this process alone, and no worker elsewhere can reach it. Use a file: "
            "sqlite:///lab.db; or populate in this process."
        )


def _check_path(path: Any) -> None:
    module, colon, name = path.partition(":") if isinstance(path, str) else ("", "", "")
    if not (module and colon and name):
        raise ConfigError(f"What workers import is named as 'package.module:Class', not {path!r}.")
    if module == "__main__":
        raise ConfigError(f"No other process has {path!r}. Put it into a module, and name that one.")


def _check_restriction(restriction: Any) -> None:
    if restriction is None or isinstance(restriction, (str, Mapping)):
        return
    if isinstance(restriction, (list, tuple)):
        for part in restriction:
            _check_restriction(part)
        return
    raise QueryError(
        "Workers elsewhere take restrictions that are texts, dicts and lists of these, and not "
        f"{type(restriction).__name__}. Of a query give its keys: query.keys(); or put the condition into the table's "
        "key_source."
    )


def _data(thing: Any, where: str) -> Any:
    """A value as JSON can hold it, from which `_value` makes the very same."""
    if type(thing) is float and not math.isfinite(thing):
        return {"$float": repr(thing)}
    if type(thing) in _PLAIN:
        return thing
    if isinstance(thing, Mapping):
        return _pairs(thing, where)
    if type(thing) in (list, tuple):
        items = [_data(value, where) for value in thing]
        return items if type(thing) is list else {"$tuple": items}
    for name, (kind, write, _) in _VALUES.items():
        if type(thing) is kind:
            return {name: write(thing)}
    if getattr(thing, "ndim", None) == 0:  # a number of numpy's
        return _data(thing.item(), where)
    raise ConfigError(
        f"Workers elsewhere cannot be told {where}, which is a {type(thing).__name__}: numbers, texts, times and lists "
        "and dicts of these can."
    )


def _pairs(thing: Mapping[Any, Any], where: str) -> dict[str, Any]:
    """A dict, also one with other names than texts, or such that stand for something here."""
    pairs = [(name, _data(value, f"{name!r} of {where}")) for name, value in thing.items()]
    if all(type(name) is str and not name.startswith("$") for name, _ in pairs):
        return dict(pairs)
    return {"$dict": [[_data(name, f"a name in {where}"), value] for name, value in pairs]}


def _value(data: Any) -> Any:
    if isinstance(data, list):
        return [_value(d) for d in data]
    if not isinstance(data, dict):
        return data
    name = next(iter(data), "")
    content: Any = data.get(name)
    if not name.startswith("$"):
        return {name: _value(value) for name, value in data.items()}
    if name == "$tuple":
        return tuple(_value(content))
    if name == "$dict":
        return {_value(key): _value(value) for key, value in content}
    return _VALUES[name][2](content)


__all__ = ["ENTRY", "WorkOrder", "order_for", "table_path"]
