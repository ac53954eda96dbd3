"""The unit of a quantity, as the comment of its attribute names it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_PREFIXED: Final = (
    "m g s A K mol cd Hz N Pa J W C V F S Wb T H lm lx Bq Gy Sv kat l L eV M bar cal Da bp b B U IU Ohm \u2126 \u03a9"
)
_ALONE: Final = (
    "% ‰ ° ºC °C °F deg degC degF rad sr px pixel pixels voxel voxels frame frames fps min h hr hrs hour hours d day "
    "days week weeks month months year years sec second seconds ms ppm ppb rpm dB pH dpi au a.u. AU cm count counts "
    "trial trials spikes spike cells cell inch mmHg OD x g"
)
_PREFIXES: Final = "Y|Z|E|P|T|G|M|k|h|da|d|c|m|u|µ|μ|n|p|f|a|z|y"
_BASES: Final = "|".join(sorted(map(re.escape, _PREFIXED.split()), key=len, reverse=True))
_WORDS: Final = "|".join(sorted(map(re.escape, _ALONE.split()), key=len, reverse=True))
_POWER: Final = r"(?:\^?[-\u2212\u207b]?[0-9\u00b2\u00b3\u00b9]+)?"
_FACTOR: Final = rf"(?:(?:{_WORDS})|(?:{_PREFIXES})?(?:{_BASES})){_POWER}"
_UNIT: Final = re.compile(rf"(?:1\s*/\s*)?{_FACTOR}(?:\s*[/*·. ]\s*{_FACTOR})*")
_BRACKETS: Final = re.compile(r"\(([^()]{1,24})\)|\[([^\[\]]{1,24})\]")


@cache
def unit_of(comment: str) -> str:
    """Return the unit that `comment` names, or ``""``: between brackets, behind ``in`` at its end, or alone.

    Examples
    --------
    >>> unit_of("body weight (g)"), unit_of("speed in mm/s"), unit_of("um"), unit_of("notes (optional)")
    ('g', 'mm/s', 'um', '')
    """
    bracketed = [(a or b).strip() for a, b in reversed(_BRACKETS.findall(comment))]
    ending = comment.strip().rpartition(" in ")[2]
    return next((text for text in (*bracketed, ending) if _UNIT.fullmatch(text)), "")
