"""A client that knows nothing of Labwright: the bare driver."""

from __future__ import annotations

import sqlite3
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pymysql

REFUSALS = (sqlite3.Error, psycopg.Error, pymysql.Error)
"""What the drivers raise."""


class Foreign:
    """A connection of the DB-API, in a transaction from its first statement on."""

    def __init__(self, url: str, isolation: str = "") -> None:
        parts = urlsplit(url)
        self.kind = parts.scheme
        if self.kind == "sqlite":
            self.raw: Any = sqlite3.connect(parts.path[1:], timeout=1, check_same_thread=False)
            self.raw.execute("PRAGMA foreign_keys = ON")
        elif self.kind == "postgresql":
            self.raw = psycopg.connect(url, options="-c lock_timeout=5s")
            if isolation:
                self.raw.isolation_level = getattr(psycopg.IsolationLevel, isolation.replace(" ", "_"))
        else:
            self.raw = pymysql.connect(
                host=parts.hostname or "127.0.0.1", port=parts.port or 3306, user=parts.username or "root",
                password=unquote(parts.password or ""),
            )  # fmt: skip
            self.raw.cursor().execute("SET SESSION innodb_lock_wait_timeout = 1")
            if isolation:
                self.raw.cursor().execute(f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}")

    def __enter__(self) -> Foreign:
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()

    def run(self, sql: str, *params: Any) -> Any:
        """Run a statement with ``?`` for values and names in double quotes."""
        if self.kind == "mysql":
            sql = sql.replace('"', "`")
        cursor = self.raw.cursor()
        cursor.execute(sql if self.kind == "sqlite" else sql.replace("?", "%s"), params)
        return cursor

    def commit(self) -> None:
        self.raw.commit()

    def rollback(self) -> None:
        self.raw.rollback()
