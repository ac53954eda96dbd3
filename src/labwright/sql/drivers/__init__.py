"""Drivers: how each database is spoken to. Nothing above this package knows which one it is."""

from __future__ import annotations

from labwright.sql.drivers.base import Driver, Result, ServerVersion
from labwright.sql.drivers.mysql import MySQLDriver
from labwright.sql.drivers.postgres import PostgresDriver
from labwright.sql.drivers.sqlite import SQLiteDriver
from labwright.sql.url import DatabaseUrl

__all__ = ["Driver", "Result", "ServerVersion", "driver_for"]

_DRIVERS: dict[str, type[SQLiteDriver] | type[PostgresDriver] | type[MySQLDriver]] = {
    "sqlite": SQLiteDriver,
    "postgres": PostgresDriver,
    "mysql": MySQLDriver,
}


def driver_for(url: DatabaseUrl) -> Driver:
    """Return the driver that speaks to the database at `url`; nothing is opened yet."""
    return _DRIVERS[url.backend](url)
