"""Where the code of a lab runs: a little at a time, so that the app answers meanwhile."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Final, TypeVar

from labwright.web.desk.refusals import RefusalError

T = TypeVar("T")
AT_ONCE: Final = 4
PATIENCE: Final = 30.0


class TooSlowError(RefusalError):
    """It takes longer than anybody should wait."""

    status = 503
    heading = "This takes too long"


class Studio:
    """Runs functions in threads of their own, some at once.

    Python cannot stop a function from outside. One that takes too long is left to end by itself, and keeps its place
    until then; who asked is told meanwhile.

    Parameters
    ----------
    at_once : int
    patience : float
        Seconds that somebody waits for a place, and then for what comes of it.

    Examples
    --------
    >>> Studio().run(lambda: 2 + 3)
    5
    """

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self._places = threading.BoundedSemaphore(at_once)
        self._patience = patience

    def run(self, work: Callable[[], T]) -> T:
        """What comes of a function, or what it raises.

        Raises
        ------
        TooSlowError
        """
        if not self._places.acquire(timeout=self._patience):
            raise TooSlowError("The server is busy with other plots. Try again in a moment.")
        done: Future[T] = Future()
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(self._work, work, done), name="studio", daemon=True).start()
        try:
            return done.result(self._patience)
        except NotYet:
            if done.done():  # what was raised in there
                raise
            raise TooSlowError(f"This takes longer than {self._patience:g} s. Choose fewer rows.") from None

    def _work(self, work: Callable[[], T], done: Future[T]) -> None:
        try:
            done.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised where the result is asked for
            done.set_exception(error)
        finally:
            self._places.release()
