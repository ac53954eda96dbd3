"""What a worker needs of the machine it runs on: ``dict(cpus=4, gpus=1, memory="32 GB", time="2 h")``, and a key."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from labwright.core.errors import ConfigError, did_you_mean

_BYTES: Final = MappingProxyType(
    {"b": 1}
    | {f"{letter}b": 1000**n for n, letter in enumerate("kmgtp", 1)}
    | {f"{letter}ib": 1024**n for n, letter in enumerate("kmgtp", 1)}
)
_SECONDS: Final = MappingProxyType(
    dict.fromkeys(("s", "sec", "second", "seconds"), 1)
    | dict.fromkeys(("min", "minute", "minutes"), 60)
    | dict.fromkeys(("h", "hour", "hours"), 3600)
    | dict.fromkeys(("d", "day", "days"), 86400)
)
_MEMORY: Final = "a number with its unit, such as '500 MB', '32 GB' or '1.5 TiB'"
_TIME: Final = "a number with its unit, such as '90 s', '30 min', '2 h' or '1 d 12 h', or a timedelta"
_AMOUNT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]+)\s*")


@dataclass(frozen=True, slots=True)
class Resources:
    """What one worker needs.

    Parameters
    ----------
    cpus : int
        Processors.
    gpus : int
        Graphics processors.
    memory : int, optional
        Bytes; None leaves it to the engine.
    time : float, optional
        Seconds that it may run; None leaves it to the engine.
    key_time : float, optional
        Seconds that one call of make may take; None lets it take any time.

    Examples
    --------
    >>> parse_resources({"cpus": 4, "memory": "32 GB", "time": "1 d 12 h"}, "Analysis.resources")
    Resources(cpus=4, gpus=0, memory=32000000000, time=129600.0, key_time=None)
    """

    cpus: int = 1
    gpus: int = 0
    memory: int | None = None
    time: float | None = None
    key_time: float | None = None

    def __or__(self, other: Resources) -> Resources:
        """What is enough for both."""
        return Resources(
            max(self.cpus, other.cpus),
            max(self.gpus, other.gpus),
            _larger(self.memory, other.memory),
            _larger(self.time, other.time),
            _larger(self.key_time, other.key_time),
        )


RESOURCES: Final = tuple(field.name for field in fields(Resources))
"""The names of what a worker may need."""


def parse_resources(given: Mapping[str, Any], where: str) -> Resources:
    """Check what a table or the settings say that a worker needs.

    Parameters
    ----------
    given : mapping
        ``cpus``, ``gpus``, ``memory``, ``time`` and ``key_time``, of which any may be left out or be None.
    where : str
        What says so, for errors.

    Raises
    ------
    ConfigError
        When a name is unknown, or a value is none.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f"{where} is a dict such as dict(cpus=4, memory='32 GB', time='2 h'), not {given!r}.")
    for name in given:
        if name not in RESOURCES:
            raise ConfigError(
                f"{where} has {name!r}, which is nothing that a worker needs.{did_you_mean(name, RESOURCES)}"
                f" Valid: {', '.join(RESOURCES)}."
            )
    said = {name: _PARSERS[name](value, f"{where}: {name}") for name, value in given.items() if value is not None}
    return Resources(**said)


def resources_of(tables: Iterable[type], settings: Mapping[str, Any] = MappingProxyType({})) -> Resources:
    """What a worker needs that fills any of `tables`; what `settings` say of an engine goes before that.

    Examples
    --------
    >>> class Analysis:
    ...     resources = dict(cpus=4, memory="32 GB")
    >>> resources_of([Analysis], {"cpus": 2})
    Resources(cpus=2, gpus=0, memory=32000000000, time=None, key_time=None)
    """
    above = {name: settings[name] for name in RESOURCES if settings.get(name) is not None}
    needed = parse_resources(above, "The engine's settings")
    for table in tables:
        # not by the class's own access, which may ask the database
        said = inspect.getattr_static(table, "resources", None) or {}
        parse_resources(said, f"{table.__name__}.resources")
        needed |= parse_resources({**said, **above}, f"{table.__name__}.resources")
    return needed


def parse_memory(value: Any, where: str = "memory") -> int:
    """Return so many bytes.

    Examples
    --------
    >>> parse_memory("1.5 GiB")
    1610612736
    """
    amounts = _amounts(value, _BYTES)
    if len(amounts) != 1 or not amounts[0] >= 1:
        raise _wrong(where, value, _MEMORY)
    return math.ceil(amounts[0])


def parse_time(value: Any, where: str = "time") -> float:
    """Return so many seconds.

    Examples
    --------
    >>> parse_time("1 d 12 h")
    129600.0
    """
    seconds = value.total_seconds() if isinstance(value, timedelta) else sum(_amounts(value, _SECONDS))
    if seconds <= 0:
        raise _wrong(where, value, _TIME)
    return float(seconds)


def _amounts(value: Any, units: Mapping[str, int]) -> list[float]:
    """The amounts in a text, in the smallest unit; empty when it is something else."""
    text = value.strip().lower() if isinstance(value, str) else ""
    parts = _AMOUNT.findall(text)
    if not re.fullmatch(f"(?:{_AMOUNT.pattern})+", text) or not all(unit in units for _, unit in parts):
        return []
    return [float(number) * units[unit] for number, unit in parts]


def _count(least: int) -> Any:
    def parse(value: Any, where: str) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__") or int(value) < least:
            raise _wrong(where, value, f"a whole number from {least}")
        return int(value)

    return parse


_PARSERS: Final = MappingProxyType(
    {"cpus": _count(1), "gpus": _count(0), "memory": parse_memory, "time": parse_time, "key_time": parse_time},
)


def _wrong(where: str, value: Any, valid: str) -> ConfigError:
    return ConfigError(f"{where} is {valid}, not {value!r}.")


def _larger(one: Any, other: Any) -> Any:
    return max((value for value in (one, other) if value is not None), default=None)
