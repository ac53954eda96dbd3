"""What the verbs of tables know of the table they belong to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labwright.core.generation import Generation
    from labwright.define.table import TableDef, TableId
    from labwright.query.expr import Node
    from labwright.sql.database import Database
    from labwright.tables.project import Project
    from labwright.tables.schema import Schema


class Stored(ABC):
    """A table in a database, or those of its rows that a restriction leaves."""

    _restricted: Node | None

    @property
    @abstractmethod
    def schema(self) -> Schema:
        """The schema that the table belongs to."""

    @property
    @abstractmethod
    def id(self) -> TableId:
        """Schema and table name."""

    @property
    @abstractmethod
    def table_def(self) -> TableDef:
        """What the table is."""

    @property
    @abstractmethod
    def db(self) -> Database:
        """The database that holds the rows."""

    @property
    @abstractmethod
    def project(self) -> Project:
        """The project that the table belongs to."""

    @property
    @abstractmethod
    def generation(self) -> Generation:
        """Which generation of the language is spoken."""

    @abstractmethod
    def query_node(self) -> Node:
        """The algebra node for the rows."""

    @abstractmethod
    def ready(self) -> None:
        """Make sure that the table is there."""
