"""Blocks: a box with the small boxes that hang at it as a list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

_INDENT: Final = 13.0
_ABOVE_LIST: Final = 5.0
_BETWEEN: Final = 1.0


@dataclass(frozen=True, slots=True)
class Box:
    """Something to be placed: its size, the box it belongs to if it is a part, and its group.

    Examples
    --------
    >>> Box("lab.session", 80, 30, group="lab").width
    80
    """

    id: str
    width: float
    height: float
    master: str | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A box, and below it those that hang at it.

    `before` and `after` are its extents along the layer from the point where lines leave and enter; `depth` is its
    size from layer to layer.
    """

    box: Box
    attached: tuple[Box, ...]
    before: float
    after: float
    depth: float

    @property
    def id(self) -> str:
        """The id of the box."""
        return self.box.id

    @staticmethod
    def trunk(width: float, direction: Literal["TB", "LR"]) -> float:
        """Return where the line to the attached boxes starts, from the left of a box of `width`."""
        return width / 2 + min(_INDENT, width / 4) if direction == "TB" else min(_INDENT, width / 4)

    def placed(self, direction: Literal["TB", "LR"]) -> Iterator[tuple[Box, float, float]]:
        """Yield every box with its place from the point (lines, beginning of the layer)."""
        left, top = (-self.box.width / 2, 0.0) if direction == "TB" else (0.0, -self.box.height / 2)
        yield self.box, left, top
        x = left + Block.trunk(self.box.width, direction) + _INDENT
        y = top + self.box.height + _ABOVE_LIST
        for box in self.attached:
            yield box, x, y
            y += box.height + _BETWEEN


def blocks_of(
    boxes: Iterable[Box], links: Iterable[tuple[str, str]], direction: Literal["TB", "LR"]
) -> tuple[Block, ...]:
    """Join the parts that are linked to nothing but their master to it.

    Examples
    --------
    >>> boxes = Box("a", 60, 30), Box("a.part", 40, 16, master="a")
    >>> [block.attached[0].id for block in blocks_of(boxes, [("a", "a.part")], "TB")]
    ['a.part']
    """
    listed = list(boxes)
    known = {box.id: box for box in listed}
    linked: dict[str, set[str]] = {box.id: set() for box in listed}
    for parent, child in links:
        linked[child].add(parent)
        linked[parent].add(child)
    hanging: dict[str, list[Box]] = {}
    for box in listed:
        master = known.get(box.master or "")
        if master and not master.master and linked[box.id] == {master.id} and master.group == box.group:
            hanging.setdefault(master.id, []).append(box)
    joined = {box.id for part in hanging.values() for box in part}
    return tuple(_block(box, hanging.get(box.id, ()), direction) for box in listed if box.id not in joined)


def _block(box: Box, attached: Iterable[Box], direction: Literal["TB", "LR"]) -> Block:
    bare = Block(box, tuple(attached), 0, 0, 0)
    spots = list(bare.placed(direction))
    left, right = min(x for _, x, _ in spots), max(x + b.width for b, x, _ in spots)
    top, bottom = min(y for _, _, y in spots), max(y + b.height for b, _, y in spots)
    if direction == "TB":
        return Block(box, bare.attached, -left, right, bottom)
    return Block(box, bare.attached, -top, bottom, right)
