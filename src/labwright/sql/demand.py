"""What has to hold for a transaction to be stored."""

from __future__ import annotations

from dataclasses import dataclass

from labwright.core.errors import LabwrightError
from labwright.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Demand:
    """A statement that has to touch exactly one row, e.g. the reservation of the job whose results are stored.

    Parameters
    ----------
    statement : Statement
    error : LabwrightError
        What is raised when it does not; nothing is stored then.
    """

    statement: Statement
    error: LabwrightError
