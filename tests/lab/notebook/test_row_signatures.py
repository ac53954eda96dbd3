"""Rows of any table, signed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.backends.classes import part, table
from tests.lab.notebook.local_authority import LocalAuthority
from tests.lab.notebook.test_notebook import trusting

import labwright as lw
from labwright.lab.notebook import RowSignatures
from labwright.lab.notebook.row_record import row_bytes


@pytest.fixture
def signatures(project: lw.Project, prefix: str) -> RowSignatures:
    return RowSignatures(f"{prefix}signatures", project=project)


@pytest.fixture
def session(schema: lw.Schema, project: lw.Project, tmp_path: Path) -> Any:
    """Sessions with all kinds of values, trials, and files in a store."""
    project.config["stores.main.protocol"] = "file"
    project.config["stores.main.location"] = str(tmp_path / "store")
    note, movie = tmp_path / "note.txt", tmp_path / "movie.raw"
    note.write_text("calm")
    movie.write_bytes(b"\0" * 99)
    made = table(
        schema,
        "Session",
        "day : date\nnumber : int16\n---\nweight = null : float64\nvolume : decimal(6,2)\ntraces : <blob>\n"
        "note : <attach>\nmovie : <object@main>\nsetup : json\nat : datetime_utc(6)\nraw : bytes",
        Trial=part("Trial", "-> master\ntrial : int16\n---\nscore = null : float64\nside : enum('left', 'right')"),
        Plan=part("Plan", "-> master\n---\ntext : varchar(20)"),
    )
    rest: dict[str, Any] = {"volume": "1.50", "traces": [1.5, None], "setup": {"b": 1.5, "a": [1]}, "raw": b"\1\2"}
    rest |= {"note": note, "movie": movie, "at": datetime(2026, 3, 1, 10, tzinfo=UTC)}
    made.insert([{"day": "2026-03-01", "number": n, "weight": n / 3, **rest} for n in (1, 2)])
    made.Trial.insert(("2026-03-01", n, t, t / 2, "left") for n in (1, 2) for t in (2, 1))
    return made


def one(session: Any, number: int = 1) -> Any:
    return session & {"day": "2026-03-01", "number": number}


def test_a_signed_row_is_what_it_was(signatures: RowSignatures, session: Any) -> None:
    made = signatures.sign(one(session), "ana", "Ana Silva", "by password")
    (found,) = signatures.of(one(session))
    assert (found, found.hash) == (made, signatures.hash(one(session)))
    assert (found.person, found.full_name, found.meaning, found.how) == ("ana", "Ana Silva", "author", "by password")
    assert signatures.verify(one(session)).is_good
    assert not signatures.verify(one(session, 2)).is_good
    assert signatures.of(one(session, 2)) == []
    name = ".".join((session.id.schema, "Session"))
    assert signatures.of_key(name, one(session).proj().fetch1()) == [made]


CHANGES: list[tuple[str, Callable[[Any, Path], object]]] = [
    ("a value", lambda s, _: s.update1({**key(s), "weight": 0.5})),
    ("nothing there", lambda s, _: s.update1({**key(s), "weight": None})),
    ("a document", lambda s, _: s.update1({**key(s), "setup": {"b": 1.25, "a": [1]}})),
    ("a blob", lambda s, _: s.update1({**key(s), "traces": [1.5, 2]})),
    ("bytes", lambda s, _: s.update1({**key(s), "raw": b"\1"})),
    ("a value of a part", lambda s, _: s.Trial.update1({**key(s), "trial": 1, "side": "right"})),
    ("a row of a part", lambda s, _: s.Plan.insert1({**key(s), "text": "as ever"})),
    ("a file", lambda s, folder: s.update1({**key(s), "note": other(folder)})),
    ("a file in a store", lambda s, folder: s.update1({**key(s), "movie": other(folder)})),
]


def key(session: Any) -> dict[str, Any]:
    found: dict[str, Any] = one(session).proj().fetch1()
    return found


def other(folder: Path) -> Path:
    path = folder / "other.txt"
    path.write_text("wild")
    return path


@pytest.mark.parametrize("change", [change for _, change in CHANGES], ids=[name for name, _ in CHANGES])
def test_what_is_changed_is_told(
    signatures: RowSignatures, session: Any, change: Callable[[Any, Path], object], tmp_path: Path
) -> None:
    signatures.sign(one(session), "ana")
    signatures.sign(one(session, 2), "ana")
    change(session, tmp_path)
    assert list(signatures.verify(one(session)).problems) == ["The row is not what ana has signed."]
    assert signatures.verify(one(session, 2)).is_good


def test_a_file_that_somebody_has_tampered_with(signatures: RowSignatures, session: Any) -> None:
    signatures.sign(one(session), "ana")
    Path(one(session).fetch1("movie").full_path).write_bytes(b"\1" * 99)
    (told,) = signatures.verify(one(session)).problems
    assert "in the store is not what was put there" in told


def test_others_sign_as_well_and_anew_after_changes(signatures: RowSignatures, session: Any) -> None:
    signatures.sign(one(session), "ana")
    with pytest.raises(lw.LabwrightError, match="ana has signed this row already"):
        signatures.sign(one(session), "ana")
    signatures.sign(one(session), "ben", meaning="review")
    seen = signatures.hash(one(session))
    session.update1({**key(session), "weight": 0.5})
    with pytest.raises(lw.errors.ConflictError, match="was changed meanwhile"):
        signatures.sign(one(session), "ana", expected=seen)
    signatures.sign(one(session), "ana", expected=signatures.hash(one(session)))
    assert [(s.number, s.person, s.meaning) for s in signatures.of(one(session))] == [
        (1, "ana", "author"),
        (2, "ben", "review"),
        (3, "ana", "author"),
    ]
    now = signatures.hash(one(session))
    assert [s.hash == now for s in signatures.of(one(session))] == [False, False, True]


def test_a_signature_is_never_changed(signatures: RowSignatures, session: Any) -> None:
    signatures.sign(one(session), "ana")
    kept: Any = signatures.schema["RowSignature"]
    (row,) = kept.proj().to_dicts()
    with pytest.raises(lw.errors.RuleError, match="a signature is not taken back"):
        kept.update1({**row, "person": "ben"})
    with pytest.raises(lw.errors.RuleError, match="a signature is not taken back"):
        (kept & row).delete_quick()


def test_one_row_is_signed_at_a_time(signatures: RowSignatures, session: Any) -> None:
    with pytest.raises(lw.LabwrightError, match="One row is signed at a time"):
        signatures.sign(session & "number > 0", "ana")
    with pytest.raises(lw.LabwrightError, match="here is none"):
        signatures.sign(one(session, 9), "ana")
    with pytest.raises(lw.LabwrightError, match="means one of author, review, approval"):
        signatures.sign(one(session), "ana", meaning="fun")


def test_an_authority_has_seen_it(signatures: RowSignatures, session: Any, authority: LocalAuthority) -> None:
    signatures.sign(one(session), "ana")
    signatures.sign(one(session), "ben", meaning="approval")
    assert signatures.stamp(trusting(authority), one(session)) == 2
    assert signatures.stamp(trusting(authority), one(session)) == 0
    found = signatures.verify(one(session), trusting(authority))
    assert (found.is_good, found.is_stamped) == (True, True)
    assert not signatures.verify(one(session)).is_stamped


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_is_signed_can_be_made_by_others(schema: lw.Schema) -> None:
    mouse = table(schema, "Mouse", "mouse : int32\n---\nname : varchar(9)\nweight : float64")
    mouse.insert1((3, "Ida", 0.5))
    assert row_bytes(mouse & "mouse = 3").decode().splitlines() == [
        f'{{"format":"labwright row 1","table":"{schema.database_name}.Mouse"}}',
        '{"row":{"mouse":3,"name":"Ida","weight":{"float":"0x1.0000000000000p-1"}}}',
    ]
