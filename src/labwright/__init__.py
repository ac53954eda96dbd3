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
    from labwright.codecs.base import get_codec as get_codec
    from labwright.codecs.base import list_codecs as list_codecs
    from labwright.codecs.blob import pack as pack
    from labwright.codecs.blob import unpack as unpack
    from labwright.codecs.hdf5 import Hdf5Ref as Hdf5Ref
    from labwright.codecs.image import ImageRef as ImageRef
    from labwright.codecs.matlab import MatCell as MatCell
    from labwright.codecs.matlab import MatSparse as MatSparse
    from labwright.codecs.matlab import MatStruct as MatStruct
    from labwright.codecs.npy_ref import NpyRef as NpyRef
    from labwright.codecs.object_ref import ObjectRef as ObjectRef
    from labwright.codecs.packed import Packed as Packed
    from labwright.codecs.parquet import ParquetRef as ParquetRef
    from labwright.codecs.picture import Thumbnail as Thumbnail
    from labwright.codecs.schema_codec import SchemaCodec as SchemaCodec
    from labwright.codecs.tiff import TiffRef as TiffRef
    from labwright.codecs.video import VideoRef as VideoRef
    from labwright.codecs.zarr import ZarrRef as ZarrRef
    from labwright.core import errors as errors
    from labwright.core.errors import LabwrightError as DataJointError
    from labwright.core.errors import LabwrightError as LabwrightError
    from labwright.core.heading import Attribute as Attribute
    from labwright.core.heading import Heading as Heading
    from labwright.core.limits import limits as limits
    from labwright.define.names import from_camel_case as from_camel_case
    from labwright.define.names import to_camel_case as to_camel_case
    from labwright.jobs.auto import AutoPopulate as AutoPopulate
    from labwright.jobs.auto import Computed as Computed
    from labwright.jobs.auto import Imported as Imported
    from labwright.jobs.background import Workers as Workers
    from labwright.jobs.claims import Claims as Claims
    from labwright.jobs.counting import progress_of as progress_of
    from labwright.jobs.engines.base import Executor as Executor
    from labwright.jobs.job import Job as Job
    from labwright.jobs.job import WorkerId as WorkerId
    from labwright.jobs.order import WorkOrder as WorkOrder
    from labwright.jobs.table import JobTable as JobTable
    from labwright.query.comparisons import After as After
    from labwright.query.comparisons import Where as Where
    from labwright.query.conditions import AndList as AndList
    from labwright.query.conditions import Not as Not
    from labwright.query.operators import U as U
    from labwright.query.top import Top as Top
    from labwright.screens.action import action as action
    from labwright.screens.check import check as check
    from labwright.screens.check import ranges as ranges
    from labwright.screens.column import column as column
    from labwright.screens.guarded import Guarded as Guarded
    from labwright.screens.page import Frame as Frame
    from labwright.screens.page import dashboard as dashboard
    from labwright.screens.page import page as page
    from labwright.screens.plot import plot as plot
    from labwright.screens.remark import Doubt as Doubt
    from labwright.screens.remark import Fault as Fault
    from labwright.screens.screens import Screens as Screens
    from labwright.sql.connection import Connection as Connection
    from labwright.tables.activity import Activity as Activity
    from labwright.tables.activity import activity as activity
    from labwright.tables.actor import acting_as as acting_as
    from labwright.tables.actor import change as change
    from labwright.tables.adapters import AttributeAdapter as AttributeAdapter
    from labwright.tables.backup import backup as backup
    from labwright.tables.backup import restore as restore
    from labwright.tables.backup import verify_backup as verify_backup
    from labwright.tables.config import config as config
    from labwright.tables.delete_preview import DeletePreview as DeletePreview
    from labwright.tables.diagram import Diagram as Diagram
    from labwright.tables.history import changes as changes
    from labwright.tables.history import find_change as find_change
    from labwright.tables.instance import Instance as Instance
    from labwright.tables.key import key as key
    from labwright.tables.past import Change as Change
    from labwright.tables.past import ChangeSet as ChangeSet
    from labwright.tables.project import Project as Project
    from labwright.tables.project import conn as conn
    from labwright.tables.query import QueryExpression as QueryExpression
    from labwright.tables.reference import Reference as Reference
    from labwright.tables.role_plan import Privilege as Privilege
    from labwright.tables.role_plan import RolePlan as RolePlan
    from labwright.tables.role_plan import plan_roles as plan_roles
    from labwright.tables.rules import Check as Check
    from labwright.tables.rules import NoOverlap as NoOverlap
    from labwright.tables.rules import Refuse as Refuse
    from labwright.tables.rules import SumAtMost as SumAtMost
    from labwright.tables.schema import Schema as Schema
    from labwright.tables.schema import Schema as schema  # noqa: N813 - the classic spelling
    from labwright.tables.schema import list_schemas as list_schemas
    from labwright.tables.table import Lookup as Lookup
    from labwright.tables.table import Manual as Manual
    from labwright.tables.table import Part as Part
    from labwright.tables.table import Table as Table
    from labwright.tables.table import TableMeta as TableMeta
    from labwright.tables.table import UserTable as UserTable
    from labwright.tables.undo import undo as undo
    from labwright.tables.validate import ValidationResult as ValidationResult
    from labwright.tables.virtual import FreeTable as FreeTable
    from labwright.tables.virtual import VirtualModule as VirtualModule
    from labwright.tables.virtual import create_virtual_module as create_virtual_module
    from labwright.tables.virtual import virtual_schema as virtual_schema

