"""The calculations of experiment design, on plain values: sample size, allocation, order, blinding, report.

They know no database. numpy and scipy are loaded when something is calculated.
"""

from labwright.lab.calculations.design.allocation import Allocation, Assignment
from labwright.lab.calculations.design.arrive import Checklist, Item, checklist
from labwright.lab.calculations.design.blinding import blind_codes
from labwright.lab.calculations.design.confounding import Association, association, confounding
from labwright.lab.calculations.design.content import content_hash
from labwright.lab.calculations.design.counts import ChiSquare, FisherExact, TwoProportions
from labwright.lab.calculations.design.means import Anova, Correlation, OneSampleT, PairedT, TwoSampleT, WelchT
from labwright.lab.calculations.design.methods import (
    SplitPlot,
    clusters,
    complete,
    permuted_blocks,
    simple,
    split_plot,
    stratified,
)
from labwright.lab.calculations.design.minimisation import minimisation
from labwright.lab.calculations.design.nested import Level, Nested, Simulated
from labwright.lab.calculations.design.orders import Orders, random_orders, williams_orders
from labwright.lab.calculations.design.randomness import Draws, Randomness, fresh_seed
from labwright.lab.calculations.design.sample_size import PlannedTest, SampleSize, sample_size
from labwright.lab.calculations.design.squares import carry_over, latin_square, random_latin_square, williams_square
from labwright.lab.calculations.design.units import eligible

__all__ = [
    "Allocation",
    "Anova",
    "Assignment",
    "Association",
    "Checklist",
    "ChiSquare",
    "Correlation",
    "Draws",
    "FisherExact",
    "Item",
    "Level",
    "Nested",
    "OneSampleT",
    "Orders",
    "PairedT",
    "PlannedTest",
    "Randomness",
    "SampleSize",
    "Simulated",
    "SplitPlot",
    "TwoProportions",
    "TwoSampleT",
    "WelchT",
    "association",
    "blind_codes",
    "carry_over",
    "checklist",
    "clusters",
    "complete",
    "confounding",
    "content_hash",
    "eligible",
    "fresh_seed",
    "latin_square",
    "minimisation",
    "permuted_blocks",
    "random_latin_square",
    "random_orders",
    "sample_size",
    "simple",
    "split_plot",
    "stratified",
    "williams_orders",
    "williams_square",
]
