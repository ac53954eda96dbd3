"""A column of a grid."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """What a grid has to know of an attribute.

    Parameters
    ----------
    name : str
    kind : str
        The `kind` of the field.
    align : {'start', 'end'}
        Numbers stand at the end, so that their digits are below each other.
    unit : str
    is_sortable : bool
        Whether rows can be put in its order.
    is_editable : bool
        Whether its cells can be edited where they are: not those of the key, nor files.
    is_heavy : bool
        Whether fetching it reads the values themselves, from a store or from the row, so that a grid leaves it out.
    """

    name: str
    kind: str
    align: str = "start"
    unit: str = ""
    is_sortable: bool = False
    is_editable: bool = False
    is_heavy: bool = False
