"""`TableDef` <-> a dict that JSON can hold, exactly.

What is not known here is passed over on reading, so that an older client reads what a newer one wrote.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from labwright.core.heading import Attribute, Heading
from labwright.core.types import Default, Type
from labwright.define.ast import Expression
from labwright.define.rules import RuleDef
from labwright.define.table import ForeignKey, Index, TableDef, TableId

Data = Mapping[str, Any]


def table_to_dict(table: TableDef) -> dict[str, Any]:
    """Return everything that `table` says.

    Examples
    --------
    >>> table = TableDef(TableId("lab", "mouse"), Heading([Attribute("mouse_id", Type("int32"), in_key=True)]))
    >>> table_from_dict(table_to_dict(table)) == table
    True
    """
    return {
        "schema": table.id.schema,
        "name": table.id.name,
        "comment": table.comment,
        "attributes": [_attribute_to_dict(a) for a in table.heading.attributes.values()],
        "foreign_keys": [_reference_to_dict(fk) for fk in table.foreign_keys],
        "indexes": [index_to_dict(i) for i in table.indexes],
        "hidden": list(table.hidden),
        **kept_to_dict(table),
    }


def table_from_dict(data: Data) -> TableDef:
    """Return the table of which `table_to_dict` gave `data`."""
    table = TableDef(
        TableId(data["schema"], data["name"]),
        Heading(_attribute_from_dict(a) for a in data["attributes"]),
        tuple(_reference_from_dict(fk) for fk in data["foreign_keys"]),
        tuple(index_from_dict(i) for i in data["indexes"]),
        data["comment"],
        tuple(data["hidden"]),
    )
    return with_kept(table, data)


def kept_to_dict(table: TableDef) -> dict[str, Any]:
    """Return what no catalogue of a server tells of `table`: rules, owner, history; empty where there is none.

    Examples
    --------
    >>> kept_to_dict(TableDef(TableId("lab", "mouse"), Heading([]), history=True))
    {'history': True}
    """
    told = {"rules": [asdict(r) for r in table.rules], "owner": table.owner, "history": table.history}
    return {name: value for name, value in told.items() if value or value is False}


def with_kept(table: TableDef, data: Data) -> TableDef:
    """Return `table` with what `kept_to_dict` gave."""
    rules = tuple(RuleDef(**r) for r in data.get("rules", ()))
    return replace(table, rules=rules, owner=data.get("owner", ""), history=data.get("history"))


def index_to_dict(index: Index) -> dict[str, Any]:
    """Return what `index` says.

    Examples
    --------
    >>> index_to_dict(Index(("a", Expression("lower(b)")), unique=True))
    {'columns': ['a', {'expression': 'lower(b)'}], 'unique': True}
    """
    columns = [{"expression": c.text} if isinstance(c, Expression) else c for c in index.columns]
    return {"columns": columns, "unique": index.unique}


def index_from_dict(data: Data) -> Index:
    """Return the index of which `index_to_dict` gave `data`."""
    columns = (c if isinstance(c, str) else Expression(c["expression"]) for c in data["columns"])
    return Index(tuple(columns), data["unique"])


def _attribute_to_dict(attribute: Attribute) -> dict[str, Any]:
    return {
        "name": attribute.name,
        "type": _type_to_dict(attribute.type),
        "in_key": attribute.in_key,
        "nullable": attribute.nullable,
        "default": _default_to_dict(attribute.default),
        "comment": attribute.comment,
        "lineage": attribute.lineage,
        "storage": _type_to_dict(attribute.storage),
        "expression": attribute.expression,
    }


def _attribute_from_dict(data: Data) -> Attribute:
    return Attribute(
        data["name"],
        _type_from_dict(data["type"]),
        data["in_key"],
        data["nullable"],
        _default_from_dict(data["default"]),
        data["comment"],
        data["lineage"],
        _type_from_dict(data["storage"]),
        data["expression"],
    )


def _type_to_dict(type_: Type | None) -> dict[str, Any] | None:
    if type_ is None:
        return None
    return {
        "kind": type_.kind,
        "args": list(type_.args),
        "spelling": type_.spelling,
        "native": type_.native,
        "auto": type_.auto,
        "codec": type_.codec,
        "store": type_.store,
    }


def _type_from_dict(data: Data | None) -> Type | None:
    if data is None:
        return None
    return Type(
        data["kind"],
        tuple(data["args"]),
        data["spelling"],
        data["native"],
        data["auto"],
        data["codec"],
        data["store"],
    )


def _default_to_dict(default: Default | None) -> dict[str, Any] | None:
    if default is None:
        return None
    return {"kind": default.kind, "value": default.value, "quoted": default.quoted}


def _default_from_dict(data: Data | None) -> Default | None:
    return Default(data["kind"], data["value"], data["quoted"]) if data else None


def _reference_to_dict(fk: ForeignKey) -> dict[str, Any]:
    return {
        "columns": list(fk.columns),
        "parent": {"schema": fk.parent.schema, "name": fk.parent.name},
        "parent_columns": list(fk.parent_columns),
        "nullable": fk.nullable,
        "unique": fk.unique,
        "comment": fk.comment,
    }


def _reference_from_dict(data: Data) -> ForeignKey:
    return ForeignKey(
        tuple(data["columns"]),
        TableId(data["parent"]["schema"], data["parent"]["name"]),
        tuple(data["parent_columns"]),
        data["nullable"],
        data["unique"],
        data["comment"],
    )
