"""The stub of a module of tables: its tables typed, and all else as the module has it, without bodies."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from types import ModuleType
from typing import Any, Final

from labwright.core.errors import LabwrightError
from labwright.define.table import TableDef
from labwright.tables.schema import Schema
from labwright.tables.stubs import HEADER, class_stub
from labwright.tables.table import Table

_TOLD: Final = frozenset("definition contents rules owner history insert insert1 update1 fetch1 to_dicts keys".split())
"""Members of a table's class that its types tell."""
_PLAIN: Final = (bool, int, float, str, bytes)


def module_stub(module: ModuleType) -> str:
    """The stub of a module that defines tables.

    Parameters
    ----------
    module : module
        Imported, with its source at hand.

    Raises
    ------
    LabwrightError
        When the source is not to be had.
    """
    try:
        tree = ast.parse(inspect.getsource(module))
    except (OSError, TypeError) as error:
        raise LabwrightError(f"The source of the module {module.__name__!r} is not to be had: {error}.") from error
    return "\n".join([HEADER, *_module_lines(tree.body, module), ""])


def _module_lines(body: list[ast.stmt], module: ModuleType) -> Iterator[str]:
    for statement in body:
        if isinstance(statement, ast.ClassDef):
            yield _class_text(statement, module)
        elif isinstance(statement, ast.Assign):
            yield from _assignment(statement, module)
        elif isinstance(statement, (ast.If, ast.Try)):
            yield from _module_lines(statement.body if "__main__" not in ast.unparse(statement)[:40] else [], module)
        else:
            yield from _member_lines(statement)


def _class_text(node: ast.ClassDef, module: ModuleType) -> str:
    cls = getattr(module, node.name, None)
    if not (isinstance(cls, type) and issubclass(cls, Table) and cls._schema is not None):
        return "\n".join(_member_lines(node))
    parts = {p.__name__ for p in cls._schema.part_classes(cls)}
    others = [m for m in node.body if not _names(m) & (parts | _TOLD)]
    bases = ", ".join(map(ast.unparse, node.bases))
    return class_stub(cls, _defined, bases=bases, members=(line for m in others for line in _member_lines(m)))


def _defined(cls: type[Table]) -> TableDef:
    """The table as the code has it, whatever the database has."""
    assert cls._schema is not None
    return cls._schema._resolved(cls)


def _member_lines(statement: ast.stmt) -> list[str]:
    """What a stub tells of a statement in a class, or of one in a module that needs no more than that."""
    if isinstance(statement, ast.ClassDef):
        body = [line for m in statement.body for line in _member_lines(m)] or ["pass"]
        head = ast.unparse(_with_body(statement)).removesuffix("\n    ...")
        return [*head.splitlines(), *(f"    {line}" for line in body)]
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return ast.unparse(_with_body(statement)).replace(":\n    ...", ": ...").splitlines()
    if isinstance(statement, ast.AnnAssign):
        return [ast.unparse(_without_value(statement))]
    if isinstance(statement, ast.Assign):
        if isinstance(statement.value, ast.Constant):
            return [ast.unparse(statement)]
        return [f"{name}: _t.Any" for name in sorted(_names(statement))]
    if isinstance(statement, ast.Import) or (
        isinstance(statement, ast.ImportFrom) and statement.module != "__future__"
    ):
        return [ast.unparse(statement)]
    return []


def _with_body(node: Any) -> Any:
    """A class or function without what it does; defaults of arguments are not told."""
    node.body = [ast.Expr(ast.Constant(...))]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        node.args.defaults = [ast.Constant(...) for _ in node.args.defaults]
        node.args.kw_defaults = [d and ast.Constant(...) for d in node.args.kw_defaults]
    return node


def _without_value(statement: ast.AnnAssign) -> ast.AnnAssign:
    """A declared name, with what shows that it has a value; a plain ``Final`` has its type from there."""
    if statement.value is not None and "Final" not in ast.unparse(statement.annotation):
        statement.value = ast.Constant(...)
    return statement


def _assignment(statement: ast.Assign, module: ModuleType) -> Iterator[str]:
    """Types, and ``__all__``, are told as they are written; of other values the type is, where it has a plain name."""
    for name in sorted(_names(statement)):
        value = getattr(module, name, None)
        if name == "__all__" or isinstance(statement.value, (ast.Subscript, ast.Attribute, ast.Name)):
            yield ast.unparse(statement)
        elif isinstance(value, Schema):
            yield f"{name}: labwright.Schema"
        else:
            yield f"{name}: {type(value).__name__ if type(value) in _PLAIN else '_t.Any'}"


def _names(statement: ast.stmt) -> set[str]:
    """What a statement gives a name to."""
    if isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        return {statement.name}
    if isinstance(statement, (ast.Assign, ast.AnnAssign)):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return set()
