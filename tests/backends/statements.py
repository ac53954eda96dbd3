"""What is sent to the database."""

from __future__ import annotations

from typing import Any

import pytest

import labwright as lw


def sent_by(project: lw.Project, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a project sends to its database from now on."""
    sent: list[str] = []
    connection = project.connection
    for name in ("fetch", "execute", "executemany", "stream"):
        original = getattr(connection, name)

        def spy(sql: str, *args: Any, original: Any = original, **kwargs: Any) -> Any:
            sent.append(sql)
            return original(sql, *args, **kwargs)

        monkeypatch.setattr(connection, name, spy)
    return sent
