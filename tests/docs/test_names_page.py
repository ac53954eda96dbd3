"""The page on the names of DataJoint has all of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from labwright.compat.names import CLASSIC_NAMES, CURRENT_NAMES, HELPERS, INSTEAD

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "datajoint-names.md"


@pytest.mark.parametrize("name", sorted({*CLASSIC_NAMES, *CURRENT_NAMES, *HELPERS, *INSTEAD}))
def test_the_page_has_every_name(name: str) -> None:
    assert name in re.findall(r"`(\w+)`", PAGE.read_text(encoding="utf-8"))
