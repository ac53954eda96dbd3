"""``labwright store``."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Annotated, Final

import typer

from labwright.catalogue.abandoned import remove_abandoned
from labwright.catalogue.adopt import adopt, strangers
from labwright.catalogue.claims import release
from labwright.catalogue.copies import Copy, catalogued_schemas, known_copies
from labwright.catalogue.gc import collect
from labwright.catalogue.leftovers import remove_leftovers
from labwright.catalogue.replicate import replicate
from labwright.catalogue.verify import verify
from labwright.cli.options import Database, Profile
from labwright.cli.project import chosen_project, chosen_settings
from labwright.cli.staging import size_text, stagings_in
from labwright.cli.store_add import add
from labwright.cli.store_check import check
from labwright.cli.store_holds import let_go, show_holds
from labwright.core.errors import ConfigError
from labwright.tables.project import Project
from labwright.tables.settings_layers import mask_url


class Action(StrEnum):
    """What to do."""

    list = "list"
    add = "add"
    check = "check"
    verify = "verify"
    gc = "gc"
    copy = "copy"
    adopt = "adopt"
    release = "release"
    holds = "holds"
    let_go = "let-go"
    staging = "staging"


LONGEST: Final = 36_500
"""As many days as garbage may be left alone."""
SHOWN = 10
"""So many objects are named; of the others the number is told."""


def store(
    ctx: typer.Context,
    action: Annotated[
        Action,
        typer.Argument(
            metavar="ACTION",
            help="list: the stores and what they hold. add: write a store into the settings, and try it. check: try "
            "what stores can do, and look who uses them. verify: look whether all objects are there and sound. gc: "
            "collect what no row refers to. copy: copy the objects of one store to another. adopt: let the catalogue "
            "know what DataJoint has stored. release: take back the claim of a schema that is gone. holds: what is "
            "kept for backups. let-go: end what is kept for one. staging: what staged_insert is writing, or was when "
            "its program died.",
        ),
    ],
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="STORE (add, check, verify), FROM TO (copy), STORE CLAIM (release), HOLDER (let-go).",
        ),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option("--protocol", metavar="NAME", help="add: file, s3, gcs, azure, http, sftp, fsspec, ..."),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="add: a setting of the store; may be repeated. A secret goes into .secrets/, and is asked for when "
            "it has no value here.",
        ),
    ] = None,
    sample: Annotated[int | None, typer.Option("--sample", min=1, help="verify: so many objects, by chance.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="verify: compare sizes, and read nothing.")] = False,
    repair: Annotated[bool, typer.Option("--repair", help="verify: mend from sound copies elsewhere.")] = False,
    delete: Annotated[bool, typer.Option("--delete", help="gc: do it; otherwise it is only told.")] = False,
    grace_days: Annotated[
        float,
        typer.Option(
            "--grace-days", min=0, max=LONGEST, help="gc: days from quarantine to deletion.", show_default=True
        ),
    ] = 7,
    scan: Annotated[
        bool, typer.Option("--scan", help="gc: also look through the stores for what nobody knows, or was given up.")
    ] = False,
    database: Database = None,
    profile: Profile = None,
) -> None:
    """Look after the stores in which large values are kept: add, check, verify, collect garbage, copy."""
    given = names or []
    if action is Action.add:
        (name,) = _expect(action, given, exactly=1)
        add(chosen_settings(ctx, None, profile), name, protocol, values or ())
        return
    with chosen_project(ctx, database, profile) as project:
        if action is Action.verify:
            _verify(project, _expect(action, given, at_most=1), sample, quick=quick, repair=repair)
        elif action is Action.gc:
            _collect(project, datetime.timedelta(days=grace_days), dry_run=not delete, scan=scan)
        else:
            _PLAIN[action](project, given)


def _expect(action: Action, given: list[str], *, exactly: int | None = None, at_most: int = 0) -> list[str]:
    if len(given) == exactly or (exactly is None and len(given) <= at_most):
        return given
    wanted = exactly if exactly is not None else f"at most {at_most}"
    raise ConfigError(f"labwright store {action} takes {wanted} names. See: labwright store --help")


def _list(project: Project, _: list[str]) -> None:
    known: dict[str, list[Copy]] = {}
    for copy in known_copies(project.database):
        known.setdefault(copy.store, []).append(copy)
    default = _default(project)
    for name in sorted({*_named(project), *known}):
        typer.echo(_line(project, name, known.get(name, ()), default=name == default))


def _tell_lines(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)


def _default(project: Project) -> str:
    return project.config.settings.stores.default or "local"


def _named(project: Project) -> set[str]:
    return {*project.config.settings.stores.named, _default(project)}


def _line(project: Project, name: str, copies: Iterable[Copy], *, default: bool) -> str:
    held = list(copies)
    try:
        _, found = project.config.settings.store(name)
        where = f"{found.protocol}: {found.location or found.bucket or found.container or found.url or ''}"
    except ConfigError as error:
        where = str(error)
    mark = " (default)" if default else ""
    return f"{name}{mark}  {mask_url(where)}  {len(held)} objects, {size_text(sum(c.size for c in held))}"


def _verify(project: Project, names: list[str], sample: int | None, *, quick: bool, repair: bool) -> None:
    done = verify(
        project.database, project.stores, store=names[0] if names else None, sample=sample, quick=quick, repair=repair
    )
    for finding in done.repaired:
        typer.echo(f"repaired  {finding.copy}  ({finding.says})")
    for finding in done.findings:
        typer.echo(f"{finding.fault}  {finding.copy}  ({finding.says})")
    typer.echo(f"{done.checked} objects were looked at; {len(done.findings)} are not as they should be.")
    if done.unknown:
        typer.echo(
            f"{done.unknown} more are there that the catalogue does not know, so that nothing can be compared. "
            "Let it know them: labwright store adopt"
        )
    if not done:
        raise typer.Exit(1)


def _collect(project: Project, grace: datetime.timedelta, *, dry_run: bool, scan: bool) -> None:
    done = collect(project.database, project.stores, dry_run=dry_run, grace=grace)
    would = "would be " if dry_run else ""
    _tell(f"{would}put into quarantine, since no row refers to them", done.quarantined)
    _tell(f"{would}taken out of quarantine, since rows refer to them again", done.revived)
    _tell("in quarantine, and not long enough to be deleted", done.waiting)
    _tell(f"{would}deleted" if dry_run else "deleted", done.deleted)
    if done.handed_over:
        _tell(f"{would}left to the schemas in whose folders they are", done.handed_over)
    if scan:
        left = remove_abandoned(project.database, project.stores, grace=grace, dry_run=dry_run)
        typer.echo(
            f"{len(left)} stagings that nobody goes on with ({size_text(sum(s.size for s in left))}) {would}removed."
        )
        found = strangers(project.database, project.stores, grace=grace, dry_run=dry_run)
        typer.echo(
            f"{len(found)} objects that nobody knows ({size_text(sum(s for _, _, s in found))}) {would}quarantined."
        )
        own = remove_leftovers(project.database, project.stores, grace=grace, dry_run=dry_run)
        typer.echo(f"{len(own)} files of our own ({size_text(sum(i.size for _, i in own))}) {would}removed.")
    if dry_run:
        typer.echo("Nothing was changed. Do it with: labwright store gc --delete")


def _tell(what: str, copies: tuple[Copy, ...]) -> None:
    typer.echo(f"{len(copies)} objects ({size_text(sum(c.size for c in copies))}) {what}.")
    for copy in copies[:SHOWN]:
        typer.echo(f"  {copy}")
    if len(copies) > SHOWN:
        typer.echo(f"  and {len(copies) - SHOWN} more")


def _adopt(project: Project, _: list[str]) -> None:
    done = adopt(project.database, project.stores)
    for problem in done.problems:
        typer.echo(problem, err=True)
    typer.echo(f"{done.objects} objects entered the catalogue.")
    if done.problems:
        raise typer.Exit(1)


def _copy(project: Project, given: list[str]) -> None:
    source, target = _expect(Action.copy, given, exactly=2)
    done = replicate(project.database, project.stores, source, target)
    typer.echo(f"{done.objects} objects with {size_text(done.size)} were copied from {source} to {target}.")


def _release(project: Project, given: list[str]) -> None:
    name, number = _expect(Action.release, given, exactly=2)
    schemas = catalogued_schemas(project.database)
    typer.echo(f"Released: {release(project.database, project.stores(name), number, schemas)}.")


def _staging(project: Project, given: list[str]) -> None:
    for name in sorted(_expect(Action.staging, given, at_most=1) or _named(project)):
        _tell_lines(stagings_in(project.stores(name)))


def _let_go(project: Project, given: list[str]) -> None:
    let_go(project, *_expect(Action.let_go, given, exactly=1))


def _holds(project: Project, _: list[str]) -> None:
    show_holds(project)


_PLAIN: Final[Mapping[Action, Callable[[Project, list[str]], None]]] = {
    Action.list: _list,
    Action.check: check,
    Action.copy: _copy,
    Action.adopt: _adopt,
    Action.release: _release,
    Action.holds: _holds,
    Action.let_go: _let_go,
    Action.staging: _staging,
}
"""What has no options of its own."""
