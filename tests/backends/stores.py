"""Databases of a test's own, since collecting garbage looks at all that there is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from secrets import token_hex

from labwright.sql.connection import Connection
from labwright.sql.url import DatabaseUrl, parse_url


@contextmanager
def own_database(url: str, prefix: str) -> Iterator[DatabaseUrl]:
    """A database in which nothing but the test's schemas can be seen."""
    address = parse_url(url)
    with Connection(address) as connection:
        if connection.backend == "postgres":
            name = f"{prefix}alone"
            connection.execute(f'CREATE DATABASE "{name}"', write=True)
            try:
                yield replace(address, database=name)
            finally:
                connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)', write=True)
        elif connection.backend == "mysql":
            user, password = f"u{token_hex(6)}", token_hex(12)
            pattern = prefix.replace("_", r"\_")
            connection.script(
                [
                    f"CREATE USER `{user}`@`%%` IDENTIFIED BY '{password}'",
                    f"GRANT ALL PRIVILEGES ON `{pattern}%%`.* TO `{user}`@`%%`",
                ]
            )
            try:
                yield replace(address, user=user, password=password)
            finally:
                connection.script([f"DROP USER `{user}`@`%%`"])
        else:
            yield address
