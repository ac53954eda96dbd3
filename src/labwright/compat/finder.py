"""What Python's import asks for ``datajoint`` and the modules in it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

from labwright import LabwrightError, config
from labwright.compat.names import HELPERS, PEER

_OURS: Final = "labwright"


class _Finder(MetaPathFinder, Loader):
    """Leads each module of the peer to the one here that stands for it; what has none is not found."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        return ModuleSpec(fullname, self, is_package=fullname == PEER) if _counterpart(fullname) else None

    def exec_module(self, module: ModuleType) -> None:
        # Import hands out what stands under the name afterwards, so both names lead to one and the same module.
        sys.modules[module.__name__] = import_module(_counterpart(module.__name__))


def _counterpart(fullname: str) -> str:
    """Our module for one of the peer, or an empty text."""
    peer, _, helper = fullname.partition(".")
    if peer != PEER:
        return ""
    return HELPERS.get(helper, "") if helper else "labwright.compat.datajoint"


_FINDER: Final = _Finder()


def install(*, generation: str | int | None = None) -> None:
    """Let ``import datajoint`` lead to Labwright, here and in everything that is imported from now on.

    No file is read and nothing is connected. Doing it twice changes nothing.

    Parameters
    ----------
    generation : {'classic', '2'}, optional
        The generation of the language that pipelines speak unless their schemas say otherwise: ``'classic'`` for what
        was written for 0.14 and before. By default what the setting ``generation`` says.

    Raises
    ------
    LabwrightError
        When the original package has been imported before, or there is no such generation.

    Examples
    --------
    >>> install(generation="classic")
    >>> import datajoint
    >>> datajoint.__version__
    '0.14.6'
    >>> uninstall()
    """
    found = sys.modules.get(PEER)
    if found is not None and not _is_ours(found):
        raise LabwrightError(
            f"The package {PEER!r} was imported already, from {getattr(found, '__file__', 'somewhere')}, and what "
            "has it goes on using it. Call labwright.compat.install() first, at the top of the program, or run it by: "
            "python -m labwright.compat SCRIPT"
        )
    if generation is not None:
        config.speak(generation)
    if _FINDER not in sys.meta_path:
        sys.meta_path.insert(0, _FINDER)


def uninstall() -> None:
    """Undo `install`: ``import datajoint`` is again the original package, or an error without it."""
    if _FINDER in sys.meta_path:
        sys.meta_path.remove(_FINDER)
        config.speak(None)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == PEER and _is_ours(module):
            del sys.modules[name]


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == _OURS
