"""``labwright status``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from labwright.cli.filling import filling_tables
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.jobs.auto import AutoPopulate
from labwright.jobs.table import RunningWorker, TableProgress

_COLUMNS = ("total", "done", "pending", "scheduled", "reserved", "error", "ignore")


def status(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="SCHEMA or SCHEMA.TABLE as the database has them, or modules and classes; by default all schemas.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON.")] = False,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Show how far tables are that fill themselves, and who is at work.

    Where the code of a table says which keys are to be computed, name its module: the database alone counts all keys of
    the parents.
    """
    with chosen_project(ctx, database, profile) as project:
        found = [(t, t.jobs.counts(), t.jobs.workers()) for t in filling_tables(project, names or [])]
    if as_json:
        typer.echo(json.dumps([_data(*told) for told in found], indent=2))
        return
    for line in _lines(found) if found else ["There are no tables that fill themselves."]:
        typer.echo(line)


def _data(table: AutoPopulate, progress: TableProgress, workers: list[RunningWorker]) -> dict[str, Any]:
    counts = {**asdict(progress), "done": progress.done}
    return {"table": _name(table), **counts, "workers": [asdict(worker) for worker in workers]}


def _name(table: AutoPopulate) -> str:
    return f"{table.database}.{type(table).__name__}"


def _lines(found: Iterable[tuple[AutoPopulate, TableProgress, list[RunningWorker]]]) -> Iterator[str]:
    told = list(found)
    rows: list[tuple[str, ...]] = [("", *_COLUMNS)]
    rows += [(_name(table), *(f"{getattr(counts, n):,}" for n in _COLUMNS)) for table, counts, _ in told]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *numbers in rows:
        yield "  ".join([name.ljust(widths[0]), *(n.rjust(w) for n, w in zip(numbers, widths[1:], strict=True))])
    for table, _, workers in told:
        for worker in workers:
            yield f"{_name(table)}: {worker}"
