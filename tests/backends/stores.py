"""Databases of a test's own, since collecting garbage looks at all that there is; and processes that die in them."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from secrets import token_hex

import labwright as lw
from labwright.sql.connection import Connection
from labwright.sql.url import DatabaseUrl, parse_url
from labwright.tables.config import Config


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


def opened(url: DatabaseUrl | str, folder: str | Path, *names: str) -> lw.Project:
    """A project with stores of these names in a folder."""
    project = lw.Project(url, settings=Config(Path(folder)))
    for name in names:
        project.config.update({f"stores.{name}.protocol": "file", f"stores.{name}.location": str(Path(folder) / name)})
    return project


def kill(program: str, url: DatabaseUrl, schema: str, folder: Path, seed: int, longest: float) -> None:
    """Let a process work for a while after it has said that it is ready, and end it at some moment."""
    address = str(url).replace(":***", f":{url.password}")
    process = subprocess.Popen(
        [sys.executable, "-c", program, address, schema, str(folder), str(seed)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(random.Random(seed).uniform(0.05, longest))
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.stdout.close()
