"""How much is taken from a file."""

from __future__ import annotations

from typing import Final

UPLOAD: Final = 50 * 2**20
"""Bytes of a file."""
ROWS: Final = 500_000
"""Rows of a file."""
COLUMNS: Final = 500
"""Columns of a file."""
PIECE: Final = 500
"""Rows that are kept, looked at and entered together."""
PIECE_SIZE: Final = 2 * 2**20
"""Characters of these, some hundred of which more do not matter."""
UNFINISHED: Final = 20
"""Imports that one person may have begun and not ended."""
REFUSED: Final = 500
"""Rows that the database refuses: when there are so many, the rest is not tried."""
