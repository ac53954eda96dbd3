"""How a diagram looks: colours for light and dark surroundings, and the style sheet made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal

Theme = Literal["auto", "light", "dark"]
FONT: Final = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'Noto Sans', sans-serif"

# tier: fill, outline, text
_LIGHT: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "manual": ("#e4f4e9", "#2f8f5b", "#123d26"),
        "lookup": ("#eef0f3", "#8b94a3", "#2f3743"),
        "imported": ("#e2effc", "#2f78c4", "#0f3860"),
        "computed": ("#fde8e4", "#cb4b38", "#5a190f"),
        "part": ("none", "none", "#4a5363"),
        "schema": ("#f1edfa", "#7766ab", "#362a5c"),
        "group": ("#f6f7f9", "#d9dee5", "#5d6674"),
        "edge": ("none", "#7b8593", "#a8560a"),
        "back": ("#ffffff", "none", "none"),
    }
)
_DARK: Final[Mapping[str, tuple[str, str, str]]] = MappingProxyType(
    {
        "manual": ("#153324", "#55b983", "#cdf1dc"),
        "lookup": ("#2a2f38", "#8b95a5", "#d9dee6"),
        "imported": ("#132c46", "#559fe6", "#d2e7fc"),
        "computed": ("#42201a", "#ea7663", "#fddcd6"),
        "part": ("none", "none", "#b7bfcb"),
        "schema": ("#2a2340", "#a291d6", "#e5def8"),
        "group": ("#1b1f26", "#39414d", "#a0a9b7"),
        "edge": ("none", "#8a94a3", "#f0a860"),
        "back": ("#13161b", "none", "none"),
    }
)
_SHAPES: Final = (
    ".lw-diagram{max-width:100%;height:auto}",
    f".lw-diagram text{{font-family:{FONT};font-size:13px;text-anchor:middle;stroke:none}}",
    ".lw-diagram .lw-part text{font-size:11.5px}",
    ".lw-diagram text.lw-start,.lw-diagram .lw-group text{text-anchor:start}",
    ".lw-diagram text.lw-end{text-anchor:end}",
    ".lw-diagram text.lw-status{font-size:10.5px;opacity:.8}",
    ".lw-diagram text.lw-note{font-size:10.5px;font-style:italic}",
    ".lw-diagram text.lw-note{paint-order:stroke;stroke-width:3px;stroke-linejoin:round}",
    ".lw-diagram .lw-schema text.lw-name,.lw-diagram .lw-group text{font-weight:bold}",
    ".lw-diagram .lw-group text{font-size:11.5px;letter-spacing:.4px}",
    ".lw-diagram .lw-key{text-decoration:underline;text-underline-offset:2px}",
    ".lw-diagram .lw-node rect{stroke-width:1.4}",
    ".lw-diagram .lw-schema rect{stroke-dasharray:6 3}",
    ".lw-diagram .lw-edge{fill:none;stroke-width:1.4;stroke-linecap:round}",
    ".lw-diagram .lw-whole{stroke-width:3}",
    ".lw-diagram .lw-secondary{stroke-dasharray:6 4}",
    ".lw-diagram .lw-nullable{stroke-dasharray:.1 4.5;stroke-width:1.9}",
    ".lw-diagram a{cursor:pointer}",
    ".lw-diagram a:hover rect,.lw-diagram a:focus rect{stroke-width:2.6}",
    ".lw-diagram a:hover .lw-part text,.lw-diagram a:focus .lw-part text{text-decoration:underline}",
)


def stylesheet(theme: Theme = "auto") -> str:
    """Return the style sheet of diagrams; ``auto`` follows what the reader prefers.

    A page with a strict policy on inline styles serves this once and draws without it.

    Examples
    --------
    >>> "prefers-color-scheme: dark" in stylesheet(), "prefers-color-scheme" in stylesheet("dark")
    (True, False)
    """
    colours = "\n".join(_colours(_DARK if theme == "dark" else _LIGHT))
    if theme == "auto":
        colours += "\n@media (prefers-color-scheme: dark){\n" + "\n".join(_colours(_DARK)) + "\n}"
    return "\n".join(_SHAPES) + "\n" + colours


def fill(part: str) -> str:
    """Return the light fill of a tier, for formats without style sheets."""
    return _LIGHT[part][0]


def outline(part: str) -> str:
    """Return the light outline of a tier."""
    return _LIGHT[part][1]


def ink(part: str) -> str:
    """Return the light text colour of a tier."""
    return _LIGHT[part][2]


def _colours(palette: Mapping[str, tuple[str, str, str]]) -> Iterator[str]:
    for part, (surface, line, text) in palette.items():
        if part == "edge":
            yield f".lw-diagram .lw-edge{{stroke:{line}}}"
            yield f".lw-diagram .lw-mark{{fill:{text};stroke:none}}"
            yield f".lw-diagram text.lw-note{{fill:{text};stroke:{palette['back'][0]}}}"
        elif part == "back":
            yield f".lw-diagram .lw-back{{fill:{surface}}}"
        else:
            yield f".lw-diagram .lw-{part} rect{{fill:{surface};stroke:{line}}}"
            yield f".lw-diagram .lw-{part} text{{fill:{text}}}"
