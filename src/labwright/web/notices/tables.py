"""The tables in which notices are kept, and how people want to be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from labwright.web.keeping.keeping import Keeping

MAX_TEXT: Final = 1000
MAX_LINK: Final = 500
MAX_TOPIC: Final = 200
_NOTICE: Final = f"""
    # what somebody was told
    notice : char(32)
    ---
    person : varchar(64)
    kind : varchar(20)
    topic : varchar({MAX_TOPIC})    # what is told of one topic is told together until it is read
    text : varchar({MAX_TEXT})
    link : varchar({MAX_LINK})      # the page of the app that it is about
    times : int32                   # how often it was told
    at : datetime_utc(6)
    is_read = false : bool
    index (person, is_read, at)
    """
_DELIVERY: Final = """
    # the outbox: what is to be sent, and what was
    -> Notice
    channel : enum('mail', 'webhook')
    ---
    state : enum('waiting', 'sending', 'sent', 'failed')
    tries : int16
    due : datetime_utc(6)           # when it is tried, or taken from a server that died while it sent it
    problem : varchar(500)
    index (state, due)
    """
_CHOICE: Final = """
    # which kind by which channel
    person : varchar(64)
    kind : varchar(20)
    ---
    app : bool
    mail : bool
    webhook : bool
    """
_ADDRESS: Final = """
    # where somebody is told outside the app
    person : varchar(64)
    ---
    mail : varchar(254)
    webhook : varchar(500)
    secret : char(64)               # signs what is sent to the webhook
    """


def notices(keeping: Keeping) -> Any:
    """What people were told."""
    return keeping.table("Notice", _NOTICE)


def deliveries(keeping: Keeping) -> Any:
    """What is to be sent to them, and what was."""
    notices(keeping)
    return keeping.table("Delivery", _DELIVERY)


def choices(keeping: Keeping) -> Any:
    """What people have chosen."""
    return keeping.table("NoticeChoice", _CHOICE)


def addresses(keeping: Keeping) -> Any:
    """Where people are told outside the app."""
    return keeping.table("NoticeAddress", _ADDRESS)
