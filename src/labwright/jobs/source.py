"""What a make is: its source and that of what it reaches in the same project, so that one can tell when it changes."""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType, MappingProxyType, ModuleType
from typing import Any, Final, Literal

from labwright.jobs.syntax import (
    bindings,
    canonical,
    changed_names,
    class_node,
    first_parameter,
    function_node,
    loaded_paths,
    parse_file,
    stripped,
)
from labwright.tables.meta import TableMeta

Kind = Literal["source", "bytecode"]
MEMBERS: Final = ("key_source", "make", "make_fetch", "make_compute", "make_insert", "make_many", "_make_tuples")
"""What is looked at of the class and its bases."""
MOST: Final = 1000
"""So many definitions are followed at most."""
_OURS: Final = frozenset("core define query codecs storage sql catalogue tables jobs".split())
"""The packages of Labwright itself in which nobody's make is."""
_VALUES: Final = (bool, int, float, complex, str, bytes, type(None), type(...))
_LIBRARIES: Final = frozenset(Path(p) for n in ("stdlib", "purelib", "platlib") if (p := sysconfig.get_path(n)))


@dataclass(frozen=True, slots=True)
class Source:
    """The source of a make.

    Parameters
    ----------
    hash : str
        Equal for equal source: comments, formatting, docstrings and annotations do not count.
    text : str
        What it was made of, for people to read.
    kind : {'source', 'bytecode'}
        Whether some of it is known as bytecode alone, which differs between versions of Python.
    modules : tuple of str
        Where it is, in order.
    """

    hash: str
    text: str
    kind: Kind
    modules: tuple[str, ...]


def source_of(cls: type) -> Source:
    """Return the source of a table's make, and of the functions, classes and constants that it reaches by name.

    Those count that are in the same package as the class, or in the same folder, and no library.

    Parameters
    ----------
    cls : type
        The table's class.

    Examples
    --------
    >>> class Square:
    ...     def make(self, key):
    ...         self.insert1({**key, "square": key["x"] ** 2})
    >>> len(source_of(Square).hash)
    32
    """
    walk = _Walk(cls)
    for name in MEMBERS:
        for base in cls.__mro__:
            if name in vars(base) and not is_ours(base):
                walk.add(vars(base)[name], f"{base.__name__}.{name}", owner=base)
    walk.run()
    return walk.result()


def is_ours(cls: type) -> bool:
    """Whether a class is Labwright's own, rather than defined by a pipeline."""
    package, _, rest = cls.__module__.partition(".")
    if package != "labwright" or rest.partition(".")[0] not in _OURS:
        return False
    return getattr(sys.modules.get(cls.__module__), cls.__name__, None) is cls


@dataclass(frozen=True, slots=True)
class _Unit:
    """One definition, the names that it can use, and the name of the object whose members it reaches."""

    name: str
    node: ast.AST
    names: Mapping[str, Any]
    owner: str = ""


