"""The verbs that put rows into a table: insert, update, and the check beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labwright.core.errors import DataError, LabwrightError, QueryError
from labwright.core.verb import told, verb
from labwright.define.table import TableDef, TableId
from labwright.sql.dml import OnDuplicate
from labwright.tables.expecting import Expected
from labwright.tables.insert import insert_query, insert_rows, update_one
from labwright.tables.making import running
from labwright.tables.meta import TableMeta
from labwright.tables.query import QueryExpression
from labwright.tables.staging import StagedInsert, StagedInsert1
from labwright.tables.stored import Stored
from labwright.tables.validate import ValidationResult, validate_rows
from labwright.tables.with_parts import insert_with_parts


class Writable(Stored):
    """The verbs that enter and change rows."""

    @verb
    def insert(
        self,
        rows: Any,
        replace: bool = False,
        skip_duplicates: bool = False,
        ignore_extra_fields: bool = False,
        allow_direct_insert: bool | None = None,
        chunk_size: int | None = None,
        parts: Mapping[str, Any] | None = None,
    ) -> None:
        """Insert rows, all or nothing.

        Parameters
        ----------
        rows : iterable, frame, Arrow table, structured array, query, or path of a CSV file
            Dicts by attribute; tuples in the order of the heading; a query is copied within the database.
        replace : bool
            Overwrite rows with the same primary key; attributes that are not given take their defaults.
        skip_duplicates : bool
            Pass over rows whose primary key is there already; all other errors still stop the insert.
        ignore_extra_fields : bool
            Pass over fields that are not attributes.
        allow_direct_insert : bool, optional
            True permits inserting into a table that fills itself, outside of its make.
        chunk_size : int, optional
            Insert so many rows at a time, each chunk all or nothing.
        parts : mapping, optional
            Rows of parts by the part's class name: master and parts are inserted as a unit.

        Raises
        ------
        DataError, UnknownAttributeError, MissingAttributeError, DuplicateError, IntegrityError
            Each names the row and the attribute; a missing parent is named by its key.
        """
        self.check_direct(allow_direct_insert)
        on_duplicate = _on_duplicate(replace, skip_duplicates)
        self.ready()
        if parts is not None:
            self._insert_with_parts(rows, parts, on_duplicate, ignore_extra_fields)
        elif isinstance(rows, (TableMeta, QueryExpression)):
            query = rows() if isinstance(rows, TableMeta) else rows
            insert_query(
                self.db, self.table_def, query, on_duplicate=on_duplicate, ignore_extra_fields=ignore_extra_fields
            )
        else:
            insert_rows(
                self.db,
                self.table_def,
                rows,
                on_duplicate=on_duplicate,
                ignore_extra_fields=ignore_extra_fields,
                chunk_size=chunk_size,
            )

    @verb
    def insert1(self, /, row: Any, **kwargs: Any) -> None:
        """Insert one row: a dict, a tuple or a record. Options as for `insert`."""
        self.insert((row,), **kwargs)

    @verb
    def staged_insert(self, *, resume: str | None = None, allow_direct_insert: bool | None = None) -> StagedInsert:
        """Insert rows whose files are written straight into the store, where they are to stay.

        The rows appear when the block ends, all of them in one transaction, and only when their files are complete.
        When it fails, nothing is left behind.

        Parameters
        ----------
        resume : str, optional
            A name for what is staged. With a name, files are kept when the block fails or the process dies, and the
            next block of this name, that begins files for the same keys, goes on with them.
        allow_direct_insert : bool, optional
            As for `insert`.

        Examples
        --------
        >>> import tempfile, labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     store = {"stores.raw.protocol": "file", "stores.raw.location": tempfile.mkdtemp()}
        ...     project.config.update(store)
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Scan(lw.Manual):
        ...         definition = '''
        ...         scan : int32
        ...         ---
        ...         movie : <object@raw>
        ...         '''
        ...     with Scan.staged_insert() as staged:
        ...         for scan in (1, 2):
        ...             with staged.row(scan=scan).open("movie", ".raw") as file:
        ...                 for _ in range(3):
        ...                     size = file.write(b"frame")
        ...     [movie.size for movie in Scan.to_arrays("movie")]
        [15, 15]
        """
        return StagedInsert(self, resume=resume, allow_direct_insert=allow_direct_insert)

    @told
    def staged_insert1(self) -> StagedInsert1:
        """The same for one row: ``with Scan.staged_insert1 as staged``, whose values are set in ``staged.rec``."""
        return StagedInsert1(self)

    @verb
    def insert_dataframe(self, /, frame: Any, index_as_pk: bool | None = None, **kwargs: Any) -> None:
        """Insert a pandas frame.

        Parameters
        ----------
        frame : pandas.DataFrame
        index_as_pk : bool, optional
            Whether the index holds key attributes; by default when its names are attributes.
        """
        if not hasattr(frame, "columns") or not hasattr(frame, "reset_index"):
            raise DataError(f"insert_dataframe takes a pandas frame, not {type(frame).__name__}; use insert.")
        named = [n for n in frame.index.names if n is not None]
        if index_as_pk or (index_as_pk is None and named):
            frame = frame.reset_index()
        else:
            frame = frame.reset_index(drop=True)
        self.insert(frame, **kwargs)

    def _insert_with_parts(
        self, rows: Any, parts: Mapping[str, Any], on_duplicate: OnDuplicate, ignore_extra: bool
    ) -> None:
        if not isinstance(parts, Mapping):
            raise DataError(f"parts takes a dict from the part's class name to its rows, not {type(parts).__name__}.")
        insert_with_parts(
            self.db,
            self.table_def,
            rows,
            {name: (self.part_def(name), given) for name, given in parts.items()},
            on_duplicate=on_duplicate,
            ignore_extra_fields=ignore_extra,
        )

    def part_def(self, name: str) -> TableDef:
        """The definition of a part, by its class name."""
        classes = {p.__name__: p for p in self.schema.part_classes(type(self))}
        if name not in classes:
            raise DataError(
                f"{type(self).__name__} has no part {name!r}. Its parts are: {', '.join(classes) or 'none'}."
            )
        return classes[name]().table_def

    def check_direct(self, allowed: bool | None) -> None:
        """Tables that fill themselves take rows from their make alone."""
        owner = self.filling_table()
        if owner is None or allowed or running(owner):
            return
        raise LabwrightError(
            f"{type(self).__name__} is filled by populate(), which calls its make; inserting by hand would break the "
            "link between its rows and what they were made from. Pass allow_direct_insert=True if that is meant."
        )

    def filling_table(self) -> TableId | None:
        """The table whose make fills this one; None for a table that people fill."""
        tier = self.id.parsed.tier
        if tier in ("imported", "computed"):
            return self.id
        master = self.id.parsed.master if tier == "part" else None
        if master is not None and TableId(self.id.schema, master).parsed.tier in ("imported", "computed"):
            return TableId(self.id.schema, master)
        return None

    @verb
    def update1(self, row: Mapping[str, Any], expected: Mapping[str, Any] | None = None) -> None:
        """Change one row.

        Parameters
        ----------
        row : mapping
            The whole primary key, and the attributes to change; None sets the default.
        expected : mapping, optional
            Attributes as they were read: the row is changed only while they have these values, whoever else writes.

        Raises
        ------
        LabwrightError
            When there is no such row, or the expression is restricted.
        ConflictError
            When the row is not as expected, or gone; tells what differs.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Manual):
        ...         definition = '''
        ...         mouse : int32
        ...         ---
        ...         weight : float64
        ...         '''
        ...     Mouse.insert1((1, 20.5))
        ...     Mouse.update1({"mouse": 1, "weight": 21}, expected={"weight": 20.5})
        ...     try:
        ...         Mouse.update1({"mouse": 1, "weight": 22}, expected={"weight": 20.5})
        ...     except lw.errors.ConflictError as error:
        ...         error.differences
        {'weight': (20.5, 21.0)}
        """
        if self._restricted is not None:
            raise QueryError(
                "update1 changes the row whose key it is given; call it on the table, not on a restriction."
            )
        if not isinstance(row, Mapping):
            raise DataError(f"update1 takes a dict with the primary key and the changes, not {type(row).__name__}.")
        self.ready()
        table = self.table_def
        with_codecs = self._with_codecs  # type: ignore[attr-defined]  # of Fetch, beside this
        update_one(self.db, table, row, None if expected is None else Expected(table, expected, with_codecs))

    @verb
    def validate(self, rows: Any, *, ignore_extra_fields: bool = False) -> ValidationResult:
        """Check rows without inserting them, and report every bad cell.

        Parameters
        ----------
        rows : as for `insert`
        ignore_extra_fields : bool

        Returns
        -------
        ValidationResult
            False in a condition when anything is wrong.
        """
        self.ready()
        return validate_rows(self.db, self.table_def, rows, ignore_extra_fields=ignore_extra_fields)


def _on_duplicate(replace: bool, skip: bool) -> OnDuplicate:
    if replace and skip:
        raise QueryError("replace and skip_duplicates exclude each other: choose one.")
    return "replace" if replace else "skip" if skip else "error"
