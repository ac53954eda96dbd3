"""What becomes of what people are told: kept once, told of once, and sent where they have chosen."""

from __future__ import annotations

from typing import Any

import pytest
from tests.web.notices.conftest import Hands

from labwright.web.keeping.keeping import Keeping
from labwright.web.notices.choosing import channels_of, choose, chosen
from labwright.web.notices.kind import DEFAULT, Channel, Kind
from labwright.web.notices.notify import DIGEST, notify
from labwright.web.notices.tables import deliveries, notices


def _told(keeping: Keeping) -> list[tuple[Any, ...]]:
    return [(n["person"], n["text"], n["times"]) for n in notices(keeping)().to_dicts(order_by="at, text")]


def _put_out(keeping: Keeping) -> list[tuple[Any, ...]]:
    return [(d["channel"], d["state"]) for d in deliveries(keeping)().to_dicts(order_by="KEY")]


def test_each_mention_is_told_for_itself(keeping: Keeping, clock: Hands) -> None:
    for text in ("Ben wrote of you", "Cid wrote of you"):
        notify(keeping, "ana", "mention", text, "/notes/3", clock=clock)
    assert _told(keeping) == [("ana", "Ben wrote of you", 1), ("ana", "Cid wrote of you", 1)]
    assert _put_out(keeping) == [("mail", "waiting")] * 2


def test_what_is_of_one_topic_is_one_message(keeping: Keeping, clock: Hands) -> None:
    for key in range(30):
        notify(keeping, "ana", Kind.FAILED, f"Score of mouse {key} failed", topic="failed Score", clock=clock)
    assert _told(keeping) == [("ana", "Score of mouse 29 failed", 30)]
    assert _put_out(keeping) == [("mail", "waiting")]
    notify(keeping, "ben", Kind.FAILED, "Score of mouse 3 failed", topic="failed Score", clock=clock)
    assert len(notices(keeping)()) == 2


def test_what_was_sent_is_followed_by_one_more_when_the_hour_is_over(keeping: Keeping, clock: Hands) -> None:
    number = notify(keeping, "ana", Kind.FAILED, "first", topic="x", clock=clock)
    key = {"notice": number, "channel": "mail"}
    deliveries(keeping).update1({**key, "state": "sent"})
    clock.go(minutes=10)
    for _ in range(5):
        assert notify(keeping, "ana", Kind.FAILED, "again", topic="x", clock=clock) == number
    (found,) = deliveries(keeping)().to_dicts()
    began = clock.now.replace(tzinfo=None)
    assert (found["state"], found["due"].replace(tzinfo=None) - began) == (
        "waiting",
        DIGEST - (began - began.replace(minute=0)),
    )


def test_what_was_read_is_told_anew(keeping: Keeping, clock: Hands) -> None:
    number = notify(keeping, "ana", Kind.FAILED, "first", topic="x", clock=clock)
    notices(keeping).update1({"notice": number, "is_read": True})
    assert notify(keeping, "ana", Kind.FAILED, "again", topic="x", clock=clock) != number


def test_each_chooses_for_themselves(keeping: Keeping, clock: Hands) -> None:
    choose(keeping, "ana", {Kind.ALERT: {Channel.WEBHOOK}, Kind.MENTION: set()})
    assert channels_of(keeping, "ana", Kind.ALERT) == {Channel.WEBHOOK}
    assert chosen(keeping, "ben") == DEFAULT
    assert channels_of(keeping, "ana", Kind.DUE) == DEFAULT[Kind.DUE]
    notify(keeping, "ana", Kind.ALERT, "The disk is full", clock=clock)
    notify(keeping, "ana", Kind.MENTION, "Ben wrote of you", clock=clock)
    assert _put_out(keeping) == [("webhook", "waiting")]
    assert not notices(keeping) & {"is_read": False}


def test_a_kind_that_there_is_not(keeping: Keeping) -> None:
    with pytest.raises(ValueError, match="rumour"):
        notify(keeping, "ana", "rumour", "They say")


def test_what_is_too_long_is_cut(keeping: Keeping) -> None:
    notify(keeping, "ana", "alert", "x" * 5000, "/" + "y" * 5000, "z" * 5000)
    ((text, link),) = [(n["text"], n["link"]) for n in notices(keeping)().to_dicts()]
    assert (len(text), len(link)) == (1000, 500)
