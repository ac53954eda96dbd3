"""``labwright history``."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer

from labwright.cli.named_tables import all_tables, find_table, label, open_schema
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.core.errors import ConfigError, DataError
from labwright.tables.declared import is_entered
from labwright.tables.history import changes
from labwright.tables.past import Change, ChangeSet
from labwright.tables.project import Project
from labwright.tables.prune import prune
from labwright.tables.undo import undo


class Action(StrEnum):
    """What to do."""

    list = "list"
    show = "show"
    undo = "undo"
    prune = "prune"
    on = "on"


def history(
    ctx: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="list: the changes of a schema. show: what happened to one row. undo: take a change back. prune: "
            "remove what is old. on: keep the history of tables that were made without it.",
        ),
    ],
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="SCHEMA (list, prune, on), SCHEMA.TABLE (show, on), or the number of a change (undo)."
        ),
    ],
    key: Annotated[list[str] | None, typer.Argument(metavar="[NAME=VALUE]...", help="show: the row's key.")] = None,
    since: Annotated[str | None, typer.Option("--since", help="list: from this time on, in UTC.")] = None,
    by: Annotated[str | None, typer.Option("--by", help="list: by this person.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="list: how many at most.")] = 20,
    keep_days: Annotated[
        int | None, typer.Option("--keep-days", min=0, help="prune: days to keep, instead of the setting.")
    ] = None,
    why: Annotated[str | None, typer.Option("--why", help="undo: the reason.")] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Show what was changed by whom, undo it, or remove what is old."""
    with chosen_project(ctx, database, profile) as project:
        if action is Action.list:
            found = changes(open_schema(project, name), since=since, by=by, limit=limit)
            for change in found:
                typer.echo(_line(change))
        elif action is Action.show:
            _show(project, name, key or [])
        elif action is Action.undo:
            typer.echo(f"Undone by the change {undo(name, why=why, project=project)}.")
        elif action is Action.prune:
            typer.echo(f"{_prune(project, name, keep_days)} records were removed.")
        else:
            _keep(project, name)


def _line(change: ChangeSet) -> str:
    rows = ", ".join(f"{op} {n} of {table}" for table, ops in change.rows.items() for op, n in ops.items())
    notes = [change.why or "", f"undone by {change.undone}" if change.undone else ""]
    said = "; ".join(n for n in notes if n)
    return f"{change.when:%Y-%m-%d %H:%M:%S}  {change.who or '?'}  {change.id}  {rows}{f'  ({said})' if said else ''}"


def _show(project: Project, name: str, key: Sequence[str]) -> None:
    schema, _, table = name.partition(".")
    cls: Any = find_table(open_schema(project, schema), table)
    pairs = dict(pair.partition("=")[::2] for pair in key)
    row = {n: _typed(cls, n, text) for n, text in pairs.items()}
    for change in cls().history(row):
        typer.echo(_told(change))


def _typed(cls: Any, name: str, text: str) -> Any:
    cls().heading.require([name], "the key")
    kind = cls().heading[name].type
    if kind is None or not kind.is_integer:
        return text
    try:
        return int(text)
    except ValueError:
        raise DataError(f"{name!r} is a whole number, not {text!r}.") from None


def _told(change: Change) -> str:
    when = f"{change.when:%Y-%m-%d %H:%M:%S}" if change.when is not None else "at some time"
    old, new = change.old or {}, change.new or {}
    what = ", ".join(f"{n}: {old.get(n)!r} -> {new.get(n)!r}" for n in change.changed)
    why = f"  ({change.why})" if change.why else ""
    return f"{when}  {change.who or '?'}  {change.op}  {what or change.id or ''}{why}".rstrip()


def _prune(project: Project, name: str, keep_days: int | None) -> int:
    days = project.config["history.keep_days"] if keep_days is None else keep_days
    if days is None:
        raise ConfigError("Nothing is removed, since history.keep_days is not set. Set it, or pass --keep-days.")
    return prune(open_schema(project, name), datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=int(days)))


def _keep(project: Project, name: str) -> None:
    schema, _, table = name.partition(".")
    found = open_schema(project, schema)
    for cls in [find_table(found, table)] if table else all_tables(found):
        if table or (is_entered(cls().id) and not cls().table_def.history):
            cls().keep_history()
            typer.echo(f"The history of {schema}.{label(cls)} is kept from now on.")
