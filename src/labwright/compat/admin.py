"""``datajoint.admin``: what a user does to the server itself."""

from __future__ import annotations

from typing import NoReturn

from labwright import LabwrightError


def set_password(*_: object, **__: object) -> NoReturn:
    """Refuse, and say how: a password goes to the server's own tools, not through a statement that is logged."""
    raise LabwrightError(
        "Labwright does not change passwords. Use the server's own tool, which keeps the password out of its logs: "
        "\\password in psql, ALTER USER in the client of MySQL or MariaDB; a SQLite file has none. Then put the new "
        "one into .secrets/database.password."
    )


def kill(*_: object, **__: object) -> NoReturn:
    """Refuse, and say how."""
    raise LabwrightError(
        "Labwright does not end other people's connections. Use the server's own means: pg_terminate_backend on "
        "PostgreSQL, KILL on MySQL and MariaDB. SHOW PROCESSLIST and pg_stat_activity list them."
    )
