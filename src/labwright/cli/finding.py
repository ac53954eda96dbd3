"""What ``labwright doctor`` finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "warning", "problem"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Parameters
    ----------
    level : {'ok', 'warning', 'problem'}
    subject : str
        What was looked at, in a word or two.
    message : str
        What was found.
    advice : str
        What to do, unless all is well.

    Examples
    --------
    >>> Finding("problem", "disk", "There is no room left.", "Free some.").level
    'problem'
    """

    level: Level
    subject: str
    message: str
    advice: str = ""


def has_problem(findings: Iterable[Finding]) -> bool:
    """Whether anything has to be done before Labwright can work."""
    return any(finding.level == "problem" for finding in findings)
