"""Species, with the days by which litters and matings are judged."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import labwright as lw
from labwright.lab.lab.module import schema
from labwright.lab.terms.species import SPECIES

DAYS: Final = MappingProxyType({10090: (18, 21, 35), 10116: (21, 21, 42)})
"""Gestation, weaning and the age from which animals may mate, by species: the least that is usual."""


@schema
class Species(lw.Lookup):
    definition = """
    # A species, by its number in the taxonomy of NCBI
    taxon_id : int32
    ---
    latin_name : varchar(100)
    common_name : varchar(100)
    gestation_days = null : int16      # the shortest
    wean_days = null : int16           # age at which young are weaned, unless their line says otherwise
    maturity_days = null : int16       # age from which an animal may be mated
    unique index (latin_name)
    """
    contents = tuple((s.taxon_id, s.latin_name, s.common_name, *DAYS.get(s.taxon_id, (None,) * 3)) for s in SPECIES)
    rules = (
        lw.Check(
            "gestation_days > 0 and wean_days > 0 and maturity_days > 0",
            "gestation, weaning and maturity are days, more than none",
            name="days_positive",
        ),
    )
