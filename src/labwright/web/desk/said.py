"""What people were told by what they have done, until they have read it."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from typing import Final

KEPT: Final = 1000
MESSAGE: Final = "Done."
"""What is said where nobody remembers."""


class Said:
    """Messages on their way from a form to the page that the browser is sent to.

    Examples
    --------
    >>> said = Said()
    >>> where = said.put("ana", "It has 21 g now.")
    >>> said.get("ana", where), said.get("ben", where)
    ('It has 21 g now.', 'Done.')
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._texts: OrderedDict[tuple[str, str], str] = OrderedDict()

    def put(self, person: str, text: str) -> str:
        """Keep a message for a person; returns the name under which it is had."""
        name = secrets.token_urlsafe(9)
        with self._lock:
            self._texts[person, name] = text
            while len(self._texts) > KEPT:
                self._texts.popitem(last=False)
        return name

    def get(self, person: str, name: str) -> str:
        """The message, to the person whom it is for."""
        return self._texts.get((person, name), MESSAGE)
