"""A table's relatives: what it refers to, what refers to it, and its parts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labwright.core.verb import told, verb
from labwright.define.names import is_service_table, is_table_name
from labwright.define.table import ForeignKey, TableDef, TableId
from labwright.sql import dependencies
from labwright.tables.reference import Reference, reference_of
from labwright.tables.stored import Stored
from labwright.tables.tiers import tiers


class Relatives(Stored):
    """The verbs that walk along references. Tables are given by full name, or as objects to query."""

    @told
    def full_table_name(self) -> str:
        """Schema and table, quoted as the database does; on SQLite as MySQL does."""
        return self._name(self.id)

    def _name(self, id_: TableId) -> str:
        return self.db.dialect.full_name(id_.schema, id_.name)

    @verb
    def refers_to(self) -> tuple[Reference, ...]:
        """How this table refers to others, in the order of its definition; of any schema."""
        self.ready()
        table = self.table_def
        return tuple(reference_of(table, fk) for fk in dependencies.references(table))

    @verb
    def referenced_by(self) -> tuple[Reference, ...]:
        """How other tables refer to this one, its parts among them; of all schemas that the user may see.

        It costs one short question to the database.
        """
        self.ready()
        names = dict.fromkeys(id_ for id_, _ in self.db.children([self.id]) if not is_service_table(id_.name))
        tables = [self.db.find(id_) for id_ in names]
        return tuple(reference_of(t, fk) for t in tables for fk in t.foreign_keys if fk.parent == self.id)

    @verb
    def parents(self, primary: bool | None = None, as_objects: bool = False, foreign_key_info: bool = False) -> Any:
        """The tables that this one refers to, one for each reference.

        Parameters
        ----------
        primary : bool, optional
            True for references within the primary key alone, False for the others.
        as_objects : bool
            Whether tables are given as `FreeTable` rather than by full name.
        foreign_key_info : bool
            Whether each comes with a dict that tells of the reference: ``primary``, ``attr_map``, ``aliased``,
            ``multi``.

        Examples
        --------
        >>> import labwright as lw
        >>> schema = lw.Schema("lab")
        >>> @schema
        ... class Subject(lw.Manual):
        ...     definition = "subject : int"
        >>> @schema
        ... class Session(lw.Manual):
        ...     definition = '''
        ...     -> Subject
        ...     session : int
        ...     '''
        >>> with lw.Project("sqlite:///:memory:"):
        ...     Session.parents(), Subject.children()
        (['`lab`.`subject`'], ['`lab`.`session`'])
        """
        self.ready()
        table = self.table_def
        found = [(fk.parent, table, fk) for fk in dependencies.references(table)]
        return self._told(found, primary, as_objects, foreign_key_info)

    @verb
    def children(self, primary: bool | None = None, as_objects: bool = False, foreign_key_info: bool = False) -> Any:
        """The tables that refer to this one, one for each reference; options as for `parents`."""
        self.ready()
        found = [(id_, self.db.find(id_), fk) for id_, fk in self.db.children([self.id])]
        return self._told(found, primary, as_objects, foreign_key_info)

    def _told(
        self,
        found: Iterable[tuple[TableId, TableDef, ForeignKey]],
        primary: bool | None,
        as_objects: bool,
        foreign_key_info: bool,
    ) -> list[Any]:
        """The relatives, each with the table that has the reference."""
        infos = [(relative, dependencies.reference_info(table, fk)) for relative, table, fk in found]
        chosen = [(relative, info) for relative, info in infos if primary in (None, info["primary"])]
        given = self._given([relative for relative, _ in chosen], as_objects)
        return list(zip(given, (i for _, i in chosen), strict=True)) if foreign_key_info else given

    @verb
    def ancestors(self, as_objects: bool = False) -> list[Any]:
        """This table and all above it, the nearest first."""
        self.ready()
        order = dependencies.in_order(dependencies.ancestors(self.db, [self.id]))
        return self._given(reversed(order), as_objects)

    @verb
    def descendants(self, as_objects: bool = False) -> list[Any]:
        """This table and all below it, parents first and parts behind their master."""
        self.ready()
        return self._given(dependencies.in_order(dependencies.descendants(self.db, [self.id])), as_objects)

    @verb
    def parts(self, as_objects: bool = False) -> list[Any]:
        """The part tables."""
        self.ready()
        own = self.id
        names = [n for n in self.db.tables(own.schema) if is_table_name(n)]
        found = [i for i in (TableId(own.schema, n) for n in names) if i.parsed.master == own.name]
        return self._given(found, as_objects)

    def _given(self, ids: Iterable[TableId], as_objects: bool) -> list[Any]:
        if not as_objects:
            return [self._name(i) for i in ids]
        make: Any = tiers["free"]
        return [make(self.project, str(i), generation=self.generation) for i in ids]
