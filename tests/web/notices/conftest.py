"""Databases, as elsewhere, and where the app keeps things in them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.backends.conftest import project

import labwright as lw
from labwright.web.keeping.keeping import Keeping

__all__ = ["project"]


class Hands:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def keeping(project: lw.Project, prefix: str) -> Keeping:
    return Keeping(project, f"{prefix}app")


@pytest.fixture
def clock() -> Hands:
    return Hands()
