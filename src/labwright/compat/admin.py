"""``datajoint.admin``: what a user does to the server itself."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from getpass import getpass
from typing import Any, Final

import labwright
from labwright import Connection, Manual, Project, Schema
from labwright.compat.log import logger
from labwright.compat.utils import user_choice

_SHOWN: Final = "{id:>6} {user:<12} {host:<20} {state:<12} {time:>7}  {info}"
_NAME: Final = re.compile(r"'[^']*'|\"[^\"]*\"|\b(?:ID|USER|HOST|DB|COMMAND|TIME|STATE|INFO)\b")
"""A text, which stays as it is, or the name of an attribute as MySQL spells it."""


def set_password(
    new_password: str | None = None, connection: Connection | None = None, update_config: bool | None = None
) -> None:
    """Change the password of the user who is connected.

    Parameters
    ----------
    new_password : str, optional
        Asked for twice when it is not given.
    connection : Connection, optional
        By default that of the default project.
    update_config : bool, optional
        Whether the settings of the working directory are to have it as well; asked for when not given.

    Raises
    ------
    LabwrightError
        On SQLite, whose files have no passwords, and where the server refuses it.
    """
    connection = labwright.conn() if connection is None else connection
    if new_password is None:
        new_password = getpass("New password: ")
        if new_password != getpass("Confirm password: "):
            logger.warning("The two passwords differ, so that nothing was changed.")
            return
    connection.set_password(new_password)
    logger.info("The password was changed.")
    if update_config or (update_config is None and user_choice("Update local setting?") == "yes"):
        labwright.config["database.password"] = new_password
        labwright.config.save_local(verbose=True)


def kill(
    restriction: Any = None, connection: Connection | None = None, order_by: str | Sequence[str] | None = None
) -> None:
    """List the other sessions at the server and end those whose number is typed in, until that is ``q``.

    Parameters
    ----------
    restriction : optional
        Which ones, as for tables: ``'host like "%compute%"'``, ``"time > 600"``. The attributes are id, user, host,
        db, command, time, state and info.
    connection : Connection, optional
        By default that of the default project.
    order_by : str or sequence of str, optional
        By default id.

    Raises
    ------
    LabwrightError
        On SQLite, which has no sessions, and for a session that may not be ended.
    """
    connection = labwright.conn() if connection is None else connection
    while True:
        _show(_SHOWN.format(id="ID", user="USER", host="HOST", state="STATE", time="TIME", info="INFO"))
        for process in _processes(connection, restriction, order_by):
            _show(_SHOWN.format_map({name: "" if value is None else value for name, value in process.items()}))
        answer = input('process to kill or "q" to quit > ').strip()
        if answer == "q":
            return
        if answer.isdecimal() and not connection.end_process(int(answer)):
            logger.warning("There is no process %s.", answer)


def kill_quick(restriction: Any = None, connection: Connection | None = None) -> int:
    """End the other sessions at the server without asking, and return how many; see `kill`."""
    connection = labwright.conn() if connection is None else connection
    return sum(connection.end_process(process["id"]) for process in _processes(connection, restriction, None))


def _show(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _processes(connection: Connection, restriction: Any, order_by: str | Sequence[str] | None) -> list[dict[str, Any]]:
    """The other sessions that meet a restriction, which is never sent to the server: it is no text of ours."""
    found = connection.processes()
    with Project("sqlite:///:memory:") as project:
        schema = Schema("server", connection=project)

        @schema
        class Process(Manual):
            definition = """
            id : int64
            ---
            user = null : varchar(255)
            host = null : varchar(255)
            db = null : varchar(255)
            command = null : varchar(255)
            time = null : int64
            state = null : varchar(255)
            info = null : mediumtext
            """

        Process.insert(found)
        if isinstance(restriction, str):
            restriction = _NAME.sub(lambda m: m[0] if m[0][0] in "'\"" else m[0].lower(), restriction)
        rows = Process if restriction is None else Process & restriction
        chosen: list[dict[str, Any]] = rows.to_dicts(order_by=_lower(order_by) or "id")
    return chosen


def _lower(order_by: str | Sequence[str] | None) -> list[str]:
    names = order_by.split(",") if isinstance(order_by, str) else order_by or []
    return [_NAME.sub(lambda m: m[0].lower(), name.strip()) for name in names]
