"""What may be done, by whom, and to how many animals."""

from __future__ import annotations

import labwright as lw
from labwright.lab.lab.module import schema
from labwright.lab.lab.people import User
from labwright.lab.lab.species import Species


@schema
class ProcedureKind(lw.Lookup):
    definition = """
    # Kinds of procedures that people need a licence for
    procedure_kind : varchar(32)
    ---
    description = "" : varchar(200)
    """
    contents = (
        ("surgery", "Any surgery with recovery"),
        ("injection", "Of substances, viruses or cells"),
        ("implant", "Of devices that stay"),
        ("imaging", "Of living animals"),
        ("behaviour", "Training and testing"),
        ("blood", "Sampling of blood"),
        ("tissue", "Sampling of tissue, e.g. for genotyping"),
        ("killing", "Humane killing"),
        ("other", ""),
    )


@schema
class License(lw.Manual):
    definition = """
    # Who may do what, from when to when
    -> User
    -> ProcedureKind
    valid_from : date
    ---
    valid_to : date                    # the last day
    number = "" : varchar(64)
    """
    rules = (lw.Check("valid_to >= valid_from", "a licence ends after it begins", name="ends_after_start"),)


@schema
class Protocol(lw.Manual):
    definition = """
    # What an authority is asked to allow
    protocol : varchar(64)             # its number
    ---
    title : varchar(255)
    authority = "" : varchar(200)
    -> [nullable] User.proj(responsible="user")
    """


@schema
class ProtocolVersion(lw.Manual):
    definition = """
    # A protocol as it was allowed at a time
    -> Protocol
    version : varchar(16)
    ---
    status : enum('draft', 'approved', 'suspended', 'closed')
    approved_on = null : date
    expires_on = null : date           # the last day
    document_hash = null : char(64)    # SHA-256 of the document, hexadecimal
    """
    rules = (
        lw.Check(
            "status = 'draft' or (approved_on is not null and expires_on is not null)",
            "a protocol that is more than a draft says when it was approved and until when",
            name="approved_has_dates",
        ),
        lw.Check("expires_on >= approved_on", "a protocol expires after it was approved", name="expires_after"),
        lw.Check(
            "document_hash is null or document_hash regexp '^[0-9a-f]{64}$'",
            "a SHA-256 is 64 hexadecimal digits in small letters",
            name="hash_form",
        ),
    )


@schema
class ProtocolAllowance(lw.Manual):
    definition = """
    # How many animals a protocol allows; an amendment is a row of its own
    -> ProtocolVersion
    allowance : int32                  # 1, 2, ...
    ---
    -> Species
    category : varchar(32)             # as the authority counts, e.g. a severity
    animals : int32                    # how many more, or fewer where it is negative
    granted_on : date
    note = "" : varchar(255)
    """
    rules = (lw.Check("animals <> 0", "an amendment changes a number", name="changes_something"),)