class _Walk:
    """Goes from definition to definition."""

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.home = _Home(cls)
        self.seen: dict[object, None] = {}
        self.todo: list[_Unit] = []
        self.units: dict[str, str] = {}
        self.values: dict[str, Any] = {}
        self.state: set[int] = set()
        self.modules: set[str] = {cls.__module__}
        self.kind: Kind = "source"

    def run(self) -> None:
        while self.todo and len(self.units) < MOST:
            unit = self.todo.pop(0)
            node = stripped(unit.node)
            self.units[f"{unit.name} {canonical(node)}"] = f"# {unit.name}\n{_unparsed(node)}\n"
            self.state |= {id(unit.names[name]) for name in changed_names(unit.node) if name in unit.names}
            for path in sorted(loaded_paths(unit.node)):
                self.follow(unit, path)
        for name, value in self.values.items():
            if id(value) not in self.state and (text := told(value)) is not None:
                self.units[f"{name} {text}"] = f"# {name}\n{text}\n"

    def result(self) -> Source:
        said = sorted(self.units)
        digest = hashlib.blake2b("\n".join(["1", *said]).encode(errors="surrogatepass"), digest_size=16)
        text = "\n".join(self.units[name] for name in said)
        return Source(digest.hexdigest(), text, self.kind, tuple(sorted(self.modules)))

    def is_new(self, what: object) -> bool:
        """Whether this was not looked at yet."""
        new = what not in self.seen
        self.seen[what] = None
        return new

    def follow(self, unit: _Unit, path: tuple[str, ...]) -> None:
        """Add what a chain of names leads to, as far as it leads through modules and classes."""
        first, *rest = path
        if first == unit.owner:
            self.member(self.cls, rest)
            return
        if first not in unit.names:
            return
        value, names, name = unit.names[first], unit.names, first
        while isinstance(value, ModuleType) and rest and self.home.has(value.__name__):
            names, name = vars(value), rest.pop(0)
            if name not in names:
                return
            value = names[name]
        if isinstance(value, type) and rest and isinstance(value, TableMeta):
            self.member(value, rest)
        elif not isinstance(value, ModuleType):
            self.add(value, name, names)

    def member(self, cls: type, path: list[str]) -> None:
        """Add a member of a class that a pipeline defines."""
        for base in cls.__mro__ if path else ():
            if path[0] in vars(base) and not is_ours(base):
                value = vars(base)[path[0]]
                if isinstance(value, TableMeta):
                    self.member(value, path[1:])
                elif path[0] != "definition":
                    self.add(value, f"{base.__name__}.{path[0]}", owner=base)
                return

    def add(self, value: Any, name: str, names: Mapping[str, Any] | None = None, owner: type | None = None) -> None:
        """Add a definition, or the statement that makes a value."""
        functions = list(_functions(value))
        for function in functions:
            self.function(function, is_method=owner is not None)
        if isinstance(value, type):
            self.class_(value)
        elif not functions and owner is not None:
            self.value(value, name, class_node(owner, self.home.file_of(owner)), vars(owner))
        elif not functions and names is not None:
            self.constant(value, name, names)

    def function(self, function: FunctionType, *, is_method: bool = False) -> None:
        code = function.__code__
        if not self.home.has(function.__module__) or not self.is_new(code):
            return
        self.modules.add(function.__module__)
        node = function_node(code)
        if node is None:
            self.kind = "bytecode"
            self.units[f"{code.co_qualname} {_bytecode(code)}"] = f"# {code.co_qualname}: no source\n"
            return
        names = {**function.__globals__, **_closure(function)}
        self.todo.append(_Unit(code.co_qualname, node, names, first_parameter(node) if is_method else ""))

    def class_(self, cls: type) -> None:
        """Tables are no code: what they hold is read from the database."""
        if isinstance(cls, TableMeta) or not self.home.has(cls.__module__) or not self.is_new(cls):
            return
        self.modules.add(cls.__module__)
        node = class_node(cls, self.home.file_of(cls))
        if node is not None:
            self.todo.append(_Unit(cls.__qualname__, node, vars(sys.modules[cls.__module__])))
        else:
            for value in vars(cls).values():
                for function in _functions(value):
                    self.function(function)

    def constant(self, value: Any, name: str, names: Mapping[str, Any]) -> None:
        """A global: by the statement that makes it, which may be in another module."""
        module = sys.modules.get(str(names.get("__name__", "")))
        if module is None or not self.home.has(module.__name__):
            return
        file = getattr(module, "__file__", None)
        tree = parse_file(file) if file else None
        for statement in bindings(tree, name) if tree else ():
            if isinstance(statement, ast.ImportFrom):
                self.imported(statement, name, module)
                return
        self.modules.add(module.__name__)
        self.value(value, name, tree, names)

    def imported(self, statement: ast.ImportFrom, name: str, module: ModuleType) -> None:
        """What comes from another module of ours, where it is made."""
        base = module.__name__ if hasattr(module, "__path__") else module.__name__.rpartition(".")[0]
        above = base.split(".")[: len(base.split(".")) - statement.level + 1] if statement.level else []
        source = sys.modules.get(".".join([*above, *([statement.module] if statement.module else [])]))
        original = next(a.name for a in statement.names if (a.asname or a.name) == name)
        if source is not None and source is not module and original in vars(source):
            self.add(vars(source)[original], original, vars(source))

    def value(self, value: Any, name: str, body: ast.Module | ast.ClassDef | None, names: Mapping[str, Any]) -> None:
        """A value: by the statements that make it, else by what it is where that says all and no code changes it."""
        found = bindings(body, name.rpartition(".")[2]) if body else []
        for statement in found:
            if self.is_new(statement):
                self.todo.append(_Unit(name, statement, names))
        if not found:
            self.values[name] = value


