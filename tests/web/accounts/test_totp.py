"""Second factors: codes that count once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest
from tests.web.accounts.bench import OFFICE, PASSWORD, Bench

from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.totp import Proof


def enrolled(here: Bench) -> tuple[pyotp.TOTP, list[str]]:
    """Ana's app, and her recovery codes; the code that she has confirmed it with is used up."""
    uri = here.accounts.totp.begin(here.ana)
    app = pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0])
    codes = here.accounts.turn_on_totp(here.ana, app.at(here.clock.now), OFFICE)
    here.clock.move(minutes=5)
    return app, codes


def test_the_code_is_asked_for_once_it_is_confirmed(here: Bench) -> None:
    here.accounts.totp.begin(here.ana)
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana
    app, _ = enrolled(here)
    for code in ("", "000000", "x", app.at(here.clock.now - timedelta(minutes=2)), "\ud800", "\uff10" * 6):
        with pytest.raises(LoginError):
            here.accounts.authenticate("ana", PASSWORD, code, caller=OFFICE)
        here.clock.move(minutes=1)
    code = app.at(here.clock.now)
    assert here.accounts.authenticate("ana", PASSWORD, f"{code[:3]} {code[3:]}", caller=OFFICE) == here.ana
    with pytest.raises(AccountError, match="on already"):
        here.accounts.totp.begin(here.ana)


def test_a_code_counts_once(here: Bench) -> None:
    app, _ = enrolled(here)
    code = app.at(here.clock.now)
    here.accounts.authenticate("ana", PASSWORD, code, caller=OFFICE)
    for seconds in (0, 20, 20):
        here.clock.move(seconds=seconds)
        with pytest.raises(LoginError):
            here.again().authenticate("ana", PASSWORD, code, caller=OFFICE)


def test_the_code_of_the_enrolment_is_used_up(here: Bench) -> None:
    uri = here.accounts.totp.begin(here.ana)
    code = pyotp.TOTP(parse_qs(urlsplit(uri).query)["secret"][0]).at(here.clock.now)
    here.accounts.turn_on_totp(here.ana, code, OFFICE)
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, code, caller=OFFICE)


def test_of_many_who_bring_the_same_code_one_comes_in(here: Bench) -> None:
    app, _ = enrolled(here)
    proof = here.accounts.totp.proof("ana", app.at(here.clock.now))
    assert proof is not None
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(here.accounts.totp.use, [proof] * 4)) == [False, False, False, True]


def test_a_wrong_password_uses_no_code_up(here: Bench) -> None:
    app, codes = enrolled(here)
    for code in (app.at(here.clock.now), codes[0]):
        with pytest.raises(LoginError):
            here.accounts.authenticate("ana", "wrong", code, caller=OFFICE)
        assert here.accounts.authenticate("ana", PASSWORD, code, caller=OFFICE) == here.ana


@pytest.mark.parametrize(("late", "counts"), [(-61, False), (-30, True), (30, True), (61, False)])
def test_clocks_may_be_a_little_wrong(here: Bench, late: int, counts: bool) -> None:
    app, _ = enrolled(here)
    found = here.accounts.totp.proof("ana", app.at(here.clock.now + timedelta(seconds=late)))
    assert (found is not None) is counts


def test_a_recovery_code_counts_once(here: Bench) -> None:
    _, codes = enrolled(here)
    assert len(set(codes)) == 10
    shouted = codes[3].upper().replace("-", " ")
    assert here.accounts.authenticate("ana", PASSWORD, shouted, caller=OFFICE) == here.ana
    with pytest.raises(LoginError):
        here.accounts.authenticate("ana", PASSWORD, codes[3], caller=OFFICE)
    assert here.accounts.totp.recovery_codes_left("ana") == 9


def test_new_recovery_codes_void_the_old_ones(here: Bench) -> None:
    _, codes = enrolled(here)
    new = here.accounts.totp.renew_recovery_codes(here.ana)
    assert here.accounts.totp.proof("ana", codes[0]) is None
    proof = here.accounts.totp.proof("ana", new[0])
    assert isinstance(proof, Proof)
    assert proof.is_recovery


def test_codes_are_those_of_one_person(here: Bench) -> None:
    app, codes = enrolled(here)
    here.accounts.totp.begin(here.ben)
    assert here.accounts.totp.proof("ben", app.at(here.clock.now)) is None
    assert here.accounts.totp.proof("ben", codes[0]) is None


def test_without_second_factor_again(here: Bench) -> None:
    enrolled(here)
    here.accounts.turn_off_totp(here.ana, OFFICE, by="ben")
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana
    assert here.accounts.audit.events("ana", "second factor off")[0].actor == "ben"
