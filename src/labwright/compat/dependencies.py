"""``datajoint.dependencies``: tables in an order in which parents come first and parts follow their master."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from labwright.compat.utils import get_master


def extract_master(part_table: str) -> str | None:
    """The quoted name of a part's master, or None."""
    return get_master(part_table) or None


def unite_master_parts(lst: Iterable[str]) -> list[str]:
    """Bring parts up behind their masters; everything else stays in order.

    Examples
    --------
    >>> unite_master_parts(["`s`.`a`", "`s`.`a__q`", "`s`.`b`", "`s`.`c`", "`s`.`b__q`", "`s`.`a__r`"])
    ['`s`.`a`', '`s`.`a__q`', '`s`.`a__r`', '`s`.`b`', '`s`.`b__q`', '`s`.`c`']
    """
    names = list(lst)
    parts: dict[str, list[str]] = {name: [] for name in names}
    alone: list[str] = []
    for name in names:
        parts.get(get_master(name), alone).append(name)
    return [each for name in alone for each in (name, *parts[name])]


def topo_sort(graph: Any) -> list[str]:
    """The tables of a networkx graph in such an order; nodes that are numbers stand for renamed references."""
    edges = {(source, target) for source, target in graph.edges() if not _is_alias(source) and not _is_alias(target)}
    for alias in filter(_is_alias, graph.nodes()):
        edges.update((s, t) for s in graph.predecessors(alias) for t in graph.successors(alias))
    names = [name for name in graph.nodes() if not _is_alias(name)]
    edges |= {(source, get_master(target)) for source, target in edges if _leads_to_part(source, target, names)}
    return unite_master_parts(_ordered(names, edges))


def _is_alias(name: str) -> bool:
    return name.isdigit()


def _leads_to_part(source: str, target: str, names: list[str]) -> bool:
    """Whether the target's master has to wait for the source as well."""
    master = get_master(target)
    return master in names and master not in (source, get_master(source))


def _ordered(names: list[str], edges: set[tuple[str, str]]) -> list[str]:
    waiting = {name: {source for source, target in edges if target == name} for name in names}
    order: list[str] = []
    while waiting:
        free = [name for name, sources in waiting.items() if sources.isdisjoint(waiting)]
        if not free:
            raise ValueError(f"The tables refer to each other in a circle: {', '.join(waiting)}.")
        order += free
        for name in free:
            del waiting[name]
    return order
