"""Laboratory codes within the names of alleles and strains.

One to five letters, the first a capital, as the International Laboratory Code Registry gives them
(doi:10.1007/s00335-021-09902-3); where they stand in a name is said by the guidelines of MGI for genes and alleles
(2021) and for strains (2022). Names are not checked beyond that.
"""

from __future__ import annotations

import re
from typing import Final

import labwright as lw

_CODE: Final = re.compile(r"[A-Z][a-z]{0,4}")
_IN_ALLELE: Final = re.compile(r"(?:\d[a-z]?|\))([A-Z][a-z]{0,4})$")
_IN_STRAIN: Final = re.compile(r"/[^/]*?((?:[A-Z][a-z]{0,4})+)$")


def is_lab_code(text: str) -> bool:
    """Whether a text has the form of a laboratory code; it may not be registered.

    Examples
    --------
    >>> [is_lab_code(text) for text in ("J", "Mag", "Wtsi", "mag", "MAG", "Magdeburg")]
    [True, True, True, False, False, False]
    """
    return _CODE.fullmatch(text) is not None


def check_lab_code(text: str) -> str:
    """Return a laboratory code.

    Raises
    ------
    DataError
        When it has not the form of one.

    Examples
    --------
    >>> check_lab_code("Tac")
    'Tac'
    """
    if not is_lab_code(text):
        raise lw.errors.DataError(
            f"{text!r} is no laboratory code. It is one to five letters, the first a capital, the others small, as in "
            "'J' or 'Mag', and registered with the International Laboratory Code Registry."
        )
    return text


def allele_lab_code(name: str) -> str | None:
    """The laboratory that made an allele or transgene, from its name; None where the name has none.

    The code follows the number of the mutation, or of the founder.

    Examples
    --------
    >>> [allele_lab_code(name) for name in ("Egfr<tm1Mag>", "Tg(ACTB-EGFP)1Osb", "Kdr<tm1b(EUCOMM)Hmgu>", "Atp7a<Mo>")]
    ['Mag', 'Osb', 'Hmgu', None]
    """
    found = _IN_ALLELE.search(name.strip().removesuffix(">"))
    return found[1] if found else None


def strain_lab_codes(name: str) -> tuple[str, ...]:
    """The laboratories that have kept a strain, from its name, the last being where it is now.

    Examples
    --------
    >>> strain_lab_codes("C57BL/6NTac"), strain_lab_codes("C57BL/6JOlaHsd"), strain_lab_codes("B6D2F1/J")
    (('N', 'Tac'), ('J', 'Ola', 'Hsd'), ('J',))
    """
    found = _IN_STRAIN.search(name.strip())
    return tuple(_CODE.findall(found[1])) if found else ()
