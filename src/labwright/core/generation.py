"""The two generations of the language.

Most texts mean the same in both. Where one means different things, the generation decides, each difference in one
place: what namesakes are (`labwright.core.lineage`), the key of a join (`labwright.query.expr`), what rows a summary
keeps and which operators there are (`labwright.query.operators`), what a bare blob holds and where ``blob@store`` is
kept (`labwright.define.classic`).
"""

from __future__ import annotations

from typing import Final, Literal

from labwright.core.errors import ConfigError

Generation = Literal["classic", "2"]
CLASSIC: Final[Generation] = "classic"
CURRENT: Final[Generation] = "2"


def as_generation(given: object) -> Generation:
    """The generation that a user names.

    Raises
    ------
    ConfigError
        When it is neither.

    Examples
    --------
    >>> as_generation(2), as_generation("classic")
    ('2', 'classic')
    """
    if given == CLASSIC:
        return CLASSIC
    if str(given) == CURRENT:
        return CURRENT
    raise ConfigError(f"The generation of the language is 'classic' or '2', not {given!r}.")
