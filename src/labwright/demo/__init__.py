"""The demo: a small pipeline on real images, from subjects to a figure.

`labwright.demo.pipeline` has the tables, and is meant to be read and copied.
"""

from __future__ import annotations

from labwright.demo import screens as screens
from labwright.demo.steps import Outcome as Outcome
from labwright.demo.steps import clean as clean
from labwright.demo.steps import prepared as prepared
from labwright.demo.steps import run as run

__all__ = ["Outcome", "clean", "prepared", "run"]
