"""Named things that can be found: registered in code, by dotted path, or by an installed package."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Generic, TypeVar, cast, overload

from labwright.core.errors import ConfigError, LabwrightError, MissingPackageError, did_you_mean

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Deferred:
    """Something that is imported when it is first asked for.

    Parameters
    ----------
    path : str
        ``"module:attribute"``.
    package : str
        What ``pip install`` is told when the import fails; by default the first part of the module.
    """

    path: str
    package: str = ""

    @property
    def module(self) -> str:
        return self.path.partition(":")[0]

    @property
    def attribute(self) -> str:
        return self.path.partition(":")[2]

    def load(self) -> object:
        """Import the module and return the attribute."""
        target: Any = self._import()
        for name in self.attribute.split("."):
            target = self._member(target, name)
        return target

    def _import(self) -> object:
        try:
            return import_module(self.module)
        except ModuleNotFoundError as error:
            missing = (error.name or self.module).partition(".")[0]
            if error.name and missing == "labwright":
                raise ConfigError(f"There is no module {error.name!r}, which {self.path!r} names.") from error
            raise MissingPackageError(
                f"{self.path!r} cannot be loaded: there is no module {error.name or self.module!r}.\n"
                f"If the name is right, install it:  pip install '{self.package or missing}'"
            ) from error

    def _member(self, owner: object, name: str) -> object:
        try:
            return getattr(owner, name)
        except AttributeError as error:
            hint = did_you_mean(name, dir(owner))
            raise ConfigError(f"{self.path!r} cannot be loaded: {self.module!r} has no {name!r}.{hint}") from error


def identity(value: object) -> Any:
    """Return `value`."""
    return value


class Registry(Generic[T]):
    """Objects of one sort by name.

    Parameters
    ----------
    noun : str
        What the objects are called in errors, e.g. ``"codec"``.
    groups : tuple of str
        Entry point groups in which installed packages offer more. They are looked at when a name
        is not known otherwise, and only the one that is asked for is imported.
    deferred : mapping of str to Deferred
        Names known from the start and imported when first asked for.
    adapt : callable
        Turns what a path or an entry point names into a T, or raises.
    error : type
        The class of the error about an unknown or doubly used name.

    Examples
    --------
    >>> shapes: Registry[type] = Registry("shape")
    >>> @shapes.register("circle")
    ... class Circle: ...
    >>> shapes["circle"] is Circle
    True
    >>> shapes["collections:OrderedDict"]
    <class 'collections.OrderedDict'>
    >>> shapes["cirlce"]
    Traceback (most recent call last):
    ...
    labwright.core.errors.ConfigError: There is no shape 'cirlce'. Did you mean 'circle'? Known: circle.
    """

    def __init__(
        self,
        noun: str,
        *,
        groups: tuple[str, ...] = (),
        deferred: Mapping[str, Deferred] | None = None,
        adapt: Callable[[object], T] = identity,
        error: type[LabwrightError] = ConfigError,
    ) -> None:
        self._noun = noun
        self._groups = groups
        self._adapt = adapt
        self._error = error
        self._lock = threading.Lock()
        self._loaded: dict[str, T] = {}
        self._deferred: dict[str, Deferred] = dict(deferred or {})
        self._scanned = False

    @overload
    def register(self, name: str, *, override: bool = ...) -> Callable[[T], T]: ...
    @overload
    def register(self, name: str, value: T, *, override: bool = ...) -> T: ...
    def register(self, name: str, value: T | None = None, *, override: bool = False) -> T | Callable[[T], T]:
        """Register `value` as `name`; without a value, return a decorator.

        Raises
        ------
        LabwrightError
            When something else has the name and `override` is false.
        """
        if value is None:
            return lambda target: self.register(name, target, override=override)
        with self._lock:
            if not override and self._taken(name, value):
                raise self._error(
                    f"There is a {self._noun} {name!r} already: {self._describe(name)}. "
                    f"Choose another name, or pass override=True to replace it."
                )
            self._loaded[name] = value
        return value

    def register_path(self, name: str, path: str, *, package: str = "", override: bool = False) -> None:
        """Register what ``"module:attribute"`` names, to be imported when first asked for."""
        entry = Deferred(path, package)
        with self._lock:
            known = name in self._loaded or self._deferred.get(name, entry) != entry
            if known and not override:
                raise self._error(f"There is a {self._noun} {name!r} already: {self._describe(name)}.")
            self._deferred[name] = entry
            self._loaded.pop(name, None)

    def unregister(self, name: str) -> None:
        """Forget `name`."""
        with self._lock:
            found = [table.pop(name, None) for table in (self._loaded, self._deferred)]
        if found == [None, None]:
            raise self._unknown(name)

    def __getitem__(self, name: str) -> T:
        """Return what is registered as `name`, or what the dotted path `name` leads to.

        Raises
        ------
        LabwrightError
            When nothing has the name; it lists the names that there are.
        MissingPackageError
            When the package that has it is not installed.
        """
        value = self._loaded.get(name)
        if value is not None:
            return value
        if name not in self._deferred and ":" in name:
            return self._adapt(Deferred(name).load())
        if name not in self._deferred:
            self._scan()
        return self._load(name)

    def __contains__(self, name: object) -> bool:
        if name not in self._loaded and name not in self._deferred:
            self._scan()
        return name in self._loaded or name in self._deferred

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def names(self) -> list[str]:
        """Return every known name, sorted, those of installed packages included."""
        self._scan()
        with self._lock:
            return sorted({*self._loaded, *self._deferred})

    def loaded(self, name: str) -> T | None:
        """Return what is registered as `name` when it needs no import, else None."""
        return self._loaded.get(name)

    def _load(self, name: str) -> T:
        entry = self._deferred.get(name)
        if entry is None:
            # another thread may have registered it meanwhile
            if name in self._loaded:
                return self._loaded[name]
            raise self._unknown(name)
        # imported without the lock: the module may register things itself, and other threads may import it
        value = self._adapt(entry.load())
        with self._lock:
            return self._loaded.setdefault(name, value)

    def _scan(self) -> None:
        if self._scanned:
            return
        found = {point.name: Deferred(point.value) for group in reversed(self._groups) for point in _points(group)}
        with self._lock:
            self._deferred = found | self._deferred
            self._scanned = True

    def _taken(self, name: str, value: T) -> bool:
        if name in self._loaded:
            return self._loaded[name] is not value
        entry = self._deferred.get(name)
        # what a package announces may register itself, when it is imported for that or earlier
        return entry is not None and _package(entry.module) != _package(origin(value))

    def _describe(self, name: str) -> str:
        if name in self._loaded:
            return origin(self._loaded[name])
        return self._deferred[name].path

    def _unknown(self, name: str) -> LabwrightError:
        names = self.names()
        known = ", ".join(names) or "none"
        return self._error(f"There is no {self._noun} {name!r}.{did_you_mean(name, names)} Known: {known}.")


def origin(value: object) -> str:
    """Return ``"module:qualified.name"`` of a class or function, or of an object's class."""
    named = value if hasattr(value, "__qualname__") else type(value)
    return f"{cast(Any, named).__module__}:{cast(Any, named).__qualname__}"


def _points(group: str) -> Any:
    # costs more to import than all of this package's own modules, and is rarely needed
    from importlib.metadata import entry_points

    return entry_points(group=group)


def _package(path: str) -> str:
    return path.partition(":")[0].partition(".")[0]
