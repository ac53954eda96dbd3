"""Coming in by way of a provider of identities."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import labwright as lw
from labwright.web.accounts.accounts import Accounts
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.person import Person, fold
from labwright.web.accounts.provider import LEEWAY, Conversation, Provider
from labwright.web.accounts.secret import digest, new_secret

LIFE: Final = timedelta(minutes=10)
"""For so long somebody may take to log in at the provider."""
ACTOR: Final = "oidc"
MAX_SUBJECT: Final = 255
MAX_BACK: Final = 1000


@dataclass(frozen=True)
class Arrival:
    """Somebody whom the provider has let come back, the page that they wanted, and when they showed who they are.

    Nobody knows when that was where the provider does not say.
    """

    person: Person
    back: str
    shown: datetime | None = None


class Oidc:
    """Logins by way of one provider.

    A person is who the provider's issuer and subject say, and nothing else: an e-mail address or a name that is the
    same as somebody's opens nobody's account.
    """

    def __init__(self, accounts: Accounts, provider: Provider) -> None:
        self._accounts, self._provider = accounts, provider
        self._table, self._clock = accounts.tables, accounts.clock
        self._conversation = Conversation(provider, accounts.clock)

    @property
    def title(self) -> str:
        """What people call the provider."""
        return self._provider.title

    def begin(
        self, redirect: str, browser: str, *, link: Person | None = None, back: str = "/", anew: bool = False
    ) -> str:
        """Where to send a browser, which is to come back to `redirect`.

        Parameters
        ----------
        redirect : str
        browser : str
            A secret that this browser holds in a cookie: what it begins nobody else ends.
        link : Person, optional
            Who has logged in already and wants to come in this way as well.
        back : str
            The page to go to afterwards.
        anew : bool
            Whether the provider is to ask, also somebody whom it knows.
        """
        state, nonce, verifier = new_secret(), new_secret(), new_secret() + new_secret()
        row = {
            "digest": digest("state", state),
            "nonce": nonce,
            "verifier": verifier,
            "browser": digest("browser", browser),
            "redirect": redirect,
            "person": "" if link is None else link.name,
            "back": back if len(back) <= MAX_BACK else "/",
            "anew": anew,
            "until": self._clock() + LIFE,
        }
        url = self._conversation.authorization_url(
            redirect=redirect, state=state, nonce=nonce, verifier=verifier, anew=anew
        )
        self._forget()
        self._table["Flow"].insert1(row)
        return url

    def finish(self, answer: Mapping[str, str], browser: str, caller: Caller) -> Arrival:
        """Who has come back from the provider.

        Parameters
        ----------
        answer : mapping
            The query of the address to which the browser came back.
        browser : str
        caller : Caller

        Raises
        ------
        LoginError
            When the answer is to no question of this browser, or is none of the provider's, or was given before.
        AccountError
            When there can be no account for this person: says why.
        """
        try:
            flow = self._taken(answer, browser)
            person, shown = self._person(flow, answer, caller)
        except (LoginError, AccountError) as error:
            self._accounts.audit.note("login", "", caller, ok=False, by="oidc", reason=type(error).__name__)
            raise
        if not person.is_active:
            self._accounts.audit.note("login", person.name, caller, ok=False, by="oidc", reason="not active")
            raise LoginError
        self._accounts.audit.note("login", person.name, caller, by="oidc", issuer=self._provider.issuer)
        return Arrival(person, flow["back"], shown)

    def log_in(self, answer: Mapping[str, str], browser: str, caller: Caller) -> str:
        """The same, and begin a session; what comes back is its secret."""
        return self.begin_session(self.finish(answer, browser, caller), caller)

    def begin_session(self, arrival: Arrival, caller: Caller) -> str:
        """Begin a session of somebody who has come back; what is returned is its secret."""
        return self._accounts.sessions.open(arrival.person, caller, "oidc", proved=arrival.shown)

    def _taken(self, answer: Mapping[str, str], browser: str) -> dict[str, Any]:
        """What was asked, taken away so that it is answered once."""
        which = self._table["Flow"] & {"digest": digest("state", answer.get("state", ""))}
        found: list[dict[str, Any]] = which.to_dicts()
        is_ours = found and hmac.compare_digest(found[0]["browser"], digest("browser", browser))
        if not is_ours or which.delete_quick() != 1 or found[0]["until"] <= self._clock():
            raise LoginError
        return found[0]

    def _person(
        self, flow: Mapping[str, Any], answer: Mapping[str, str], caller: Caller
    ) -> tuple[Person, datetime | None]:
        issuer = self._provider.issuer
        if not answer.get("code") or answer.get("iss", issuer) != issuer:
            raise LoginError
        asked = {name: flow[name] for name in ("redirect", "nonce", "verifier")}
        claims = self._conversation.claims(answer["code"], **asked)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
            raise LoginError
        shown = self._shown(claims)
        if flow["anew"] and (shown is None or shown < flow["until"] - LIFE - timedelta(seconds=LEEWAY)):
            raise LoginError
        return self._known(subject, claims, flow["person"], caller), shown

    def _shown(self, claims: Mapping[str, Any]) -> datetime | None:
        """When somebody showed the provider who they are, as far as it says."""
        said = claims.get("auth_time")
        if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said < 2**40:
            return None
        return min(datetime.fromtimestamp(min(said, 2**35), UTC), self._clock())

    def _known(self, subject: str, claims: Mapping[str, Any], link: str, caller: Caller) -> Person:
        identity = {"issuer": self._provider.issuer, "subject": subject}
        rows = (self._table["Identity"] & identity).to_dicts()
        if link:
            return self._linked(identity, rows[0]["name"] if rows else "", link, caller)
        role = self._role(claims)
        if not rows:
            return self._created(identity, claims, role, caller)
        person = self._accounts.people.find(rows[0]["name"])
        assert person is not None
        if self._provider.roles and person.role is not role:
            person = self._accounts.people.change(replace(person, role=role), caller, by=ACTOR)
        return person

    def _role(self, claims: Mapping[str, Any]) -> Any:
        groups = claims.get(self._provider.groups_claim, ())
        role = self._provider.role_of(str(g) for g in (groups if isinstance(groups, (list, tuple)) else [groups]))
        if role is None:
            raise LoginError
        return role

    def _linked(self, identity: Mapping[str, str], known: str, link: str, caller: Caller) -> Person:
        if known not in {"", link}:
            raise AccountError("This identity belongs to another account already.")
        person = self._accounts.people.find(link)
        if person is None:
            raise LoginError
        if not known:
            self._table["Identity"].insert1({**identity, "name": link})
            self._accounts.audit.note("link identity", link, caller, issuer=self._provider.issuer)
        return person

    def _created(self, identity: Mapping[str, str], claims: Mapping[str, Any], role: Any, caller: Caller) -> Person:
        if not self._provider.creates_accounts:
            raise LoginError
        name, full, email = (_text(claims, which) for which in (self._provider.name_claim, "name", "email"))
        person = Person(fold(name), full[:200], email[:254], role)
        with self._table.project.connection.atomic():
            person = self._accounts.people.create(person, caller, by=ACTOR)
            self._table["Identity"].insert1({**identity, "name": person.name})
        return person

    def _forget(self) -> None:
        (self._table["Flow"] & lw.Where("until", "<", self._clock())).delete_quick()


def _text(claims: Mapping[str, Any], name: str) -> str:
    """A claim as the database can hold it."""
    return str(claims.get(name, "")).replace("\0", "").encode("utf-8", "replace").decode()
