"""``datajoint.user_tables``: the tiers of tables."""

from labwright import Computed, Imported, Lookup, Manual, Part, TableMeta, UserTable

__all__ = ["Computed", "Imported", "Lookup", "Manual", "Part", "TableMeta", "UserTable"]
