"""The table of jobs beside a table that fills itself: one row per key that is to be computed, or was tried."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from labwright.core.errors import DefinitionError
from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.names import companion_name
from labwright.define.table import TableDef, TableId

PREFIX: Final = "~job_"
MAX_MESSAGE: Final = 2047
"""Characters of an error's message."""

_TIME: Final = Type("datetime", (6,))
_NULL: Final = Default("null")
_NOTHING: Final = Default("literal", "")
_ZERO: Final = Default("literal", "0")


def _attribute(name: str, type_: Type, comment: str, default: Default | None = None) -> Attribute:
    return Attribute(name, type_, nullable=default is _NULL, default=default, comment=comment)


_ATTRIBUTES: Final = (
    _attribute("status", Type("varchar", (16,)), "pending, reserved, success, error or ignore"),
    _attribute("priority", Type("int16"), "lower goes first"),
    _attribute("created_time", _TIME, "when it came into the queue, in UTC as all times"),
    _attribute("scheduled_time", _TIME, "not before this; while reserved, when the lease ends"),
    _attribute("reserved_time", _TIME, "when the last attempt began", _NULL),
    _attribute("completed_time", _TIME, "when it succeeded or failed", _NULL),
    _attribute("duration", Type("float64"), "seconds of the last attempt", _NULL),
    _attribute("attempts", Type("int32"), "how often it was begun", _ZERO),
    _attribute("token", Type("int64"), "grows with each claim: who holds an older one may not store", _ZERO),
    _attribute("worker", Type("varchar", (64,)), "which start of which worker", _NOTHING),
    _attribute("user", Type("varchar", (255,)), "who runs the worker", _NOTHING),
    _attribute("host", Type("varchar", (255,)), "where it runs", _NOTHING),
    _attribute("pid", Type("int64"), "its process", _ZERO),
    _attribute("connection_id", Type("int64"), "its connection to the server", _ZERO),
    _attribute("version", Type("varchar", (255,)), "of the code", _NOTHING),
    _attribute("engine_job", Type("varchar", (255,)), "what the engine calls the worker", _NOTHING),
    _attribute("progress", Type("float64"), "from 0 to 1, where make tells it", _NULL),
    _attribute("error_message", Type("varchar", (MAX_MESSAGE,)), "of the last attempt", _NOTHING),
    _attribute("error_stack", Type("text", spelling="longtext"), "where it happened", _NULL),
)


def job_id(target: TableId) -> TableId:
    """Return the table of jobs of a table that fills itself.

    Examples
    --------
    >>> str(job_id(TableId("lab", "__spike_sorting")))
    'lab.~job_spike_sorting'
    """
    return TableId(target.schema, companion_name(PREFIX, target.name.lstrip("_")))


def job_names(key: Iterable[str]) -> Mapping[str, str]:
    """Return what the attributes of a job are called beside those of the key, which go first.

    Examples
    --------
    >>> names = job_names(["session", "status"])
    >>> names["status"], names["priority"]
    ('job_status', 'priority')
    """
    taken = {name.lower() for name in key}
    names = {}
    for attribute in _ATTRIBUTES:
        name = attribute.name
        while name in taken:
            name = f"job_{name}"
        names[attribute.name] = name
    return MappingProxyType(names)


def job_table(target: TableId, key: Sequence[Attribute]) -> TableDef:
    """Return the table of jobs as queries see it.

    Parameters
    ----------
    target : TableId
        The table that fills itself.
    key : sequence of Attribute
        The key of its key source.

    Raises
    ------
    DefinitionError
        When there is no key, or the type of one of its attributes is not known.

    Examples
    --------
    >>> table = job_table(TableId("lab", "__scan"), [Attribute("session", Type("int32"), in_key=True)])
    >>> table.heading.primary_key, table.heading.secondary_attributes[:2]
    (['session'], ['status', 'priority'])
    """
    if not key:
        raise DefinitionError(f"The key source of {target} has no key, so there is nothing to compute one by one.")
    names = job_names(a.name for a in key)
    own = [replace(a, name=names[a.name]) for a in _ATTRIBUTES]
    return TableDef(job_id(target), Heading([*(_key_attribute(target, a) for a in key), *own]))


def _key_attribute(target: TableId, attribute: Attribute) -> Attribute:
    type_ = attribute.type
    if type_ is None or attribute.stored is None:
        raise DefinitionError(
            f"The type of {attribute.name!r} in the key source of {target} is not known. Use cast(... as ...) there."
        )
    plain = replace(type_, auto=False) if type_.auto else type_
    return replace(attribute, type=plain, in_key=True, nullable=False, default=None, expression="")
