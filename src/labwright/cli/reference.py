"""The reference page of the commands, made from the commands themselves."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from labwright.cli.group import COMMANDS, load
from labwright.cli.main import app

_INTRODUCTION = """\
# Commands

<!-- This page is made by labwright.cli.reference; a test compares the two. -->

An error is told in one message, and the exit code is 1; it is 2 for a command line that cannot be read, and 130 after
Ctrl-C. `--debug` before the name of the command shows where in the code an error comes from.
"""


def reference_page() -> str:
    """Return the page ``docs/reference/cli.md``."""
    whole: Any = typer.main.get_command(app)
    parts = [_INTRODUCTION, "## labwright\n\n" + "".join(_body("labwright", whole, " COMMAND [ARGS]..."))]
    parts += ["".join(_section(name)) for name in COMMANDS]
    return "\n".join(parts)


def _section(name: str) -> Iterator[str]:
    yield f"## labwright {name}\n\n"
    yield from _body(f"labwright {name}", load(name))


def _body(usage: str, command: Any, rest: str = "") -> Iterator[str]:
    own = [p for p in command.params if "--help" not in p.opts and "completion" not in (p.name or "")]
    named = [p.metavar for p in own if p.param_type_name == "argument"]
    yield f"```console\n{' '.join([usage, '[OPTIONS]', *named])}{rest}\n```\n\n"
    yield inspect.cleandoc(command.help or "") + "\n\n"
    yield "| | meaning |\n| --- | --- |\n"
    yield from (f"| {_spelling(p)} | {_cell(p.help)} |\n" for p in own)


def _spelling(param: Any) -> str:
    if param.param_type_name == "argument":
        return f"`{_cell(param.metavar)}`"
    value = "" if param.is_flag else f" {_cell(param.metavar)}"
    return ", ".join(f"`{option}{value}`" for option in param.opts)


def _cell(text: str | None) -> str:
    return (text or "").replace("|", "\\|")
