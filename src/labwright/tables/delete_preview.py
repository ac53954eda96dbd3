"""What a deletion would take away, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labwright.define.table import TableId
from labwright.tables.cascade_table import counted


@dataclass(frozen=True, slots=True)
class TableLoss:
    """What one table would lose.

    Parameters
    ----------
    schema, table : str
    rows : int
    owners : tuple of str
        Whose rows they are, who has most of them first; empty where nobody knows.
    owned : int
        Of how many of them that is known.
    objects, bytes : int
        How many objects in stores the rows refer to, each counted once, and how large these are as far as the rows say.
    """

    schema: str
    table: str
    rows: int
    owners: tuple[str, ...] = ()
    owned: int = 0
    objects: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class DeletePreview:
    """What ``delete()`` would take away; nothing was done.

    An object that rows elsewhere refer to as well is counted all the same, and stays.

    Parameters
    ----------
    tables : tuple of TableLoss
        The tables that would lose rows, parents first.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Lookup):
    ...         definition = "mouse : int32"
    ...         contents = [(1,), (2,)]
    ...     @schema
    ...     class Weight(lw.Lookup):
    ...         definition = '''
    ...         -> Mouse
    ...         day : int32
    ...         '''
    ...         contents = [(1, 1), (1, 2), (2, 1)]
    ...     schema.ensure_declared()
    ...     preview = (Mouse & {"mouse": 1}).delete_preview()
    ...     [(loss.table, loss.rows) for loss in preview.tables], preview.rows
    ([('#mouse', 1), ('#weight', 2)], 3)
    """

    tables: tuple[TableLoss, ...]

    @property
    def rows(self) -> int:
        """How many rows would go, of all tables."""
        return sum(t.rows for t in self.tables)

    @property
    def objects(self) -> int:
        """How many objects these refer to."""
        return sum(t.objects for t in self.tables)

    @property
    def bytes(self) -> int:
        """How large these are."""
        return sum(t.bytes for t in self.tables)

    @property
    def owners(self) -> tuple[str, ...]:
        """Whose rows would go, in no order."""
        return tuple(dict.fromkeys(name for t in self.tables for name in t.owners))

    def __str__(self) -> str:
        ids = [(TableId(t.schema, t.table), t) for t in self.tables]
        return counted([(id_, t.rows) for id_, t in ids], {id_: t.owners for id_, t in ids if t.owners})


def preview_of(
    rows: Mapping[TableId, int],
    owners: Mapping[TableId, Mapping[str, int]],
    objects: Mapping[TableId, tuple[int, int]],
) -> DeletePreview:
    """What is known of each table, put together; those that lose nothing are left out."""
    return DeletePreview(
        tuple(_loss(id_, n, owners.get(id_, {}), objects.get(id_, (0, 0))) for id_, n in rows.items() if n)
    )


def _loss(id_: TableId, rows: int, owners: Mapping[str, int], objects: tuple[int, int]) -> TableLoss:
    return TableLoss(id_.schema, id_.name, rows, tuple(owners), sum(owners.values()), *objects)
