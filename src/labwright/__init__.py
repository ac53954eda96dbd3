"""Labwright: all the data of a science project in one place, from experiment design to publication.

    >>> import labwright as lw
    >>> schema = lw.Schema("lab")

Public names are loaded when they are first used, so that importing a pipeline costs next to nothing and connects to
nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from labwright._version import __version__

if TYPE_CHECKING:
    from labwright.codecs.base import Codec as Codec
    from labwright.codecs.matlab import MatCell as MatCell
    from labwright.codecs.matlab import MatStruct as MatStruct
    from labwright.core import errors as errors
    from labwright.core.errors import LabwrightError as DataJointError
    from labwright.core.errors import LabwrightError as LabwrightError
    from labwright.jobs.auto import Computed as Computed
    from labwright.jobs.auto import Imported as Imported
    from labwright.query.conditions import AndList as AndList
    from labwright.query.conditions import Not as Not
    from labwright.query.operators import U as U
    from labwright.query.top import Top as Top
    from labwright.sql.connection import Connection as Connection
    from labwright.tables.config import config as config
    from labwright.tables.diagram import Diagram as Diagram
    from labwright.tables.project import Project as Project
    from labwright.tables.project import conn as conn
    from labwright.tables.query import QueryExpression as QueryExpression
    from labwright.tables.schema import Schema as Schema
    from labwright.tables.schema import Schema as schema  # noqa: N813 - the classic spelling
    from labwright.tables.schema import list_schemas as list_schemas
    from labwright.tables.table import Lookup as Lookup
    from labwright.tables.table import Manual as Manual
    from labwright.tables.table import Part as Part
    from labwright.tables.table import Table as Table
    from labwright.tables.table import TableMeta as TableMeta
    from labwright.tables.table import UserTable as UserTable
    from labwright.tables.virtual import FreeTable as FreeTable
    from labwright.tables.virtual import VirtualModule as VirtualModule
    from labwright.tables.virtual import create_virtual_module as create_virtual_module
    from labwright.tables.virtual import virtual_schema as virtual_schema

_NAMES = {
    "AndList": "query.conditions",
    "Codec": "codecs.base",
    "Computed": "jobs.auto",
    "Connection": "sql.connection",
    "Diagram": "tables.diagram",
    "FreeTable": "tables.virtual",
    "Imported": "jobs.auto",
    "LabwrightError": "core.errors",
    "Lookup": "tables.table",
    "Manual": "tables.table",
    "MatCell": "codecs.matlab",
    "MatStruct": "codecs.matlab",
    "Not": "query.conditions",
    "Part": "tables.table",
    "Project": "tables.project",
    "QueryExpression": "tables.query",
    "Schema": "tables.schema",
    "Table": "tables.table",
    "TableMeta": "tables.table",
    "Top": "query.top",
    "U": "query.operators",
    "UserTable": "tables.table",
    "VirtualModule": "tables.virtual",
    "config": "tables.config",
    "conn": "tables.project",
    "create_virtual_module": "tables.virtual",
    "list_schemas": "tables.schema",
    "virtual_schema": "tables.virtual",
}
"""Where each public name lives."""
_ALIASES = {"DataJointError": "LabwrightError", "schema": "Schema"}
"""Names that existing pipelines use for the same things."""

__all__ = [
    "AndList",
    "Codec",
    "Computed",
    "Connection",
    "DataJointError",
    "Diagram",
    "FreeTable",
    "Imported",
    "LabwrightError",
    "Lookup",
    "Manual",
    "MatCell",
    "MatStruct",
    "Not",
    "Part",
    "Project",
    "QueryExpression",
    "Schema",
    "Table",
    "TableMeta",
    "Top",
    "U",
    "UserTable",
    "VirtualModule",
    "__version__",
    "config",
    "conn",
    "create_virtual_module",
    "errors",
    "list_schemas",
    "schema",
    "virtual_schema",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("labwright.core.errors")
    source = _ALIASES.get(name, name)
    if source not in _NAMES:
        raise AttributeError(f"module 'labwright' has no attribute {name!r}")
    value = getattr(import_module(f"labwright.{_NAMES[source]}"), source)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
