"""The demo, step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import labwright as lw
from labwright.demo import instrument
from labwright.demo.folder import DemoFolder
from labwright.demo.picture import draw
from labwright.demo.pipeline import Image, Scan, Segmentation, Session, Sizes, Subject, objects_by_method, schema
from labwright.demo.report import Report
from labwright.demo.showing import drop_own, prepare
from labwright.demo.strip import strip_of
from labwright.tables.config import Config

if TYPE_CHECKING:
    from rich.console import Console

LARGEST = {"subject": "eye-1"}


@dataclass(frozen=True)
class Outcome:
    """What a run of the demo has done.

    Parameters
    ----------
    computed : mapping
        By table, for how many keys it was filled; 0 where there was nothing left to do.
    results : list of dict
        The rows of the table of results.
    figure, diagram : Path
        The files written.
    """

    computed: Mapping[str, int]
    results: list[dict[str, Any]]
    figure: Path
    diagram: Path


def run(folder: Path | str, *, database: str | None = None, console: Console | None = None) -> Outcome:
    """Run the demo in a folder: enter, import, compute, and show what came of it.

    Parameters
    ----------
    folder : Path or str
        Where images, figure and diagram go; it is made when it is not there.
    database : str, optional
        The URL of the database; by default a SQLite file in the folder. The tables go into the schema
        ``labwright_demo``.
    console : rich.console.Console, optional
        Where to tell what is done; by default the standard output.

    Raises
    ------
    MissingPackageError
        When scikit-image or matplotlib is not installed.

    Examples
    --------
    >>> outcome = run("labwright-demo")  # doctest: +SKIP
    >>> outcome.computed["Image"]  # doctest: +SKIP
    7
    """
    instrument.check_packages()
    place, report = DemoFolder(Path(folder)), Report(console)
    place.make(with_settings=database is None)
    with open_project(place, database) as project:
        report.say("Database", place.shown(place.database) if database is None else str(project.connection.url))
        enter(place, report)
        computed = compute(place, report)
        return show(place, report, computed)


@contextmanager
def prepared(
    folder: Path | str, *, database: str | None = None, console: Console | None = None
) -> Iterator[tuple[lw.Project, lw.Schema]]:
    """Open the project of a demo that was run, with what there is to look at in the app.

    Parameters
    ----------
    folder, database, console
        As for `run`.
    """
    place = DemoFolder(Path(folder))
    with open_project(place, database) as project:
        prepare(place, Report(console), project)
        yield project, schema


def open_project(place: DemoFolder, database: str | None) -> lw.Project:
    """Open the demo's project, whose store is in the folder, wherever the database is."""
    settings = Config(place.path)
    settings["stores.local"] = {"protocol": "file", "location": str(place.store.absolute())}
    settings["stores.default"] = "local"
    return lw.Project(database or place.database_url, settings=settings)


def enter(place: DemoFolder, report: Report) -> None:
    """Enter subjects and sessions, let the instrument write its files, and enter these as scans."""
    report.title("Enter what people know")
    subjects = [{"subject": name, "description": text} for name, text in instrument.SUBJECTS.items()]
    Subject.insert(subjects, skip_duplicates=True)
    Session.insert(map(session_row, instrument.SHOTS), skip_duplicates=True)
    report.say("Subject, Session", f"{len(Subject)} subjects, {len(Session)} sessions")
    written = instrument.write_files(place.data)
    report.say("Files", f"the instrument has written {len(written)} new files into {place.shown(place.data)}")
    Scan.insert([row for shot in instrument.SHOTS for row in scan_rows(shot)], skip_duplicates=True)
    report.say("Scan", f"{len(Scan)} files entered by their paths")


def session_row(shot: instrument.Shot) -> dict[str, Any]:
    """Return the row of `Session` for a sitting."""
    return {
        "subject": shot.subject,
        "session": shot.session,
        "session_date": shot.day,
        "instrument": shot.instrument,
    }


def scan_rows(shot: instrument.Shot) -> list[dict[str, Any]]:
    """Return the rows of `Scan` for the files of a sitting."""
    key = {"subject": shot.subject, "session": shot.session, "objects": shot.objects}
    return [{**key, "scan": number, "file": file} for number, file in enumerate(shot.files, start=1)]


def compute(place: DemoFolder, report: Report) -> dict[str, int]:
    """Let the tables fill themselves; return for how many keys each of them did."""
    report.title("Let the tables fill themselves")
    done = {}
    for table, kwargs, rows in (
        (Image, {"folder": place.data}, Image.Frame),
        (Segmentation, {}, Segmentation.Object),
        (Sizes, {}, None),
    ):
        found = table.populate(
            make_kwargs=kwargs, display_progress=report.is_interactive, reserve_jobs=True, suppress_errors=True
        )
        count = found["success_count"]
        remaining, total = table.progress()
        parts = "" if rows is None else f", {len(rows)} rows in {table.__name__}.{rows.__name__}"
        failed = f", {len(found['error_list'])} failed" if found["error_list"] else ""
        report.say(table.__name__, f"{count} computed now, {total - remaining} of {total} done{parts}{failed}")
        done[table.__name__] = count
    return done


def show(place: DemoFolder, report: Report, computed: Mapping[str, int]) -> Outcome:
    """Show the results, the query that made them and the files to look at."""
    query = objects_by_method()
    results = query.to_dicts(order_by="KEY")
    report.title("Ask")
    report.results(results)
    report.title("The question, in Python and as the SQL that was run")
    report.source(objects_by_method)
    report.sql(query.make_sql())
    report.title("Read a part of an image")
    strip = strip_of((Image.Frame & LARGEST).fetch1("pixels"))
    report.say("Image.Frame", f"pixels of {LARGEST['subject']}, {strip.size:,} bytes in the store")
    report.say("pixels[600:610]", f"{strip.rows} rows of {strip.width:,} pixels: {strip.read:,} bytes were read")
    report.title("Look at")
    figure, diagram = draw(place.figure), lw.Diagram(schema).save(place.diagram)
    report.say("Figure", place.shown(figure))
    report.say("Diagram", place.shown(diagram))
    return Outcome(computed, results, figure, diagram)


def clean(folder: Path | str, *, database: str | None = None, console: Console | None = None) -> None:
    """Remove what `run` has made in a folder and in a database; everything else stays.

    Parameters
    ----------
    folder, database, console
        As for `run`.
    """
    place, report = DemoFolder(Path(folder)), Report(console)
    if database is not None or place.database.exists():
        with open_project(place, database) as project:
            schema.drop(prompt=False)
            gone = [] if database is not None else drop_own(project)
            others = lw.list_schemas(project)
        report.say("Dropped", "the schema labwright_demo")
    else:
        gone, others = [], []
    place.remove(with_database=not others, gone=gone)
    report.say("Removed", f"the demo's files in {place.path}")
