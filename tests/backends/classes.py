"""Table classes made in one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import labwright as lw


def table(
    schema: lw.Schema,
    name: str,
    definition: str,
    base: Any = lw.Manual,
    context: Mapping[str, Any] | None = None,
    **members: Any,
) -> Any:
    """A table class in `schema`; a reference is to a class of the schema, or of `context`."""
    known = {cls.__name__: cls for cls in schema.masters()} | dict(context or {})
    return schema(type(name, (base,), {"definition": definition, **members}), context=known)


def part(name: str, definition: str) -> Any:
    """A part, to be given to `table` as a member."""
    return type(name, (lw.Part,), {"definition": definition})
