"""Table classes made in one line."""

from __future__ import annotations

from typing import Any

import labwright as lw


def table(schema: lw.Schema, name: str, definition: str, base: Any = lw.Manual, **members: Any) -> Any:
    """A table class in `schema`; a reference is to another class of the schema."""
    known = {cls.__name__: cls for cls in schema.masters()}
    return schema(type(name, (base,), {"definition": definition, **members}), context=known)


def part(name: str, definition: str) -> Any:
    """A part, to be given to `table` as a member."""
    return type(name, (lw.Part,), {"definition": definition})
