"""The schemas that a module of the user's defines."""

from __future__ import annotations

import sys
from importlib import import_module

from labwright.core.errors import ConfigError, MigrationError
from labwright.tables.project import Project
from labwright.tables.schema import Schema, blueprints
from labwright.tables.table import Table


def schemas_in(project: Project, module: str, only: str | None = None) -> list[Schema]:
    """Import a module, and return the schemas of a project that have classes in it.

    Parameters
    ----------
    project : Project
    module : str
        As in an import; its packages are searched as well.
    only : str, optional
        The name of one schema.
    """
    import_user_module(module)
    found = [s for s in blueprints(project) if only in (None, s.database_name) and _classes(s, module)]
    if not found:
        which = f"no schema {only!r}" if only else "no table of this project"
        raise MigrationError(f"The module {module!r} defines {which}.")
    return sorted(found, key=lambda s: s.database_name)


def classes_in(schema: Schema) -> list[type[Table]]:
    """The classes of a schema that have a definition."""
    return list(schema._specs)


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
