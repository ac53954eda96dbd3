"""Queries: the operators of the algebra and the verbs that read, over any tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from labwright.codecs.base import CodecContext
from labwright.core.errors import QueryError
from labwright.core.generation import Generation
from labwright.core.verb import verb
from labwright.query.conditions import AndList
from labwright.query.expr import Node, Restrict
from labwright.query.operators import Operators
from labwright.sql.database import Database
from labwright.tables.classic_fetch import ClassicFetch
from labwright.tables.heading import UserHeading
from labwright.tables.preview import html_preview, text_preview
from labwright.tables.project import Project

_OF_TABLES: Final = frozenset(("delete", "delete_quick", "drop", "insert", "insert1", "update1", "validate"))


class QueryExpression(ClassicFetch, Operators["QueryExpression"]):
    """Rows that can be had for the asking, not yet asked for.

    Parameters
    ----------
    node : Node
        What they are.
    sources : iterable of QueryExpression
        The tables they come from.

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
    ...         sex : enum('F', 'M')
    ...         '''
    ...     Mouse.insert([(1, "F"), (2, "M"), (3, "F")])
    ...     females = (Mouse & "sex = 'F'").proj()
    ...     isinstance(females, lw.QueryExpression), females.to_dicts()
    (True, [{'mouse': 1}, {'mouse': 3}])
    """

    def __init__(self, node: Node, sources: Iterable[QueryExpression]) -> None:
        self._node = node
        self._sources = tuple(sources)

    if not TYPE_CHECKING:  # to which every attribute would be known

        def __getattr__(self, name: str) -> NoReturn:
            if name in _OF_TABLES:
                tables = ", ".join(type(source).__name__ for source in self.sources)
                raise AttributeError(
                    f"A query has no {name}, which only tables have; this one reads {tables}. To choose the rows of "
                    "a table by it, restrict the table: Table & query.proj()."
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}.")

    def query_node(self) -> Node:
        """The algebra node behind this expression."""
        return self._node

    @property
    def sources(self) -> tuple[QueryExpression, ...]:
        """The tables whose rows this reads."""
        return self._sources

    @property
    def generation(self) -> Generation:
        """Which generation of the language the operators speak: that of the first table."""
        return self.sources[0].generation

    @property
    def project(self) -> Project:
        """The project that the rows belong to."""
        return self.sources[0].project

    @property
    def db(self) -> Database:
        """The database that holds the rows."""
        return self.sources[0].db

    @property
    def heading(self) -> UserHeading:
        """The attributes of the rows."""
        return UserHeading(self.query_node().heading)

    @property
    def restriction(self) -> AndList:
        """The conditions that the rows meet; they may follow ``&`` in their turn."""
        node = self.query_node()
        return AndList([node.condition] if isinstance(node, Restrict) else [])

    @property
    def connection(self) -> Any:
        """The connection to it."""
        return self.db.connection

    def ready(self) -> None:
        """Make sure that the tables are there."""
        for source in self._sources:
            source.ready()

    def is_outdated(self) -> bool:
        """Whether it stands for other attributes by now, since another client has changed a table."""
        node = self.query_node()
        self.db.doubt()
        return self.query_node() != node

    def derive(self, node: Node, *operands: Any) -> QueryExpression:
        """An expression for `node`, made from this one and `operands`."""
        return QueryExpression(node, self.sources_with(operands))

    def sources_with(self, operands: Iterable[Any]) -> tuple[QueryExpression, ...]:
        """The tables whose rows this and `operands` read, each once; all in the same database."""
        if not operands:
            return self.sources
        here = self.db
        for operand in operands:
            if operand.db is not here:
                raise QueryError(
                    f"The two sides are in different databases: {self.connection.url} and {operand.connection.url}. "
                    "Fetch one of them, and use the rows."
                )
        return tuple({s.identity: s for e in (self, *operands) for s in e.sources}.values())

    @property
    def identity(self) -> object:
        """What is the same for all expressions that read the same table."""
        return self.query_node()

    @property
    def packed(self) -> QueryExpression:
        r"""The same rows, in which blobs stay packed: `lw.Packed` in the place of their values.

        Examples
        --------
        >>> import labwright as lw
        >>> with lw.Project("sqlite:///:memory:") as project:
        ...     schema = lw.Schema("lab", connection=project)
        ...     @schema
        ...     class Trace(lw.Lookup):
        ...         definition = "trace : int32\n---\nsamples : <blob>"
        ...         contents = [(1, [1.5])]
        ...     (Trace & "trace = 1").packed.fetch1("samples").data[:4]
        b'dj0\x00'
        """
        return _PackedQuery(self.query_node(), self.sources)

    @verb
    def preview(self, limit: int | None = None, width: int | None = None) -> str:
        """The first rows as text."""
        return text_preview(self, limit, width)

    def __repr__(self) -> str:
        return self.preview()

    def _repr_html_(self) -> str:
        return html_preview(self)

    def __eq__(self, other: object) -> bool:
        """Whether both ask for the same; no row is looked at."""
        return isinstance(other, QueryExpression) and self.query_node() == other.query_node()

    def __hash__(self) -> int:
        return hash(self.query_node())


class _PackedQuery(QueryExpression):
    """Rows in which blobs stay packed."""

    def _context(self, squeeze: bool, download_path: str | Path | None) -> CodecContext:
        return replace(super()._context(squeeze, download_path), packed=True)
