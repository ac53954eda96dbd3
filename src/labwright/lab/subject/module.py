"""The schema of the module."""

from __future__ import annotations

from typing import Final

from labwright.lab import lab
from labwright.lab.activation import Module

MODULE: Final = Module("subject", lab.MODULE)
schema: Final = MODULE.schema
linked: Final = MODULE.linked
