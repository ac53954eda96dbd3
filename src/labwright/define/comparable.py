"""When two tables are the same, as far as a database can tell."""

from __future__ import annotations

from dataclasses import replace

from labwright.core.heading import Attribute
from labwright.define.default_values import canonical_default
from labwright.define.table import ForeignKey, TableDef


def comparable(table: TableDef) -> TableDef:
    """Return `table` in the form that is the same for code and database.

    Defaults in one spelling, indexes in one order and each once, a unique index over the columns of a reference as its
    option, and no comments on references, which servers do not keep.

    Examples
    --------
    >>> from labwright.core.heading import Heading
    >>> from labwright.core.types import Default, Type
    >>> from labwright.define.table import TableId
    >>> a, b = (
    ...     TableDef(TableId("lab", "m"), Heading([Attribute("ok", Type("bool"), default=Default("literal", text))]))
    ...     for text in ("1", "true")
    ... )
    >>> a == b, comparable(a) == comparable(b)
    (False, True)
    """
    references = {fk.columns for fk in table.foreign_keys}
    indexes = sorted((i for i in table.indexes if i.columns not in references), key=repr)
    return replace(
        table,
        heading=table.heading.map(_with_usual_default),
        foreign_keys=tuple(_reference(table, fk) for fk in table.foreign_keys),
        indexes=tuple(dict.fromkeys(indexes)),
    )


def _with_usual_default(attribute: Attribute) -> Attribute:
    return replace(attribute, default=canonical_default(attribute.stored, attribute.default))


def _reference(table: TableDef, fk: ForeignKey) -> ForeignKey:
    unique = fk.unique or any(i.unique and i.columns == fk.columns for i in table.indexes)
    return replace(fk, unique=unique, comment="")
