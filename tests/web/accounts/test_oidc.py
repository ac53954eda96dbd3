"""Coming in by way of a provider of identities, over real connections, with real signatures."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from starlette.responses import Response, StreamingResponse
from tests.web.accounts.bench import ELSEWHERE, OFFICE, PASSWORD, Bench
from tests.web.accounts.identities import CLIENT, SECRET, Identities, shared_key
from tests.web.serving import serving

from labwright.core.errors import ConfigError
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.oidc import Oidc
from labwright.web.accounts.person import Person
from labwright.web.accounts.provider import Provider
from labwright.web.roles.role import Role

BACK = "http://lab/login/back"
ROLES = {"lab-admins": Role.ADMIN, "lab": Role.RESEARCHER}


@pytest.fixture
def identities(here: Bench) -> Iterator[Identities]:
    identities = Identities(here.clock)
    with serving(identities.app()) as issuer:
        identities.issuer = issuer
        yield identities


def oidc(here: Bench, identities: Identities, **options: Any) -> Oidc:
    return Oidc(here.accounts, Provider(identities.issuer, CLIENT, SECRET, **options))


def sent_back(url: str) -> dict[str, str]:
    """Go where a browser is sent, and return what it brings back."""
    answer = httpx2.get(url, follow_redirects=False)
    assert answer.status_code == 302, answer.text
    assert answer.headers["location"].startswith(f"{BACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def visit(way: Oidc, browser: str = "browser", link: Person | None = None) -> Person:
    return way.finish(sent_back(way.begin(BACK, browser, link=link)), browser, OFFICE).person


def test_who_comes_for_the_first_time_gets_an_account(here: Bench, identities: Identities) -> None:
    identities.claims |= {"name": "Cleo Nile", "email": "cleo@example.org", "groups": ["staff", "lab"]}
    way = oidc(here, identities, roles=ROLES)
    person = visit(way)
    assert person == Person("cleo", "Cleo Nile", "cleo@example.org", Role.RESEARCHER)
    assert visit(way) == person
    assert len(here.accounts.people.all()) == 3
    assert here.accounts.audit.events("cleo", "login")[0].details["by"] == "oidc"
    assert not here.accounts.passwords.has("cleo")


def test_a_session_is_begun(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    login = here.accounts.by_session(way.log_in(sent_back(way.begin(BACK, "b")), "b", OFFICE))
    assert login is not None
    assert (login.person.name, login.session and login.session.how) == ("cleo", "oidc")


def test_groups_decide_the_role_each_time(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities, roles=ROLES, default_role=None)
    with pytest.raises(LoginError):
        visit(way)
    for groups, role in ((["lab"], Role.RESEARCHER), (["lab", "lab-admins"], Role.ADMIN), ("lab", Role.RESEARCHER)):
        identities.claims["groups"] = groups
        assert visit(way).role is role
    identities.claims["groups"] = []
    with pytest.raises(LoginError):
        visit(way)


def test_a_name_or_an_address_opens_nobodys_account(here: Bench, identities: Identities) -> None:
    here.accounts.people.create(Person("dora", email="dora@example.org"), OFFICE, by="test")
    identities.claims |= {"preferred_username": "dora", "email": "dora@example.org", "email_verified": True}
    way = oidc(here, identities)
    with pytest.raises(AccountError, match="already"):
        visit(way)
    identities.claims["preferred_username"] = "mallory"
    assert visit(way).name == "mallory"


def test_who_has_logged_in_links_an_identity(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    assert visit(way, link=here.ana) == here.ana
    assert visit(way) == here.ana
    with pytest.raises(AccountError, match="another account"):
        visit(way, link=here.ben)
    assert here.accounts.authenticate("ana", PASSWORD, caller=OFFICE) == here.ana


def test_the_same_subject_of_another_provider_is_somebody_else(here: Bench, identities: Identities) -> None:
    visit(oidc(here, identities), link=here.ana)
    other = Identities(here.clock)
    with serving(other.app()) as issuer:
        other.issuer = issuer
        assert visit(oidc(here, other)).name == "cleo"


def test_who_has_left_does_not_come_in(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    visit(way, link=here.ben)
    here.accounts.deactivate("ben", OFFICE, by="ana")
    with pytest.raises(LoginError):
        visit(way)


def test_an_answer_counts_once_and_for_one_browser(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    answer = sent_back(way.begin(BACK, "browser"))
    for wrong, browser in (
        (answer, "another browser"),
        ({**answer, "state": "x"}, "browser"),
        ({"code": answer["code"]}, "browser"),
    ):
        with pytest.raises(LoginError):
            way.finish(wrong, browser, ELSEWHERE)
    assert way.finish(answer, "browser", OFFICE).person.name == "cleo"
    with pytest.raises(LoginError):
        way.finish(answer, "browser", OFFICE)


def test_a_code_of_somebody_else_is_of_no_use(here: Bench, identities: Identities) -> None:
    """Neither the nonce nor the verifier of the one who has begun fit a code that was meant for another login."""
    way = oidc(here, identities)
    victim, attacker = (sent_back(way.begin(BACK, browser)) for browser in ("victim", "attacker"))
    with pytest.raises(LoginError):
        way.finish({**victim, "code": attacker["code"]}, "victim", OFFICE)


def test_an_answer_comes_in_time_and_from_whom_was_asked(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    mixed_up = {**sent_back(way.begin(BACK, "b")), "iss": "https://evil.example"}
    refused = {"error": "access_denied", "state": sent_back(way.begin(BACK, "b"))["state"]}
    late = sent_back(way.begin(BACK, "b"))
    for answer in (mixed_up, refused):
        with pytest.raises(LoginError):
            way.finish(answer, "b", OFFICE)
    here.clock.move(minutes=11)
    with pytest.raises(LoginError):
        way.finish(late, "b", OFFICE)


LIES: dict[str, Callable[[Identities], object]] = {
    "of another issuer": lambda i: i.lies.update(iss="https://evil.example"),
    "for another client": lambda i: i.lies.update(aud="other"),
    "for another client too, by nobody": lambda i: i.lies.update(aud=[CLIENT, "other"], azp="other"),
    "of another login": lambda i: i.lies.update(nonce="x"),
    "of no login": lambda i: i.lies.update(nonce=None),
    "expired": lambda i: i.lies.update(exp=int(i.clock().timestamp()) - 61),
    "of the future": lambda i: i.lies.update(nbf=int(i.clock().timestamp()) + 3600),
    "without end": lambda i: i.lies.update(exp=None),
    "of nobody": lambda i: i.lies.update(sub=None),
    "of an empty subject": lambda i: i.lies.update(sub=""),
    "of a number": lambda i: i.lies.update(sub=5),
    "of a long subject": lambda i: i.lies.update(sub="x" * 256),
    "of another access token": lambda i: i.lies.update(at_hash="x"),
    "by another key": lambda i: setattr(i, "signs_with", RSAKey.generate_key(2048)),
    "by the secret that both know": lambda i: i.__dict__.update(algorithm="HS256", signs_with=shared_key()),
    "by nobody": lambda i: i.__dict__.update(algorithm="none"),
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("backend", ["sqlite"])  # what is checked here is the token
def test_a_token_that_is_not_right_opens_nothing(here: Bench, identities: Identities, lie: str) -> None:
    LIES[lie](identities)
    with pytest.raises(LoginError):
        visit(oidc(here, identities))
    assert here.accounts.people.find("cleo") is None


@pytest.mark.parametrize("backend", ["sqlite"])
def test_keys_are_asked_for_again_when_they_change_but_not_all_the_time(here: Bench, identities: Identities) -> None:
    way = oidc(here, identities)
    visit(way)
    visit(way)
    assert identities.keys_given == 1
    identities.change_key()
    with pytest.raises(LoginError):
        visit(way)
    assert identities.keys_given == 1
    here.clock.move(minutes=2)
    assert visit(way).name == "cleo"
    assert identities.keys_given == 2


@pytest.mark.parametrize("backend", ["sqlite"])
def test_no_accounts_where_they_are_made_by_hand(here: Bench, identities: Identities) -> None:
    with pytest.raises(LoginError):
        visit(oidc(here, identities, creates_accounts=False))


def test_providers_are_spoken_to_by_tls() -> None:
    with pytest.raises(ConfigError, match="https"):
        Provider("http://id.example.org", CLIENT, SECRET)
    assert SECRET not in repr(Provider("https://id.example.org", CLIENT, SECRET))


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_provider_of_another_name_is_a_mistake_of_the_settings(here: Bench, identities: Identities) -> None:
    way = Oidc(here.accounts, Provider(f"{identities.issuer}/", CLIENT, SECRET))
    with pytest.raises(ConfigError, match="its own spelling"):
        way.begin(BACK, "b")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_who_is_to_show_anew_who_they_are_has_done_it_now(here: Bench, identities: Identities) -> None:
    """A provider that lets in whom it knows, or does not say when it asked, has not asked."""
    way, now = oidc(here, identities), int(here.clock().timestamp())
    for said in (None, now - 3600, "now", True, -1):
        identities.lies["auth_time"] = said
        with pytest.raises(LoginError):
            way.finish(sent_back(way.begin(BACK, "b", anew=True)), "b", OFFICE)
    assert here.accounts.people.find("cleo") is None
    for said in (now, now - 30, 2**39):
        identities.lies["auth_time"] = said
        arrival = way.finish(sent_back(way.begin(BACK, "b", anew=True)), "b", OFFICE)
        assert arrival.shown is not None
        assert arrival.shown <= here.clock()


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("minutes", "is_fresh"), [(None, False), (60, False), (1, True)])
def test_who_was_let_in_without_being_asked_does_not_sign(
    here: Bench, identities: Identities, minutes: int | None, is_fresh: bool
) -> None:
    identities.lies["auth_time"] = None if minutes is None else int(here.clock().timestamp()) - 60 * minutes
    way = oidc(here, identities)
    session = here.accounts.sessions.find(way.log_in(sent_back(way.begin(BACK, "b")), "b", OFFICE))
    assert session is not None
    assert here.accounts.sessions.is_fresh(session) is is_fresh


def endless(begin: bytes = b'{"a": "') -> StreamingResponse:
    """An answer without end."""
    return StreamingResponse((begin if n == 0 else b"a" * 2**16 for n in count()), media_type="application/json")


def packed() -> Response:
    """One that grows when it is read."""
    return Response(gzip.compress(b'{"a": "' + b"a" * 2**22 + b'"}'), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("answer", [endless, packed])
def test_no_more_is_read_of_a_provider_than_it_has_to_say(
    here: Bench, identities: Identities, answer: Callable[[], Response]
) -> None:
    identities.says["describe"] = answer()
    with pytest.raises(httpx2.ReadError):
        oidc(here, identities).begin(BACK, "b")
    del identities.says["describe"]
    for asked in ("token", "keys"):
        way = oidc(here, identities)
        back = sent_back(way.begin(BACK, "b"))
        identities.says[asked] = answer()
        with pytest.raises(LoginError):
            way.finish(back, "b", OFFICE)
        del identities.says[asked]
    assert visit(oidc(here, identities)).name == "cleo"