_NAMES = {
    "Activity": "tables.activity",
    "After": "query.comparisons",
    "AndList": "query.conditions",
    "Check": "tables.rules",
    "Attribute": "core.heading",
    "AttributeAdapter": "tables.adapters",
    "AutoPopulate": "jobs.auto",
    "Change": "tables.past",
    "ChangeSet": "tables.past",
    "Claims": "jobs.claims",
    "Codec": "codecs.base",
    "Computed": "jobs.auto",
    "Connection": "sql.connection",
    "DeletePreview": "tables.delete_preview",
    "Diagram": "tables.diagram",
    "Executor": "jobs.engines.base",
    "FreeTable": "tables.virtual",
    "Heading": "core.heading",
    "Imported": "jobs.auto",
    "Instance": "tables.instance",
    "Job": "jobs.job",
    "JobTable": "jobs.table",
    "LabwrightError": "core.errors",
    "Lookup": "tables.table",
    "Manual": "tables.table",
    "MatCell": "codecs.matlab",
    "MatSparse": "codecs.matlab",
    "MatStruct": "codecs.matlab",
    "NoOverlap": "tables.rules",
    "Not": "query.conditions",
    "Part": "tables.table",
    "Privilege": "tables.role_plan",
    "Project": "tables.project",
    "QueryExpression": "tables.query",
    "Reference": "tables.reference",
    "Refuse": "tables.rules",
    "RolePlan": "tables.role_plan",
    "Schema": "tables.schema",
    "SumAtMost": "tables.rules",
    "Table": "tables.table",
    "TableMeta": "tables.table",
    "Top": "query.top",
    "U": "query.operators",
    "UserTable": "tables.table",
    "ValidationResult": "tables.validate",
    "VirtualModule": "tables.virtual",
    "Where": "query.comparisons",
    "WorkOrder": "jobs.order",
    "Workers": "jobs.background",
    "WorkerId": "jobs.job",
    "Hdf5Ref": "codecs.hdf5",
    "ImageRef": "codecs.image",
    "NpyRef": "codecs.npy_ref",
    "ObjectRef": "codecs.object_ref",
    "Packed": "codecs.packed",
    "ParquetRef": "codecs.parquet",
    "SchemaCodec": "codecs.schema_codec",
    "Thumbnail": "codecs.picture",
    "TiffRef": "codecs.tiff",
    "VideoRef": "codecs.video",
    "ZarrRef": "codecs.zarr",
    "Doubt": "screens.remark",
    "Fault": "screens.remark",
    "Frame": "screens.page",
    "Guarded": "screens.guarded",
    "Screens": "screens.screens",
    "action": "screens.action",
    "check": "screens.check",
    "column": "screens.column",
    "dashboard": "screens.page",
    "page": "screens.page",
    "plot": "screens.plot",
    "ranges": "screens.check",
    "acting_as": "tables.actor",
    "activity": "tables.activity",
    "change": "tables.actor",
    "changes": "tables.history",
    "find_change": "tables.history",
    "backup": "tables.backup",
    "config": "tables.config",
    "conn": "tables.project",
    "key": "tables.key",
    "limits": "core.limits",
    "create_virtual_module": "tables.virtual",
    "from_camel_case": "define.names",
    "get_codec": "codecs.base",
    "list_codecs": "codecs.base",
    "list_schemas": "tables.schema",
    "pack": "codecs.blob",
    "plan_roles": "tables.role_plan",
    "progress_of": "jobs.counting",
    "restore": "tables.backup",
    "run": "jobs.run",
    "to_camel_case": "define.names",
    "unpack": "codecs.blob",
    "undo": "tables.undo",
    "verify_backup": "tables.backup",
    "virtual_schema": "tables.virtual",
}
"""Where each public name lives."""
_ALIASES = {"DataJointError": "LabwrightError", "schema": "Schema"}
"""Names that existing pipelines use for the same things."""

