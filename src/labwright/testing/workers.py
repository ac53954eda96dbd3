"""Workers that do nothing but what a test of an executor needs; `ExecutorSuite` starts them."""

from __future__ import annotations

import os
import signal
import time
import uuid
from pathlib import Path
from typing import Any

from labwright.jobs.engines.here import engine_job
from labwright.jobs.order import WorkOrder

PATIENCE = 60.0
"""Seconds after which a worker that nobody stops gives up, so that it does not outlive its test for long."""


def greet(order: WorkOrder) -> str:
    """Return a word."""
    return str(order.make_kwargs.get("word", "hello"))


def note(order: WorkOrder) -> dict[str, Any]:
    """Leave a note in the folder that ``make_kwargs`` names, and return what was ordered."""
    _folder(order).joinpath(f"note-{uuid.uuid4().hex}").write_text(order.to_json(), encoding="utf-8")
    return {"pid": os.getpid(), "tables": order.tables}


def tell_where(order: WorkOrder) -> tuple[str, str]:
    """Return the engine that started this worker, and what it calls it."""
    return order.engine, engine_job(order.engine)


def fail(order: WorkOrder) -> None:
    """Raise an error."""
    note(order)
    raise ValueError("the scanner is on fire")


def die_at_first(order: WorkOrder) -> dict[str, Any]:
    """Kill the own process, unless another worker has done so before."""
    try:
        _folder(order).joinpath("died").touch(exist_ok=False)
    except FileExistsError:
        return note(order)
    os.kill(os.getpid(), signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    raise AssertionError("not reached")


def fail_at_first(order: WorkOrder) -> dict[str, Any]:
    """Raise an error, unless another worker has done so before."""
    try:
        _folder(order).joinpath("failed").touch(exist_ok=False)
    except FileExistsError:
        return note(order)
    raise ValueError("the scanner is on fire")


def serve(order: WorkOrder) -> str:
    """Work until somebody asks for an end; in a process of its own a signal does that, too."""
    ended: list[int] = []
    if not order.make_kwargs.get("stubborn"):
        _on_sigterm(lambda number, _frame: ended.append(number))
    else:
        _on_sigterm(signal.SIG_IGN)
    note(order)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not order.make_kwargs.get("stubborn") and (ended or order.stopping()):
            return "stopped"
        time.sleep(0.02)
    return "nobody came"


def _on_sigterm(handler: Any) -> None:
    try:
        signal.signal(signal.SIGTERM, handler)
    except ValueError:  # not the main thread, which signals go to
        return


def _folder(order: WorkOrder) -> Path:
    return Path(order.make_kwargs["folder"])
