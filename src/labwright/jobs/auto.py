"""Tables that fill themselves: for every key of the key source that is not there yet, ``make`` is called once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from labwright.core.errors import LabwrightError
from labwright.core.verb import told, verb
from labwright.define.ast import Tier
from labwright.define.table import ForeignKey, TableDef
from labwright.jobs.populate import PopulateResult, check_can_populate, populate
from labwright.query import expr
from labwright.query.expr import Node
from labwright.tables.query import QueryExpression
from labwright.tables.table import UserTable, answers_for_classes


@answers_for_classes
class AutoPopulate(UserTable):
    """The base of `Imported` and `Computed`: tables that fill themselves, by calling `make` for each missing key.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Square(lw.Computed):
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         square : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "square": key["mouse"] ** 2})
    ...     Mouse.insert([(2,), (3,)])
    ...     issubclass(Square, lw.AutoPopulate)
    ...     _ = Square.populate()
    ...     Square.to_dicts()
    True
    [{'mouse': 2, 'square': 4}, {'mouse': 3, 'square': 9}]
    """

    @told
    def target(self) -> AutoPopulate:
        """The table that is filled: this one, all of it."""
        return type(self)()

    @property
    def key_source(self) -> Any:
        """The keys for which there should be rows: by default the join of the parents in the primary key.

        Override it to restrict them, e.g. ``return Session & "is_complete"``.
        """
        self.ready()
        node: Node | None = None
        for fk in _key_references(self.table_def):
            parent = _parent_node(self, fk)
            node = parent if node is None else expr.join(node, parent)
        if node is None:
            raise LabwrightError(
                f"{type(self).__name__} has no reference in its primary key, so nothing says which rows it should "
                "have. Add one above the divider, or define key_source."
            )
        return QueryExpression(node, [self])

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "_make_tuples" in vars(cls) and "make" not in vars(cls):  # as early pipelines call it
            cls.make = vars(cls)["_make_tuples"]  # type: ignore[method-assign]  # another name of the same

    def make(self, key: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Compute and insert the rows for `key`. Override it, or the three methods it is made of.

        In three parts, nothing is locked while it computes: ``make_fetch(key)`` returns a tuple, ``make_compute(key,
        *fetched)`` another, ``make_insert(key, *computed)`` inserts.
        """
        missing = [n for n in ("make_fetch", "make_compute", "make_insert") if not hasattr(self, n)]
        if missing:
            raise LabwrightError(
                f"{type(self).__name__} cannot fill itself: define make(self, key), or make_fetch, make_compute and "
                f"make_insert; {', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing."
            )
        fetched = self.make_fetch(key, **kwargs)  # type: ignore[attr-defined]  # checked above
        computed = yield fetched
        if computed is None:
            computed = self.make_compute(key, *fetched)  # type: ignore[attr-defined]  # checked above
            yield computed
        self.make_insert(key, *computed)  # type: ignore[attr-defined]  # checked above
        yield

    @verb
    def populate(
        self,
        /,
        *restrictions: Any,
        keys: list[dict[str, Any]] | None = None,
        suppress_errors: bool = False,
        return_exception_objects: bool = False,
        max_calls: int | None = None,
        display_progress: bool = False,
        make_kwargs: Mapping[str, Any] | None = None,
    ) -> PopulateResult:
        """Call ``make`` for every key that is not there yet, each in a transaction of its own.

        Parameters
        ----------
        *restrictions : conditions
            Only keys that meet all of them.
        keys : list of dict, optional
            Exactly these keys, of those that are not there yet.
        suppress_errors : bool
            Go on after an error, and report all of them at the end.
        return_exception_objects : bool
            Report exceptions rather than their text.
        max_calls : int, optional
            Call ``make`` at most so many times.
        display_progress : bool
            Show a bar.
        make_kwargs : mapping, optional
            More arguments for ``make``.

        Returns
        -------
        dict
            ``success_count``, and ``error_list`` of (key, error).
        """
        check_can_populate(self, max_calls)
        wanted = restricted_source(self, restrictions if keys is None else (*restrictions, keys))
        return populate(
            self,
            missing_keys(self, wanted).keys(order_by="KEY", limit=max_calls),
            suppress_errors=suppress_errors,
            return_exception_objects=return_exception_objects,
            display_progress=display_progress,
            make_kwargs=make_kwargs or {},
        )

    @verb
    def progress(self, /, *restrictions: Any, display: bool = False) -> tuple[int, int]:
        """How many keys remain, and how many there are.

        Returns
        -------
        tuple of int
            (remaining, total)
        """
        wanted = restricted_source(self, restrictions)
        remaining, total = len(missing_keys(self, wanted)), len(wanted)
        if display:
            share = 100 * (1 - remaining / total) if total else 100.0
            print(f"{type(self).__name__}: {total - remaining} of {total} done ({share:.1f}%)")  # noqa: T201 - asked for
        return remaining, total


def restricted_source(table: AutoPopulate, restrictions: tuple[Any, ...]) -> Any:
    """The key source, restricted."""
    source = table.key_source
    source = source() if isinstance(source, type) else source
    for restriction in restrictions:
        source = source & restriction
    return source.proj()


def missing_keys(table: AutoPopulate, wanted: Any) -> Any:
    """Keys of `wanted` that have no rows in `table`."""
    return wanted - type(table)().proj()


def _key_references(table: TableDef) -> list[ForeignKey]:
    key = set(table.heading.primary_key)
    return [fk for fk in table.foreign_keys if set(fk.columns) <= key]


def _parent_node(table: AutoPopulate, fk: ForeignKey) -> Node:
    """The parent's key under the names that it has in the table."""
    parent = table.db.find(fk.parent)
    source = expr.Source(parent.id.schema, parent.id.name, parent.heading)
    return expr.project(source, (), fk.renames)


class Imported(AutoPopulate):
    """Rows that are read from outside, e.g. from files, for rows of the parents.

    Examples
    --------
    >>> import os
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Files(lw.Imported):
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         files : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "files": len(os.listdir("."))})
    ...     Mouse.insert1((7,))
    ...     Files.populate()["success_count"]
    ...     Files.fetch1("files")
    1
    0
    """

    tier: ClassVar[Tier | None] = "imported"


class Computed(AutoPopulate):
    """Rows that are computed from the parents' rows alone.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int32"
    ...     @schema
    ...     class Square(lw.Computed):
    ...         definition = '''
    ...         -> Mouse
    ...         ---
    ...         square : int32
    ...         '''
    ...         def make(self, key):
    ...             self.insert1({**key, "square": key["mouse"] ** 2})
    ...     Mouse.insert1((7,))
    ...     Square.populate()["success_count"]
    ...     Square.fetch1("square")
    1
    49
    """

    tier: ClassVar[Tier | None] = "computed"


__all__ = ["AutoPopulate", "Computed", "Imported"]
