"""Which class stands for a tier; those of layers above are loaded when they are asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labwright.core.registry import Registry

if TYPE_CHECKING:
    from labwright.tables.table import Table

tiers: Final[Registry[type[Table]]] = Registry("tier")
for _tier in ("manual", "lookup", "part"):
    tiers.register_path(_tier, f"labwright.tables.table:{_tier.capitalize()}")
for _tier in ("imported", "computed"):
    tiers.register_path(_tier, f"labwright.jobs.auto:{_tier.capitalize()}")
tiers.register_path("free", "labwright.tables.virtual:FreeTable")
tiers.register_path("service", "labwright.tables.service_tables:ServiceTable")
tiers.register_path("external", "labwright.tables.external_table:ExternalTable")
