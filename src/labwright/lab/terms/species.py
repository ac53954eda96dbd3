"""Species by their number in the taxonomy of NCBI, and the sexes that they have."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import labwright as lw

NCBI: Final = "http://purl.obolibrary.org/obo/NCBITaxon_"
WORM: Final = "Caenorhabditis elegans"


@dataclass(frozen=True)
class Species:
    """A species.

    Parameters
    ----------
    taxon_id : int
        Of NCBI.
    latin_name : str
    common_name : str

    Examples
    --------
    >>> SPECIES[0].latin_name, SPECIES[0].iri
    ('Mus musculus', 'http://purl.obolibrary.org/obo/NCBITaxon_10090')
    """

    taxon_id: int
    latin_name: str
    common_name: str

    @property
    def iri(self) -> str:
        """How DANDI identifies it."""
        return f"{NCBI}{self.taxon_id}"


SPECIES: Final = (
    Species(10090, "Mus musculus", "House mouse"),
    Species(10116, "Rattus norvegicus", "Norway rat"),
    Species(10117, "Rattus rattus", "Black rat"),
    Species(10047, "Meriones unguiculatus", "Mongolian gerbil"),
    Species(9544, "Macaca mulatta", "Rhesus monkey"),
    Species(9545, "Macaca nemestrina", "Pig-tailed macaque"),
    Species(9483, "Callithrix jacchus", "Common marmoset"),
    Species(9606, "Homo sapiens", "Human"),
    Species(7955, "Danio rerio", "Zebrafish"),
    Species(7227, "Drosophila melanogaster", "Fruit fly"),
    Species(6239, WORM, "Roundworm"),
)
"""Those that most laboratories need, which DANDI knows by name."""


def check_species(text: str) -> str:
    """Refuse what NWB and DANDI do not read as a species: a Latin name of two words, or the address at NCBI.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        The same.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_species("Mus musculus")
    'Mus musculus'
    >>> check_species("mouse")
    Traceback (most recent call last):
        ...
    labwright.core.errors.DataError: 'mouse' is no species. Write the Latin name, as 'Mus musculus', ...
    """
    if not re.fullmatch(rf"[A-Z][a-z]+ [a-z]+|{re.escape(NCBI)}[0-9]+", text):
        raise lw.errors.DataError(
            f"{text!r} is no species. Write the Latin name, as 'Mus musculus', without the subspecies, or its address "
            f"at NCBI, as '{NCBI}10090'."
        )
    return text


def check_sex(text: str, species: str = "Mus musculus") -> str:
    """Refuse what NWB and DANDI do not read as a sex of a species.

    Parameters
    ----------
    text : str
        ``'F'``, ``'M'``, ``'O'`` for other or ``'U'`` for unknown; of Caenorhabditis elegans ``'XX'`` or ``'XO'``.
    species : str
        As in `check_species`.

    Returns
    -------
    str
        The same.

    Raises
    ------
    DataError

    Examples
    --------
    >>> check_sex("F"), check_sex("XX", "Caenorhabditis elegans")
    ('F', 'XX')
    """
    is_worm = species in {WORM, f"{NCBI}6239"}
    valid = ("XX", "XO") if is_worm else ("F", "M", "O", "U")
    if text not in valid:
        raise lw.errors.DataError(f"{text!r} is no sex of {species}. There are: {', '.join(valid)}.")
    return text
