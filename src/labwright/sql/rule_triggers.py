"""The constraints and triggers that hold the rules of a table."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Final

from labwright.define.rules import RuleDef
from labwright.define.table import TableDef, TableId
from labwright.query import expr
from labwright.query.conditions import Text
from labwright.query.nodes import walk
from labwright.query.written import WRITTEN
from labwright.sql.dialect import Dialect
from labwright.sql.literals import quote_mysql, quote_postgres, quote_sqlite
from labwright.sql.rule_compiler import RuleCompiler, Written, condition_sql
from labwright.sql.rule_names import constraint_name, marked, table_mark
from labwright.sql.rules import (
    LIMIT,
    Guard,
    Lock,
    check_condition,
    guards,
    held_condition,
    order_condition,
    other_table,
)
from labwright.sql.statement import Statement

MAX_MESSAGE: Final = 128
"""Characters that MySQL passes on."""
LOCKS: Final = "~locks"
"""The service table whose rows writers lock on MySQL and MariaDB, one per schema."""
RULE_STATE: Final = "23R01"
"""The SQLSTATE of a broken rule, which clients take for a violation of integrity."""
BUCKETS: Final = 64
"""Into so many the values of a lock on PostgreSQL are put, since it has room for a limited number of them."""
_UNSTEADY: Final = frozenset(("now", "curdate", "curtime", "utc_timestamp", "rand", "uuid", "call"))
"""Steps of an expression that no database takes in a constraint, since their value changes."""
_RANGES: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("int8", "int16", "int24", "int32", "int64", "uint8", "uint16", "uint24", "uint32"), "int8range")
    | {"date": "daterange", "datetime": "tsrange", "timestamp": "tsrange", "datetime_utc": "tsrange"}
    | {"decimal": "numrange"}
)
"""The kinds of attributes over which PostgreSQL has ranges."""
_GROUPED: Final = frozenset((*_RANGES, "char", "varchar", "uuid", "enum"))
"""The kinds that its extension btree_gist takes beside a range."""


def create_rules(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that make what holds the rules of `table`."""
    for guard in guards(table):
        yield from _CREATE[dialect.name](dialect, table, guard)


def drop_rules(dialect: Dialect, table: TableDef) -> Iterator[Statement]:
    """Statements that remove it from a table that stays."""
    for guard in guards(table):
        yield from _DROP[dialect.name](dialect, table, guard)


def create_rules_at(dialect: Dialect, table: TableDef, at: TableId) -> Iterator[Statement]:
    """Statements that make what the rules of `table` have at another table, which was made anew."""
    for guard in guards(table):
        if guard.id == at != table.id:
            yield from _CREATE[dialect.name](dialect, table, guard)


def drop_rules_at(dialect: Dialect, table: TableDef, at: TableId) -> Iterator[Statement]:
    """Statements that remove it, before the other table is made anew."""
    for guard in guards(table):
        if guard.id == at != table.id:
            yield from _DROP[dialect.name](dialect, table, guard)


def clear_rules(dialect: Dialect, id_: TableId) -> Iterator[Statement]:
    """Statements that remove what a table has left in its schema: the functions of triggers on PostgreSQL."""
    if dialect.name == "postgres":
        schema, ending = (quote_postgres(text).replace("%%", "%") for text in (id_.schema, f"~{table_mark(id_)}"))
        yield Statement(f"DO {quote_postgres(_CLEAR.format(schema=schema, ending=ending))}")


_CLEAR: Final = """DECLARE found record; BEGIN
  FOR found IN
    SELECT p.oid::regprocedure::text AS name FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = {schema} AND right(p.proname::text, 9) = {ending}
  LOOP EXECUTE 'DROP FUNCTION ' || found.name || ' CASCADE'; END LOOP; END"""


