"""``labwright run``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated

import typer

from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project
from labwright.cli.targets import targets
from labwright.jobs.populate import PopulateResult
from labwright.jobs.run import run as bring_up_to_date

MOST_ERRORS = 20

Targets = Annotated[
    list[str], typer.Argument(metavar="TABLE...", help="package.module.Class, or a module for all its tables.")
]
For = Annotated[
    list[str] | None,
    typer.Option("--for", metavar="CONDITION", help='Only keys that meet it, e.g. "subject_id = 3"; may be repeated.'),
]


def run(
    ctx: typer.Context,
    tables: Targets,
    restrictions: For = None,
    engine: Annotated[
        str | None, typer.Option("--engine", metavar="NAME", help="What starts workers: processes, dask, slurm, ...")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, help="How many workers.")] = None,
    max_calls: Annotated[int | None, typer.Option("--max-calls", min=0, help="How many keys at most.")] = None,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Bring tables up to date, and before them all that they need, in the order of their dependencies.

    Errors are reported at the end, and stay in the jobs of their tables; the exit code is 1 when there were any.
    """
    with chosen_project(ctx, database, profile) as project:
        results = bring_up_to_date(
            *targets(project, tables),
            restrictions=restrictions or [],
            engine=engine,
            workers=workers,
            max_calls=max_calls,
            display_progress=True,
        )
    for line in summary(results):
        typer.echo(line)
    if any(result.error for result in results.values()):
        raise typer.Exit(1)


def summary(results: Mapping[str, PopulateResult]) -> Iterator[str]:
    """A line for each table, and the errors."""
    for table, result in results.items():
        failed = f", {result.error:,} failed" if result.error else ""
        yield f"{table}: {result.success:,} computed{failed}"
    told = [(table, key, said) for table, result in results.items() for key, said in result["error_list"]]
    for table, key, said in told[:MOST_ERRORS]:
        yield f"  {table} {', '.join(f'{n}={v}' for n, v in key.items())}: {said}"
    if len(told) > MOST_ERRORS:
        yield f"  and {len(told) - MOST_ERRORS:,} more errors; see labwright jobs"
