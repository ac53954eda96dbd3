"""The main program of a worker that is a process of the same machine."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import traceback
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from labwright.jobs.engines.leaving import Outcome, leave
from labwright.jobs.order import WorkOrder
from labwright.jobs.work_log import logged
from labwright.tables.config_section import Secret

logger = logging.getLogger("labwright.jobs.engines.child")


def main(result: Path) -> int:
    """Carry out the order that stands in standard input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; who has started us tells us to end
    parent = _take_stdin()
    told = json.loads(parent.readline())
    sys.path[:] = told["path"]
    order = replace(WorkOrder.from_json(told["order"]), password=Secret(told["password"]))
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    try:
        with logged() if told["is_logged"] else nullcontext():
            report = order.run()
            logger.info("%s", report, extra={"action": "worker"})
        outcome: Outcome = ("finished", "", report)
    except BaseException:  # noqa: BLE001 - it is told, whatever it is
        outcome = "failed", traceback.format_exc(), None
        traceback.print_exc()
    leave(result, outcome)
    return int(outcome[0] == "failed")


def _take_stdin() -> BinaryIO:
    """Keep standard input, by which the parent is watched, from the code that runs here."""
    parent = os.fdopen(os.dup(0), "rb", buffering=0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return parent


def _end_with(parent: BinaryIO) -> None:
    """End this process when the one that started it is no more."""
    parent.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
