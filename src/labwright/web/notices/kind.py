"""What people are told of, and by what."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Kind(StrEnum):
    """What somebody is told of."""

    DUE = "due"
    FAILED = "failed"
    MENTION = "mention"
    ALERT = "alert"


class Channel(StrEnum):
    """By what they are told. What is shown in the app is kept there in any case until it is read."""

    APP = "app"
    MAIL = "mail"
    WEBHOOK = "webhook"


MEANING: Final[Mapping[Kind, str]] = MappingProxyType(
    {
        Kind.DUE: "Tasks that are due",
        Kind.FAILED: "Computations of yours that failed",
        Kind.MENTION: "Notes and comments in which somebody writes @you",
        Kind.ALERT: "Alerts about the server, such as a full disk, for those who look after it",
    }
)
DEFAULT: Final[Mapping[Kind, frozenset[Channel]]] = MappingProxyType(
    {kind: frozenset({Channel.APP} if kind is Kind.DUE else {Channel.APP, Channel.MAIL}) for kind in Kind}
)
"""What holds for those who have chosen nothing. Nothing is sent to who has given no address."""
