"""A field: what is shown, typed, checked and compared for one attribute."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import labwright as lw
from labwright.web.fields.cleaning import EDGES
from labwright.web.fields.column import Column
from labwright.web.fields.error import FieldError
from labwright.web.fields.input import Input
from labwright.web.fields.units import unit_of

NO_VALUE = "This needs a value."
ORDERED = ("eq", "ne", "lt", "le", "gt", "ge", "between", "in")
CHOSEN = ("eq", "ne", "in")
NULLS = ("is_null", "not_null")


@dataclass(frozen=True)
class Field:
    """All that the app knows of an attribute. Each kind of attribute has a subclass, which `field_of` chooses.

    Parameters
    ----------
    attribute : lw.Attribute

    Examples
    --------
    >>> from labwright.web.fields import field_of
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int16"
    ...     mouse = field_of(Mouse.heading["mouse"])
    >>> mouse.kind, mouse.macro, mouse.operators[:3]
    ('number', 'number', ('eq', 'ne', 'lt'))
    """

    attribute: lw.Attribute

    kind: ClassVar[str] = ""
    """What sort of values it holds: number, decimal, text, choice, flag, date, time, moment, uuid, json, bytes, blob,
    file, reference, other."""
    comparisons: ClassVar[tuple[str, ...]] = ()
    align: ClassVar[str] = "start"
    is_heavy: ClassVar[bool] = False
    is_writable: ClassVar[bool] = True

    # ---- what a kind of field says ---------------------------------------------------------------

    def read(self, text: str) -> Any:
        """Return the value that `text` stands for, which is not empty."""
        raise NotImplementedError

    def take(self, value: Any) -> Any:
        """Return what a value of Python means here: a cell of a spreadsheet, a file that was sent; never a text."""
        raise NotImplementedError

    def read_default(self, text: str) -> Any:
        """Return the value that `text` stands for in a definition."""
        return self.read(text)

    def write(self, value: Any) -> str:
        """Return the text from which `read` makes `value`."""
        return str(value)

    def show(self, value: Any) -> str:
        """Return `value` for reading."""
        return self.write(value)

    def dump(self, value: Any) -> Any:
        """Return `value` as JSON has it."""
        return self.write(value)

    def load(self, value: Any) -> Any:
        """Return the value that JSON stands for."""
        return self.read(value) if isinstance(value, str) else self.take(value)

    def span(self, text: str) -> tuple[Any, Any]:
        """Return the least and the greatest value that `text` means in a comparison."""
        value = self.read(text)
        return value, value

    def is_empty(self, text: str) -> bool:
        """Whether `text` gives no value."""
        return not text.strip(EDGES)

    def draw(self) -> Input:
        """Return what its input is drawn from, beside what all inputs have."""
        raise NotImplementedError

    # ---- what users of fields call ---------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the attribute."""
        return self.attribute.name

    @property
    def unit(self) -> str:
        """The unit that the comment names, or ``""``."""
        return unit_of(self.attribute.comment)

    @property
    def macro(self) -> str:
        """The template macro that draws its input."""
        return self.input.macro

    def macro_for(self, text: str) -> str:
        """The same for an input that begins with `text`: one line would lose the ends of lines."""
        return "long_text" if self.macro == "text" and "\n" in text else self.macro

    @property
    def may_be_empty(self) -> bool:
        """Whether it takes no value: it may be NULL, or has a default, or is counted up."""
        return self.attribute.nullable or not self.attribute.required

    def parse(self, text: str) -> Any:
        """Return the value of `text`.

        Returns
        -------
        object
            None where the text is empty and the field may be: that is NULL, or else the default.

        Raises
        ------
        FieldError
            With a sentence that says what is valid.
        """
        value = None if self.is_empty(text) else self.read(text)
        return self._nothing() if value is None else value  # null is a value of JSON

    def parse_value(self, value: Any) -> Any:
        """Return what a value of Python stands for: a cell of a spreadsheet, a file that was sent; texts are parsed.

        Raises
        ------
        FieldError
        """
        value = _python(value)
        if value is None:
            return self._nothing()
        return self.parse(value) if isinstance(value, str) else self.take(value)

    def edit(self, value: Any) -> str:
        """Return the text from which `parse` makes `value` again.

        Raises
        ------
        FieldError
            When a codec's value has no form as text.
        """
        return "" if value is None else self.write(value)

    def format(self, value: Any) -> str:
        """Return `value` for reading: short, and without reading anything from a store."""
        return "" if value is None else self.show(value)

    def to_json(self, value: Any) -> Any:
        """Return `value` as JSON has it, exactly.

        Raises
        ------
        FieldError
            When a codec's value has no form in JSON.
        """
        return None if value is None else self.dump(value)

    def from_json(self, value: Any) -> Any:
        """Return the value that `to_json` was given.

        Raises
        ------
        FieldError
        """
        return self._nothing() if value is None else self.load(value)

    @cached_property
    def input(self) -> Input:
        """What its input is drawn from."""
        return self.draw().of(self.attribute, self.unit, self.default)

    @cached_property
    def default(self) -> str:
        """The default as `edit` writes it; ``""`` for none, and for the present time."""
        default = self.attribute.default
        if default is None or default.kind != "literal" or not default.value:
            return ""
        try:
            return self.write(self.read_default(default.value))
        except FieldError:
            return str(default.value)

    @property
    def operators(self) -> tuple[str, ...]:
        """The operators that filters of it may have."""
        may_be_null = self.attribute.nullable or self.attribute.type is None
        return (*self.comparisons, *NULLS) if may_be_null else self.comparisons

    @cached_property
    def column(self) -> Column:
        """What a column of a grid has to know."""
        computed = bool(self.attribute.expression) or self.attribute.type is None
        by_hand = self.is_writable and not computed and not self.attribute.auto
        return Column(
            name=self.name,
            kind=self.kind,
            align=self.align,
            unit=self.unit,
            is_sortable="eq" in self.comparisons,
            is_editable=by_hand and not self.attribute.in_key and self.macro not in ("file", "none"),
            is_heavy=self.is_heavy,
        )

    def _nothing(self) -> None:
        if not self.may_be_empty:
            raise FieldError(NO_VALUE)


def _python(value: Any) -> Any:
    """The Python value inside a numpy scalar."""
    if hasattr(value, "dtype") and hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        return value.item()
    return value
