"""Why a row is there, or why it is not."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from labwright.core.errors import LabwrightError
from labwright.define.job_table import job_names
from labwright.define.table import ForeignKey
from labwright.jobs.key_source import key_source_of, missing_keys, restricted_source
from labwright.jobs.table import JobTable
from labwright.query import expr
from labwright.query.conditions import make_condition
from labwright.sql.job_states import place
from labwright.sql.peer_jobs import Entry, entry, peers_of
from labwright.sql.run_tables import read_runs

if TYPE_CHECKING:
    from labwright.jobs.auto import AutoPopulate

Key = Mapping[str, Any]
State = Literal[
    "there", "reserved", "error", "ignored", "pending", "scheduled", "missing parent", "left out", "never tried",
    "not made", "several",
]  # fmt: skip


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Why the rows of a key are there, or why they are not; it prints as sentences.

    Parameters
    ----------
    table : str
        The name of the class.
    key : mapping
    state : str
        In a word: there, reserved, error, ignored, pending, scheduled, missing parent, left out (by the key source or
        a restriction), never tried, not made (when make has stored other rows), or several (when the key is that of
        more than one row).
    text : str
        The sentences.
    job : mapping or None
        What the queue has noted of it.
    """

    table: str
    key: Key
    state: State
    text: str
    job: Mapping[str, Any] | None = field(default=None, compare=False)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text


def explain(table: AutoPopulate, key: Key, restrictions: Sequence[Any] = ()) -> Explanation:
    """Say why the rows of a key are there, or why not.

    Raises
    ------
    UnknownAttributeError
        When the key has a name that neither the table nor its key source has.
    """
    return _Case(table, dict(key), restrictions).explain()


