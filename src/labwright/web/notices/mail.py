"""Notices by mail."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING, Any, Final, Literal

from labwright.web.fields import excerpt
from labwright.web.notices.outbox import SendError

if TYPE_CHECKING:
    from labwright.web.notices.outbox import Message

PATIENCE: Final = 20.0
"""Seconds that the server has to answer."""
SUBJECT: Final = 100
"""So many characters of a notice stand in the subject."""


@dataclass(frozen=True)
class MailServer:
    """A server that takes mails.

    Parameters
    ----------
    host : str
    port : int
    security : {'starttls', 'tls', 'none'}
    user, password : str
    sender : str
        Whom mails are from.
    """

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    user: str
    password: str
    sender: str

    @classmethod
    def of(cls, settings: Any) -> MailServer | None:
        """The one that the settings name; None where they name none."""
        if not settings.smtp_host:
            return None
        password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
        return cls(
            settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user or "", password,
            settings.sender,
        )  # fmt: skip

    def send(self, to: str, message: Message, home: str) -> None:
        """Send a notice to an address.

        Raises
        ------
        SendError
            When the server does not take it.
        """
        if not is_address(to):
            raise SendError(f"{to!r} is no mail address.", is_final=True)
        try:
            with self._open() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(letter(self.sender, to, message, home))
        except smtplib.SMTPResponseException as error:
            raise SendError(f"The mail server refuses it: {error}", is_final=500 <= error.smtp_code < 600) from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise SendError(f"The mail server refuses {to}.", is_final=all(code >= 500 for code in codes)) from error
        except (OSError, smtplib.SMTPException) as error:
            raise SendError(f"The mail server cannot be reached: {error}") from error

    def _open(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=PATIENCE, context=ssl.create_default_context())
        server = smtplib.SMTP(self.host, self.port, timeout=PATIENCE)
        if self.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        return server


def letter(sender: str, to: str, message: Message, home: str) -> EmailMessage:
    """A notice as a mail; its number is the same for each try."""
    made = EmailMessage()
    made["Subject"] = f"Labwright: {excerpt(' '.join(message.text.split()), SUBJECT)}"
    made["From"], made["To"] = sender, to
    made["Date"] = format_datetime(message.at)
    made["Message-ID"] = f"<{message.number}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    made["Auto-Submitted"] = "auto-generated"
    often = f"\nThis happened {message.times} times.\n" if message.times > 1 else ""
    link = f"\n{home}{message.link}\n" if home and message.link else ""
    made.set_content(f"{message.text}\n{often}{link}\nWhat you are told of is yours to choose: {home}/notices/choose\n")
    return made


def is_address(text: str) -> bool:
    """Whether a text can be a mail address: one, and nothing else.

    Examples
    --------
    >>> is_address("ana@lab.example"), is_address("ana"), is_address("ana@lab.example, ben@lab.example")
    (True, False, False)
    """
    name, at, host = text.rpartition("@")
    return bool(name and at and host) and text.isprintable() and not set(text) & set(' ,;<>"()[]\\')
