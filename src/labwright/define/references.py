"""From the dotted target of a reference to the object it names, without evaluating any code."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from types import ModuleType

from labwright.core.errors import UnresolvedReferenceError, did_you_mean

Names = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Place:
    """Names that a target may begin with, and what to call the place in messages."""

    label: str
    names: Names


@dataclass(frozen=True, slots=True)
class Scope:
    """Where the target of a reference is looked for.

    Parameters
    ----------
    places : tuple of Place
        Searched in order.
    table : type, optional
        The class that is being declared: ``self``, and its own name.
    master : type, optional
        The class that encloses it, for parts: ``master``, and its own name.

    Examples
    --------
    >>> class Session: pass
    >>> scope = Scope().within("context", {"Session": Session})
    >>> resolve(("Session",), scope).__name__
    'Session'
    """

    places: tuple[Place, ...] = ()
    table: type | None = None
    master: type | None = None

    def within(self, label: str, names: Names) -> Scope:
        """Return this scope with one more place, searched after the others."""
        return replace(self, places=(*self.places, Place(label, names)))

    def over(self, label: str, names: Names) -> Scope:
        """Return this scope with one more place, searched before the others."""
        return replace(self, places=(Place(label, names), *self.places))

    def declaring(self, table: type, master: type | None = None) -> Scope:
        """Return this scope as `table` sees it, a part of `master` if that is given."""
        return replace(self, table=table, master=master)

    @property
    def all_places(self) -> tuple[Place, ...]:
        """The places in order, the classes that are being declared among them.

        A part's own name comes last: ``-> Subject`` in a part ``Session.Subject`` means the table of that name.
        """
        outer = self.master or self.table
        if outer is None or self.table is None:
            return self.places
        own = {outer.__name__: outer, "self": self.table} | ({"master": self.master} if self.master else {})
        last = (Place("the part itself", {self.table.__name__: self.table}),) if self.master else ()
        return (Place(f"class {outer.__name__!r}", own), *self.places, *last)


def capture_scope(depth: int = 0) -> Scope:
    """Return the local and module names of the code that calls.

    Parameters
    ----------
    depth : int
        0 for the caller of this function, 1 for the caller's caller, and so on.

    Returns
    -------
    Scope
        Local names are copied, for they may change; those of the module are seen as they are when
        a reference is resolved.

    Examples
    --------
    >>> def decorate():
    ...     return capture_scope(1)
    >>> def pipeline():
    ...     Session = object()
    ...     return resolve(("Session",), decorate()) is Session
    >>> pipeline()
    True
    """
    frame = sys._getframe(depth + 1)
    module = Place(f"module {frame.f_globals.get('__name__', '?')!r}", frame.f_globals)
    if frame.f_locals is frame.f_globals:
        return Scope((module,))
    return Scope((Place(f"the local names of {frame.f_code.co_name}", dict(frame.f_locals)), module))


def resolve(target: tuple[str, ...], scope: Scope) -> object:
    """Return what `target` names in `scope`.

    Parameters
    ----------
    target : tuple of str
        The dotted path, e.g. ``("ephys", "Probe", "Site")``.
    scope : Scope
        Where the first name is looked for; the others are plain attributes of what was found.

    Raises
    ------
    UnresolvedReferenceError
        If there is nothing of that name, or a name begins with an underscore.
    """
    for name in target:
        if name.startswith("_"):
            raise UnresolvedReferenceError(f"{_arrow(target)}: {name!r} is private, and no reference may use it")
    found = _first(target, scope)
    for depth, name in enumerate(target[1:], 1):
        try:
            found = getattr(found, name)
        except AttributeError as error:
            raise _missing_attribute(target, depth, found) from error
    return found


def _first(target: tuple[str, ...], scope: Scope) -> object:
    for place in scope.all_places:
        if target[0] in place.names:
            return place.names[target[0]]
    raise _missing_name(target, scope)


def _missing_name(target: tuple[str, ...], scope: Scope) -> UnresolvedReferenceError:
    name = target[0]
    if name == "master":
        return UnresolvedReferenceError(
            f"{_arrow(target)}: only a part has a master\nNest the class in its master, as a subclass of Part."
        )
    searched = ", ".join(place.label for place in scope.all_places) or "no place at all"
    advice = "\n".join([*_elsewhere(name, scope)][:3]) or "Import or define the class above, or pass it in context."
    hint = did_you_mean(name, _likely(scope))
    return UnresolvedReferenceError(f"{_arrow(target)}: {name!r} is not in {searched}.{hint}\n{advice}")


def _missing_attribute(target: tuple[str, ...], depth: int, owner: object) -> UnresolvedReferenceError:
    name, path = target[depth], ".".join(target[:depth])
    hint = did_you_mean(name, [known for known in dir(owner) if not known.startswith("_")])
    return UnresolvedReferenceError(f"{_arrow(target)}: {path!r} is {_described(owner)} without {name!r}.{hint}")


def _elsewhere(name: str, scope: Scope) -> Iterator[str]:
    """Advice where a module or class in scope holds the missing name."""
    for place in scope.all_places:
        for holder, owner in list(place.names.items()):
            if isinstance(owner, (ModuleType, type)) and not holder.startswith("_") and name in _own_names(owner):
                yield f"There is a {name!r} in {holder!r}: write -> {holder}.{name}"


def _likely(scope: Scope) -> list[str]:
    """Return the names that may stand for a table or lead to one."""
    return [
        name
        for place in scope.all_places
        for name, value in list(place.names.items())
        if isinstance(value, (type, ModuleType)) or name[:1].isupper()
    ]


def _own_names(owner: object) -> Names:
    return vars(owner) if hasattr(owner, "__dict__") else {}


def _described(owner: object) -> str:
    if isinstance(owner, ModuleType):
        return f"module {owner.__name__!r}"
    return f"class {owner.__name__!r}" if isinstance(owner, type) else f"an object of {type(owner).__name__!r}"


def _arrow(target: tuple[str, ...]) -> str:
    return "-> " + ".".join(target)
