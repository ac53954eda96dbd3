"""Tables that fill themselves, as they are named on the command line: by their code, or as the database has them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from labwright.cli.named_tables import find_table, open_schema
from labwright.cli.targets import targets
from labwright.core.errors import ConfigError, DataError
from labwright.jobs.auto import AutoPopulate
from labwright.tables.project import Project
from labwright.tables.schema import Schema


def filling_tables(project: Project, names: Sequence[str]) -> list[AutoPopulate]:
    """Return the tables that are named, or those of the schemas and modules that are.

    A name is that of a schema of the database, or of a table in one, as ``lab.Weight``; or that of a module, or of a
    class in one, which knows what its key source is. Without names all schemas are meant.

    Raises
    ------
    ConfigError
        When a table is named that does not fill itself, or there is no such thing.
    """
    found = [t for name in names or project.database.schemas() for t in _named(project, name)]
    return list({table.id: table for table in found}.values())


def filling_table(project: Project, name: str) -> AutoPopulate:
    """Return the one table that is named."""
    found = filling_tables(project, [name])
    if len(found) != 1:
        known = ", ".join(type(table).__name__ for table in found)
        raise ConfigError(f"Name one table, as in lab.Weight; {name!r} has {known or 'none that fills itself'}.")
    return found[0]


def _named(project: Project, name: str) -> Iterator[AutoPopulate]:
    for thing in _things(project, name):
        if isinstance(thing, Schema):
            yield from (cls() for cls in thing if issubclass(cls, AutoPopulate))
        elif issubclass(thing, AutoPopulate):
            yield thing()
        else:
            raise ConfigError(f"{name} does not fill itself: only Imported and Computed tables have jobs.")


def _things(project: Project, name: str) -> Sequence[Any]:
    schema, _, table = name.partition(".")
    if schema not in project.database.schemas():
        return targets(project, [name])
    found = open_schema(project, schema)
    return [find_table(found, table)] if table else [found]


def key_of(table: AutoPopulate, pairs: Sequence[str]) -> dict[str, Any]:
    """Return the key that is given as ``name=value``.

    Raises
    ------
    DataError
        When one is not given so.
    """
    return dict(_pair(table, pair) for pair in pairs)


def _pair(table: AutoPopulate, pair: str) -> tuple[str, Any]:
    name, equals, text = (part.strip() for part in pair.partition("="))
    if not (name and equals):
        raise DataError(f"Give the key as name=value, e.g. mouse=3, and not as {pair!r}.")
    type_ = table.heading[name].type if name in table.heading else None
    return name, _number(text) if type_ is not None and type_.is_integer else text


def _number(text: str) -> Any:
    return int(text) if text.lstrip("-").isdecimal() else text
