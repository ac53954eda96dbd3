"""How much memory this process holds and held, as far as the system tells."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path

STATUS = Path("/proc/self/status")
CLEAR = Path("/proc/self/clear_refs")


def resident() -> int:
    """Bytes held now; begins the search for the peak anew."""
    if CLEAR.exists():
        CLEAR.write_text("5")
    return _status("VmRSS")


def peak() -> int:
    """Bytes held at most since `resident` was asked."""
    return _status("VmHWM")


def trim() -> None:
    """Give back what is free, so that what comes next shows."""
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)


def _status(field: str) -> int:
    if not STATUS.exists():
        return 0
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024
