"""The steps by which tables get their new form, with their rows.

A table that cannot be changed as it stands is set aside and made anew, just as it is made where it is new; then its
rows are carried over. The old ones are dropped when all that is done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

from labwright.core.errors import MigrationError
from labwright.core.heading import Attribute
from labwright.define.evolution import Evolution
from labwright.define.table import TableDef, TableId
from labwright.sql.catalogue_rows import fetch_index_names
from labwright.sql.companions import create_companions, drop_companions
from labwright.sql.connection import Connection
from labwright.sql.ddl_tables import drop_table, remember_table, table_writer
from labwright.sql.ddl_writer import LINEAGE, TableWriter
from labwright.sql.declare import prepare_schema, surroundings, table_names
from labwright.sql.dialect import Dialect
from labwright.sql.history import shadow_columns
from labwright.sql.history_alter import alter_shadow, fill_shadow, has_followed, leave_out, misfits, settle
from labwright.sql.kept import KEPT, forget_kept
from labwright.sql.migrate_check import SHOWN, evolution_fate, named
from labwright.sql.migrate_in_place import change_in_place, standing
from labwright.sql.migrate_places import aside, refer_anew, set_aside
from labwright.sql.migrate_source import Sources
from labwright.sql.migrate_types import function_name, turn
from labwright.sql.queries import queries
from labwright.sql.rule_check import breaking_rows
from labwright.sql.rule_triggers import create_rules_at, drop_rules_at
from labwright.sql.run_tables import follow_runs
from labwright.sql.runs import fills_itself
from labwright.sql.statement import Statement


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Parameters
    ----------
    text : str
        What it does.
    statements : callable
        Gives its statements, by what the database is like at that moment.
    carries : bool
        Whether it carries rows: that is done once, together with the note of it.
    final : bool
        Whether the old tables may be gone afterwards, so that there is no way back.
    atomic : bool
        Whether it is one statement on every database, which does all of it or nothing.
    """

    text: str
    statements: Callable[[], Iterable[Statement]]
    carries: bool = False
    final: bool = False
    atomic: bool = False


