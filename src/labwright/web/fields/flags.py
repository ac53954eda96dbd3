"""Fields of truth values."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from labwright.web.fields.cleaning import plain
from labwright.web.fields.error import FieldError, shown
from labwright.web.fields.field import Field
from labwright.web.fields.input import Input

_TRUE: Final = frozenset("yes y true t on 1 1.0".split())
_FALSE: Final = frozenset("no n false f off 0 0.0".split())
_FORM: Final = "Write yes or no (true, false, 1 and 0 will do as well)."


class FlagField(Field):
    """Yes or no.

    A checkbox posts nothing when it is not ticked: the macro ``flag`` puts a hidden ``no`` before it. Where there may
    be no value, or nobody has said what it is to begin with, it is a choice instead.
    """

    kind: ClassVar[str] = "flag"
    comparisons: ClassVar[tuple[str, ...]] = ("eq", "ne")

    def read(self, text: str) -> bool:
        found = plain(text).lower()
        if found not in _TRUE | _FALSE:
            raise FieldError(f"{_FORM} This is {shown(text)}.")
        return found in _TRUE

    def take(self, value: Any) -> bool:
        if not isinstance(value, (bool, int, float)) or value not in (0, 1):
            raise FieldError(_FORM)
        return bool(value)

    def write(self, value: Any) -> str:
        return "yes" if value else "no"

    def dump(self, value: Any) -> bool:
        return bool(value)

    def draw(self) -> Input:
        decided = self.attribute.default is not None and not self.attribute.nullable
        return Input("flag" if decided else "choice", choices=(("yes", "yes"), ("no", "no")))
