"""How a genotype is called and written, by one convention or the other."""

from __future__ import annotations

from typing import Literal

import labwright as lw
from labwright.lab.calculations.genetics.locus import Alleles, Locus

Code = Literal["wt", "het", "hom", "hemi", "absent", "present", "unknown"]
Convention = Literal["jax", "alyx"]
"""In the first, ``+`` is the wild type; in the second, it is what was tested for: ``+/+`` means the opposite."""

_ALYX_SYMBOLS = {"wt": "-/-", "absent": "-/-", "het": "+/-", "hemi": "+/-", "hom": "+/+", "present": "+", "unknown": ""}


def zygosity(locus: Locus, alleles: Alleles) -> Code:
    """The short name of a genotype.

    Two different mutants are ``'het'``. ``'present'`` is one mutant beside a copy that is not known, ``'hemi'`` the
    only copy, or a transgene on one of two chromosomes, ``'absent'`` no transgene, or a locus that the animal does
    not have. What is not known stays ``'unknown'``, and is never taken for wild type.

    Examples
    --------
    >>> cre = Locus("Cre", wild_type="0")
    >>> [zygosity(cre, pair) for pair in (("cre", "0"), ("cre", "cre"), ("0", "0"), ("cre", None), ("0", None))]
    ['hemi', 'hom', 'absent', 'present', 'unknown']
    >>> zygosity(Locus("Atp7a", "X"), ("Mo",))
    'hemi'
    """
    mutants = [allele for allele in alleles if allele not in {locus.wild_type, None}]
    if None in alleles:
        return "present" if mutants else "unknown"
    if not mutants:
        return "absent" if locus.is_insertion or not alleles else "wt"
    if len(alleles) == 1:
        return "hom" if locus.inheritance == "mitochondrial" else "hemi"
    if len(set(alleles)) == 1:
        return "hom"
    return "hemi" if locus.is_insertion and len(mutants) == 1 else "het"


def show_genotype(locus: Locus, alleles: Alleles, convention: Convention = "jax") -> str:
    """Write a genotype.

    Parameters
    ----------
    locus : Locus
    alleles : tuple
    convention : str
        ``'jax'``: alleles by name, ``+`` being the wild type, as the Jackson Laboratory writes them: ``fl/+``,
        ``Tg/0``, ``Mo/Y``, with ``?`` for what is not known. ``'alyx'``: ``+`` for what was tested for, without
        names: ``+/-``.

    Examples
    --------
    >>> flox = Locus("Grin1")
    >>> show_genotype(flox, ("+", "fl")), show_genotype(flox, ("+", "fl"), "alyx")
    ('fl/+', '+/-')
    >>> show_genotype(flox, ("+", "+")), show_genotype(flox, ("+", "+"), "alyx")
    ('+/+', '-/-')
    >>> show_genotype(Locus("Atp7a", "X"), ("Mo",)), show_genotype(flox, (None, None))
    ('Mo/Y', '?/?')
    """
    if _checked(convention) == "alyx":
        code = zygosity(locus, alleles)
        return "+" if len(alleles) == 1 and code in {"hemi", "hom"} else _ALYX_SYMBOLS[code]
    names = [allele or "?" for allele in locus.ordered(alleles)]
    return "/".join([*names, "Y"] if locus.inheritance == "X" and len(names) == 1 else names) or "-"


def read_genotype(text: str, locus: Locus, sex: str, convention: Convention, mutant: str = "") -> Alleles:
    """The alleles that a text means; the convention is not guessed, because ``+/+`` has opposite meanings.

    Parameters
    ----------
    text : str
        As `show_genotype` writes it; an empty one is a genotype that is not known.
    locus : Locus
    sex : str
        ``'F'``, ``'M'``, or ``'U'`` where the locus has as many copies in both.
    convention : str
    mutant : str
        Which allele was tested for, which texts of Alyx do not say.

    Raises
    ------
    DataError
        When it has no meaning, or another number of alleles than the animal has.

    Examples
    --------
    >>> read_genotype("+/+", Locus("Grin1"), "U", "jax")
    ('+', '+')
    >>> read_genotype("+/+", Locus("Grin1"), "U", "alyx", mutant="fl")
    ('fl', 'fl')
    >>> read_genotype("Mo/Y", Locus("Atp7a", "X"), "M", "jax")
    ('Mo',)
    """
    text = text.strip()
    if _checked(convention) == "alyx":
        return _read_alyx(text, locus, sex, mutant)
    if not text:
        return locus.unknown(sex)
    names = [] if text == "-" else [part.strip() for part in text.split("/")]
    if locus.inheritance == "X" and sex == "M" and names[-1:] == ["Y"]:
        names = names[:-1]
    if "" in names:
        raise lw.errors.DataError(
            f"{text!r} is no genotype of {locus.name}. Write alleles as in 'fl/+', and '?' for one."
        )
    return locus.checked(locus.ordered(tuple(None if name == "?" else name for name in names)), sex)


def _read_alyx(text: str, locus: Locus, sex: str, mutant: str) -> Alleles:
    wild = locus.wild_type
    meanings: dict[str, Alleles]
    if locus.copies(sex) == 1:
        meanings = {"": (None,), "-/-": (wild,), "+": (mutant,)}
    else:
        meanings = {"": (None, None), "-/-": (wild, wild), "+/-": (mutant, wild), "+/+": (mutant, mutant)}
        meanings["+"] = (mutant, None)
    if text not in meanings:
        valid = ", ".join(repr(symbol) for symbol in meanings)
        raise lw.errors.DataError(f"{text!r} is no genotype of {locus.name} for sex {sex}. There are: {valid}.")
    if not mutant and "+" in text:
        raise lw.errors.DataError(f"{text!r} does not say which allele of {locus.name} is present. Give `mutant`.")
    return locus.checked(meanings[text], sex)


def _checked(convention: str) -> str:
    if convention not in {"jax", "alyx"}:
        raise lw.errors.DataError(f"There is no convention {convention!r} for genotypes. There are: 'jax', 'alyx'.")
    return convention