def outlying_triggers(dialect: Dialect, id_: TableId, rules: Iterable[RuleDef]) -> Iterator[Statement]:
    """Statements that remove what the rules of a table have at other tables, before it is dropped."""
    for rule in rules:
        other = other_table(rule)
        if other is None:
            continue
        name = constraint_name(id_, rule.name, LIMIT if "limit" in rule.data else "")
        if dialect.name == "postgres":
            yield Statement(f"DROP FUNCTION IF EXISTS {dialect.table(other.schema, name)}() CASCADE")
            continue
        schema = f"{dialect.quote(other.schema)}." if dialect.native_schemas else ""
        for event in rule.data.get("on", ("update",)):
            for each in (event, f"before{event}"):
                yield Statement(f"DROP TRIGGER IF EXISTS {schema}{dialect.quote(f'{name}.{each}')}")


def touched_columns(table: TableDef) -> frozenset[str]:
    """The attributes that a rule looks at; all of them where a query does."""
    found: set[str] = set()
    for rule in table.rules:
        data = rule.data
        if rule.kind == "refuse":
            return frozenset(table.heading)
        texts = [data[n] for n in ("condition", "sum", "start", "end", "where") if n in data]
        found |= {n for n in table.heading if n in data.get("of", ()) or any(n in text for text in texts)}
    return frozenset(found)


def _refused(dialect: Dialect, guard: Guard, event: str, *, latest: bool = False) -> str:
    """The condition under which a row is refused."""
    rows = [Written("new", "NEW", guard.heading)] if event != "delete" else []
    rows += [Written("old", "OLD", guard.heading)] if event != "insert" else []
    compiler = RuleCompiler(dialect, *rows, reads_latest=latest)
    refused_if(compiler, guard)
    return compiler.sql


def refused_if(compiler: RuleCompiler, guard: Guard) -> None:
    """Write the condition under which a row is refused."""
    compiler.between(guard.refusals, lambda node: _any_row(compiler, node), " OR ")


def _any_row(compiler: RuleCompiler, node: expr.Node) -> None:
    """Whether `node` has a row; of the written row alone, whether it meets the condition."""
    source = node.node if isinstance(node, expr.Restrict) else None
    if isinstance(source, expr.Source) and source.schema == WRITTEN:
        assert isinstance(node, expr.Restrict)
        compiler.write("(")
        compiler.condition(node.condition, compiler.own(source.table))
        compiler.write(")")
    else:
        compiler.exists(node)


# SQLite: one trigger for each event --------------------------------------------------------------


