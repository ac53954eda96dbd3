"""Who works where, as what, on which project."""

from __future__ import annotations

import labwright as lw
from labwright.lab.lab.module import schema


@schema
class Organization(lw.Manual):
    definition = """
    # A university, institute or company
    organization : varchar(64)         # short name
    ---
    full_name : varchar(200)
    ror = null : char(9)               # its number at ror.org
    """
    rules = (
        lw.Check(
            "ror is null or ror regexp '^0[a-z0-9]{6}[0-9]{2}$'",
            "a number of ror.org is 0, six letters or digits, and two digits",
            name="ror_form",
        ),
    )


@schema
class Lab(lw.Manual):
    definition = """
    # A laboratory
    lab : varchar(32)                  # short name
    ---
    full_name : varchar(200)
    -> [nullable] Organization
    address = "" : varchar(255)
    time_zone = "UTC" : varchar(64)    # name in the IANA database, e.g. Europe/Lisbon
    """


@schema
class User(lw.Manual):
    definition = """
    # A person, who may have an account of the same name
    user : varchar(64)                 # name of the account
    ---
    family_name : varchar(100)
    given_names = "" : varchar(100)
    email = null : varchar(254)
    orcid = null : char(19)            # e.g. 0000-0002-1825-0097
    unique index (orcid)
    """
    rules = (
        lw.Check(
            "orcid is null or orcid regexp '^([0-9]{4}-){3}[0-9]{3}[0-9X]$'",
            "an ORCID iD is four groups of four digits with hyphens between; the last digit may be X",
            name="orcid_form",
        ),
    )


@schema
class Role(lw.Lookup):
    definition = """
    # What somebody is in a laboratory
    role : varchar(32)
    ---
    description = "" : varchar(200)
    """
    contents = (
        ("head", "Leads the laboratory"),
        ("scientist", "Plans and does experiments"),
        ("technician", "Does experiments and looks after equipment"),
        ("animal keeper", "Looks after the animals"),
        ("veterinarian", "Watches over the health of the animals"),
        ("data engineer", "Looks after databases, stores and accounts"),
        ("guest", "Looks on"),
    )


@schema
class Membership(lw.Manual):
    definition = """
    # Who is in which laboratory, from when to when
    -> User
    -> Lab
    start : date
    ---
    end = null : date                  # the first day on which it is no more; empty while it lasts
    -> Role
    """
    rules = (
        lw.NoOverlap(
            of=("user", "lab"), start="start", end="end", says="a person is once in a laboratory at a time", name="once"
        ),
    )


@schema
class Project(lw.Manual):
    definition = """
    # What people work on together
    project : varchar(32)              # short name
    ---
    title : varchar(200)
    description = "" : varchar(4000)
    start = null : date
    end = null : date                  # the first day on which it is no more
    """
    rules = (lw.Check("end > start", "a project ends after it starts", name="ends_after_start"),)

    class Member(lw.Part):
        definition = """
        # Who works on it
        -> master
        -> User
        """

    class Funding(lw.Part):
        definition = """
        # Who pays for it
        -> master
        funder : varchar(100)
        award : varchar(100)           # number of the grant
        """
