"""Any mating at a few loci."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from hypothesis import strategies as st

from labwright.lab.calculations.genetics.linkage import Linkage
from labwright.lab.calculations.genetics.locus import Inheritance, Locus
from labwright.lab.calculations.genetics.parent import Parent

Mating = tuple[list[Locus], Parent, Parent, list[Linkage]]
KINDS: Final[tuple[Inheritance, ...]] = ("autosomal", "X", "Y", "mitochondrial")

alleles = st.sampled_from(["m", "n", "+", None])


@st.composite
def matings(draw: st.DrawFn) -> Mating:
    """Up to four loci of any kind, the first two of which may be linked."""
    kinds = draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4))
    loci = [Locus(f"l{place}", kind) for place, kind in enumerate(kinds)]
    parents = [
        Parent(sex, {one.name: tuple(draw(alleles) for _ in range(one.copies(sex))) for one in loci}, is_phased=True)
        for sex in "FM"
    ]
    share = draw(st.fractions(0, Fraction(1, 2), max_denominator=20))
    linked = len(kinds) > 1 and kinds[0] == kinds[1] and draw(st.booleans())
    return loci, parents[0], parents[1], [Linkage(("l0", "l1"), (share,))] if linked else []
