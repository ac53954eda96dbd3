"""Where an attribute of a query comes from, renamed or not."""

from __future__ import annotations

from labwright.query.expr import Aggregate, Join, Node, Project, Source, Union


def origin(node: Node, name: str) -> Source | None:
    """Return the table whose values a query gives as `name`; None for what is computed.

    Examples
    --------
    >>> from labwright.core.heading import Attribute, Heading
    >>> from labwright.core.types import Type
    >>> from labwright.query.expr import project
    >>> scan = Source("lab", "scan", Heading([Attribute("scan", Type("int32"), in_key=True)]))
    >>> origin(project(scan, [], {"number": "scan"}), "number")
    Source(schema='lab', table='scan')
    """
    if isinstance(node, Source):
        return node if name in node.heading else None
    if isinstance(node, (Join, Union)):
        return origin(node.left if name in node.left.heading else node.right, name)
    if isinstance(node, (Project, Aggregate)):
        item = dict(node.items).get(name)
        return _within(node, item) if isinstance(item, str) else None
    return origin(node.node, name)


def _within(node: Project | Aggregate, name: str) -> Source | None:
    if isinstance(node, Project):
        return origin(node.node, name)
    return origin(node.by if node.by is not None and name in node.by.heading else node.group, name)
