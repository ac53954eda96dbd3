"""Random expressions over random pipelines: DataJoint and Labwright give the same rows, headings and keys.

Both work on the same tables of the same server. What they are known to differ in the expressions keep away from; it is
in `test_differences`, each with who is right. Where they differ all the same, we have to be right.
"""

from __future__ import annotations

import datetime
import itertools
import math
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from tests.interop.expressions import Dialect, Expressions
from tests.interop.peers import Peer, PeerError

import labwright as lw
from labwright.core.heading import Heading
from labwright.define.names import to_camel_case
from labwright.tables.project import Project
from labwright.testing.evaluator import evaluate
from labwright.testing.pipelines import Pipeline, pipelines

EXAMPLES = 12
numbers: Iterator[int] = itertools.count()
IMPORTS = "import datetime, decimal, uuid\nfrom decimal import Decimal\nfrom uuid import UUID"


def fill(project: Project, pipeline: Pipeline, classic: Collection[str] = ()) -> None:
    """Declare the tables and insert their rows, by our means."""
    project.database.declare(pipeline.tables, classic)
    for table in pipeline.tables:
        rows = pipeline.rows[table.id.schema, table.id.name]
        lw.FreeTable(project, str(table.id)).insert(rows, allow_direct_insert=True)


def without(pipeline: Pipeline, *kinds: str) -> Pipeline:
    """The same without attributes of some kinds, which the classic generation has not."""
    tables, rows = [], {}
    for table in pipeline.tables:
        kept = Heading(a for a in table.heading.values() if a.type is None or a.type.kind not in kinds)
        tables.append(replace(table, heading=kept))
        place = table.id.schema, table.id.name
        rows[place] = [{n: row[n] for n in kept} for row in pipeline.rows[place]]
    return Pipeline(tuple(tables), rows)


def paths(pipeline: Pipeline) -> list[str]:
    """How the tables are called in a virtual module ``m``."""
    found = []
    for table in pipeline.tables:
        parsed = table.id.parsed
        master = "" if parsed.master is None else to_camel_case(parsed.master.strip("_#")) + "."
        found.append(f"m.{master}{to_camel_case(parsed.base)}()")
    return found


def plain(value: Any) -> Any:
    """A value as both sides have it: six digits of a number, no blanks at the end of a text."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, (bool, int, float, Decimal, np.number)):
        return f"{Decimal(str(value * 1)):.6g}"
    if isinstance(value, datetime.time):
        return datetime.timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, str):
        return value.rstrip(" ")
    return repr(value) if isinstance(value, (dict, list)) else value


def comparable(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(plain(v) for v in row.values()) for row in rows]


class Trial:
    """Expressions over one pipeline after the other, tried on both sides.

    Parameters
    ----------
    peer : Peer
    project : Project
    dialect : Dialect
    generation : {'2', 'classic'}
    opened : str
        How the peer opens a virtual module.
    fetched : str
        How it fetches the rows of ``q``.
    """

    def __init__(
        self, peer: Peer, project: Project, dialect: Dialect, generation: Any, opened: str, fetched: str
    ) -> None:
        self.peer = peer
        self.project = project
        self.dialect = dialect
        self.generation = generation
        self.opened = opened
        self.fetched = fetched
        self.tally: Counter[str] = Counter()

    def run(self, draw: Any, schema: str) -> None:
        """Draw a pipeline, fill its tables, and try some expressions."""
        pipeline = draw(pipelines(schema))
        if self.dialect.is_classic:
            pipeline = without(pipeline, "json", "bytes")
        fill(self.project, pipeline, (schema,) if self.dialect.is_classic else ())
        module = lw.virtual_schema(schema, generation=self.generation)
        names = {"m": module, "dj": lw, "Decimal": Decimal, "UUID": uuid.UUID, "datetime": datetime}
        self.peer.run(f"{IMPORTS}\nm = {self.opened.format(schema)}")
        for _ in range(6):
            text = Expressions(draw, paths(pipeline), names, self.dialect).grown(3)
            note(text)
            self.compare(text, eval(text, dict(names)), pipeline)

    def compare(self, text: str, query: Any, pipeline: Pipeline) -> None:
        """Heading, key, rows and their number, unless the peer gives no answer at all; plain loops are the judge."""
        try:
            heading, key, rows, count = self.peer.run(
                f"q = {text}\nq.heading.names, q.primary_key, {self.fetched}, len(q)"
            )
        except PeerError as error:  # SQL that the server refuses, most of the time
            self.tally[error.kind] += 1
            return
        mine = Counter(comparable(query.to_dicts()))
        assert (heading, key) == (query.heading.names, query.primary_key)
        assert len(query) == mine.total()
        agreed = Counter(comparable(rows)) == mine and count == len(rows)
        self.tally["agreed" if agreed else "differed"] += 1
        if not agreed:
            assert mine == Counter(comparable(evaluate(query.query_node(), pipeline.rows)))


@pytest.mark.parametrize("backend", ["postgres", "mysql"], indirect=True)
def test_the_present_generation_agrees(peer: Peer, backend: str, prefix: str, project: Project) -> None:
    dialect = Dialect("exclude_nonmatching=not {0}", uuids=backend == "mysql")
    trial = Trial(peer, project, dialect, "2", "dj.VirtualModule('m', {0!r})", "q.to_dicts()")
    try_out(trial, prefix)


@pytest.mark.parametrize("backend", ["mysql"], indirect=True)
def test_the_classic_generation_agrees(classic_peer: Peer, backend: str, prefix: str, project: Project) -> None:
    dialect = Dialect("keep_all_rows={0}", extends=False, is_classic=True)
    opened = "dj.create_virtual_module('m', {0!r})"
    try_out(Trial(classic_peer, project, dialect, "classic", opened, "q.fetch(as_dict=True)"), prefix)


def try_out(trial: Trial, prefix: str) -> None:
    """Try with many pipelines; most questions are answered, and where an answer differs, DataJoint is wrong."""

    @settings(suppress_health_check=list(HealthCheck), max_examples=EXAMPLES, phases=[Phase.generate])
    @given(data=st.data())
    def one(data: st.DataObject) -> None:
        trial.run(data.draw, f"{prefix}{next(numbers)}")

    one()
    assert trial.tally["agreed"] > 0.6 * trial.tally.total(), trial.tally
    assert trial.tally["differed"] < 0.1 * trial.tally.total(), trial.tally
