"""Names that pipelines use of the peer: which module here each one leads to, or what to use instead.

What `labwright` itself exports under the same name is not repeated here.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

import labwright

PEER: Final = "datajoint"

VERSIONS: Final[Mapping[str, str]] = MappingProxyType({"2": "2.3.5", "classic": "0.14.6"})
"""The version of the peer in which each generation of the language is spoken as it is here."""

HELPERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "admin": "labwright.compat.admin",
        "attribute_adapter": "labwright.compat.attribute_adapter",
        "autopopulate": "labwright.compat.autopopulate",
        "blob": "labwright.compat.blob",
        "builtin_codecs": "labwright.compat.builtin_codecs",
        "codecs": "labwright.compat.codecs",
        "condition": "labwright.compat.condition",
        "connection": "labwright.compat.connection",
        "dependencies": "labwright.compat.dependencies",
        "deploy": "labwright.compat.deploy",
        "diagram": "labwright.compat.diagram",
        "errors": "labwright.compat.errors",
        "expression": "labwright.compat.expression",
        "external": "labwright.compat.external",
        "fetch": "labwright.compat.fetch",
        "gc": "labwright.compat.gc",
        "hash": "labwright.compat.hash",
        "hash_registry": "labwright.compat.hash_registry",
        "heading": "labwright.compat.heading",
        "jobs": "labwright.compat.jobs",
        "logging": "labwright.compat.log",
        "migrate": "labwright.compat.migrate",
        "objectref": "labwright.compat.objectref",
        "preview": "labwright.compat.preview",
        "schemas": "labwright.compat.schemas",
        "settings": "labwright.compat.settings",
        "staged_insert": "labwright.compat.staged_insert",
        "storage": "labwright.compat.storage",
        "storage_adapter": "labwright.compat.storage_adapter",
        "table": "labwright.compat.table",
        "user_tables": "labwright.compat.user_tables",
        "utils": "labwright.compat.utils",
        "version": "labwright.compat.version",
    }
)
"""The modules of the peer that pipelines reach into."""

ELSEWHERE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Compute": "labwright:Computed",
        "Di": "labwright:Diagram",
        "ERD": "labwright:Diagram",
        "Entry": "labwright:Manual",
        "Ingest": "labwright:Imported",
        "Job": "labwright:JobTable",
        "StorageAdapter": "labwright.compat.storage_adapter:StorageAdapter",
        "conn": "labwright.compat.connection:conn",
        "get_storage_adapter": "labwright.compat.storage_adapter:get_storage_adapter",
        "key_hash": "labwright.compat.hash:key_hash",
        "kill": "labwright.compat.admin:kill",
        "logger": "labwright.compat.log:logger",
        "set_password": "labwright.compat.admin:set_password",
        "ThreadSafetyError": "labwright.compat.errors:ThreadSafetyError",
    }
)
"""Names that `labwright` has under another one, or in a module of the peer's."""

INSTEAD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "SparkAdapter": "queries give Arrow tables, which Spark reads: query.to_arrow()",
        "cli": "the command line is 'labwright'; 'labwright shell' opens Python with the schemas loaded",
    }
)
"""Names of the peer that have no counterpart, and what to do."""

CLASSIC_NAMES: Final = frozenset(
    """
    __author__ __version__ config conn Connection Schema schema VirtualModule create_virtual_module list_schemas Table
    FreeTable Manual Lookup Imported Computed Part Not AndList Top U Diagram Di ERD set_password kill MatCell MatStruct
    AttributeAdapter errors DataJointError key key_hash logger
    """.split()
)
"""What ``from datajoint import *`` gives in the classic generation."""

CURRENT_NAMES: Final = frozenset(
    """
    __author__ __version__ config conn Connection Instance Schema VirtualModule virtual_schema list_schemas
    Table FreeTable AutoPopulate Job Manual Entry Lookup Imported Ingest Computed Compute Part Not AndList Top U
    Diagram MatCell MatStruct Codec SchemaCodec ObjectRef NpyRef StorageAdapter get_storage_adapter list_codecs
    get_codec errors migrate deploy DataJointError ThreadSafetyError logger ValidationResult
    """.split()
)
"""What ``from datajoint import *`` gives in generation 2."""


def find(name: str) -> Any:
    """What `name` is in Labwright.

    Raises
    ------
    AttributeError
        When there is no such thing; it says what to use instead, where there is something.
    """
    if name in HELPERS:
        return import_module(HELPERS[name])
    if name in ELSEWHERE:
        module, _, attribute = ELSEWHERE[name].partition(":")
        return getattr(import_module(module), attribute)
    if name in INSTEAD:
        raise AttributeError(f"Labwright has no {name!r}: {INSTEAD[name]}.")
    if name not in labwright.__all__:
        near = labwright.errors.did_you_mean(name, labwright.__all__)
        raise AttributeError(f"module 'labwright' has no attribute {name!r}.{near}")
    return getattr(labwright, name)
