from __future__ import annotations

from types import ModuleType

import pytest

from labwright.core.errors import UnresolvedReferenceError
from labwright.define.references import Scope, capture_scope, resolve


class Subject:
    pass


class Session:
    class Trial:
        pass

    class Subject:
        """A part with the name of another table."""


class Trap:
    touched = False

    @property
    def child(self) -> str:
        return "instance attribute"

    def __getitem__(self, key: str) -> object:
        Trap.touched = True
        return key

    __call__ = __getitem__


def _module(name: str, **members: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(members)
    return module


def _decorate() -> Scope:
    return capture_scope(1)


def test_names_of_the_module_are_found() -> None:
    assert resolve(("Session", "Trial"), _decorate()) is Session.Trial


def test_local_names_hide_those_of_the_module() -> None:
    Subject = object()
    assert resolve(("Subject",), _decorate()) is Subject


def test_local_names_are_those_at_decoration() -> None:
    local: object = Session
    scope = _decorate()
    local = Subject
    assert resolve(("local",), scope) is Session
    assert resolve(("local",), _decorate()) is local


def test_capture_reaches_the_given_depth() -> None:
    marker = object()

    def inner(depth: int) -> Scope:
        return capture_scope(depth)

    assert resolve(("marker",), inner(1)) is marker
    with pytest.raises(UnresolvedReferenceError, match="the local names of inner"):
        resolve(("marker",), inner(0))


def test_modules_classes_and_instances_give_attributes() -> None:
    scope = Scope().within("context", {"pipeline": _module("pipeline", ephys=_module("ephys", Session=Session))})
    assert resolve(("pipeline", "ephys", "Session", "Trial"), scope) is Session.Trial
    assert resolve(("trap", "child"), Scope().within("context", {"trap": Trap()})) == "instance attribute"


def test_nothing_is_called_or_indexed() -> None:
    scope = Scope().within("context", {"trap": Trap()})
    for target in [("trap()",), ("trap['x']",), ("trap", "child()")]:
        with pytest.raises(UnresolvedReferenceError):
            resolve(target, scope)
    assert not Trap.touched


@pytest.mark.parametrize("target", [("__builtins__",), ("Session", "__class__"), ("Session", "_hidden"), ("_x",)])
def test_private_names_are_refused(target: tuple[str, ...]) -> None:
    with pytest.raises(UnresolvedReferenceError, match="is private"):
        resolve(target, _decorate())


def test_builtins_are_not_in_scope() -> None:
    with pytest.raises(UnresolvedReferenceError, match="'open' is not in"):
        resolve(("open",), _decorate())


def test_places_are_searched_in_order() -> None:
    scope = Scope().within("first", {"A": 1}).within("second", {"A": 2, "B": 3}).over("zeroth", {"B": 4})
    assert resolve(("A",), scope) == 1
    assert resolve(("B",), scope) == 4


def test_the_classes_being_declared_are_known() -> None:
    scope = Scope().declaring(Session.Trial, Session)
    assert resolve(("master",), scope) is Session
    assert resolve(("Session", "Trial"), scope) is Session.Trial
    assert resolve(("self",), scope) is Session.Trial
    assert resolve(("Trial",), scope) is Session.Trial
    assert resolve(("Session",), Scope().declaring(Session)) is Session


def test_a_part_does_not_hide_the_table_of_its_name() -> None:
    scope = _decorate().declaring(Session.Subject, Session)
    assert resolve(("Subject",), scope) is Subject
    assert resolve(("self",), scope) is Session.Subject


def test_only_parts_have_masters() -> None:
    with pytest.raises(UnresolvedReferenceError, match="only a part has a master"):
        resolve(("master",), Scope().declaring(Session))


def test_an_unknown_name_tells_where_it_was_looked_for_and_what_is_near() -> None:
    scope = Scope().within("context", {"Session": Session, "other": 1}).within("module 'lab'", {"Subject": Subject})
    with pytest.raises(UnresolvedReferenceError) as caught:
        resolve(("Sesion", "Trial"), scope)
    assert str(caught.value).startswith(
        "-> Sesion.Trial: 'Sesion' is not in context, module 'lab'. Did you mean 'Session'?"
    )


def test_an_unknown_name_is_shown_where_a_module_has_it() -> None:
    scope = Scope().within("context", {"lab": _module("lab", Rig=Subject), "Session": Session})
    with pytest.raises(UnresolvedReferenceError, match=r"write -> lab\.Rig"):
        resolve(("Rig",), scope)
    with pytest.raises(UnresolvedReferenceError, match=r"write -> Session\.Trial"):
        resolve(("Trial",), scope)


def test_an_unknown_attribute_names_its_owner() -> None:
    scope = Scope().within("context", {"lab": _module("lab", Session=Session), "trap": Trap()})
    with pytest.raises(
        UnresolvedReferenceError, match=r"'lab' is module 'lab' without 'Sesion'\. Did you mean 'Session'"
    ):
        resolve(("lab", "Sesion"), scope)
    with pytest.raises(UnresolvedReferenceError, match=r"'lab\.Session' is class 'Session' without 'Tral'") as caught:
        resolve(("lab", "Session", "Tral"), scope)
    assert isinstance(caught.value.__cause__, AttributeError)
    with pytest.raises(UnresolvedReferenceError, match="'trap' is an object of 'Trap' without 'x'"):
        resolve(("trap", "x"), scope)


def test_an_empty_scope_says_so() -> None:
    with pytest.raises(UnresolvedReferenceError, match="no place at all"):
        resolve(("A",), Scope())
