"""Which class stands for a tier; the tiers that fill themselves live in a layer above and are loaded when asked for."""

from __future__ import annotations

from typing import Final

from labwright.core.registry import Registry
from labwright.tables.table import Table

tiers: Final[Registry[type[Table]]] = Registry("tier")
for _tier in ("manual", "lookup", "part"):
    tiers.register_path(_tier, f"labwright.tables.table:{_tier.capitalize()}")
for _tier in ("imported", "computed"):
    tiers.register_path(_tier, f"labwright.jobs.auto:{_tier.capitalize()}")