class _Home:
    """What is local: of the same package as a class or one of the makes that it has, or in the same folder."""

    def __init__(self, cls: type) -> None:
        given = [f for base in cls.__mro__ if not is_ours(base) for n in MEMBERS for f in _functions(vars(base).get(n))]
        self.modules = {cls.__module__, *(f.__module__ for f in given)} - {None}  # as what exec has made may have
        self.packages = {"__main__", *(module.partition(".")[0] for module in self.modules)}
        self.folders = {_folder(module) for module in self.modules} - {None}

    def has(self, module: str | None) -> bool:
        """Whether what is in a module belongs to the project."""
        if not module or module in self.modules:
            return bool(module)
        package, _, rest = module.partition(".")
        if package == "labwright" and rest.partition(".")[0] in _OURS:
            return False
        return package in self.packages or _folder(module) in self.folders

    def file_of(self, cls: type) -> str:
        """The file, or the cell of a notebook, with a class."""
        codes = [f.__code__ for v in vars(cls).values() for f in _functions(v) if f.__module__ == cls.__module__]
        own = [c.co_filename for c in codes if c.co_qualname.startswith(f"{cls.__qualname__}.")]
        return own[0] if own else getattr(sys.modules.get(cls.__module__), "__file__", None) or ""


@functools.cache
def _folder(module: str) -> Path | None:
    """The folder of a module that stands by itself; None for libraries."""
    file = getattr(sys.modules.get(module), "__file__", None)
    folder = Path(file).resolve().parent if file and "." not in module else None
    return None if folder is None or _is_library(folder) else folder


def _is_library(folder: Path) -> bool:
    return "site-packages" in folder.parts or folder in _LIBRARIES


def _functions(value: Any) -> Iterator[FunctionType]:
    """The functions that something consists of: a method, a property, or one that is wrapped."""
    if isinstance(value, FunctionType):
        yield value
        if hasattr(value, "__wrapped__"):
            yield from _functions(value.__wrapped__)
    elif isinstance(value, property):
        yield from _functions(value.fget)
    elif not isinstance(value, type):
        for name in ("__func__", "func", "__wrapped__"):
            inner = inspect.getattr_static(value, name, None)
            if inner is not None:
                yield from _functions(getattr(value, name))
                return


def _closure(function: FunctionType) -> Mapping[str, Any]:
    """What a function has from around it, as far as it is there yet."""
    if not function.__closure__:
        return MappingProxyType({})
    pairs = zip(function.__code__.co_freevars, function.__closure__, strict=True)
    return {name: cell.cell_contents for name, cell in pairs if _is_filled(cell)}


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - raises where there is nothing
    except ValueError:
        return False
    return True


def told(value: Any) -> str | None:
    """The text of a value where it tells it from all others, the same in each process.

    Examples
    --------
    >>> told({"b": [1, 2.5], "a": {"y", "x"}}), told(object())
    ("{'b': [1, 2.5], 'a': {'x', 'y'}}", None)
    """
    if isinstance(value, _VALUES):
        return repr(value)
    if isinstance(value, (tuple, list, set, frozenset)):
        items = [text for v in value if (text := told(v)) is not None]
        form = "({})" if isinstance(value, tuple) else "[{}]" if isinstance(value, list) else "{{{}}}"
        is_set = isinstance(value, (set, frozenset))
        return form.format(", ".join(sorted(items) if is_set else items)) if len(items) == len(value) else None
    if isinstance(value, dict):
        pairs = [(told(k), told(v)) for k, v in value.items()]
        return None if any(None in pair for pair in pairs) else "{" + ", ".join(f"{k}: {v}" for k, v in pairs) + "}"
    return None


def _bytecode(code: CodeType) -> str:
    """What code does, without where it stands."""
    said = [sys.implementation.cache_tag, code.co_code.hex(), *code.co_names, *map(_constant, code.co_consts)]
    return hashlib.blake2b("\n".join(map(str, said)).encode(errors="surrogatepass"), digest_size=16).hexdigest()


def _constant(value: Any) -> str:
    """The same text in each process, where sets have another order."""
    if isinstance(value, CodeType):
        return _bytecode(value)
    if isinstance(value, (tuple, frozenset)):
        inner = [*map(_constant, value)]
        return f"{type(value).__name__} {sorted(inner) if isinstance(value, frozenset) else inner}"
    return repr(value)


def _unparsed(node: ast.AST) -> str:
    return ast.unparse(ast.fix_missing_locations(node))
