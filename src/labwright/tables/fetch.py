"""Reading: from a query to dicts, arrays, frames and Arrow."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from labwright.codecs.base import CodecContext
from labwright.core.errors import LabwrightError, QueryError
from labwright.core.generation import CLASSIC, Generation
from labwright.core.verb import verb
from labwright.query import expr
from labwright.query.expr import Node, Source
from labwright.query.origins import origin
from labwright.query.top import count_of, order_terms
from labwright.sql.cursor import Cursor
from labwright.sql.database import Database
from labwright.sql.decode import DecodePlan
from labwright.tables import frames
from labwright.tables.elsewhere import ProjectReader
from labwright.tables.key import key_name
from labwright.tables.project import Project, codec_decoder
from labwright.tables.renewing import renewing

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

BATCH: Final = 10_000
OrderBy = str | Iterable[str] | None


class Fetch:
    """The verbs that read. Whoever has them says what to read (`query_node`) and from where (`db`)."""

    @abstractmethod
    def query_node(self) -> Node:
        """The algebra node behind this expression."""

    @property
    @abstractmethod
    def db(self) -> Database:
        """The database that holds the rows."""

    @property
    @abstractmethod
    def project(self) -> Project:
        """The project that the rows belong to."""

    @property
    @abstractmethod
    def generation(self) -> Generation:
        """Which generation of the language is spoken."""

    @abstractmethod
    def ready(self) -> None:
        """Make sure that the tables are there."""

    @renewing
    def __len__(self) -> int:
        self.ready()
        return self.db.count(self.query_node())

    @verb
    @renewing
    def count(self, at_most: int | None = None) -> int:
        """How many rows there are, counted up to a bound: of a large table it need not look at the rest.

        Parameters
        ----------
        at_most : int, optional
            Where to stop; without it, as ``len()``.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Mouse(lw.Lookup):
        ...         definition = "mouse : int32"
        ...         contents = [(i,) for i in range(100)]
        ...     Mouse.count(), Mouse.count(at_most=10)
        (100, 10)
        """
        self.ready()
        node = self.query_node()
        if at_most is not None:
            node = expr.take(expr.project(node, (), {}), (), count_of("at_most", at_most), 0)
        return self.db.count(node)

    @renewing
    def __bool__(self) -> bool:
        self.ready()
        return self.db.exists(self.query_node())

    def __contains__(self, condition: Any) -> bool:
        return bool(self.restrict(condition))  # type: ignore[attr-defined]  # of Operators, beside this

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Rows as dicts, streamed in bounded memory."""
        for plan, rows in self._stream(BATCH):
            yield from plan.dicts(rows)

    @verb
    def make_sql(self) -> str:
        """The SQL of the query, with placeholders for its values."""
        return self.db.select(self.query_node()).sql

    @verb
    @renewing
    def to_dicts(
        self,
        order_by: OrderBy = None,
        limit: int | None = None,
        offset: int | None = None,
        squeeze: bool = False,
        download_path: str | Path | None = None,
    ) -> list[dict[str, Any]]:
        """All rows as dicts.

        Parameters
        ----------
        order_by : str or iterable of str, optional
            Attributes, each with ASC or DESC behind it; ``"KEY"`` for the primary key. Without it some rows (`limit`)
            of a table are the first by primary key, and so are those after an `offset` whatever the query is.
        limit, offset : int, optional
            How many rows, after how many.
        squeeze : bool
            Remove dimensions of length 1 from arrays.
        download_path : str or Path, optional
            Where attached files go.
        """
        plan, rows = self._fetch(self._slice(order_by, limit, offset), None, squeeze, download_path)
        return plan.dicts(rows)

    @verb
    @renewing
    def to_dicts_of(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """All rows as dicts with the attributes `names` alone."""
        plan, rows = self._fetch(self.query_node(), names)
        return plan.dicts(rows) if names else [{} for _ in rows]

    @verb
    @renewing
    def to_arrays(
        self,
        /,
        *attrs: str,
        include_key: bool = False,
        order_by: OrderBy = None,
        limit: int | None = None,
        offset: int | None = None,
        squeeze: bool = False,
        download_path: str | Path | None = None,
    ) -> Any:
        """Columns as numpy arrays.

        Parameters
        ----------
        *attrs : str
            Attributes; without any, one structured array of all.
        include_key : bool
            Give the keys first, as a list of dicts.

        Returns
        -------
        numpy.ndarray or tuple
            One array for one attribute, a tuple for several.
        """
        attrs = tuple(map(key_name, attrs))
        node = self._slice(order_by, limit, offset)
        key = node.heading.primary_key
        names = [n for a in attrs for n in (key if a == "KEY" else [a])] if attrs else list(node.heading)
        wanted = list(dict.fromkeys([*(key if include_key else []), *names]))
        plan, rows = self._fetch(node, wanted, squeeze, download_path)
        columns = dict(zip(wanted, plan.columns(rows), strict=True))
        if not attrs:
            return frames.structured_array(node.heading, columns)
        arrays = tuple(frames.array(node.heading[n], columns[n]) for n in names)
        if include_key:
            keys = [dict(zip(key, k, strict=True)) for k in zip(*(columns[n] for n in key), strict=True)]
            return (keys, *arrays)
        return arrays if len(arrays) > 1 else arrays[0]

    @verb
    @renewing
    def to_pandas(self, order_by: OrderBy = None, limit: int | None = None, offset: int | None = None) -> pd.DataFrame:
        """A pandas frame with the primary key as index."""
        node = self._slice(order_by, limit, offset)
        plan, rows = self._fetch(node)
        return frames.pandas_frame(node.heading, plan.columns(rows))

    @verb
    @renewing
    def to_polars(self, order_by: OrderBy = None, limit: int | None = None, offset: int | None = None) -> pl.DataFrame:
        """A polars frame, made by column."""
        node = self._slice(order_by, limit, offset)
        plan, rows = self._fetch(node)
        return frames.polars_frame(node.heading, plan, rows)

    @verb
    @renewing
    def to_arrow(self, order_by: OrderBy = None, limit: int | None = None, offset: int | None = None) -> pa.Table:
        """An Arrow table, made by column."""
        node = self._slice(order_by, limit, offset)
        plan, rows = self._fetch(node)
        return frames.arrow_table(node.heading, plan, rows)

    @verb
    def iter_batches(self, size: int = BATCH) -> Iterator[pa.RecordBatch]:
        """Arrow record batches of `size` rows, streamed in bounded memory."""
        heading = self.query_node().heading
        if count_of("size", size) == 0:
            raise QueryError("The size of a batch must be at least 1.")
        for plan, rows in self._stream(size):
            yield from frames.arrow_table(heading, plan, rows).to_batches()

    @verb
    @renewing
    def keys(
        self, order_by: OrderBy = None, limit: int | None = None, offset: int | None = None
    ) -> list[dict[str, Any]]:
        """The primary keys, as dicts."""
        node = self._slice(order_by, limit, offset)
        plan, rows = self._fetch(node, node.heading.primary_key)
        return plan.dicts(rows) if plan.names else [{} for _ in rows]

    @verb
    @renewing
    def fetch1(self, /, *attrs: Any, squeeze: bool = False, download_path: str | Path | None = None) -> Any:
        """The one row there is.

        Parameters
        ----------
        *attrs : str or lw.key
            Attributes; ``"KEY"`` or `lw.key` for the primary key as a dict. Without any, the whole row as a dict.

        Returns
        -------
        dict, value or tuple
            A value for one attribute, a tuple for several.

        Raises
        ------
        LabwrightError
            When there is no row, or more than one.
        """
        node = self.query_node()
        key = node.heading.primary_key
        attrs = tuple(map(key_name, attrs))
        wanted = list(dict.fromkeys(n for a in attrs for n in (key if a == "KEY" else [a]))) if attrs else None
        plan, rows = self._fetch(expr.take(node, (), 2, 0), wanted, squeeze, download_path)
        if len(rows) != 1:
            raise self._not_one(len(rows))
        row = plan.dicts(rows)[0]
        if not attrs:
            return row
        values = [{n: row[n] for n in key} if a == "KEY" else row[a] for a in attrs]
        return values[0] if len(values) == 1 else tuple(values)

    def _not_one(self, found: int) -> LabwrightError:
        there_are = "there is none" if found == 0 else f"there are {len(self)}"
        return LabwrightError(f"fetch1 needs exactly one row and {there_are}: {describe(self.query_node())}")

    @verb
    def cursor(self, as_dict: bool = False) -> Cursor:
        """The rows one by one, as tuples or dicts, in bounded memory."""
        return Cursor(
            row for plan, rows in self._stream(BATCH) for row in (plan.dicts(rows) if as_dict else plan.rows(rows))
        )

    def _slice(self, order_by: OrderBy, limit: int | None, offset: int | None) -> Node:
        """The node, ordered and cut."""
        node = self.query_node()
        if order_by is None and limit is None and not offset:
            return node
        if offset and order_by is None and not isinstance(node, expr.Slice):
            order_by = "KEY"
        terms = key_order(node) if order_by is None else order_terms(node.heading, order_by)
        most = None if limit is None else count_of("limit", limit)
        return expr.take(node, terms, most, count_of("offset", offset or 0))

    def _fetch(
        self,
        node: Node,
        names: Sequence[str] | None = None,
        squeeze: bool = False,
        download_path: str | Path | None = None,
    ) -> tuple[DecodePlan, Sequence[tuple[Any, ...]]]:
        self.ready()
        if names is not None:
            node.heading.require(names)
        statement, plan = self.db.query(node, names)
        rows = self.db.fetch(statement)
        return self._with_codecs(node, plan, squeeze, download_path), rows

    def _stream(self, size: int) -> Iterator[tuple[DecodePlan, Sequence[tuple[Any, ...]]]]:
        self.ready()
        node = self.query_node()
        statement, plan = self.db.query(node)
        plan = self._with_codecs(node, plan)
        for rows in self.db.stream(statement, size):
            yield plan, rows

    def _with_codecs(
        self, node: Node, plan: DecodePlan, squeeze: bool = False, download_path: str | Path | None = None
    ) -> DecodePlan:
        if download_path is not None and not isinstance(download_path, (str, PathLike)):
            raise QueryError(f"download_path must be the path of a folder, not {download_path!r}.")
        if not plan.is_coded:
            return plan
        context = self._context(squeeze, download_path)
        return plan.with_codecs(lambda a: codec_decoder(a, _of_table(context, origin(node, a.name))))

    def _context(self, squeeze: bool, download_path: str | Path | None) -> CodecContext:
        config = self.project.config
        folder = config["download_path"] if download_path is None else download_path
        return CodecContext(
            config=config,
            squeeze=squeeze,
            download_path=Path(folder or "."),
            objects=ProjectReader(self.project),
            local=self.generation == CLASSIC,
        )


def _of_table(context: CodecContext, source: Source | None) -> CodecContext:
    return context if source is None else replace(context, schema=source.schema, table=source.table)


def key_order(node: Node) -> tuple[tuple[str, bool], ...]:
    """By key where an index gives that for nothing; a join or a summary would have to be sorted first."""
    source = node.node if isinstance(node, expr.Restrict) else node
    return tuple((n, False) for n in node.heading.primary_key) if isinstance(source, expr.Source) else ()


def describe(node: Node) -> str:
    """What a query asks for, in one line, for messages."""
    if isinstance(node, expr.Source):
        return f"{node.schema}.{node.table}"
    if isinstance(node, expr.Restrict):
        return f"{describe(node.node)} & {_shown(node.condition)}"
    if isinstance(node, (expr.Project, expr.Slice, expr.Distinct)):
        return describe(node.node)
    if isinstance(node, expr.Aggregate):
        return f"a summary of {describe(node.group)}"
    return f"({describe(node.left)} {'+' if isinstance(node, expr.Union) else '*'} {describe(node.right)})"


def _shown(condition: Any) -> str:
    names: Mapping[str, Any] = {s: getattr(condition, s) for s in getattr(condition, "__slots__", ())}
    if "scalar" in names:
        return repr(names["scalar"].text)
    if "value" in names and "name" in names:
        return f"{names['name']} = {names['value']!r}"
    if "items" in names:
        return "(" + ", ".join(map(_shown, names["items"])) + ")"
    if "node" in names:
        return describe(names["node"])
    if "item" in names:
        return f"not {_shown(names['item'])}"
    return f"{len(names['rows'])} keys" if "rows" in names else repr(condition)
