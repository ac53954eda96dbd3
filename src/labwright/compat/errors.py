"""``datajoint.errors``: the errors, and switches for features that are always on here."""

from __future__ import annotations

from typing import Any

from labwright import errors


def __getattr__(name: str) -> Any:
    return getattr(errors, name)


def _always_on(on: bool) -> None:
    """Adapted types and file paths need no switch."""


_switch_adapted_types = _switch_filepath_types = _always_on


def _support_adapted_types() -> bool:
    return True


_support_filepath_types = _support_adapted_types
