"""Which passwords are refused: short ones, the name, and those that everybody tries first."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final
from unicodedata import normalize

from labwright.web.accounts.errors import AccountError
from labwright.web.accounts.person import Person

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 1000
MIN_DIFFERENT: Final = 5
_COMMON: Final = Path(__file__).with_name("common_passwords.txt")


def normal(password: str) -> str:
    """A password as it is hashed: the same whichever keyboard has composed its accents."""
    return normalize("NFC", password)


def check_password(password: str, person: Person) -> None:
    """Refuse a password that is easily guessed.

    Raises
    ------
    AccountError
        Says why.

    Examples
    --------
    >>> check_password("a horse of four colours", Person("ana"))
    """
    reason = _objection(password, person)
    if reason:
        raise AccountError(f"{reason} Take a few words that do not belong together.")


def _objection(password: str, person: Person) -> str:
    folded = normal(password).casefold()
    if len(password) < MIN_LENGTH:
        return f"A password has at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"A password has at most {MAX_LENGTH} characters."
    if len(set(folded)) < MIN_DIFFERENT:
        return "The password repeats a few characters."
    if _bare(folded) in common_passwords() or folded in common_passwords():
        return "The password is one of those that are tried first."
    if any(own in folded and len(folded) - len(own) < MIN_DIFFERENT for own in _own_words(person)):
        return "The password is little more than the name."
    return ""


def _bare(folded: str) -> str:
    """Without the digits and signs that people put at the end."""
    return folded.rstrip("0123456789!?.,;:*#$-_ ")


def _own_words(person: Person) -> list[str]:
    whole = (person.name, person.full_name, person.email, person.email.partition("@")[0])
    words = [word for text in whole for word in (text, text.replace(" ", ""))]
    return [word.casefold() for word in words if word]


@cache
def common_passwords() -> frozenset[str]:
    """The passwords that are tried first; no need to ask anybody on the network."""
    return frozenset(_COMMON.read_text(encoding="utf-8").split())
