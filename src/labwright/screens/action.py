"""Buttons that change something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from labwright.core.errors import DefinitionError, did_you_mean
from labwright.screens.declaration import Declaration, given_tables, told
from labwright.screens.parameters import fields_of_form
from labwright.tables.table import Table

VERBS: Final = ("read", "insert", "update", "delete", "populate")


@dataclass(frozen=True)
class Action(Declaration):
    """An action that a lab has declared.

    Parameters
    ----------
    verb : str
        What somebody must be allowed to do to its table who is to see the button.
    per_row : bool
        Whether it is done to one row, or to none in particular.
    """

    verb: str = "update"
    per_row: bool = True


def action(
    *tables: type[Table], form: str = "", verb: str = "update", per_row: bool = True, title: str = ""
) -> Callable[[Callable[..., Any]], Action]:
    r"""Declare a button with a form, which changes something.

    The function is given a `Guarded` for each table, of which the first has the row that the button stands beside, and
    the fields of the form by name. What it does is one change of the person who pressed the button, with that
    person's rights: all of it, or nothing where it raises. It returns what the person is told, or None.

    Parameters
    ----------
    *tables : Table classes
        The table that it belongs to, and others that it reads or changes.
    form : str
        The fields, as attributes of a definition.
    verb : {'read', 'insert', 'update', 'delete', 'populate'}
        Who may do this to the table sees the button. What the action does is permitted or not in its turn.
    per_row : bool
        Whether it is done to one row. Else it stands beside the table as a whole.
    title : str
        By default the first line of the docstring; the rest of it tells people what will happen.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32 \n --- \n weight : float64  # (g)"
    ...     @lw.action(Mouse, form="weight : float64  # (g)")
    ...     def weigh(mice, *, weight):
    ...         '''Weigh.'''
    ...         mice.update(mice.rows.fetch1("KEY"), {"weight": weight})
    ...         return f"It has {weight:g} g now."
    ...     Mouse.insert([(1, 20.5)])
    ...     weigh(lw.Guarded(Mouse & {"mouse": 1}), weight=21.0)
    'It has 21 g now.'
    """
    if verb not in VERBS:
        raise DefinitionError(f"An action needs one of {', '.join(VERBS)}, not {verb!r}.{did_you_mean(verb, VERBS)}")

    def declare(function: Callable[..., Any]) -> Action:
        said, text = told(function)
        found, fields = given_tables("action", tables), fields_of_form(form)
        return Action(function.__name__, title or said, text, found, function, fields, verb, per_row)

    return declare
