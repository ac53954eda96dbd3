"""The lab book: dated entries with files and links to rows, which are signed, and stay as they were signed."""

from labwright.lab.notebook.authority import Authority
from labwright.lab.notebook.notebook import Notebook
from labwright.lab.notebook.page import Attachment, Comment, Link, Page, Signature
from labwright.lab.notebook.row_signatures import RowSignatures
from labwright.lab.notebook.verification import Verification

__all__ = [
    "Attachment",
    "Authority",
    "Comment",
    "Link",
    "Notebook",
    "Page",
    "RowSignatures",
    "Signature",
    "Verification",
]
