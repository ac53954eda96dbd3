"""The schemas that a module of the user's defines."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import walk_packages

from labwright.core.errors import ConfigError, MigrationError
from labwright.tables.project import Project
from labwright.tables.schema import Schema, blueprints
from labwright.tables.table import Table


def schemas_in(project: Project, modules: Sequence[str], only: str | None = None) -> list[Schema]:
    """Import modules, and return the schemas of a project that have classes in them.

    Parameters
    ----------
    project : Project
    modules : sequence of str
        As in an import. What a package imports is searched as well; all of its modules, where it imports no table.
    only : str, optional
        The name of one schema.
    """
    found: dict[str, Schema] = {}
    for module in modules:
        import_user_module(module)
        if not _defined(project, module):
            _import_below(module)
        here = {s.database_name: s for s in _defined(project, module) if only in (None, s.database_name)}
        if not here and only is None:
            raise MigrationError(f"The module {module!r} defines no table of this project.")
        found |= here
    if not found:
        raise MigrationError(f"The module {', '.join(map(repr, modules))} defines no schema {only!r}.")
    return [found[name] for name in sorted(found)]


def classes_in(schema: Schema) -> list[type[Table]]:
    """The classes of a schema that have a definition."""
    return list(schema._specs)


def _defined(project: Project, module: str) -> list[Schema]:
    return [s for s in blueprints(project) if _classes(s, module)]


def _import_below(package: str) -> None:
    """Import the modules of a package, but what is run and not imported."""
    path = getattr(sys.modules[package], "__path__", ())
    for found in walk_packages(path, f"{package}."):
        if not found.name.endswith(".__main__"):
            import_user_module(found.name)


def _classes(schema: Schema, module: str) -> bool:
    return any(f"{cls.__module__}.".startswith(f"{module}.") for cls in classes_in(schema))


def import_user_module(name: str) -> None:
    """Import a module, which may be in the working directory."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        import_module(name)
    except ImportError as error:
        raise ConfigError(
            f"The module {name!r} cannot be imported: {error}. It is named as in an import: lab.subjects, not "
            "lab/subjects.py."
        ) from error
