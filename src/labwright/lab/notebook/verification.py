"""Looking whether an entry is what was signed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import labwright as lw
from labwright.lab.canonical import digest
from labwright.lab.notebook.canonical import entry_bytes, signature_bytes
from labwright.lab.notebook.page import Page, Signature

if TYPE_CHECKING:
    from labwright.lab.notebook.authority import Authority

Record = Callable[[Signature, str | None], bytes]
"""What is hashed of a signature that follows another one."""


@dataclass(frozen=True)
class Verification:
    """What was found.

    Parameters
    ----------
    entry : int or None
        None of a row.
    hash : str
        SHA-256 of the entry, or the row, as it is now.
    signatures : sequence of Signature
    problems : sequence of str
        What is not as it was signed, in sentences.
    is_stamped : bool
        Whether time stamps were held against certificates, and hold for all signatures.
    """

    entry: int | None
    hash: str
    signatures: Sequence[Signature]
    problems: Sequence[str]
    is_stamped: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it is signed, and all is as it was signed."""
        return bool(self.signatures) and not self.problems


def verify(page: Page, content: Callable[[int], bytes], authority: Authority | None) -> Verification:
    """Compute all hashes anew."""
    found, record = digest(entry_bytes(page)), partial(signature_bytes, page.entry)
    problems = [*_of_files(page, content), *_of_signatures(page.signatures, found, record, "entry")]
    if page.signatures and not page.sealed:
        problems.append("It is signed, and yet not sealed.")
    return _verified(page.entry, found, page.signatures, problems, record, authority)


def verify_row(
    found: str, signatures: Sequence[Signature], problems: Iterable[str], record: Record, authority: Authority | None
) -> Verification:
    """Hold the signatures of a row against its hash; `problems` are those of what it has in stores."""
    told = [*problems, *_of_signatures(signatures, found, record, "row")]
    return _verified(None, found, signatures, told, record, authority)


def _verified(
    entry: int | None,
    found: str,
    signatures: Sequence[Signature],
    problems: Sequence[str],
    record: Record,
    authority: Authority | None,
) -> Verification:
    """What was found, with what is wrong with time stamps."""
    told = [*problems, *([] if signatures else ["It is not signed."])]
    if authority is not None:
        told += _of_stamps(signatures, record, authority)
    is_stamped = authority is not None and all(s.token for s in signatures) and not told
    return Verification(entry, found, signatures, told, is_stamped)


def _of_files(page: Page, content: Callable[[int], bytes]) -> Iterator[str]:
    for attachment in page.attachments:
        try:
            data = content(attachment.number)
        except lw.LabwrightError as error:
            yield f"The file {attachment.name} cannot be read: {str(error).partition(chr(10))[0]}"
            continue
        if digest(data) != attachment.sha256:
            yield f"The file {attachment.name} is not the one that was added."


def _of_signatures(signatures: Sequence[Signature], found: str, record: Record, what: str) -> Iterator[str]:
    previous = None
    for number, signature in enumerate(signatures, start=1):
        if signature.number != number:
            yield f"Signature {number} is missing."
            return
        if signature.hash != found:
            yield f"The {what} is not what {signature.person} has signed."
        if signature.record != digest(record(signature, previous)):
            yield f"The signature of {signature.person} is not as it was made."
        previous = signature.record


def _of_stamps(signatures: Sequence[Signature], record: Record, authority: Authority) -> Iterator[str]:
    previous = None
    for signature in signatures:
        if signature.token:
            try:
                authority.check(signature.token, record(signature, previous))
            except lw.LabwrightError as error:
                yield f"The time stamp on the signature of {signature.person} does not hold: {error}"
        previous = signature.record
