"""The registry: which field an attribute has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import labwright as lw
from labwright.web.fields.field import Field
from labwright.web.fields.files import BlobField, FileField, LinkField, OtherField, ReferenceField
from labwright.web.fields.flags import FlagField
from labwright.web.fields.moments import DateField, MomentField, TimeField, ZonedField
from labwright.web.fields.numbers import DecimalField, FloatField, IntegerField, YearField
from labwright.web.fields.structures import BytesField, JsonField
from labwright.web.fields.words import CharField, ChoiceField, TextField, UuidField

_INTEGERS: Final = tuple(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 24, 32, 64))

FIELDS: Final[Mapping[str, type[Field]]] = {
    **dict.fromkeys(_INTEGERS, IntegerField),
    "year": YearField,
    "float32": FloatField,
    "float64": FloatField,
    "decimal": DecimalField,
    "bool": FlagField,
    "char": CharField,
    "varchar": TextField,
    "text": TextField,
    "enum": ChoiceField,
    "uuid": UuidField,
    "date": DateField,
    "time": TimeField,
    "datetime": MomentField,
    "timestamp": MomentField,
    "datetime_utc": ZonedField,
    "json": JsonField,
    "bytes": BytesField,
}
"""The field of each kind of type."""

CODECS: Final[Mapping[str, type[Field]]] = {
    "blob": BlobField,
    "attach": FileField,
    "filepath": LinkField,
    **dict.fromkeys(("object", "npy", "zarr", "parquet", "hdf5", "image", "tiff", "video"), ReferenceField),
}
"""The field of each codec; those of others are read only."""


@lru_cache(maxsize=8192)
def field_of(attribute: lw.Attribute) -> Field:
    r"""Return the field of an attribute, from which its input, its column and its filters are made.

    Examples
    --------
    >>> import labwright as lw
    >>> with lw.Project("sqlite:///:memory:") as project:
    ...     schema = lw.Schema("lab", connection=project)
    ...     @schema
    ...     class Mouse(lw.Manual):
    ...         definition = "mouse : int16\n---\nweight = null : float64  # on arrival (g)"
    ...     weight = field_of(Mouse.heading["weight"])
    >>> weight.macro, weight.unit, weight.parse("21,5"), weight.edit(21.5), weight.format(None)
    ('number', 'g', 21.5, '21.5', '')
    """
    type_ = attribute.type
    if type_ is None:
        return OtherField(attribute)
    if type_.kind == "codec":
        return CODECS.get(type_.codec or "", OtherField)(attribute)
    return FIELDS.get(type_.kind, OtherField)(attribute)


def fields_of(heading: Mapping[str, lw.Attribute]) -> dict[str, Field]:
    """Return the fields of all attributes by name, to be asked for once where there are many rows."""
    return {name: field_of(attribute) for name, attribute in heading.items()}
