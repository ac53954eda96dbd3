"""The accounts of one server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from argon2 import PasswordHasher

from labwright.web.accounts.audit import Audit
from labwright.web.accounts.caller import Caller
from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.accounts.errors import AccountError, LoginError
from labwright.web.accounts.grants import Grants
from labwright.web.accounts.invitations import Invitations
from labwright.web.accounts.login import Login
from labwright.web.accounts.passwords import Passwords
from labwright.web.accounts.people import People
from labwright.web.accounts.person import Person, typed_name
from labwright.web.accounts.pins import Pins
from labwright.web.accounts.sessions import Lifetimes, Session, Sessions
from labwright.web.accounts.spent import Spent
from labwright.web.accounts.tables import SCHEMA, Tables
from labwright.web.accounts.throttle import Rates, Throttle
from labwright.web.accounts.tokens import Tokens
from labwright.web.accounts.totp import Totp

if TYPE_CHECKING:
    import labwright as lw


class Accounts:
    """People, how they show who they are, and what was done with that.

    Parameters
    ----------
    project : Project
        Its database holds the accounts.
    schema : str
        The schema for them. Keep it from people who connect to the database themselves.
    clock : callable
        Gives the time in UTC.
    hasher : PasswordHasher, optional
        By default argon2id with the parameters of RFC 9106 for little memory.
    lifetimes : Lifetimes
    rates : Rates

    Examples
    --------
    >>> import labwright as lw
    >>> from labwright.web.roles.role import Role
    >>> caller = Caller("127.0.0.1")
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     accounts = Accounts(project)
    ...     invitation = accounts.invitations.first_admin()
    ...     ana = accounts.invitations.accept(invitation, Person("ana"), "four horses in a row", caller)
    ...     accounts.authenticate("ana", "four horses in a row", caller=caller).role
    <Role.ADMIN: 'admin'>
    """

    def __init__(
        self,
        project: lw.Project,
        *,
        schema: str = SCHEMA,
        clock: Clock = utc_now,
        hasher: PasswordHasher | None = None,
        lifetimes: Lifetimes | None = None,
        rates: Rates | None = None,
    ) -> None:
        tables, hasher = Tables.of(project, schema), hasher or PasswordHasher()
        self.tables, self.clock = tables, clock
        self.audit = Audit(tables, clock)
        self.spent = Spent(tables, clock)
        self.throttle = Throttle(tables, clock, self.audit, rates or Rates())
        self.people = People(tables, clock, self.audit)
        self.passwords = Passwords(tables, clock, hasher)
        self.invitations = Invitations(tables, clock, self.people, self.passwords, self.audit)
        self.totp = Totp(tables, clock, self.spent)
        self.sessions = Sessions(tables, clock, lifetimes or Lifetimes())
        self.tokens = Tokens(tables, clock, self.audit)
        self.pins = Pins(tables, clock, hasher, self.people, self.sessions, self.throttle, self.audit)
        self.grants = Grants(tables, self.audit)

    def authenticate(self, name: str, password: str, code: str = "", *, caller: Caller, event: str = "login") -> Person:
        """The person of a name, who knows the password, and the code where they have a second factor.

        Raises
        ------
        LoginError
            In all other cases: it says the same, after the same work, whatever was wrong.
        """
        name = typed_name(name)
        if not self.throttle.allows_login(name, caller):
            raise self._refused(event, name, caller, "too many attempts")
        is_right, person = self.passwords.check(name, password), self.people.find(name)
        needs_code, proof = self.totp.is_on(name), self.totp.proof(name, code)
        if not is_right or person is None or not person.is_active:
            raise self._refused(event, name, caller, "name or password")
        if needs_code and (proof is None or not self.totp.use(proof)):
            raise self._refused(event, name, caller, "code")
        self.throttle.forgive(name, caller)
        self.audit.note(event, name, caller, recovery=proof is not None and proof.is_recovery)
        return person

    def log_in(self, name: str, password: str, code: str = "", *, caller: Caller, device: str = "") -> str:
        """Begin a session; what comes back is its secret, for the browser alone.

        Parameters
        ----------
        name, password, code : str
        caller : Caller
        device : str
            The name of the rig, where people are to take turns by their PINs.
        """
        person = self.authenticate(name, password, code, caller=caller)
        self.forget()
        return self.sessions.open(person, caller, device=device)

    def reauthenticate(self, secret: str, password: str, code: str = "", *, caller: Caller) -> str:
        """Show anew who one is, to sign or to change how one comes in; the session goes on under what comes back."""
        session = self.sessions.find(secret)
        if session is None:
            raise LoginError
        self.authenticate(session.person.name, password, code, caller=caller, event="re-authenticate")
        renewed = self.sessions.renew(secret, caller)
        if renewed is None:
            raise LoginError
        return renewed

    def log_out(self, secret: str, caller: Caller) -> None:
        """End a session."""
        session = self.sessions.find(secret)
        if session is not None:
            self.sessions.close(secret)
            self.audit.note("logout", session.person.name, caller)

    def end_session(self, person: Person, id_: str, caller: Caller, *, by: str = "") -> bool:
        """End one of somebody's sessions; False when it is none of theirs."""
        is_ended = self.sessions.revoke(person, id_)
        if is_ended:
            self.audit.note("end session", person.name, caller, actor=by, session=id_[:8])
        return is_ended

    def end_sessions(self, person: Person, caller: Caller, *, by: str = "", keep: str = "") -> int:
        """End all sessions of somebody, but the one of the id `keep`; return how many there were."""
        ended = self.sessions.revoke_all(person, but=keep)
        self.audit.note("end sessions", person.name, caller, actor=by, sessions_ended=ended)
        return ended

    def by_session(self, secret: str) -> Login | None:
        """Who holds the secret of a session."""
        session = self.sessions.find(secret)
        if session is None:
            return None
        viewed = self.people.find(session.viewing) if session.viewing else None
        return Login(session.person, session) if viewed is None else Login(viewed, session, viewer=session.person)

    def by_token(self, text: str, caller: Caller) -> Login:
        """Who holds an API token.

        Raises
        ------
        LoginError
            When it is none that holds.
        """
        token = self.tokens.find(text, caller)
        return Login(token.person, token=token)

    def change_password(self, person: Person, password: str, caller: Caller, *, by: str = "", keep: str = "") -> None:
        """Give somebody a new password. All their sessions end, but that of the id `keep`.

        Raises
        ------
        AccountError
            When it is easily guessed.
        """
        self.passwords.set(person, password)
        ended = self.sessions.revoke_all(person, but=keep)
        self.audit.note("change password", person.name, caller, actor=by, sessions_ended=ended)

    def turn_on_totp(self, person: Person, code: str, caller: Caller) -> list[str]:
        """Let a second factor be asked for from now on; returns the recovery codes, to be shown once."""
        codes = self.totp.confirm(person, code)
        self.audit.note("second factor on", person.name, caller)
        return codes

    def renew_recovery_codes(self, person: Person, caller: Caller) -> list[str]:
        """New recovery codes, to be shown once; earlier ones are void."""
        self.audit.note("new recovery codes", person.name, caller)
        return self.totp.renew_recovery_codes(person)

    def turn_off_totp(self, person: Person, caller: Caller, *, by: str = "") -> None:
        """Ask for no second factor any more."""
        self.totp.turn_off(person)
        self.audit.note("second factor off", person.name, caller, actor=by)

    def deactivate(self, name: str, caller: Caller, *, by: str) -> Person:
        """Let somebody come in no more: sessions end, tokens hold no more, also should they be let in again."""
        person = self.people.deactivate(name, caller, by=by)
        self.sessions.revoke_all(person)
        for token in self.tokens.of(person):
            self.tokens.revoke(person, token.id, caller, by=by)
        return person

    def view_as(self, session: Session, name: str, caller: Caller) -> Person:
        """Let somebody look at the server as another person does, in one session, without changing anything.

        Raises
        ------
        AccountError
            When there is no such person.
        """
        viewed = self.people.find(name)
        if viewed is None:
            raise AccountError("There is no such account.")
        self.audit.note("view as", viewed.name, caller, actor=session.person.name)
        self.sessions.view(session, viewed.name)
        return viewed

    def view_as_oneself(self, session: Session, caller: Caller) -> None:
        """End it."""
        self.sessions.view(session)
        self.audit.note("view as oneself", session.viewing, caller, actor=session.person.name)

    def forget(self) -> None:
        """Remove what has expired."""
        for kept in (self.sessions, self.spent, self.throttle, self.invitations):
            kept.forget()

    def _refused(self, event: str, name: str, caller: Caller, reason: str) -> LoginError:
        """What was typed is kept only if it is a name: it may have been a password."""
        known = self.people.find(name)
        self.audit.note(event, known.name if known else "", caller, ok=False, reason=reason)
        return LoginError()
