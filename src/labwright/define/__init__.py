"""The language in which tables are defined."""
