"""What files are that somebody puts into the lab book."""

from __future__ import annotations

import mimetypes
from typing import Final

_MAGIC: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def type_of(name: str, content: bytes) -> str:
    """What a file is: a picture where its content is one, else what its name says, which is never a picture."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    found = next((kind for magic, kind in _MAGIC if content.startswith(magic)), None)
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return found or (guessed if not guessed.startswith("image/") or "svg" in guessed else "application/octet-stream")
