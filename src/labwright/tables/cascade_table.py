"""Plans of deletion as their users see them: a table of counts, and a question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, Protocol

from labwright.core.errors import LabwrightError
from labwright.define.table import TableId

NOBODY: Final[Mapping[TableId, Sequence[str]]] = MappingProxyType({})
SHOWN: Final = 5
"""So many owners are named."""


class Plan(Protocol):
    """What can be looked at before it is done."""

    @property
    def verb(self) -> str:
        """What it does, as in "delete"."""
        ...

    @property
    def owners(self) -> Mapping[TableId, Sequence[str]]:
        """Whose rows they are, once they were counted; those who own most come first."""
        ...

    def preview(self) -> list[tuple[TableId, int]]:
        """The tables and how many rows each loses, parents first."""
        ...


def counted(rows: Sequence[tuple[TableId, int]], owners: Mapping[TableId, Sequence[str]] = NOBODY) -> str:
    """Tables and counts as text, and whose rows they are where that is known.

    Examples
    --------
    >>> print(counted([(TableId("lab", "subject"), 1), (TableId("lab", "session"), 1200)]))
    table         rows
    lab.subject      1
    lab.session  1,200
    """
    cells = [("table", "rows"), *((str(id_), f"{n:,}") for id_, n in rows)]
    left, right = (max(len(cell[i]) for cell in cells) for i in (0, 1))
    whose = ["owner" if owners else "", *(_few(owners.get(id_, ())) for id_, _ in rows)]
    return "\n".join(f"{t:<{left}}  {n:>{right}}  {o}".rstrip() for (t, n), o in zip(cells, whose, strict=True))


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def confirm(plan: Plan, prompt: bool | None = None, safemode: bool = True, ask: Callable[[str], str] = input) -> bool:
    """Show what a plan would do and ask whether to do it.

    Parameters
    ----------
    plan : DeletePlan or DropPlan
    prompt : bool, optional
        Whether to ask; by default as `safemode` says.
    safemode : bool
        The setting of that name.
    ask : callable
        Shows a text and returns the answer.

    Returns
    -------
    bool
        Whether the answer was yes, or there was nothing to ask.
    """
    if not (safemode if prompt is None else prompt):
        return True
    rows = plan.preview()
    if not rows:
        return True
    question = f"{counted(rows, plan.owners)}\n{plan.verb.capitalize()} this? [yes, no]: "
    while (answer := _answer(ask, question).strip().lower()) not in ("yes", "y", "no", "n", ""):
        question = f"Please answer yes or no, not {answer!r}: "
    return answer in ("yes", "y")


def _answer(ask: Callable[[str], str], question: str) -> str:
    try:
        return ask(question)
    except EOFError as error:
        raise LabwrightError(
            "There is nobody to ask, so nothing was done. Pass prompt=False, or set config['safemode'] = False."
        ) from error
