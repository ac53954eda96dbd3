"""``datajoint.connection``: connections."""

from labwright import Connection, conn

__all__ = ["Connection", "conn"]
