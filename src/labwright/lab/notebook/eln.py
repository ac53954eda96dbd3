"""Entries as ``.eln``: a zipped RO-Crate, as the ELN file format has it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import labwright as lw
from labwright.lab.canonical import digest, moment, to_json
from labwright.lab.notebook.canonical import entry_bytes, signature_bytes
from labwright.lab.notebook.page import Attachment, Page, Signature

CONTEXT: Final = "https://w3id.org/ro/crate/1.1/context"
PROFILE: Final = "https://w3id.org/ro/crate/1.1"
METADATA: Final = "ro-crate-metadata.json"
Content = Callable[[int, int], bytes]


def to_eln(pages: Sequence[Page], content: Content, name: str) -> bytes:
    """Entries as the bytes of one file."""
    root = _plain(name) or "notebook"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{root}/{METADATA}", to_json({"@context": CONTEXT, "@graph": _graph(pages, root)}))
        for page in pages:
            for path, data in _files(page, content):
                archive.writestr(f"{root}/{path}", data)
    return buffer.getvalue()


def _files(page: Page, content: Content) -> Iterator[tuple[str, bytes]]:
    """All files of an entry: its text, what was signed, time stamps, and its own files."""
    yield f"{_folder(page)}/entry.md", page.text.encode()
    if page.signatures:
        yield f"{_folder(page)}/signed.json", entry_bytes(page)
    for path, _, _, data in _proofs(page):
        yield f"{_folder(page)}/{path}", data
    for attachment in page.attachments:
        yield f"{_folder(page)}/{_file(attachment)}", content(page.entry, attachment.number)


def _proofs(page: Page) -> Iterator[tuple[str, str, str, bytes]]:
    """What is hashed of each signature, and its time stamp: names, descriptions, types and contents."""
    previous = None
    for s in page.signatures:
        record = signature_bytes(page.entry, s, previous)
        yield f"signature-{s.number}.json", "A signature", "application/json", record
        if s.token:
            yield f"signature-{s.number}.tsr", "Its time stamp", "application/timestamp-reply", s.token
        previous = s.record


def _graph(pages: Sequence[Page], root: str) -> list[dict[str, Any]]:
    people = {name: _person(name, pages) for page in pages for name in _people(page)}
    newest = max((moment(page.made) for page in pages), default=None)
    return [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": PROFILE},
            "sdPublisher": {"@id": "#labwright"},
            "version": "1.0",
        },
        {
            "@id": "./",
            "@type": "Dataset",
            "name": root,
            "description": f"{len(pages)} entries of a lab book",
            "license": {"@id": "#license"},
            **({"datePublished": newest[:10]} if newest else {}),
            "hasPart": [_reference(_id(page)) for page in pages],
        },
        {
            "@id": "#labwright",
            "@type": "Organization",
            "name": "Labwright",
            "softwareVersion": lw.__version__,
        },
        {
            "@id": "#license",
            "@type": "CreativeWork",
            "name": "No license is given: the rights are with the authors.",
        },
        *people.values(),
        *(node for page in pages for node in _nodes(page, {p.entry for p in pages})),
    ]


def _nodes(page: Page, known: set[int]) -> Iterator[dict[str, Any]]:
    files = list(_file_nodes(page))
    comments = [_comment(page, c) for c in page.comments]
    signatures = [_signature(page, s) for s in page.signatures]
    yield {
        "@id": _id(page),
        "@type": "Dataset",
        "name": page.title or f"Entry {page.entry}",
        "identifier": str(page.entry),
        "genre": "experiment",
        "author": _reference(_person_id(page.author)),
        "dateCreated": moment(page.made),
        "temporalCoverage": page.day.isoformat(),
        "text": page.text,
        "encodingFormat": "text/markdown",
        "hasPart": [_reference(f["@id"]) for f in files],
        **({"comment": [_reference(c["@id"]) for c in comments]} if comments else {}),
        **({"mentions": [_reference(s["@id"]) for s in signatures]} if signatures else {}),
        **({"keywords": ", ".join(f"{k.target} {k.row}" for k in page.links)} if page.links else {}),
        **({"isBasedOn": _based_on(page, known)} if page.amended is not None else {}),
    }
    yield from files
    yield from comments
    yield from signatures


def _based_on(page: Page, known: set[int]) -> Any:
    return _reference(f"./entry-{page.amended}/") if page.amended in known else f"entry {page.amended}"


def _file_nodes(page: Page) -> Iterator[dict[str, Any]]:
    """What describes each file; those that are the entry's own come with the hash that was signed."""
    own = {f"{_folder(page)}/{_file(a)}": a for a in page.attachments}
    yield _file_node(f"{_folder(page)}/entry.md", "The text", "text/markdown", page.text.encode())
    if page.signatures:
        yield _file_node(f"{_folder(page)}/signed.json", "What was signed", "application/json", entry_bytes(page))
    for name, description, media_type, data in _proofs(page):
        yield _file_node(f"{_folder(page)}/{name}", description, media_type, data)
    for path, a in own.items():
        yield {
            "@id": f"./{path}",
            "@type": "File",
            "name": a.name,
            "encodingFormat": a.media_type,
            "contentSize": str(a.size),
            "sha256": a.sha256,
        }


def _file_node(path: str, description: str, media_type: str, data: bytes) -> dict[str, Any]:
    return {
        "@id": f"./{path}",
        "@type": "File",
        "name": path.rpartition("/")[2],
        "description": description,
        "encodingFormat": media_type,
        "contentSize": str(len(data)),
        "sha256": digest(data),
    }


def _comment(page: Page, comment: Any) -> dict[str, Any]:
    return {
        "@id": f"#entry-{page.entry}-comment-{comment.number}",
        "@type": "Comment",
        "author": _reference(_person_id(comment.author)),
        "dateCreated": moment(comment.written),
        "text": comment.text,
    }


def _signature(page: Page, signature: Signature) -> dict[str, Any]:
    return {
        "@id": f"#entry-{page.entry}-signature-{signature.number}",
        "@type": "AuthorizeAction",
        "name": "Signed as " + ("author" if signature.meaning == "author" else "a witness"),
        "agent": _reference(_person_id(signature.person)),
        "endTime": moment(signature.signed),
        "instrument": signature.how,
        "description": f"SHA-256 of what was signed: {signature.hash}; of the signature: {signature.record}",
    }


def _people(page: Page) -> list[str]:
    return [page.author, *(c.author for c in page.comments), *(s.person for s in page.signatures)]


def _person(name: str, pages: Sequence[Page]) -> dict[str, Any]:
    known = (s.full_name for page in pages for s in page.signatures if s.person == name and s.full_name)
    return {"@id": _person_id(name), "@type": "Person", "name": next(known, name), "alternateName": name}


def _person_id(name: str) -> str:
    return "#person-" + re.sub(r"[^\w.-]", lambda m: f"%{ord(m[0]):X}", name, flags=re.ASCII)


def _reference(id_: str) -> Mapping[str, str]:
    return {"@id": id_}


def _id(page: Page) -> str:
    return f"./{_folder(page)}/"


def _folder(page: Page) -> str:
    return f"entry-{page.entry}"


def _file(attachment: Attachment) -> str:
    """The name of a file in the archive: numbers keep those apart that are called the same."""
    return f"{attachment.number}-{_plain(attachment.name)}"


def _plain(name: str) -> str:
    """A name that is the same in an address and on every file system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")[:100]