class _Case:
    """One question."""

    def __init__(self, table: AutoPopulate, key: dict[str, Any], restrictions: Sequence[Any]) -> None:
        table.ready()
        self.table, self.key, self.restrictions = table, key, restrictions
        self.source = key_source_of(table)
        known = {*self.source.heading.names, *table.heading.primary_key}
        for name in key.keys() - known:
            raise self.source.query_node().heading.unknown(name, "the key")
        self.name = type(table).__name__
        self.jobs = JobTable(table)
        self.whole = {n: key[n] for n in self.source.primary_key if n in key}

    def explain(self) -> Explanation:
        """Ask one thing after the other."""
        if len(self.whole) < len(self.source.primary_key):
            return self._told("several", _sum(self))
        rows = len(self.table & self.key)
        if rows:
            return self._told("there", f"{self.name} has {_number(rows, 'row')} for {_said(self.key)}.{_run(self)}")
        job = self._job()
        return self._of_job(job) or self._of_others() or self._of_source() or self._of_peers(job) or self._waiting(job)

    def _of_others(self) -> Explanation | None:
        """What make was called for may have other rows than the one that is asked about."""
        made = len(self.table & self.whole) if self.key.keys() > self.whole.keys() else 0
        if not made:
            return None
        text = f"{self._is} was computed, and make stored {_number(made, 'row')}, none of them with {_said(self.key)}."
        return self._told("not made", text)

    def _told(self, state: State, text: str, job: Mapping[str, Any] | None = None) -> Explanation:
        return Explanation(self.name, self.key, state, text, job)

    def _job(self) -> dict[str, Any] | None:
        if not self.jobs.is_declared:
            return None
        found = (self.jobs & self.whole).to_dicts()
        shown = {column: name for name, column in job_names(self.whole).items()}
        return {shown.get(n, n): v for n, v in found[0].items()} if found else None

    @property
    def _is(self) -> str:
        return f"{self.name} of {_said(self.whole)}"

    def _of_job(self, job: dict[str, Any] | None) -> Explanation | None:
        """What the queue says, unless it is that nobody has it."""
        if job is None or job["status"] in ("pending", "success"):
            return None
        if job["status"] == "ignore":
            text = f"{self._is} is ignored: nobody computes it. To have it computed: {self._call('ignored')}.reset()."
            return self._told("ignored", text, job)
        if job["status"] == "error":
            return self._told("error", self._failure(job), job)
        return self._told("reserved", self._holder(job), job)

    def _call(self, which: str) -> str:
        return f"({self.name}.jobs.{which} & {_literal(self.whole)})"

    def _failure(self, job: Mapping[str, Any]) -> str:
        tries = "" if job["attempts"] < 2 else f", at attempt {job['attempts']}"
        stack = str(job["error_stack"] or "").rstrip()
        return (
            f"{self._is} failed{_when(job['completed_time'])}{tries}{_by(job)}: {job['error_message']}. "
            f"It is not tried again by itself; when the cause is gone: {self._call('errors')}.reset()."
            + (f"\n{stack}" if stack else "")
        )

    def _holder(self, job: Mapping[str, Any]) -> str:
        late = self.jobs.reserved & self.whole & f"{job_names(self.whole)['scheduled_time']} <= utc_timestamp()"
        until = f"{job['scheduled_time']:%Y-%m-%d %H:%M:%S}"
        lease = f"The lease ended at {until}: another worker takes it" if late else f"The lease goes to {until}"
        tries = f" It is attempt {job['attempts']}." if job["attempts"] > 1 else ""
        done = "" if job["progress"] is None else f" It is {100 * job['progress']:.0f}% done."
        return (
            f"{self._is} is being computed{_by(job)} since {job['reserved_time']:%Y-%m-%d %H:%M:%S} UTC.{done}{tries} "
            f"{lease}, unless it is renewed."
        )

    def _of_source(self) -> Explanation | None:
        """Why it is not to be computed."""
        if not self.source & self.whole:
            gone = [_gone(self, fk) for fk in _missing(self.table, self.key)]
            if gone:
                return self._told("missing parent", f"{self._is} cannot be computed yet. {' '.join(gone)}")
            return self._told("left out", f"{self._is} is not to be computed: it is not in {self.name}.key_source.")
        for restriction in self.restrictions:
            if not restricted_source(self.table, [restriction]) & self.whole:
                text = f"{self._is} is left out by the restriction {restriction!r}, and not by {self.name}.key_source."
                return self._told("left out", text)
        return None

    def _of_peers(self, job: Mapping[str, Any] | None) -> Explanation | None:
        """What workers of other programs say."""
        for said in _elsewhere(self):
            if said.status == "reserved":
                return self._told("reserved", f"{self._is} is being computed by another program{_by_peer(said)}.", job)
            if said.status in ("error", "ignore"):
                what = f"failed there: {said.message}" if said.status == "error" else "is ignored there"
                text = (
                    f"{self._is} {what}{_by_peer(said)}, as another program notes. Clear that to have it tried again."
                )
                return self._told("error" if said.status == "error" else "ignored", text, job)
        return None

    def _waiting(self, job: Mapping[str, Any] | None) -> Explanation:
        if job is None or job["status"] != "pending":
            advice = f"Nobody has looked for new keys since it could be computed; {self.name}.populate() does."
            return self._told("never tried", f"{self._is} was never tried. {advice}", job)
        before = "" if not job["error_message"] else f" Attempt {job['attempts']} ended with: {job['error_message']}."
        if self.jobs.scheduled & self.whole:
            when = f"{job['scheduled_time']:%Y-%m-%d %H:%M:%S}"
            return self._told("scheduled", f"{self._is} is not to be begun before {when} UTC.{before}", job)
        return self._told("pending", f"{self._is} waits for a worker, as {self._place()}.{before}", job)

    def _place(self) -> str:
        def ask(jobs: Any) -> int:
            condition = make_condition(jobs.table.heading, self.whole)
            ((count,),) = self.table.db.look_up(place(jobs, jobs.where(condition)))
            return int(count)

        number = self.jobs.queue.run(ask)
        return f"number {number} in line"


def _said(key: Key) -> str:
    return ", ".join(f"{n}={v!r}" for n, v in key.items())


def _literal(key: Key) -> str:
    return "{" + ", ".join(f"{n!r}: {v!r}" for n, v in key.items()) + "}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _when(time: datetime.datetime | None) -> str:
    return "" if time is None else f" at {time:%Y-%m-%d %H:%M:%S} UTC"


def _by(job: Mapping[str, Any]) -> str:
    if not job["host"]:
        return ""
    engine = f", {job['engine_job']}" if job["engine_job"] else ""
    return f" by {job['user']} on {job['host']} (process {job['pid']}{engine})"


