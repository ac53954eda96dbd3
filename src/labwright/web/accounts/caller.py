"""From where somebody asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MAX_AGENT: Final = 200


@dataclass(frozen=True)
class Caller:
    """From where somebody asks.

    Parameters
    ----------
    address : str
        The address of the machine.
    agent : str
        What the browser calls itself.
    """

    address: str
    agent: str = ""
