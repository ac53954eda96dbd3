"""Tables of the user's modules, as they are named on the command line."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from labwright.cli.modules import import_user_module, schemas_in
from labwright.core.errors import ConfigError, did_you_mean
from labwright.tables.project import Project
from labwright.tables.table import Table


def targets(project: Project, names: Sequence[str]) -> list[Any]:
    """Return the tables and schemas that are named: ``package.module.Class``, or a module for all its tables.

    Raises
    ------
    ConfigError
        When there is no such module, or no such class in it; names near ones.
    """
    return [target for name in names for target in _target(project, name.replace(":", "."))]


def _target(project: Project, name: str) -> list[Any]:
    if "" not in sys.path:
        sys.path.insert(0, "")
    if _is_module(name):
        return list(schemas_in(project, [name]))
    module, _, cls = name.rpartition(".")
    if not module:
        raise ConfigError(f"There is no module {name!r} here. Tables are named as package.module.Class.")
    import_user_module(module)
    found = getattr(sys.modules[module], cls, None)
    if not (isinstance(found, type) and issubclass(found, Table)):
        known = [
            n for n, thing in vars(sys.modules[module]).items() if isinstance(thing, type) and issubclass(thing, Table)
        ]
        raise ConfigError(f"The module {module!r} has no table {cls!r}.{did_you_mean(cls, known)}")
    return [found]


def _is_module(name: str) -> bool:
    try:
        return find_spec(name) is not None
    except ModuleNotFoundError:  # a name within something that is no package
        return False