def _create_sqlite(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    yield from _index(dialect, table, guard)
    message = quote_sqlite(marked(guard.rule.says, guard.name))
    target = dialect.table(guard.id.schema, guard.id.name)
    for event in guard.events:
        name = dialect.quote(f"{guard.name}.{event}")
        when = f"AFTER {event.upper()} ON {target} WHEN {_refused(dialect, guard, event)}"
        yield Statement(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, {message}); END")


def _drop_sqlite(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    for event in guard.events:
        yield Statement(f"DROP TRIGGER IF EXISTS {dialect.quote(f'{guard.name}.{event}')}")
    for _ in _index(dialect, table, guard):
        yield Statement(f"DROP INDEX IF EXISTS {dialect.quote(guard.name)}")


def _index(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    """The index by which the rows of a group are found, unless there is one."""
    of, start = guard.rule.data.get("of", ()), guard.rule.data.get("start")
    columns = (*of, *([start] if start else []))
    if guard.id != table.id or not columns or _is_indexed(table, columns, len(of)):
        return
    listed = ", ".join(map(dialect.quote, columns))
    yield Statement(
        f"CREATE INDEX {dialect.quote(guard.name)} ON {dialect.table(table.id.schema, table.id.name)} ({listed})"
    )


def _is_indexed(table: TableDef, columns: tuple[str, ...], alike: int) -> bool:
    """Whether an index begins with `columns`, the first `alike` in any order."""
    there = (table.key_columns, *(i.columns for i in table.indexes), *(fk.columns for fk in table.foreign_keys))
    return any(
        set(known[:alike]) == set(columns[:alike]) and known[alike : len(columns)] == columns[alike:] for known in there
    )


# MySQL and MariaDB: the group is locked before, the rule is checked after ------------------------


def _create_mysql(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    if is_constraint(dialect, table, guard.rule):
        yield _add_check(dialect, table, guard.rule)
        return
    yield from _index(dialect, table, guard)
    yield from _lock_tables(dialect, guard)
    message = quote_mysql(marked(guard.rule.says, guard.name, MAX_MESSAGE))
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = {message}"
    target = dialect.table(guard.id.schema, guard.id.name)
    for event in guard.events:
        if guard.locks:
            yield Statement(
                f"CREATE TRIGGER {_mysql_name(dialect, guard, 'before' + event)} BEFORE {event.upper()} ON {target} "
                f"FOR EACH ROW BEGIN DECLARE locked int; {_row_locks(dialect, guard)} END"
            )
        body = f"BEGIN IF {_refused(dialect, guard, event, latest=True)} THEN {refuse}; END IF; END"
        yield Statement(
            f"CREATE TRIGGER {_mysql_name(dialect, guard, event)} AFTER {event.upper()} ON {target} FOR EACH ROW {body}"
        )


def _lock_tables(dialect: Dialect, guard: Guard) -> Iterator[Statement]:
    """The rows that writers lock: so many for values, and so many for tables as a whole."""
    for name in sorted({_lock_table(dialect, lock) for lock in guard.locks}):
        yield Statement(f"CREATE TABLE IF NOT EXISTS {name} (bucket int NOT NULL PRIMARY KEY) ENGINE=InnoDB")
        rows = ", ".join(f"({n})" for n in range(2 * BUCKETS))
        yield Statement(f"INSERT IGNORE INTO {name} (bucket) VALUES {rows}")


def _lock_table(dialect: Dialect, lock: Lock) -> str:
    return dialect.table(lock.what.partition(".")[0], LOCKS)


def _row_locks(dialect: Dialect, guard: Guard) -> str:
    """Statements that let writers of the same group wait for one another.

    The rows of a parent would do as well, but a trigger may lock no table that its statement reads.
    """
    return " ".join(_row_lock(dialect, lock, "OLD" if "delete" in guard.events else "NEW") for lock in guard.locks)


def _row_lock(dialect: Dialect, lock: Lock, row: str) -> str:
    values = ", ".join(f"{row}.{dialect.quote(c)}" for c in lock.columns)
    group = f"crc32(concat_ws(char(31), {quote_mysql(lock.what)}, {values})) & {BUCKETS - 1}"
    bucket = group if values else str(BUCKETS + zlib.crc32(lock.what.encode()) % BUCKETS)
    mode = "LOCK IN SHARE MODE" if lock.shared else "FOR UPDATE"
    return f"SELECT bucket INTO locked FROM {_lock_table(dialect, lock)} WHERE bucket = {bucket} {mode};"


def _drop_mysql(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    target = dialect.table(table.id.schema, table.id.name)
    if is_constraint(dialect, table, guard.rule):
        yield Statement(f"ALTER TABLE {target} DROP CONSTRAINT {dialect.quote(guard.name)}")
        return
    for event in guard.events:
        for name in (event, "before" + event):
            yield Statement(f"DROP TRIGGER IF EXISTS {_mysql_name(dialect, guard, name)}")
    for _ in _index(dialect, table, guard):
        yield Statement(f"ALTER TABLE {target} DROP INDEX {dialect.quote(guard.name)}")


def _mysql_name(dialect: Dialect, guard: Guard, event: str) -> str:
    return f"{dialect.quote(guard.id.schema)}.{dialect.quote(f'{guard.name}.{event}')}"


# PostgreSQL: constraints where it has them, else a function and a trigger ------------------------


def _create_postgres(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    if is_constraint(dialect, table, guard.rule):
        yield _add_check(dialect, table, guard.rule)
    elif guard.rule.kind == "no_overlap" and _has_ranges(table, guard.rule):
        made = [*_exclusion(dialect, table, guard)]
        otherwise = [*_index(dialect, table, guard), *_function(dialect, guard)]
        yield Statement(f"DO {quote_postgres(_EXCLUDE.format(made=_executed(made), otherwise=_executed(otherwise)))}")
    else:
        yield from _index(dialect, table, guard)
        yield from _function(dialect, guard)


_EXCLUDE: Final = """BEGIN
  BEGIN CREATE EXTENSION IF NOT EXISTS btree_gist;
  EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR unique_violation
    OR duplicate_object THEN NULL; END;
  IF EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'btree_gist') THEN {made}
  ELSE {otherwise}
  END IF; END"""


def _executed(statements: list[Statement]) -> str:
    texts = (s.sql.replace("%%", "%") for s in statements)
    return " ".join(f"EXECUTE {quote_postgres(t).replace('%%', '%')};" for t in texts)


def _exclusion(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    """That no two intervals overlap, and that each ends after it starts."""
    data, target = guard.rule.data, dialect.table(table.id.schema, table.id.name)
    start, end = dialect.quote(data["start"]), dialect.quote(data["end"])
    stored = table.heading[data["start"]].stored
    assert stored is not None
    same = "".join(f"{dialect.quote(n)} WITH =, " for n in data["of"])
    span = f"{_RANGES[stored.kind]}({start}, {end}, '[)') WITH &&"
    row, held = Written("new", "", table.heading), held_condition(table, guard.rule)
    ordered = condition_sql(dialect, Text(order_condition(table, guard.rule)), row)
    where = "" if held is None else f" WHERE ({condition_sql(dialect, Text(held), row)})"
    order = dialect.quote(constraint_name(table.id, guard.rule.name, "order"))
    yield Statement(
        f"ALTER TABLE {target} ADD CONSTRAINT {dialect.quote(guard.name)} EXCLUDE USING gist ({same}{span}){where}, "
        f"ADD CONSTRAINT {order} CHECK ({ordered})"
    )


def _has_ranges(table: TableDef, rule: RuleDef) -> bool:
    """Whether PostgreSQL can hold the rule by itself."""
    data = rule.data
    kinds = {stored.kind for n in data["of"] if (stored := table.heading[n].stored) is not None}
    ends = {stored.kind for n in ("start", "end") if (stored := table.heading[data[n]].stored) is not None}
    return kinds <= _GROUPED and ends <= set(_RANGES) and len({_RANGES[k] for k in ends}) == 1


def _function(dialect: Dialect, guard: Guard) -> Iterator[Statement]:
    function = dialect.table(guard.id.schema, guard.name)
    yield Statement(
        f"CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path = pg_catalog, pg_temp SET datestyle = 'ISO, MDY' "  # locks go by how values are written
        f"AS {quote_postgres(_body(dialect, guard).replace('%%', '%'))}"
    )
    events, target = " OR ".join(e.upper() for e in guard.events), dialect.table(guard.id.schema, guard.id.name)
    each = f"ON {target} FOR EACH ROW EXECUTE FUNCTION {function}()"
    yield Statement(f"CREATE TRIGGER {dialect.quote(guard.name)} AFTER {events} {each}")
    if "delete" in guard.events:
        whole = f"BEFORE TRUNCATE ON {target} FOR EACH STATEMENT EXECUTE FUNCTION {function}()"
        yield Statement(f"CREATE TRIGGER {_truncate_name(dialect, guard)} {whole}")


def _truncate_name(dialect: Dialect, guard: Guard) -> str:
    return dialect.quote(guard.name.replace("~", ".truncate~"))


def _body(dialect: Dialect, guard: Guard) -> str:
    row = "OLD" if "delete" in guard.events else "NEW"
    given = {
        "MESSAGE": guard.rule.says, "CONSTRAINT": guard.name, "SCHEMA": guard.id.schema, "TABLE": guard.id.name,
        "ERRCODE": RULE_STATE,
    }  # fmt: skip
    using = ", ".join(f"{name} = {quote_postgres(value)}" for name, value in given.items())
    locks = [_isolation(), *(_lock(row, lock) for lock in guard.locks)] if guard.locks else []
    refuse = f"IF {_refused(dialect, guard, 'update')} THEN RAISE EXCEPTION USING {using}; END IF;"
    whole = []
    if "delete" in guard.events:  # what a rule thinks of a row cannot be asked when all go at once
        there = f"EXISTS (SELECT 1 FROM {dialect.table(guard.id.schema, guard.id.name)})"
        advice = "HINT = 'TRUNCATE asks no rule about a row. Use DELETE, which does.'"
        refusal = f"IF {there} THEN RAISE EXCEPTION USING {using}, {advice}; END IF"
        whole = [f"IF TG_OP = 'TRUNCATE' THEN {refusal}; RETURN NULL; END IF;"]
    return " ".join(["BEGIN", *whole, *locks, refuse, "RETURN NULL; END"])


def _isolation() -> str:
    """A transaction that sees the past cannot tell whether others break the rule together with it."""
    return (
        "IF current_setting('transaction_isolation') NOT LIKE 'read %%committed' THEN RAISE EXCEPTION USING "
        "ERRCODE = 'invalid_transaction_state', MESSAGE = 'This table has rules, which cannot be checked in a "
        "transaction that is ' || current_setting('transaction_isolation') || '; use READ COMMITTED'; END IF;"
    )


def _lock(row: str, lock: Lock) -> str:
    number = zlib.crc32(lock.what.encode())
    what = number - (1 << 32) if number >= 1 << 31 else number
    values = ", ".join(f'{row}."{c}"' for c in lock.columns)
    which = f"hashtext(concat_ws(chr(31), {values})) & {BUCKETS - 1}" if values else "-1"
    return f"PERFORM pg_advisory_xact_lock{'_shared' if lock.shared else ''}({what}, {which});"


def _drop_postgres(dialect: Dialect, table: TableDef, guard: Guard) -> Iterator[Statement]:
    target = dialect.table(guard.id.schema, guard.id.name)
    for name in (guard.name, constraint_name(table.id, guard.rule.name, "order")):
        yield Statement(f"ALTER TABLE {target} DROP CONSTRAINT IF EXISTS {dialect.quote(name)}")
    for name in (dialect.quote(guard.name), _truncate_name(dialect, guard)):
        yield Statement(f"DROP TRIGGER IF EXISTS {name} ON {target}")
    yield Statement(f"DROP FUNCTION IF EXISTS {dialect.table(guard.id.schema, guard.name)}()")
    yield Statement(f"DROP INDEX IF EXISTS {dialect.table(guard.id.schema, guard.name)}")


# Constraints -------------------------------------------------------------------------------------


def is_constraint(dialect: Dialect, table: TableDef, rule: RuleDef) -> bool:
    """Whether the database holds the rule by a CHECK of its own, which can be added and removed."""
    if rule.kind != "check" or dialect.name == "sqlite":
        return False
    scalar = check_condition(table, rule)
    counted = dialect.name == "mysql" and any(table.heading[n].auto for n in scalar.names)
    return not counted and not any(node.op in _UNSTEADY for node in walk(scalar.tree))


def _add_check(dialect: Dialect, table: TableDef, rule: RuleDef) -> Statement:
    condition = condition_sql(dialect, Text(check_condition(table, rule)), Written("new", "", table.heading))
    name = dialect.quote(constraint_name(table.id, rule.name))
    return Statement(
        f"ALTER TABLE {dialect.table(table.id.schema, table.id.name)} ADD CONSTRAINT {name} CHECK ({condition})"
    )


_Write = Callable[[Dialect, TableDef, Guard], Iterator[Statement]]
_CREATE: Final[Mapping[str, _Write]] = {
    "sqlite": _create_sqlite,
    "postgres": _create_postgres,
    "mysql": _create_mysql,
}
_DROP: Final[Mapping[str, _Write]] = {"sqlite": _drop_sqlite, "postgres": _drop_postgres, "mysql": _drop_mysql}
