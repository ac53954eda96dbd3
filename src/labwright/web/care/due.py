"""Telling people what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.desk.tasks import tasks
from labwright.web.notices.kind import Kind
from labwright.web.notices.notify import notify
from labwright.web.notices.tables import notices

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk


def tell_due(desk: Desk, clock: Clock = utc_now) -> None:
    """Tell a person what is due by now, once."""
    keeping, person = desk.workspace.keeping, desk.person.name
    due = [task for task in tasks(desk) if task.due <= clock()]
    for task in due:
        topic = f"due {task.number}"
        if not notices(keeping) & {"person": person, "topic": topic[:200]}:
            notify(keeping, person, Kind.DUE, task.text, task.link, topic, clock)
