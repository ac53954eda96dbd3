"""Any small family."""

from __future__ import annotations

from typing import Final

from hypothesis import strategies as st

Row = tuple[int, int | None, int | None]

SEXES: Final = dict(enumerate("MF" * 5))
"""Even numbers are male."""


@st.composite
def families(draw: st.DrawFn, most: int = 8) -> list[Row]:
    """Rows of animals in any order, each with parents of a lower number or without."""
    count = draw(st.integers(1, most))
    rows = [
        (animal, *(draw(st.sampled_from([None, *range(side, animal, 2)])) for side in (0, 1)))
        for animal in range(count)
    ]
    return draw(st.permutations(rows))
