"""What is to be done: lab modules say it, and people see it on their first page."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Task:
    """Something that is to be done.

    Parameters
    ----------
    number : str
        Tells it from all others, as ``weigh mouse 7 2026-03-01``: nobody is told of the same twice.
    text : str
        A sentence.
    link : str
        The page of the app where it is done.
    due : datetime
        In UTC.
    """

    number: str
    text: str
    link: str
    due: datetime


TaskSource = Callable[["Desk"], Iterable[Task]]
sources: list[TaskSource] = []
"""Where tasks come from: a lab module adds a function that gives those of whoever sits at a desk."""


def tasks(desk: Desk) -> Sequence[Task]:
    """What a person has to do, the earliest first; a source that fails is left out."""
    return sorted(_all(desk), key=lambda task: task.due)


def _all(desk: Desk) -> Iterator[Task]:
    for source in sources:
        try:
            yield from list(source(desk))
        except Exception:
            logger.exception("tasks cannot be looked for", extra={"action": "tasks"})