def _by_peer(said: Entry) -> str:
    return f" of {said.user} on {said.host} (process {said.pid})" if said.host else ""


def _run(case: _Case) -> str:
    """How the rows were computed, where that is known."""
    table = case.table
    if read_runs(table.connection, table.db.dialect, table.table_def) is None:
        return ""
    try:
        run = table.provenance(case.key)
    except LabwrightError:  # of rows that were inserted by hand
        return ""
    return f" Computed{_when(run.finished)} by {run.user} on {run.host} in {run.duration:.3g} s."


def _missing(table: AutoPopulate, key: Key) -> Iterator[ForeignKey]:
    """References of a key that lead to no row."""
    for fk in table.table_def.foreign_keys:
        if all(key.get(c) is not None for c in fk.columns):
            parent = table.db.find(fk.parent)
            wanted = {p: key[c] for c, p in zip(fk.columns, fk.parent_columns, strict=True)}
            source = expr.Source(parent.id.schema, parent.id.name, parent.heading)
            if not table.db.exists(expr.restrict(source, make_condition(parent.heading, wanted))):
                yield fk


def _gone(case: _Case, fk: ForeignKey) -> str:
    key = {p: case.key[c] for c, p in zip(fk.columns, fk.parent_columns, strict=True)}
    name = ".".join(fk.parent.class_path)
    fills_itself = fk.parent.parsed.tier in ("imported", "computed")
    more = f" That fills itself: ask {name}.explain({_literal(key)})." if fills_itself else ""
    return f"There is no row of {name} with {_said(key)}.{more}"


def _elsewhere(case: _Case) -> list[Entry]:
    database, table = case.table.db, case.table.table_def
    heading = case.jobs.heading
    key = [heading[n] for n in case.source.primary_key]
    peers = peers_of(database.connection, database.dialect, table.id, key)
    return [entry(row) for peer in peers for row in database.look_up(peer.look(case.whole))]


def _sum(case: _Case) -> str:
    """What becomes of all the keys that a part of a key means."""
    wanted = case.source & case.key
    total, missing = len(wanted), len(missing_keys(case.table, wanted.proj()))
    told = [f"{total - missing} computed"] if total - missing else []
    jobs: Any = case.jobs & {n: v for n, v in case.key.items() if n in case.source.primary_key}
    if case.jobs.is_declared:
        told += [f"{n} {what}" for what, n in _counted(jobs).items() if n]
        missing -= len(jobs) - len(jobs.completed)
    told += [f"{missing} never tried"] if missing > 0 else []
    keys = _number(total, "key")
    chosen = f" with {_said(case.key)}" if case.key else ""
    text = f"{case.name} has {keys}{chosen}" + (f": {', '.join(told)}." if told else ".")
    return text + _errors(jobs if case.jobs.is_declared else None)


def _counted(jobs: Any) -> dict[str, int]:
    scheduled = len(jobs.scheduled)
    return {
        "pending": len(jobs.pending) - scheduled,
        "scheduled": scheduled,
        "being computed": len(jobs.reserved),
        "failed": len(jobs.errors),
        "ignored": len(jobs.ignored),
    }


def _errors(jobs: JobTable | None) -> str:
    """The most frequent messages."""
    found = [] if jobs is None else grouped_errors(jobs)[:3]
    return "".join(f"\n{_number(count, 'key')}: {message}" for message, count, _ in found)


def grouped_errors(jobs: JobTable) -> list[tuple[str, int, dict[str, Any]]]:
    """The errors among jobs: message, how many keys have it, and one of them; the most frequent first.

    Numbers in messages are taken for the same, as they often are of the key.
    """
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in jobs.errors.proj("error_message").to_dicts(order_by="KEY"):
        groups.setdefault(_shape(row["error_message"]), []).append(row)
    found = []
    for rows in sorted(groups.values(), key=len, reverse=True):
        key = {n: rows[0][n] for n in jobs.primary_key}
        found.append((str(rows[0]["error_message"]), len(rows), key))
    return found


def _shape(message: str) -> str:
    return "".join("0" if c.isdigit() else c for c in message)


__all__ = ["Explanation", "explain", "grouped_errors"]
