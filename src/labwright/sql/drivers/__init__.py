"""Drivers: how each database is spoken to. Nothing above this package knows which one it is."""

from __future__ import annotations

import importlib
from typing import Final

from labwright.sql.drivers.base import Driver, Result, ServerVersion
from labwright.sql.url import DatabaseUrl

__all__ = ["Driver", "Result", "ServerVersion", "driver_for"]

_DRIVERS: Final = {
    "sqlite": ("labwright.sql.drivers.sqlite", "SQLiteDriver"),
    "postgres": ("labwright.sql.drivers.postgres", "PostgresDriver"),
    "mysql": ("labwright.sql.drivers.mysql", "MySQLDriver"),
}


def driver_for(url: DatabaseUrl) -> Driver:
    """Return the driver that speaks to the database at `url`; it is imported now, and nothing is opened yet."""
    module, name = _DRIVERS[url.backend]
    driver: Driver = getattr(importlib.import_module(module), name)(url)
    return driver
