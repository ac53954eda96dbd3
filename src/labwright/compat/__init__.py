"""The switch that lets published pipelines say ``import datajoint as dj`` and run on Labwright.

    >>> import labwright.compat
    >>> labwright.compat.install()
    >>> import datajoint as dj
    >>> dj.utils.to_camel_case("mouse_weight")
    'MouseWeight'
    >>> labwright.compat.uninstall()

``python -m labwright.compat script.py`` runs a script that is left as it is, and ``import labwright.compat.auto``
switches for whatever is imported after it. Names that packages ask of the interpreter rather than of Python modules are
out of reach: ``importlib.metadata.version("datajoint")`` tells of the distribution that is installed, if there is one.
"""

from labwright.compat.finder import install, uninstall

__all__ = ["install", "uninstall"]
