"""What a worker reports at its end."""

from __future__ import annotations

import pickle
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from labwright.core.errors import LabwrightError
from labwright.jobs.outcome import Outcome

MAX_ERRORS: Final = 1000


@dataclass
class WorkReport:
    """What a worker has done; can be sent from process to process.

    Parameters
    ----------
    worker : str
        Its uuid.
    counts : dict
        By table, how many keys there are of each state.
    errors : list of tuple
        Table, key and message, of the first errors.
    stopped : bool
        Whether it was told to end.
    raised : Exception, optional
        The error that ended it, where errors end the work.

    Examples
    --------
    >>> report = WorkReport("5f0e")
    >>> report.add(Outcome({"mouse": 1}, "success", table="lab.__weight"))
    >>> print(report)
    1 key computed
    """

    worker: str
    counts: dict[str, Counter[str]] = field(default_factory=dict)
    errors: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    stopped: bool = False
    raised: Exception | None = None

    def add(self, outcome: Outcome) -> None:
        """Add what became of one more key."""
        self.counts.setdefault(outcome.table, Counter())[outcome.state] += 1
        if outcome.state == "error" and len(self.errors) < MAX_ERRORS:
            self.errors.append((outcome.table, dict(outcome.key), outcome.message))

    def __str__(self) -> str:
        total: Counter[str] = sum(self.counts.values(), Counter())
        done = f"{total['success']} key{'' if total['success'] == 1 else 's'} computed"
        others = {"error": "failed", "skipped": "left to others", "retry": "to be tried again", "lost": "lost"}
        told = [f"{total[state]} {words}" for state, words in others.items() if total[state]]
        return ", ".join([done, *told, *(["stopped"] if self.stopped else [])])


def portable_error(outcome: Outcome) -> Exception:
    """The error of a key as another process can have it; where that is not possible, what it says."""
    try:
        pickle.loads(pickle.dumps(outcome.error))  # noqa: S301 - made right here
    except Exception:  # noqa: BLE001 - errors of users may do anything when they are made anew
        return LabwrightError(outcome.message)
    assert outcome.error is not None
    return outcome.error
