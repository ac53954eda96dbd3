"""Where things and animals are."""

from __future__ import annotations

from typing import Any

import labwright as lw
from labwright.lab.lab.module import schema


@schema
class PlaceKind(lw.Lookup):
    definition = """
    # Kinds of places, from the largest to the smallest
    place_kind : varchar(16)
    ---
    level : int8                       # a place lies in one of a lower level
    unique index (level)
    """
    contents = (("site", 10), ("building", 20), ("floor", 30), ("room", 40), ("rack", 50), ("slot", 60))


def _too_small(new: Any) -> Any:
    """The place that the new one lies in, where that is not larger."""
    own = PlaceKind.proj(own_kind="place_kind", own_level="level") & {"own_kind": new.place_kind}
    outer = (Location & {"location": new.within}) * PlaceKind
    return outer * own & "level >= own_level"


def _holds_as_large(new: Any) -> Any:
    """Places within the changed one that are not smaller."""
    own = PlaceKind.proj(own_kind="place_kind", own_level="level") & {"own_kind": new.place_kind}
    inner = (Location & {"within": new.location}) * PlaceKind
    return inner * own & "level <= own_level"


@schema
class Location(lw.Manual):
    definition = """
    # A place, and the larger one that it lies in
    location : varchar(64)
    ---
    -> PlaceKind
    -> [nullable] Location.proj(within="location")
    description = "" : varchar(200)
    """
    # A place of a lower level cannot lie, over however many steps, in itself.
    rules = (
        lw.Refuse(
            _too_small,
            "a place lies in a larger one: a slot in a rack, a rack in a room, a room in a building",
            on=("insert", "update"),
            name="within_larger",
        ),
        lw.Refuse(
            _holds_as_large,
            "a place is larger than those that lie in it",
            on="update",
            name="larger_than_those_within",
        ),
    )


@schema
class DeviceKind(lw.Lookup):
    definition = """
    # Kinds of devices
    device_kind : varchar(32)
    """
    contents = (
        ("microscope",),
        ("probe",),
        ("amplifier",),
        ("camera",),
        ("laser",),
        ("behaviour rig",),
        ("balance",),
        ("scanner",),
        ("computer",),
        ("other",),
    )


@schema
class Device(lw.Manual):
    definition = """
    # An instrument, or another thing that data come from
    device : varchar(64)
    ---
    -> DeviceKind
    manufacturer = "" : varchar(100)
    model = "" : varchar(100)
    serial_number = "" : varchar(100)
    description = "" : varchar(255)
    -> [nullable] Location
    retired = null : date              # from when on it is no more in use
    """


@schema
class Source(lw.Manual):
    definition = """
    # Where animals and materials come from
    source : varchar(64)
    ---
    full_name : varchar(200)
    source_kind : enum('vendor', 'laboratory', 'wild', 'other')
    contact = "" : varchar(255)
    """
