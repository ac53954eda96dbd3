"""What a lab declares for the app."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest

import labwright as lw
from labwright.core.errors import ConfigError, DefinitionError
from labwright.screens.parameters import fields_of_form, options_of

schema = lw.Schema("screens_test")


@schema
class Mouse(lw.Manual):
    definition = "mouse : int32\n---\nweight : float64  # (g)"


def declared(name: str) -> Any:
    def drawn(mice: Any) -> dict[str, Any]:
        return {"data": []}

    drawn.__name__ = name
    return lw.plot(Mouse)(drawn)


def test_what_is_declared_beside_tables_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    package, tables, plots, other = (ModuleType(n) for n in ("zoo", "zoo.tables", "zoo.plots", "zoology"))
    for module, name in ((package, "a"), (tables, "b"), (plots, "c"), (other, "d")):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        setattr(module, name, declared(name))
    plots.__dict__["again"] = tables.__dict__["b"]
    beside = type("Beside", (Mouse,), {"__module__": "zoo.tables"})
    assert sorted(plot.name for plot in lw.Screens.found([beside]).plots) == ["a", "b", "c"]


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two called 'weights'"):
        lw.Screens((declared("weights"), declared("weights")))
    one = declared("weights")
    assert lw.Screens((one, one)).plots == (one, one)


@pytest.mark.parametrize("made", [lw.plot, lw.action])
def test_a_table_has_to_be_named(made: Any) -> None:
    with pytest.raises(DefinitionError, match=f"@lw.{made.__name__}\\(Session\\)"):
        made(lambda rows: rows)(lambda rows: rows)


def test_options_need_types_and_defaults() -> None:
    def untyped(rows: Any, *, bins: object = 20) -> None: ...
    def without(rows: Any, *, bins: int) -> None: ...

    with pytest.raises(DefinitionError, match="'bins' needs a type that people can give"):
        options_of(untyped)
    with pytest.raises(DefinitionError, match="give 'bins' a default"):
        options_of(without)


def test_a_form_has_no_references() -> None:
    with pytest.raises(DefinitionError, match="A form has no references"):
        fields_of_form("-> Mouse")


def test_an_unknown_verb() -> None:
    with pytest.raises(DefinitionError, match="Did you mean 'update'"):
        lw.action(Mouse, verb="updat")


def test_a_range_has_an_end() -> None:
    with pytest.raises(DefinitionError, match="'weight' has no end"):
        lw.ranges(Mouse, usual={"weight": (None, None)})
    found = lw.ranges(Mouse, usual={"weight": (5, 50)}, possible={"weight": (0, 100)})
    assert [type(remark) for remark in found({"weight": 200})] == [lw.Fault]
    assert [type(remark) for remark in found({"weight": 60})] == [lw.Doubt]
    assert found({"weight": None}) == found({"weight": 5}) == found({}) == []


@pytest.mark.parametrize("url", ["javascript:alert(1)", "/local", "https:", "data:text/html,x"])
def test_a_frame_has_an_address(url: str) -> None:
    with pytest.raises(DefinitionError, match="address of a page"):
        lw.Frame(url, "x")


def test_a_dashboard_has_plots_tables_and_texts() -> None:
    made = lw.dashboard("All mice", ["# Mice", declared("weights"), Mouse], by=["mouse"])
    assert (made.name, made.tables, made.by) == ("all-mice", (Mouse,), ("mouse",))
    with pytest.raises(DefinitionError, match="plots of rows, tables and texts"):
        lw.dashboard("All mice", [3])
