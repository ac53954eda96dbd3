"""What a table tells of its past: who changed which row, when and why, and what it was before."""

from __future__ import annotations

from typing import Any, ClassVar


class Historic:
    """The verbs of a table that look back."""

    _keeps_history: ClassVar[bool | None] = None
    """What the class says of its history: ``history = False`` in its body; None where that depends on the tier."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Take `history`, which a class may set to True or False, out of the way of the verb of that name."""
        super().__init_subclass__(**kwargs)
        given = vars(cls).get("history")
        if isinstance(given, bool):
            cls._keeps_history = given
            type.__delattr__(cls, "history")
