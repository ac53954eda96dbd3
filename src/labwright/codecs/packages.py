"""Packages that some codecs need, and not every installation has."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from labwright.core.errors import MissingPackageError


def package(module: str, extra: str) -> Any:
    """Import a module when it is needed.

    Raises
    ------
    MissingPackageError
        When it is not installed; it says how to install it.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingPackageError(f"This needs {module.partition('.')[0]}: pip install 'labwright[{extra}]'") from error
