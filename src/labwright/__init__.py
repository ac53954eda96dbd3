"""A science project's data, from experiment design to publication, in one relational pipeline."""

from __future__ import annotations

from labwright._version import __version__

__all__ = ["__version__"]
