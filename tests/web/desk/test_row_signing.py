"""Who may sign rows, and who is told whether they are what was signed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.desk.restricted import build, desk, grant

import labwright as lw
from labwright.web.desk.refusals import BadRequestError, NotAllowedError, NotThereError
from labwright.web.desk.row_signing import Signing, signatures_of
from labwright.web.roles.role import Scope, Verb

SIGN = frozenset({Verb.READ, Verb.SIGN, Verb.UPDATE})
READ = frozenset({Verb.READ})
HIDDEN = grant(SIGN, "Session.Trial", hidden=frozenset({"score"}))


@pytest.fixture
def lab(schema: lw.Schema) -> lw.Schema:
    return build(schema)


def signing(lab: lw.Schema, *grants: Any, table: str = "Session", **more: Any) -> Signing:
    key = {"mouse": 1, "session": 1}
    keys: dict[str, dict[str, Any]] = {
        "Session": key,
        "Mouse": {"mouse": 1},
        "Session.Trial": {**key, "trial": 1},
        "Person": {"person": "ana"},
    }
    sheet = desk(lab, *(grants or (grant(SIGN),)), **more).sheet(f"{lab.database_name}.{table}")
    return Signing(sheet, keys[table])


def sign(found: Signing) -> None:
    found.sign("by password", "author", found.hash())


def test_a_row_is_signed_with_its_parts(lab: lw.Schema) -> None:
    ana = signing(lab)
    assert (ana.all(), ana.may_sign()) == ([], True)
    sign(ana)
    ben = signing(lab, person="ben")
    (found,) = ben.all()
    assert (found.person, found.how, found.hash) == ("ana", "by password", ben.hash())
    assert ben.verify().is_good
    trial = desk(lab, grant(SIGN)).sheet(f"{lab.database_name}.Session.Trial")
    trial.update({"mouse": 1, "session": 1, "trial": 1}, {"score": 9.5})
    assert found.hash != ben.hash()
    assert list(ben.verify().problems) == ["The row is not what ana has signed."]
    with pytest.raises(lw.errors.ConflictError):
        ben.sign("x", "review", found.hash)


def test_signatures_are_no_part_of_the_pipeline(lab: lw.Schema) -> None:
    ana = signing(lab)
    sign(ana)
    assert not any("RowSignature" in sheet.name for sheet in ana.sheet.desk.sheets())
    assert ana.sheet.desk.find(f"{lab.database_name}_app.RowSignature") is None
    assert "RowSignature" not in {cls.__name__ for cls in lab.masters()}


@pytest.mark.parametrize(
    ("table", "grants", "error"),
    [
        ("Session", [grant(READ)], NotAllowedError),
        ("Mouse", [grant(READ), grant(SIGN, "Session")], NotAllowedError),
        ("Mouse", [grant(SIGN, hidden=frozenset({"weight"}))], NotAllowedError),
        (
            "Session",
            [grant(SIGN, "Session"), grant(SIGN, "Session.Trial", hidden=frozenset({"score"}))],
            NotAllowedError,
        ),
        ("Session", [grant(SIGN, "Session")], NotAllowedError),
        ("Session.Trial", [grant(SIGN)], BadRequestError),
        ("Mouse", [grant(SIGN, scope=Scope.OWN)], NotThereError),
        ("Mouse", [grant(READ), grant(SIGN, scope=Scope.OWN)], NotAllowedError),
    ],
)
def test_who_may_not_sign(lab: lw.Schema, table: str, grants: list[Any], error: type[Exception]) -> None:
    found = signing(lab, *grants, table=table, person="ben")
    assert not found.may_sign()
    with pytest.raises(error):
        found.sign("x", "author", "")
    with pytest.raises(error):
        found.stamp()
    assert signing(lab, table=table).all() in ([], ())


def test_one_s_own_are_signed(lab: lw.Schema) -> None:
    own = signing(lab, grant(READ), grant(SIGN, scope=Scope.OWN), table="Mouse")
    sign(own)
    assert [s.person for s in own.all()] == ["ana"]


def test_who_sees_not_all_is_told_no_more_than_who_has_signed(lab: lw.Schema) -> None:
    sign(signing(lab, table="Person"))
    shy = signing(lab, grant(READ, hidden=frozenset({"salary"})), table="Person", person="ben")
    assert [s.person for s in shy.all()] == ["ana"]
    assert (shy.sees_all, shy.hash()) == (False, "")
    with pytest.raises(NotAllowedError, match="You do not see all of this row"):
        shy.verify()


def test_a_row_that_is_not_there(lab: lw.Schema) -> None:
    sheet = signing(lab, table="Mouse").sheet
    gone = Signing(sheet, {"mouse": 99})
    assert (gone.may_sign(), gone.hash()) == (False, "")
    for deed in (gone.verify, gone.stamp):
        with pytest.raises(NotThereError):
            deed()


def test_signatures_stay_when_the_row_goes(lab: lw.Schema) -> None:
    ana = signing(lab, grant(SIGN | {Verb.DELETE}), table="Session")
    sign(ana)
    (ana.sheet.table & dict(ana.key)).delete(prompt=False)
    assert [s.person for s in signatures_of(ana.sheet, ana.key)] == ["ana"]
