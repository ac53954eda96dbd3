"""A schema as code: the text of a module that declares the same tables again."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from labwright.core.errors import LabwrightError
from labwright.core.generation import CLASSIC, Generation
from labwright.core.graph import Graph
from labwright.define.classic import external_store
from labwright.define.format import format_spec
from labwright.define.rules import RuleDef
from labwright.define.table import TableDef, TableId, to_spec
from labwright.tables.declared import is_entered
from labwright.tables.sayable import sayable
from labwright.tables.schema_services import SchemaServices
from labwright.tables.textfile import write_text

_TAKEN: Final = frozenset({"lw", "schema", "master", "self", "decimal"})
_TRIPLE: Final = '"""'


class SchemaCode(SchemaServices):
    """What a schema writes of itself."""

    @property
    def code(self) -> str:
        """The text of a Python module that declares the tables of this schema again, as the database has them.

        Classes stand in the order of dependence, parts in their masters, with rules, owners and what keeps no history.
        Other schemas are virtual modules. What only code knows is not there: ``make``, ``contents``. What no class can
        say, of tables that other programs made, is left out and named at the top.
        """
        self.ensure_declared()
        tables, left_out = sayable(self.project.database, self.database_name)
        attributes = [a for t in tables.values() for a in t.heading.attributes.values()]
        generation = CLASSIC if any(external_store(a.type) for a in attributes) else self.generation
        return _module(self.database_name, tables, generation, left_out)

    def save(self, path: str | Path | None = None) -> str:
        """Return the `code`, and write it to a file where `path` is given."""
        text = self.code
        if path is not None:
            try:
                write_text(Path(path), text)
            except OSError as error:
                raise LabwrightError(f"The code cannot be written to {str(path)!r}: {error.strerror}.") from error
        return text


def _module(name: str, tables: Mapping[TableId, TableDef], generation: Generation, left_out: Sequence[str] = ()) -> str:
    graph = Graph((_family(i) for i in tables), _edges(tables))
    late = bool(graph.cycles())
    modules = _module_names(tables, name)
    options = f', generation="{generation}"' if generation == CLASSIC else ""
    blocks = [
        f"{_TRIPLE}The tables of the schema {name!r}.{_TRIPLE}",
        *(["\n".join(["# Left out, since no class can say it:", *(f"# {n}" for n in left_out)])] if left_out else []),
        "import decimal\n\nimport labwright as lw" if _has_decimal(tables.values()) else "import labwright as lw",
        f"schema = lw.Schema({options[2:] if late else repr(name) + options})",
        *(["\n".join(f"{m} = lw.VirtualModule({m!r}, {s!r})" for s, m in modules.items())] if modules else []),
    ]
    classes = [f"\n@schema\n{_class(tables, i, modules, generation)}" for i in graph.loose_order() if i in tables]
    end = [f"\nschema.activate({name!r})  # now that what refers to each other is there"] if late else []
    return "\n\n".join([*blocks, *classes, *end]) + "\n"


def _family(id_: TableId) -> TableId:
    """The master of a part, which stands for both."""
    return id_.master or id_


def _edges(tables: Mapping[TableId, TableDef]) -> Iterator[tuple[TableId, TableId]]:
    for id_, table in tables.items():
        for parent in table.parents:
            if parent in tables and _family(parent) != _family(id_):
                yield _family(parent), _family(id_)


def _module_names(tables: Mapping[TableId, TableDef], own: str) -> dict[str, str]:
    """The name of a module for each of the other schemas."""
    others = dict.fromkeys(p.schema for t in tables.values() for p in t.parents if p.schema != own)
    names: dict[str, str] = {}
    for schema in others:
        name = re.sub(r"\W|^(?=\d)", "_", schema.lower())
        while name in _TAKEN or name in names.values() or keyword.iskeyword(name):
            name += "_"
        names[schema] = name
    return names


def _class(tables: Mapping[TableId, TableDef], id_: TableId, modules: Mapping[str, str], generation: Generation) -> str:
    parsed, table = id_.parsed, tables[id_]
    name = id_.class_path[-1]
    parts = [i for i in tables if i.master == id_]
    members = [
        f"definition = {_TRIPLE}\n{_definition(table, modules, generation)}\n{_TRIPLE}",
        *_declarations(table),
        *(f"\n{_class(tables, part, modules, generation)}" for part in parts),
    ]
    return "\n".join([f"class {name}(lw.{parsed.tier.capitalize()}):", *map(_indented, members)])


def _indented(text: str) -> str:
    """The text further right; comments may have characters that only some call line breaks."""
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))


def _definition(table: TableDef, modules: Mapping[str, str], generation: Generation) -> str:
    def target(id_: TableId) -> tuple[str, ...]:
        if id_ == table.id.master:
            return ("master",)
        return (modules[id_.schema], *id_.class_path) if id_.schema in modules else id_.class_path

    text = format_spec(to_spec(table, target), classic=generation == CLASSIC)
    return text.replace("\\", "\\\\").replace(_TRIPLE, '\\"\\"\\"')


def _declarations(table: TableDef) -> Iterator[str]:
    """What a class says beside the definition."""
    if table.rules:
        yield "rules = [\n" + "".join(f"    {_rule(rule)},\n" for rule in table.rules) + "]"
    if table.owner:
        yield f"owner = {table.owner!r}"
    if is_entered(table.id) != bool(table.history):
        yield f"history = {bool(table.history)}"


def _rule(rule: RuleDef) -> str:
    body, told = rule.data, f"says={rule.says!r}, name={rule.name!r}"
    if rule.kind == "check":
        return f"lw.Check({body['condition']!r}, {told})"
    if rule.kind == "no_overlap":
        where = f", where={body['where']!r}" if "where" in body else ""
        return f"lw.NoOverlap(of={body['of']!r}, start={body['start']!r}, end={body['end']!r}{where}, {told})"
    if rule.kind == "sum_at_most":
        return f"lw.SumAtMost({body['sum']!r}, {_limit(body['limit'])}, of={body['of']!r}, {told})"
    return f"lw.Refuse.kept({rule.body!r}, {told})"


def _limit(limit: Mapping[str, Any]) -> str:
    if "number" not in limit:
        return repr(limit["attribute"])
    text = str(limit["number"])
    return text if _is_plain(text) else f"decimal.Decimal({text!r})"


def _is_plain(text: str) -> bool:
    """Whether a number is the same when Python has read it."""
    try:
        return text == str(int(text))
    except ValueError:
        return text == repr(float(text)) and text[-1].isdigit()


def _has_decimal(tables: Iterable[TableDef]) -> bool:
    limits = (r.data["limit"] for t in tables for r in t.rules if r.kind == "sum_at_most")
    return any(_limit(limit).startswith("decimal.") for limit in limits)
