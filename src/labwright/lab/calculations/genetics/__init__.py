"""Genetics as calculations on plain values: crosses, litters, pedigrees. It knows no database."""
