"""A pipeline for workers that are killed, stopped and cut off; of a worker's process by ``LABWRIGHT_STRESS_SCHEMA``."""

from __future__ import annotations

import ctypes
import os
import random
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import labwright as lw

Key = dict[str, Any]
PARTS: Final = 3
SLOW: Final = float(os.environ.get("LABWRIGHT_STRESS_SLOW", "0"))
"""Seconds that a computation takes, about."""
BAD, DEADLY, DEAF = 3, 7, 5
"""What is left of a tenth where a computation always fails, ends its process, and keeps the interpreter to itself."""
DEAF_FOR: Final = 4
"""Seconds, which is more than the lease that tests give."""
CHANCE: Final = 0.15


def busy(process: int, folder: Path | None = None) -> Path:
    """The file that is there while a worker computes."""
    return (folder or Path()) / f"busy{process}"


def dawdle() -> None:
    """Take some time."""
    marker = busy(os.getpid())
    marker.touch()
    time.sleep(random.uniform(0.5, 1.5) * SLOW)
    marker.unlink()


def noted(log: Any, stage: str, key: Key) -> None:
    """Leave a trace that does not depend on the key: two that were stored for one key are seen."""
    log.insert1((uuid.uuid4(), stage, key["recording"]))


def misfortune(number: int) -> None:
    """Fail, always for some and by chance for others."""
    match number % 10:
        case remainder if remainder == BAD:
            raise ValueError(f"recording {number} is bad")
        case remainder if remainder == DEADLY:
            os._exit(9)
        case remainder if remainder == DEAF:
            ctypes.PyDLL(None).sleep(DEAF_FOR)
            return
    chance = random.random()
    if chance < CHANCE:
        raise RuntimeError("by chance")
    if chance < 2 * CHANCE:
        raise lw.errors.LockError("by chance")
    if chance < 3 * CHANCE:
        raise SystemExit("by chance")


def build(schema: lw.Schema) -> SimpleNamespace:
    """Make the tables in a schema."""

    @schema
    class Recording(lw.Manual):
        history = False
        definition = """
        recording : int32
        ---
        value : int32
        """

    @schema
    class Log(lw.Manual):
        history = False
        definition = """
        entry : uuid
        ---
        stage : varchar(20)
        recording : int32
        """

    @schema
    class Signal(lw.Computed):
        definition = """
        -> Recording
        ---
        total : int64
        """

        class Sample(lw.Part):
            definition = """
            -> master
            sample : int16
            ---
            level : int64
            """

        def make(self, key: Key) -> None:
            value = int((Recording & key).fetch1("value"))
            dawdle()
            self.insert1({**key, "total": PARTS * value})
            self.Sample.insert({**key, "sample": n, "level": n * value} for n in range(PARTS))
            noted(Log(), "signal", key)

    @schema
    class Spectrum(lw.Computed):
        definition = """
        -> Recording
        ---
        power : int64
        """

        class Band(lw.Part):
            definition = """
            -> master
            band : int16
            ---
            level : int64
            """

        def make(self, key: Key) -> Iterator[Any]:
            fetched = (int((Recording & key).fetch1("value")),)
            computed = yield fetched
            if computed is None:
                dawdle()
                computed = (fetched[0] ** 2, [n + fetched[0] for n in range(PARTS)])
                yield computed
            power, levels = computed
            self.insert1({**key, "power": power})
            self.Band.insert({**key, "band": n, "level": level} for n, level in enumerate(levels))
            noted(Log(), "spectrum", key)
            yield

    @schema
    class Summary(lw.Computed):
        definition = """
        -> Signal
        -> Spectrum
        ---
        score : int64
        """

        def make(self, key: Key) -> None:
            total, power = (Signal & key).fetch1("total"), (Spectrum & key).fetch1("power")
            levels = (Spectrum.Band & key).to_arrays("level")
            self.insert1({**key, "score": int(total) + int(power) + int(levels.sum())})
            noted(Log(), "summary", key)

    @schema
    class Fickle(lw.Computed):
        definition = """
        -> Recording
        ---
        half : float64
        """

        def make(self, key: Key) -> None:
            value = int((Recording & key).fetch1("value"))
            misfortune(key["recording"])
            self.insert1({**key, "half": value / 2})
            noted(Log(), "fickle", key)

    @schema
    class Quick(lw.Computed):
        """Many keys share a commit."""

        definition = """
        -> Recording
        ---
        twice : int64
        """

        def make(self, key: Key) -> None:
            value = int((Recording & key).fetch1("value"))
            self.insert1({**key, "twice": 2 * value})
            noted(Log(), "quick", key)

    @schema
    class Many(lw.Computed):
        """Many keys share a call."""

        definition = """
        -> Recording
        ---
        twice : int64
        """

        def make_many(self, keys: list[Key]) -> None:
            found = (Recording & keys).to_dicts()
            self.insert({"recording": row["recording"], "twice": 2 * row["value"]} for row in found)
            for key in keys:
                noted(Log(), "many", key)

    tables = (Recording, Log, Signal, Spectrum, Summary, Fickle, Quick, Many)
    return SimpleNamespace(**{table.__name__: table for table in tables})


if _name := os.environ.get("LABWRIGHT_STRESS_SCHEMA"):
    globals().update(vars(build(lw.Schema(_name))))
