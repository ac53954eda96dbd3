"""Lineage: where an attribute comes from, and so what may be joined with what.

Two attributes are homologous when they have the same name and the same lineage: both were brought,
through foreign keys, from the same attribute of the same table. A join on namesakes of different
origin would compare unrelated things, so it is refused. The classic generation knows no lineage: there
namesakes are matched unless both are secondary.
"""

from __future__ import annotations

from labwright.core.errors import QueryError
from labwright.core.generation import CLASSIC, CURRENT, Generation
from labwright.core.heading import Attribute, Heading


def common_attributes(
    left: Heading, right: Heading, *, semantic_check: bool = True, generation: Generation = CURRENT
) -> tuple[str, ...]:
    """Names on which `left` and `right` are matched, in the order of `left`.

    Parameters
    ----------
    left, right : Heading
    semantic_check : bool
        False matches all namesakes, whatever their origin.
    generation : {'classic', '2'}
        Which namesakes may be matched.

    Raises
    ------
    QueryError
        When namesakes are of different origin; the message shows both and the projection that resolves it.
    """
    names = tuple(n for n in left if n in right)
    if semantic_check:
        check = _check_in_a_key if generation == CLASSIC else _check_homologous
        for name in names:
            check(left[name], right[name])
    return names


def _check_in_a_key(left: Attribute, right: Attribute) -> None:
    if left.in_key or right.in_key:
        return
    raise QueryError(
        f"Attribute {left.name!r} is on both sides and in neither's primary key, so it does not say which rows belong "
        f"together. Rename it on one side, e.g. .proj(..., other_{left.name}={left.name!r}), leave it out with "
        f".proj(..., '-{left.name}'), or match it all the same with @, or ^ for a restriction."
    )


def _check_homologous(left: Attribute, right: Attribute) -> None:
    if left.lineage is not None and left.lineage == right.lineage:
        return
    name = left.name
    raise QueryError(
        f"Attribute {name!r} is on both sides, here {_origin(left)}, there {_origin(right)}, so it does not say which "
        f"rows belong together. Rename it on one side, e.g. .proj(..., other_{name}={name!r}), leave it out with "
        f".proj(..., '-{name}'), or match it all the same with .join(..., semantic_check=False)."
    )


def _origin(attribute: Attribute) -> str:
    if attribute.lineage is not None:
        return f"from {attribute.lineage}"
    return f"computed by {attribute.expression!r}" if attribute.expression else "an attribute that belongs to no key"
