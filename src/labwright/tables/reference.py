"""How one table refers to another, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labwright.define.table import ForeignKey, TableDef, TableId


@dataclass(frozen=True, slots=True)
class Reference:
    """Attributes of one table that hold the key of another.

    Parameters
    ----------
    table : TableId
        The table that refers: its ``schema``, its ``name`` there, and its ``class_path``.
    attributes : tuple of str
        What it refers by.
    parent : TableId
        The table that it refers to.
    parent_attributes : tuple of str
        What these are called there, in the same order.
    nullable : bool
        Whether a row may refer to nothing.
    unique : bool
        Whether no two rows may refer to the same one.
    in_key : bool
        Whether all these attributes are of the primary key.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Litter(lw.Manual):
    ...         definition = '''
    ...         litter : int32
    ...         ---
    ...         -> [nullable] Mouse.proj(mother="mouse")
    ...         '''
    ...     (mother,) = Litter.refers_to()
    ...     mother.parent.class_path, dict(mother.pairs), mother.nullable, mother.in_key
    ...     Mouse.referenced_by() == (mother,)
    (('Mouse',), {'mother': 'mouse'}, True, False)
    True
    """

    table: TableId
    attributes: tuple[str, ...]
    parent: TableId
    parent_attributes: tuple[str, ...]
    nullable: bool
    unique: bool
    in_key: bool

    @property
    def pairs(self) -> Mapping[str, str]:
        """What each attribute is called in the parent."""
        return dict(zip(self.attributes, self.parent_attributes, strict=True))

    @property
    def is_part(self) -> bool:
        """Whether it leads from a part to its master."""
        return self.table.master == self.parent


def reference_of(table: TableDef, fk: ForeignKey) -> Reference:
    """What a foreign key of `table` is."""
    key = set(table.heading.primary_key)
    nullable = any(table.heading[c].nullable for c in fk.columns)
    unique = fk.unique or bool(key and key == set(fk.columns))
    return Reference(table.id, fk.columns, fk.parent, fk.parent_columns, nullable, unique, key.issuperset(fk.columns))
