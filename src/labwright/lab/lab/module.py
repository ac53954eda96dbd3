"""The schema of the module."""

from __future__ import annotations

from typing import Final

from labwright.lab.activation import Module

MODULE: Final = Module("lab")
schema: Final = MODULE.schema
