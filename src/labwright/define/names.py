"""Names: CamelCase class <-> snake_case table, the prefixes of the tiers, limits, schema names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from labwright.core.errors import DefinitionError
from labwright.define.ast import Tier

MAX_CHARACTERS: Final = 64
"""The limit of MySQL and MariaDB."""

MAX_BYTES: Final = 63
"""The limit of PostgreSQL, which cuts longer names silently."""

MAX_COMPANION: Final = 60
"""Bytes in the name of what stands beside a table, so that triggers may be called by it with two letters behind."""

PREFIXES: Final[Mapping[Tier, str]] = MappingProxyType({"manual": "", "lookup": "#", "imported": "_", "computed": "__"})
CLASS_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
BASE_NAME: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z][a-z0-9]*)*")
TABLE_NAME: Final = re.compile(
    rf"(?P<master>(?P<prefix>#|_{{0,2}})(?P<base>{BASE_NAME.pattern}))(?:__(?P<part>{BASE_NAME.pattern}))?"
)
SCHEMA_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*")
SYSTEM_SCHEMAS: Final = frozenset({"information_schema", "performance_schema", "mysql", "sys"})

_QUOTES: Final = str.maketrans("", "", '`"')
_TIERS: Final[Mapping[str, Tier]] = MappingProxyType({prefix: tier for tier, prefix in PREFIXES.items()})


class TableName(NamedTuple):
    """A table's name taken apart; `master` is the master's whole table name, for parts only."""

    tier: Tier
    base: str
    master: str | None = None


def to_camel_case(name: str) -> str:
    """Return the class name of a snake_case name; prefixes fall away.

    Examples
    --------
    >>> to_camel_case("brain_region"), to_camel_case("#r_o_i_mask"), to_camel_case("__scan__frame")
    ('BrainRegion', 'ROIMask', 'ScanFrame')
    """
    return "".join(word[:1].upper() + word[1:] for word in re.split(r"[_\W]+", name))


def from_camel_case(name: str) -> str:
    """Return the snake_case name of a class: ``_`` before every capital but the first.

    Raises
    ------
    DefinitionError
        If `name` is not CamelCase.

    Examples
    --------
    >>> from_camel_case("BrainRegion"), from_camel_case("ROIMask"), from_camel_case("Scan2P")
    ('brain_region', 'r_o_i_mask', 'scan2_p')
    """
    if not CLASS_NAME.fullmatch(name):
        raise DefinitionError(
            f"class name {name!r} is not CamelCase: write letters and digits, the first a capital, "
            f"as in {_camel_advice(name)!r}"
        )
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def table_name(class_name: str, tier: Tier, master: str | None = None, *, max_bytes: int | None = None) -> str:
    """Return the name in the database of the table that `class_name` declares.

    Parameters
    ----------
    class_name : str
        In CamelCase.
    tier : {'manual', 'lookup', 'imported', 'computed', 'part'}
        What decides the prefix.
    master : str, optional
        The master's table name, prefix included; for parts only.
    max_bytes : int, optional
        A limit in bytes beside that of 64 characters; `MAX_BYTES` where PostgreSQL is meant.

    Raises
    ------
    DefinitionError
        If the class name is not CamelCase, or the table name is too long.

    Examples
    --------
    >>> table_name("SpikeSorting", "computed")
    '__spike_sorting'
    >>> table_name("Unit", "part", "__spike_sorting")
    '__spike_sorting__unit'
    """
    if (tier == "part") != (master is not None):
        raise DefinitionError(f"{class_name!r}: a part has a master, and no other tier has one")
    prefix = f"{master}__" if master is not None else PREFIXES[tier]
    what = f"table name of class {class_name!r}"
    return check_length(prefix + from_camel_case(class_name), what, max_bytes=max_bytes)


@lru_cache(maxsize=1000)
def parse_table_name(name: str) -> TableName:
    """Take the name of a table in the database apart.

    Raises
    ------
    DefinitionError
        If `name` is not the name of a table of a pipeline, e.g. that of a service table.

    Examples
    --------
    >>> parse_table_name("#method")
    TableName(tier='lookup', base='method', master=None)
    >>> tier, base, master = parse_table_name("_scan__frame")
    >>> tier, base, master
    ('part', 'frame', '_scan')
    """
    found = TABLE_NAME.fullmatch(name)
    if found is None:
        kind = "a service table" if is_service_table(name) else "not the name of a table"
        raise DefinitionError(
            f"{name!r} is {kind}: names are snake_case behind '', '#', '_' or '__', and 'master__part' for parts"
        )
    if found["part"]:
        return TableName("part", found["part"], found["master"])
    return TableName(_TIERS[found["prefix"]], found["base"])


def is_table_name(name: str) -> bool:
    """Whether `name` is the name of a pipeline's table: not a service table, nor foreign.

    >>> is_table_name("__scan"), is_table_name("~log"), is_table_name("Users")
    (True, False, False)
    """
    return TABLE_NAME.fullmatch(name) is not None


def parse_full_name(name: str) -> tuple[str, str]:
    """Return the schema and the table that a full name gives, quoted in any way or not at all.

    Raises
    ------
    DefinitionError
        If it has no schema or no table.

    Examples
    --------
    >>> parse_full_name("`lab`.`#species`"), parse_full_name("lab.subject")
    (('lab', '#species'), ('lab', 'subject'))
    """
    schema, _, table = str(name).translate(_QUOTES).partition(".")
    if not schema or not table:
        raise DefinitionError(f"A table is named as 'schema.table', not {name!r}.")
    return schema, table


def is_service_table(name: str) -> bool:
    """Whether `name` belongs to the framework: it begins with ``~``."""
    return name.startswith("~")


def companion_name(prefix: str, table: str) -> str:
    """Return the name of what stands beside a table; a long one ends in a hash.

    Examples
    --------
    >>> companion_name("~was_", "#species")
    '~was_#species'
    >>> companion_name("~was_", "a_table_with_a_very_long_name" * 2)
    '~was_a_table_with_a_very_long_namea_table_with__5efa360c4705'
    """
    name = prefix + table
    if len(name.encode()) <= MAX_COMPANION:
        return name
    digest = hashlib.sha256(table.encode()).hexdigest()[:12]
    return f"{name[: MAX_COMPANION - 13]}_{digest}"


def check_length(name: str, what: str, *, max_bytes: int | None = None) -> str:
    """Return `name`, or raise `DefinitionError` when a database would cut or refuse it.

    Examples
    --------
    >>> check_length("unit_of_the_probe", "table", max_bytes=16)
    Traceback (most recent call last):
    ...
    labwright.core.errors.DefinitionError: table 'unit_of_the_probe' has 17 bytes, and 16 is the limit of this database
    Choose a shorter name.
    """
    if len(name) > MAX_CHARACTERS:
        limit = f"{len(name)} characters, and {MAX_CHARACTERS} is the limit"
    elif max_bytes is not None and len(name.encode()) > max_bytes:
        limit = f"{len(name.encode())} bytes, and {max_bytes} is the limit of this database"
    else:
        return name
    raise DefinitionError(f"{what} {name!r} has {limit}\nChoose a shorter name.")


def check_schema_name(name: str, *, existing: Iterable[str] = (), max_bytes: int | None = None) -> str:
    """Return `name`, or raise `DefinitionError` when no schema may be called so.

    Parameters
    ----------
    name : str
        The name of a schema.
    existing : iterable of str
        Names that are there already; one that differs in case only is a clash.
    max_bytes : int, optional
        See `check_length`.

    Examples
    --------
    >>> check_schema_name("lab_ephys")
    'lab_ephys'
    >>> check_schema_name("Lab", existing=["lab"])
    Traceback (most recent call last):
    ...
    labwright.core.errors.DefinitionError: schema 'Lab' differs from the schema 'lab' in capitals only
    Not every database keeps them apart: use 'lab', or choose another name.
    """
    if not isinstance(name, str):
        raise DefinitionError(f"a schema is named by a text, not by {name!r}: write lab = Schema('lab')")
    if not SCHEMA_NAME.fullmatch(name):
        raise DefinitionError(
            f"schema name {name!r} is not accepted: write letters, digits, '_' and '-', as in {_snake_advice(name)!r}"
        )
    if name.lower() in SYSTEM_SCHEMAS or name.lower().startswith("pg_"):
        raise DefinitionError(f"schema {name!r} belongs to the database itself\nChoose another name.")
    twin = next((other for other in existing if other != name and other.lower() == name.lower()), None)
    if twin is not None:
        raise DefinitionError(
            f"schema {name!r} differs from the schema {twin!r} in capitals only\n"
            f"Not every database keeps them apart: use {twin!r}, or choose another name."
        )
    return check_length(name, "schema name", max_bytes=max_bytes)


def _camel_advice(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9]", "", to_camel_case(name)).lstrip("0123456789") or "BrainRegion"


def _snake_advice(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-") or "lab_ephys"
