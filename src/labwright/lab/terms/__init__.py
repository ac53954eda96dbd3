"""How NWB files and the DANDI archive have species, sex and age written."""
