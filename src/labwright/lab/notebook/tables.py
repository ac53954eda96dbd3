"""The tables of a lab book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import labwright as lw
from labwright.lab.notebook.rules import rules_of_entries, rules_of_parts, rules_of_signatures, stays


@dataclass(frozen=True)
class Tables:
    """The classes of one lab book.

    Parameters
    ----------
    Entry, Comment, Signature, TimeStamp, Template : Table class
    """

    Entry: Any
    Comment: Any
    Signature: Any
    TimeStamp: Any
    Template: Any


def tables_of(schema: lw.Schema) -> Tables:
    """The tables of a lab book in a schema; those that are not there are declared."""
    known = {cls.__name__: cls for cls in schema.masters()}
    if "Entry" not in known:
        _declare(schema, _attach_type(schema))
        known = {cls.__name__: cls for cls in schema.masters()}
    schema.ensure_declared()  # which is not done within the transactions that follow
    return Tables(*(known[name] for name in ("Entry", "Comment", "Signature", "TimeStamp", "Template")))


def _attach_type(schema: lw.Schema) -> str:
    """Files are in the default store where there is one; a lab book that is there already stays as it is."""
    name = schema.database_name
    if name in lw.list_schemas(schema.project):
        there = lw.Schema(name, connection=schema.project, create_schema=False, create_tables=False)
        if "entry__attachment" in there.list_tables():
            return str(there["Entry"].Attachment.heading["content"].type)
    return "<attach@>" if schema.project.config["stores.default"] else "<attach>"


def _declare(schema: lw.Schema, attach: str) -> None:
    _declare_entries(schema, attach)
    _declare_comments(schema)
    _declare_signatures(schema)
    _declare_templates(schema)


def _declare_entries(schema: lw.Schema, attach: str) -> None:
    @schema
    class Entry(lw.Manual):
        definition = """
        # A page of the lab book
        entry : int32                 # its number
        ---
        day : date                    # what it is about
        title : varchar(200)
        text : mediumtext             # Markdown
        author : varchar(64)
        made : datetime_utc(6)
        locked_by = "" : varchar(64)  # who keeps it from being changed; empty: nobody
        sealed = false : bool         # signed: it stays as it is
        index (day)
        """
        rules = rules_of_entries(schema)

        class Attachment(lw.Part):
            definition = f"""
            # A file that was pasted or added
            -> master
            attachment : int16        # 1, 2, ... within the entry
            ---
            name : varchar(255)
            media_type : varchar(100)
            size : int64              # bytes
            sha256 : char(64)
            content : {attach}
            """
            rules = rules_of_parts(schema, "files")

        class Link(lw.Part):
            definition = """
            # A row of any table that the entry is about
            -> master
            target : varchar(128)     # the table, as in lab.Mouse
            row : varchar(255)        # its key as JSON without spaces, names in order: {"mouse":3}
            ---
            in_text = false : bool    # it stands in the text: [[lab.Mouse/3]]
            index (target, row)
            """
            rules = rules_of_parts(schema, "links")

        class Amended(lw.Part):
            definition = """
            # The signed entry that this one corrects or adds to
            -> master
            ---
            -> Entry.proj(amended="entry")
            """
            rules = rules_of_parts(schema, "references")


def _declare_comments(schema: lw.Schema) -> None:
    class Comment(lw.Manual):
        definition = """
        # What somebody says of an entry; no part of what is signed
        -> Entry
        comment : int32
        ---
        author : varchar(64)
        written : datetime_utc(6)
        text : mediumtext             # Markdown
        """

        class Mention(lw.Part):
            definition = """
            # Who is called by @name
            -> master
            person : varchar(64)
            """

    schema(Comment, context={"Entry": schema["Entry"]})


def _declare_signatures(schema: lw.Schema) -> None:
    class Signature(lw.Manual):
        definition = """
        # Who stands for an entry as it is
        -> Entry
        signature : int16             # 1 is the author's, the others are witnesses
        ---
        person : varchar(64)
        full_name : varchar(200)
        meaning : enum('author', 'witness')
        signed : datetime_utc(6)
        how : varchar(100)            # how the person had shown who they are
        hash : char(64)               # SHA-256 of the entry, its links and its files
        record : char(64)             # SHA-256 of this signature and the one before
        """
        rules = rules_of_signatures(schema)

    schema(Signature, context={"Entry": schema["Entry"]})

    @schema
    class TimeStamp(lw.Manual):
        definition = """
        # When an authority has seen a signature (RFC 3161)
        -> Signature
        ---
        authority : varchar(255)
        moment : datetime_utc(6)      # what the authority says
        token : bytes                 # its answer, DER
        """
        rules = (stays("a time stamp", "time_stamp_stays"),)


def _declare_templates(schema: lw.Schema) -> None:
    @schema
    class Template(lw.Manual):
        definition = """
        # What entries of a kind begin with
        template : varchar(64)
        ---
        title = "" : varchar(200)
        text : mediumtext             # Markdown
        """
