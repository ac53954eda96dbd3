"""Tables whose rows have a screen of their own for being entered, and are not entered by any other form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from labwright.web.roles.role import Verb

if TYPE_CHECKING:
    from labwright.web.desk.workspace import Workspace

LAB_BOOK: Final = frozenset(
    {
        "Entry",
        "Entry.Attachment",
        "Entry.Link",
        "Entry.Amended",
        "Comment",
        "Comment.Mention",
        "Signature",
        "TimeStamp",
    }
)
"""The tables of a lab book in which names stand for people: nobody writes there in the name of others."""
WRITING: Final = frozenset({Verb.INSERT, Verb.UPDATE})


def schema_of(workspace: Workspace) -> str:
    """The schema of the project's lab book, whether there is one or not."""
    config = workspace.project.config
    return f"{config['database.prefix']}{config['notebook.schema_name']}"


def is_lab_book(workspace: Workspace, schema: str) -> bool:
    """Whether a schema is the project's lab book."""
    if schema != schema_of(workspace):
        return False
    known = workspace.tables()
    return all(f"{schema}.{title}" in known for title in LAB_BOOK)


def is_record(workspace: Workspace, schema: str, title: str, verb: Verb) -> bool:
    """Whether rows are entered and changed by a screen of their own alone."""
    return verb in WRITING and title in LAB_BOOK and is_lab_book(workspace, schema)
