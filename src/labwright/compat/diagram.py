"""``datajoint.diagram``: diagrams, and the tier that a table's name tells."""

from __future__ import annotations

from labwright import Computed, Diagram, Imported, Lookup, Manual, Part, Table

_PREFIXES: tuple[tuple[str, type[Table]], ...] = (("#", Lookup), ("__", Computed), ("_", Imported), ("", Manual))


def _get_tier(table_name: str) -> type[Table]:
    """The base class of a table, told from its quoted full name; code in use reaches for it."""
    name = table_name.rpartition(".")[2].strip('`"')
    tier = next(tier for prefix, tier in _PREFIXES if name.startswith(prefix))
    return Part if "__" in name.lstrip("_") else tier


__all__ = ["Diagram"]
