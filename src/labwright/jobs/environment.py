"""Where code runs: Python, the machine, and the packages that it imports."""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.metadata
import json
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType

from labwright._version import __version__
from labwright.jobs.syntax import parse_file


@dataclass(frozen=True, slots=True)
class Environment:
    """What code runs on.

    Parameters
    ----------
    python : str
        Version and implementation.
    platform : str
        The operating system and the kind of machine.
    labwright : str
    packages : mapping
        The versions of the packages that the code imports, by the names under which they are installed.
    """

    python: str
    platform: str
    labwright: str
    packages: Mapping[str, str]

    @property
    def text(self) -> str:
        """All of it as JSON."""
        told = {"python": self.python, "platform": self.platform, "labwright": self.labwright}
        return json.dumps({**told, "packages": dict(self.packages)}, sort_keys=True, ensure_ascii=False)

    @property
    def hash(self) -> str:
        """Equal for equal environments."""
        return hashlib.blake2b(self.text.encode(), digest_size=16).hexdigest()


def environment_of(modules: Iterable[str]) -> Environment:
    """Return what some modules run on.

    Parameters
    ----------
    modules : iterable of str
        Those with the code. Packages count that they import themselves.

    Examples
    --------
    >>> environment_of(["labwright.tables.frames"]).labwright == __version__
    True
    """
    names = {name for module in modules for name in _imported(sys.modules.get(module))}
    python = f"{platform.python_version()} {platform.python_implementation()}"
    return Environment(python, platform.platform(), __version__, _versions(names))


def read_environment(text: str) -> Environment:
    """Return the environment that was written as `text`."""
    return Environment(**json.loads(text))


def _imported(module: ModuleType | None) -> Iterator[str]:
    """The packages that a module imports, within functions too; without source those whose values it has."""
    if module is None:
        return
    file = getattr(module, "__file__", None)
    tree = parse_file(file) if file else None
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]
    if tree is None:
        for value in list(vars(module).values()):
            name = value.__name__ if isinstance(value, ModuleType) else getattr(type(value), "__module__", "")
            yield str(name).partition(".")[0]


def _versions(packages: Iterable[str]) -> dict[str, str]:
    """The versions of the distributions that bring packages."""
    outside = {p for p in packages if p not in sys.stdlib_module_names and p not in ("", "labwright", "__main__")}
    return {name: version for package in sorted(outside) for name, version in _brought(package)}


@functools.cache
def _brought(package: str) -> tuple[tuple[str, str], ...]:
    """Which distributions bring a package: mostly one of the same name; to look through all takes half a second."""
    try:
        return ((package, importlib.metadata.version(package)),)
    except importlib.metadata.PackageNotFoundError:
        if package not in sys.modules or _is_plain(sys.modules[package]):
            return ()
    names = importlib.metadata.packages_distributions().get(package, ())
    return tuple((name, importlib.metadata.version(name)) for name in sorted(set(names)))


def _is_plain(module: ModuleType) -> bool:
    """Whether a module is not installed: a file of the project, or made by code."""
    file = getattr(module, "__file__", None)
    return file is None or "site-packages" not in file