__all__ = [
    "Activity",
    "After",
    "AndList",
    "Attribute",
    "AttributeAdapter",
    "AutoPopulate",
    "Change",
    "ChangeSet",
    "Check",
    "Claims",
    "Codec",
    "Computed",
    "Connection",
    "DataJointError",
    "DeletePreview",
    "Diagram",
    "Doubt",
    "Executor",
    "Fault",
    "Frame",
    "FreeTable",
    "Guarded",
    "Hdf5Ref",
    "Heading",
    "ImageRef",
    "Imported",
    "Instance",
    "Job",
    "JobTable",
    "LabwrightError",
    "Lookup",
    "Manual",
    "MatCell",
    "MatSparse",
    "MatStruct",
    "NoOverlap",
    "Not",
    "NpyRef",
    "ObjectRef",
    "Packed",
    "ParquetRef",
    "Part",
    "Privilege",
    "Project",
    "QueryExpression",
    "Reference",
    "Refuse",
    "RolePlan",
    "Schema",
    "SchemaCodec",
    "Screens",
    "SumAtMost",
    "Table",
    "TableMeta",
    "Thumbnail",
    "TiffRef",
    "Top",
    "U",
    "UserTable",
    "ValidationResult",
    "VideoRef",
    "VirtualModule",
    "Where",
    "WorkOrder",
    "WorkerId",
    "Workers",
    "ZarrRef",
    "__version__",
    "acting_as",
    "action",
    "activity",
    "backup",
    "change",
    "changes",
    "check",
    "column",
    "config",
    "conn",
    "create_virtual_module",
    "dashboard",
    "errors",
    "find_change",
    "from_camel_case",
    "get_codec",
    "key",
    "limits",
    "list_codecs",
    "list_schemas",
    "pack",
    "page",
    "plan_roles",
    "plot",
    "progress_of",
    "ranges",
    "restore",
    "run",
    "schema",
    "to_camel_case",
    "undo",
    "unpack",
    "verify_backup",
    "virtual_schema",
]


def __getattr__(name: str) -> Any:
    if name == "errors":
        return import_module("labwright.core.errors")
    source = _ALIASES.get(name, name)
    if source in _NAMES:
        value = getattr(import_module(f"labwright.{_NAMES[source]}"), source)
    elif name.startswith("__"):
        raise AttributeError(f"module 'labwright' has no attribute {name!r}")
    else:
        # What pipelines use beyond the language: dj.utils.to_camel_case, dj.ERD.
        value = import_module("labwright.compat.names").find(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
