"""Telling people of computations that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.notices.following import followers
from labwright.web.notices.kind import Kind
from labwright.web.notices.notify import notify

if TYPE_CHECKING:
    from labwright.web.desk.workspace import Workspace
    from labwright.web.keeping.keeping import Keeping


def tell_failures(
    workspace: Workspace, clock: Clock = utc_now, may_know: Callable[[str, str], bool] = lambda *_: True
) -> None:
    """Tell those who follow a table, and may know of it, that more has failed than when they were told last."""
    keeping = workspace.keeping
    rows = followers(keeping)().to_dicts()
    if not rows:
        return
    standings = workspace.board.read().standings
    for row in rows:
        standing = standings.get(row["table_name"])
        is_told = may_know(row["person"], row["table_name"])
        if is_told and standing is not None and standing.progress is not None:
            _tell(keeping, row, standing.progress.error, clock)


def _tell(keeping: Keeping, row: Any, errors: int, clock: Clock) -> None:
    """What has failed while nobody was told counts as well: it is noted in the database how much was told."""
    if errors == row["errors"]:
        return
    if errors > row["errors"]:
        table = row["table_name"]
        keys = f"{errors} keys have" if errors != 1 else "1 key has"
        text = f"Computations of {table} failed: {keys} an error now."
        notify(keeping, row["person"], Kind.FAILED, text, f"/jobs/{table}", f"failed {table}", clock)
    followers(keeping).update1({**row, "errors": errors})
