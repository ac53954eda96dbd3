"""Databases, as elsewhere."""

from __future__ import annotations

from tests.backends.conftest import project, schema

__all__ = ["project", "schema"]