class Steps:
    """Makes the steps of a migration.

    Parameters
    ----------
    connection : Connection
    dialect : Dialect
    evolutions : list of Evolution
        Parents first.
    relatives : sequence of TableDef
        Tables that stay as they are and refer to some that do not.
    """

    def __init__(
        self, connection: Connection, dialect: Dialect, evolutions: list[Evolution], relatives: Sequence[TableDef]
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self.evolutions = evolutions
        self.relatives = relatives
        self.standing = standing(evolutions, dialect)
        self.remade = [e for e in evolutions if e not in self.standing]
        moved = {e.old.id for e in self.remade}
        stay = [*relatives, *(e.new for e in self.standing)]
        self.referring = [t for t in stay if any(fk.parent in moved for fk in t.foreign_keys)]
        self.sources = Sources(
            dialect, evolutions, lambda id_: self.name(aside(id_) if id_ in moved else id_), self.column_types
        )

    def name(self, id_: TableId) -> str:
        return self.dialect.table(id_.schema, id_.name)

    def all(self) -> list[Step]:
        """All steps, in order."""
        return [*self.making(), *self.dropping()]

    def making(self) -> Iterator[Step]:
        """The steps up to the point where both forms are there, whole."""
        for e in self.standing:
            yield Step(f"look at the rows of {e.old.id}", partial(self.obeying, e))
        for e in self.remade:
            yield Step(f"take the rules and the history off {e.old.id}", partial(self.freeing, e))
        for e in self.remade:
            yield Step(f"set {e.old.id} aside", partial(self.setting_aside, e))
        for e in self.remade:
            yield Step(f"make {e.new.id} anew", partial(self.creating, e))
        for e in self.remade:
            yield Step(f"carry the rows of {e.old.id} over", partial(self.carrying, e), carries=True)
        for e in self.remade:
            yield Step(f"make the indexes and comments of {e.new.id}", partial(self.finishing, e))
            yield Step(f"note what {e.new.id} is", partial(self.noting, e))
        for table in self.referring:
            anew = partial(refer_anew, self.connection, self.dialect, table)
            yield Step(f"let {table.id} refer to the new tables", anew)
        for e in self.standing:
            yield Step(f"take the rules and the history off {e.old.id}", partial(self.freeing, e))

    def dropping(self) -> Iterator[Step]:
        """The steps after which there is no way back."""
        for e in self.standing:
            yield Step(f"change {e.old.id} as it stands", partial(self.changing, e), final=True, atomic=True)
        for e in self.standing:
            yield Step(f"note what {e.new.id} is", partial(self.noting, e), final=True)
        for e in reversed(self.remade):
            drop = partial(drop_table, self.dialect, aside(e.old.id), lineage=False)
            yield Step(f"drop the old form of {e.old.id}", drop, final=True)
        for e in self.evolutions:
            yield Step(
                f"leave out of the history of {e.old.id} what does not fit", partial(self.leaving_out, e), final=True
            )
        for e in self.evolutions:
            yield Step(f"let the history of {e.old.id} follow", partial(self.following, e), final=True)
        for e in filter(_is_computed, self.evolutions):
            yield Step(f"let what is known of the runs of {e.old.id} follow", partial(self.runs, e), final=True)
        for e in self.evolutions:
            yield Step(f"give {e.new.id} its rules and its history", partial(self.companions, e), final=True)

    def changing(self, e: Evolution) -> Iterator[Statement]:
        """Statements that change a table as it stands."""
        named = self.dialect.native_schemas and e.old.indexes != e.new.indexes
        there = fetch_index_names(self.connection, self.dialect, e.old.id) if named else {}
        yield from change_in_place(self.writer(e), e, there)

    def is_aside(self, e: Evolution) -> bool:
        """Whether the old table has been set aside."""
        return aside(e.old.id).name in table_names(self.connection, self.dialect, e.old.id.schema)

    def freeing(self, e: Evolution) -> Iterator[Statement]:
        """Statements that take off what stands beside the old table, and what rules of others have there."""
        yield from drop_companions(self.dialect, e.old)
        for table in self.relatives:
            yield from drop_rules_at(self.dialect, table, e.old.id)

    def setting_aside(self, e: Evolution) -> Iterator[Statement]:
        """Statements that set the old table aside, unless it is."""
        if not self.is_aside(e):
            yield from set_aside(self.connection, self.dialect, e.old.id)

    def creating(self, e: Evolution) -> Iterator[Statement]:
        """Statements that make the new table, in place of one that was not finished."""
        if not self.is_aside(e):
            raise MigrationError(f"Table {e.old.id} is not where the migration has put it: somebody has moved it.")
        writer = self.writer(e)
        writer.check()
        yield Statement(f"DROP TABLE IF EXISTS {self.name(e.new.id)}")
        yield from writer.before()
        yield Statement(writer.create())

    def writer(self, e: Evolution) -> TableWriter:
        """What writes the new form, by what there is in the database."""
        before = table_names(self.connection, self.dialect, e.old.id.schema)
        lineage = self.dialect.native_schemas and LINEAGE in before
        if e.new.id.schema != e.old.id.schema:
            lineage = prepare_schema(self.connection, self.dialect, e.new.id.schema, not lineage)
        around = surroundings(self.connection, self.dialect, e.new, lineage)
        return table_writer(self.dialect, e.new, replace(around, own=self.own_types(e)))

    def own_types(self, e: Evolution) -> dict[str, str]:
        """The types of columns that stay as they are: other tables may go by them."""
        types = self.column_types(e.old.id if e in self.standing else aside(e.old.id))
        origins = {n: o for n in e.new.heading if (o := e.old_name(n)) is not None and o in types}
        return {n: types[o] for n, o in origins.items() if _stays(e.old.heading[o], e.new.heading[n], self.dialect)}

    def column_types(self, id_: TableId) -> dict[str, str]:
        """The types of the columns of a table, as the server spells them."""
        sql = queries(self.dialect.name).get("column_types")
        rows = self.connection.fetch(sql, (id_.schema, id_.name)) if sql else []
        return {name: text.replace("%", "%%") for name, text in rows}

    def carrying(self, e: Evolution) -> Iterator[Statement]:
        """Statements that carry the rows over."""
        columns, select = self.sources.select(e)
        listed = ", ".join(map(self.dialect.quote, columns))
        yield Statement(f"INSERT INTO {self.name(e.new.id)} ({listed}) {select}")
        for attribute in e.new.heading.values():
            if attribute.auto:
                moved = self.dialect.catch_up(e.new.id.schema, e.new.id.name, attribute.name)
                yield from [Statement(moved.sql, moved.params)] if moved is not None else []

    def functions(self) -> dict[str, Callable[[object], object]]:
        """The functions by which SQLite turns values of one type into those of another."""
        found = {}
        for e in self.evolutions:
            origins = {n: o for n in e.new.heading if (o := e.old_name(n)) is not None}
            for old, new in ((e.old.heading[o], e.new.heading[n]) for n, o in origins.items()):
                if old.stored != new.stored:
                    found[function_name(old, new).strip('"')] = turn(self.dialect, old, new)
        return found

    def finishing(self, e: Evolution) -> Iterator[Statement]:
        """Statements that follow when the rows are there; rows that a new rule refuses are an error."""
        yield from self.writer(e).after()
        yield from self.obeying(e)

    def obeying(self, e: Evolution) -> Iterator[Statement]:
        """No statements; rows that a new rule refuses are an error."""
        for rule in e.new.rules:
            if rule not in e.old.rules:
                self.check_rule(replace(e.new, rules=(rule,)))
        yield from ()

    def check_rule(self, table: TableDef) -> None:
        """Refuse rows that break the one rule of `table`."""
        rows = breaking_rows(self.connection, self.dialect, table, table.rules[0], SHOWN)
        if rows:
            shown = "; ".join(named(tuple(row), tuple(row.values())) for row in rows)
            raise MigrationError(f"Table {table.id}: rows break the rule {table.rules[0]}. They are: {shown}.")

    def noting(self, e: Evolution) -> Iterator[Statement]:
        """Statements that note what the new table is."""
        there = table_names(self.connection, self.dialect, e.new.id.schema)
        if self.dialect.native_schemas and KEPT in there:
            yield forget_kept(self.dialect, e.new.id)
        yield from remember_table(self.dialect, e.new, lineage=self.dialect.native_schemas and LINEAGE in there)

    def leaving_out(self, e: Evolution) -> Iterator[Statement]:
        """Statements that take out of the history what no new type holds: somebody has said that it may go."""
        for old, new in evolution_fate(self.connection, self.dialect, e).turned:
            numbers = [n for n, _ in misfits(self.connection, self.dialect, e.old.id, old, new)]
            yield from leave_out(self.dialect, e.old.id, old.name, numbers)

    def following(self, e: Evolution) -> Iterator[Statement]:
        """Statements that alter what keeps the history as the table was altered, unless that was done."""
        there = shadow_columns(self.connection, self.dialect, e.old.id)
        if there and not has_followed(self.connection, self.dialect, e.old.id):
            what = evolution_fate(self.connection, self.dialect, e)
            yield from alter_shadow(self.dialect, e.old, e.new, what, self.column_types(e.new.id))

    def runs(self, e: Evolution) -> Iterator[Statement]:
        """Statements that alter what keeps how rows were computed."""
        renamed = {old: new for new, old in e.renames.items()}
        yield from follow_runs(self.connection, self.dialect, e.old, e.new, renamed)

    def companions(self, e: Evolution) -> Iterator[Statement]:
        """Statements that make what stands beside the new table, and forget a name that is gone."""
        if e.old.id not in {other.new.id for other in self.evolutions}:
            yield from self.forgetting(e.old.id)
        if shadow_columns(self.connection, self.dialect, e.new.id):
            yield from fill_shadow(self.dialect, e.new, self.added(e))
        if has_followed(self.connection, self.dialect, e.new.id):
            yield settle(self.dialect, e.new.id)
        yield from create_companions(self.dialect, e.new)
        for table in self.relatives:
            yield from create_rules_at(self.dialect, table, e.new.id)

    def added(self, e: Evolution) -> dict[str, str]:
        """The defaults of attributes that no row was without until now, in SQL."""
        known = {*e.old.heading, *e.renames}
        given = {n: self.sources.usual(e, n) for n in e.new.heading if n not in known}
        return {n: value for n, value in given.items() if value is not None}

    def forgetting(self, id_: TableId) -> Iterator[Statement]:
        """Statements that remove what is noted of a table under a name that it has no more."""
        there = table_names(self.connection, self.dialect, id_.schema)
        servers = self.dialect.native_schemas
        yield from drop_table(self.dialect, id_, lineage=servers and LINEAGE in there, kept=servers and KEPT in there)[
            1:
        ]


def _is_computed(e: Evolution) -> bool:
    return fills_itself(e.old.id)


def _stays(was: Attribute, now: Attribute, dialect: Dialect) -> bool:
    if was.stored is None or now.stored is None or was.auto or now.auto:
        return False
    # MariaDB shows json as another type than the one that makes it, and enums of PostgreSQL belong to a schema.
    if now.stored.kind == "json" or (now.stored.kind == "enum" and dialect.name == "postgres"):
        return False
    return (was.stored.kind, was.stored.args) == (now.stored.kind, now.stored.args)
