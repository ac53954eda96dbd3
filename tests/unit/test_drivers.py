from __future__ import annotations

import subprocess
import sys

import pytest

from labwright.sql.drivers import Driver, driver_for
from labwright.sql.drivers.mysql import MySQLDriver
from labwright.sql.drivers.postgres import PostgresDriver
from labwright.sql.drivers.sqlite import SQLiteDriver
from labwright.sql.url import parse_url


@pytest.mark.parametrize(
    ("text", "kind"),
    [("sqlite://", SQLiteDriver), ("postgresql://h/d", PostgresDriver), ("mysql://h", MySQLDriver)],
)
def test_driver_for(text: str, kind: type[Driver]) -> None:
    url = parse_url(text)
    driver = driver_for(url)
    assert type(driver) is kind
    assert driver.backend == url.backend


def test_no_driver_is_imported_before_it_is_used() -> None:
    program = (
        "import sys; from labwright.sql.connection import Connection; Connection('postgresql://h/d');"
        "print([name for name in ('sqlite3', 'psycopg', 'MySQLdb', 'pymysql') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
