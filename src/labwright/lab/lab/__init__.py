"""People, places, devices, species, projects, and what an authority allows: what the other modules refer to."""

from typing import Final

from labwright.lab.lab.module import MODULE, schema
from labwright.lab.lab.people import Lab, Membership, Organization, Project, Role, User
from labwright.lab.lab.places import Device, DeviceKind, Location, PlaceKind, Source
from labwright.lab.lab.protocols import License, ProcedureKind, Protocol, ProtocolAllowance, ProtocolVersion
from labwright.lab.lab.species import Species

activate: Final = MODULE.activate

__all__ = [
    "MODULE",
    "Device",
    "DeviceKind",
    "Lab",
    "License",
    "Location",
    "Membership",
    "Organization",
    "PlaceKind",
    "ProcedureKind",
    "Project",
    "Protocol",
    "ProtocolAllowance",
    "ProtocolVersion",
    "Role",
    "Source",
    "Species",
    "User",
    "activate",
    "schema",
]
