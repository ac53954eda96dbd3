"""Sending what is in the outbox, and noticing what people want to be told of, while the server runs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import labwright as lw
from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.care.due import tell_due
from labwright.web.care.failures import tell_failures
from labwright.web.notices import webhook
from labwright.web.notices.choosing import address_of
from labwright.web.notices.kind import Channel
from labwright.web.notices.mail import MailServer
from labwright.web.notices.outbox import Message, SendError, note_problem, note_sent, take
from labwright.web.roles.role import Scope, Verb

if TYPE_CHECKING:
    from labwright.web.desk.desk import Desk
    from labwright.web.desk.workspace import Workspace

logger = logging.getLogger(__name__)

INTERVAL: Final = 30.0
"""Seconds between two rounds."""
WATCH: Final = timedelta(hours=1)
"""So often is looked whether all is well."""
MailOf = Callable[[str], str | None]
Desks = Callable[[], Iterable["Desk"]]


def nobody() -> Iterable[Desk]:
    """The desks of those who are told of what is due, where nobody is."""
    return ()


def nothing() -> object:
    """What is done to look whether all is well, where nobody looks."""


class Postman:
    """Sends what is due, one round after the other.

    Parameters
    ----------
    workspace : Workspace
    mail_of : callable
        The mail address in the account of a person; empty for none, None for who may come in no more.
    desks : callable
        The desks of all who are to be told of what is due.
    clock : callable
    watch : callable
        Looks whether all is well, and tells those whom that concerns.
    """

    def __init__(
        self,
        workspace: Workspace,
        mail_of: MailOf,
        desks: Desks = nobody,
        clock: Clock = utc_now,
        watch: Callable[[], object] = nothing,
    ) -> None:
        self._workspace, self._mail_of, self._desks, self._clock = workspace, mail_of, desks, clock
        self._watch, self._watched = watch, datetime.min.replace(tzinfo=UTC)
        self._stopping = threading.Event()

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Go round beside what is done in the block; what is being sent at its end is sent."""
        thread = threading.Thread(target=self._run, name="postman", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._stopping.set()
            thread.join(INTERVAL)

    def _run(self) -> None:
        while not self._stopping.wait(INTERVAL):
            try:
                with self._workspace.bounded():
                    self.go_round()
            except lw.LabwrightError:
                logger.warning("nobody can be told now", exc_info=True, extra={"action": "notices"})

    def go_round(self) -> int:
        """Notice what there is to tell, and send what is due; return how many messages were sent."""
        desks = {desk.person.name: desk for desk in self._desks()}
        tell_failures(self._workspace, self._clock, lambda name, table: name not in desks or _sees(desks[name], table))
        for desk in desks.values():
            tell_due(desk, self._clock)
        self._look()
        return self.send()

    def _look(self) -> None:
        if self._clock() - self._watched < WATCH:
            return
        self._watched = self._clock()
        try:
            self._watch()
        except Exception:  # whatever it was, people are told of the rest
            logger.exception("nobody knows whether all is well", extra={"action": "notices"})

    def send(self) -> int:
        """Send what is due; return how many messages were sent."""
        keeping, sent = self._workspace.keeping, 0
        while not self._stopping.is_set() and (messages := take(keeping, self._clock())):
            sent += sum(map(self._send, messages))
        return sent

    def _send(self, message: Message) -> bool:
        keeping = self._workspace.keeping
        try:
            self._hand_over(message)
        except SendError as error:
            logger.info("%s is not told: %s", message.person, error, extra={"action": "notices"})
            note_problem(keeping, message, error, self._clock())
            return False
        note_sent(keeping, message, self._clock())
        return True

    def _hand_over(self, message: Message) -> None:
        settings = self._workspace.project.config.settings.notices
        own, mail = address_of(self._workspace.keeping, message.person), self._mail_of(message.person)
        if mail is None:
            raise SendError("They may come in no more.", is_final=True)
        if message.channel is Channel.WEBHOOK:
            if not own.webhook:
                raise SendError("They have given no webhook.", is_final=True)
            webhook.send(own.webhook, own.secret, message, settings.webhook_hosts)
            return
        server, to = MailServer.of(settings), own.mail or mail
        if server is None or not to:
            raise SendError("There is no mail server, or no address of theirs.", is_final=True)
        server.send(to, message, settings.address)


def _sees(desk: Desk, table: str) -> bool:
    """Whether somebody may still know how far a table is."""
    sheet = desk.find(table)
    return sheet is not None and sheet.reach(Verb.READ) is Scope.ALL
