"""Packages that calculations need, and not every installation has."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Any

import labwright as lw


def package(module: str, extra: str = "lab") -> Any:
    """Import a module when it is needed.

    Raises
    ------
    MissingPackageError
        When it is not installed; it says how to install it.

    Examples
    --------
    >>> package("statistics").mean([1, 2, 3])
    2
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise lw.errors.MissingPackageError(
            f"This needs {module.partition('.')[0]}: pip install 'labwright[{extra}]'"
        ) from error


def versions(*packages: str) -> dict[str, str]:
    """The installed versions of packages, as they are noted beside a result.

    Examples
    --------
    >>> sorted(versions("numpy", "labwright"))
    ['labwright', 'numpy']
    """
    return {name: version(name) for name in packages}
