"""Source as a tree: found for code that runs, and written so that comments, formatting and docstrings do not count."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any, Final

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_FUNCTIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef)
_IGNORED: Final = frozenset({"ctx", "kind", "type_comment", "type_ignores"})
"""Fields that say nothing, or nothing that does anything."""
_CHANGES: Final = frozenset(
    "add append appendleft clear discard extend insert pop popitem remove reverse setdefault sort update".split()
)
"""Methods by which lists, dicts and sets are changed."""


def parse_file(name: str) -> ast.Module | None:
    """The tree of a file, or of what stands for one, such as a cell of a notebook; None where there is no source."""
    linecache.checkcache(name)
    return _parse("".join(linecache.getlines(name)))


@lru_cache(maxsize=64)
def _parse(text: str) -> ast.Module | None:
    try:
        return ast.parse(text) if text else None
    except (SyntaxError, ValueError):  # not what runs
        return None


def function_node(code: CodeType) -> ast.AST | None:
    """The definition of a function that runs; None where its source is not there, or is that of something else."""
    tree = parse_file(code.co_filename)
    if tree is None:
        return None
    if code.co_name == "<lambda>":
        return _lambdas(tree, code)
    found = [n for n in ast.walk(tree) if isinstance(n, _FUNCTIONS) and _is_of(n, code)]
    return found[0] if found else None


def _is_of(node: ast.FunctionDef | ast.AsyncFunctionDef, code: CodeType) -> bool:
    first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
    return node.name == code.co_name and first == code.co_firstlineno and _parameters(node.args) == _arguments(code)


def _lambdas(tree: ast.Module, code: CodeType) -> ast.AST | None:
    """Those of the same line with the same parameters: code does not tell which of them it is."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda) and n.lineno == code.co_firstlineno]
    same: list[ast.expr] = [n for n in found if _parameters(n.args) == _arguments(code)]
    return ast.Tuple(same, ast.Load()) if same else None


def _parameters(arguments: ast.arguments) -> list[str]:
    given = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [a.arg for a in [*given, *filter(None, [arguments.vararg, arguments.kwarg])]]


def _arguments(code: CodeType) -> list[str]:
    more = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # *args and **kwargs
    return list(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + more])


def class_node(cls: type, file: str) -> ast.ClassDef | None:
    """The definition of a class in a file: the last one of its name, as the last one counts when it is run."""
    tree = parse_file(file)
    found = (
        [] if tree is None else [n for n in ast.walk(tree) if isinstance(n, ast.ClassDef) and n.name == cls.__name__]
    )
    return found[-1] if found else None


def bindings(body: ast.Module | ast.ClassDef, name: str) -> list[ast.stmt]:
    """The statements that give a name its value, but for definitions."""
    return [s for s in _statements(body) if name in _bound(s)]


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All of a body, also those that depend on a condition, without what is within definitions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, (*_FUNCTIONS, ast.ClassDef, ast.expr)):
            yield from _statements(child)


def _bound(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign | ast.AugAssign):
        targets = [statement.target]
    elif isinstance(statement, ast.ImportFrom):
        return {alias.asname or alias.name for alias in statement.names}
    else:
        return set()
    return {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}


def loaded_paths(node: ast.AST) -> set[tuple[str, ...]]:
    """What is read by name: ``('np', 'fft', 'rfft')`` for ``np.fft.rfft``; without names that are the node's own.

    The first parameter is among them, since a method reaches others by it.
    """
    own = _own_names(node)
    return {path for path in _paths(node) if path[0] not in own}


def changed_names(node: ast.AST) -> set[str]:
    """Names whose objects are changed in place, as by ``seen.append(x)``, ``seen[x] = y`` and ``seen += [x]``."""
    return {name for n in ast.walk(node) if (name := _changed(n))}


def _changed(node: ast.AST) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _name(node.func.value) if node.func.attr in _CHANGES else ""
    if isinstance(node, ast.Subscript) and not isinstance(node.ctx, ast.Load):
        return _name(node.value)
    return _name(node.target) if isinstance(node, ast.AugAssign) else ""


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _own_names(node: ast.AST) -> set[str]:
    """Names that are bound within a function, which are its own unless it says that they are global."""
    if not isinstance(node, _FUNCTIONS):
        return set()
    inner = [n for statement in node.body for n in ast.walk(statement)]
    said = {name for n in inner if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    bound = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    defined = {n.name for n in inner if isinstance(n, (*_FUNCTIONS, ast.ClassDef))}
    given = {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    return (bound | defined | given) - said - {first_parameter(node)}


def _paths(node: ast.AST) -> Iterator[tuple[str, ...]]:
    path = _path(node)
    if path:
        yield path
        return
    for child in ast.iter_child_nodes(_without_annotations(node)):
        yield from _paths(child)


def _path(node: ast.AST) -> tuple[str, ...]:
    """The names of a chain of attributes that begins with a name; empty for all else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) else ()


def first_parameter(node: ast.AST) -> str:
    """What a method calls the object that it belongs to."""
    if not isinstance(node, _FUNCTIONS):
        return ""
    given = [*node.args.posonlyargs, *node.args.args]
    return given[0].arg if given else ""


def _without_annotations(node: ast.AST) -> ast.AST:
    """`node`, where annotations do nothing: of parameters and results, and of what a function assigns."""
    if isinstance(node, ast.arg):
        return ast.arg(node.arg, None)
    if isinstance(node, _FUNCTIONS):
        return _copied(node, returns=None, body=[_plain(s) for s in node.body])
    return node


def _plain(statement: ast.stmt) -> ast.stmt:
    if isinstance(statement, ast.AnnAssign) and statement.value is not None:
        return ast.Assign([statement.target], statement.value, lineno=statement.lineno)
    return statement


def _copied(node: ast.AST, **changes: Any) -> ast.AST:
    fields = {**dict(ast.iter_fields(node)), **changes}
    return ast.copy_location(type(node)(**fields), node)


class _Stripped(ast.NodeTransformer):
    """Takes docstrings and annotations away."""

    def visit(self, node: ast.AST) -> Any:
        node = self.generic_visit(_copied(_without_annotations(node)))
        if isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
            body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
            return _copied(node, body=body or [ast.Pass()])
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        for name, value in ast.iter_fields(node):  # lists are replaced, since the node is a copy that shares them
            if isinstance(value, list):
                setattr(node, name, [self.visit(v) if isinstance(v, ast.AST) else v for v in value])
            elif isinstance(value, ast.AST):
                setattr(node, name, self.visit(value))
        return node


def stripped(node: ast.AST) -> ast.AST:
    """A copy without docstrings and annotations."""
    found: ast.AST = _Stripped().visit(node)
    return found


def canonical(node: Any) -> str:
    """A tree as text, the same in every version of Python: what is empty is left out, since later ones may add it.

    Examples
    --------
    >>> canonical(ast.parse("x=1 # one").body[0])
    "(Assign targets=[(Name id='x')] value=(Constant value=1))"
    """
    if isinstance(node, ast.AST):
        fields = ((n, v) for n, v in ast.iter_fields(node) if n not in _IGNORED)
        told = [f"{n}={canonical(v)}" for n, v in fields if not (v is None or v == []) or _says_none(node)]
        return f"({' '.join([type(node).__name__, *told])})"
    return f"[{' '.join(map(canonical, node))}]" if isinstance(node, list) else repr(node)


def _says_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant)
