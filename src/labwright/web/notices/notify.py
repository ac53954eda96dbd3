"""Telling somebody something."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from labwright.web.accounts.clock import Clock, utc_now
from labwright.web.keeping.keeping import Keeping
from labwright.web.notices.choosing import channels_of
from labwright.web.notices.kind import Channel, Kind
from labwright.web.notices.tables import MAX_LINK, MAX_TEXT, MAX_TOPIC, choices, deliveries, notices

DIGEST: Final = timedelta(hours=1)
"""Of one topic no more is sent than one message in this time, which says how often it happened."""


def notify(
    keeping: Keeping,
    person: str,
    kind: Kind | str,
    text: str,
    link: str = "",
    topic: str = "",
    clock: Clock = utc_now,
) -> str:
    r"""Tell a person something, in the app and by what else they have chosen; nothing is sent before it is kept.

    Parameters
    ----------
    keeping : Keeping
        Of the project that it is about.
    person : str
        The name of the account.
    kind : Kind or str
        ``due``, ``failed``, ``mention`` or ``alert``.
    text : str
        A sentence. What is too long is cut.
    link : str
        The address of a page of the app, ``/t/lab.Session/3``.
    topic : str
        What happens again and again has the same topic: as long as it is not read it is told as one thing, with how
        often it happened. Without a topic each is told for itself.
    clock : callable
        Tells the time.

    Returns
    -------
    str
        The number of the notice.

    Raises
    ------
    ValueError
        When the kind is none of these.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     keeping = Keeping(project)
    ...     for key in (3, 4):
    ...         _ = notify(keeping, "ana", "failed", f"Score of mouse {key} failed.", topic="failed lab.Score")
    ...     [(n["text"], n["times"]) for n in notices(keeping)().to_dicts()]
    [('Score of mouse 4 failed.', 2)]
    """
    kind, now = Kind(kind), clock()
    row = {"text": text[:MAX_TEXT], "link": link[:MAX_LINK], "at": now}
    make_ready(keeping)
    channels = channels_of(keeping, person, kind)
    with keeping.changing():
        same = _unread(keeping, person, kind, topic[:MAX_TOPIC]) if topic else None
        number = str(same["notice"]) if same else uuid4().hex
        if same:
            notices(keeping).update1({"notice": number, "times": same["times"] + 1, **row})
        else:
            own = {"person": person, "kind": kind.value, "topic": topic[:MAX_TOPIC]}
            shown = Channel.APP in channels
            notices(keeping).insert1({"notice": number, "times": 1, "is_read": not shown, **own, **row})
        _put_out(keeping, number, channels, now)
    return number


def make_ready(keeping: Keeping) -> None:
    """Make the tables in which that is kept, for `notify` within a transaction, where none are made."""
    choices(keeping)
    deliveries(keeping)().ready()


def _unread(keeping: Keeping, person: str, kind: Kind, topic: str) -> Any:
    found = notices(keeping) & {"person": person, "kind": kind.value, "topic": topic, "is_read": False}
    return next(iter(found.to_dicts(order_by="at DESC", limit=1)), None)


def _put_out(keeping: Keeping, number: str, channels: frozenset[Channel], now: datetime) -> None:
    """Have it sent; what is sent of the same, or was lately, is followed by one message when the time is over."""
    table = deliveries(keeping)
    for channel in sorted(channels - {Channel.APP}):
        key = {"notice": number, "channel": channel.value}
        found = (table & key).to_dicts()
        if not found:
            table.insert1({**key, "state": "waiting", "tries": 0, "due": now, "problem": ""})
        elif found[0]["state"] != "waiting":
            before = found[0]["due"] if found[0]["state"] == "sent" else now
            due = max(now, before.replace(tzinfo=now.tzinfo) + DIGEST)
            table.update1({**key, "state": "waiting", "tries": 0, "due": due, "problem": ""})
