"""Power by simulation: of nested units, and of any experiment that can be simulated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from labwright.lab.calculations.design.content import plain
from labwright.lab.calculations.design.sample_size import Accuracy, PlannedTest, require
from labwright.lab.packages import package

if TYPE_CHECKING:
    import numpy as np

VALUES_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Level:
    """What is nested in the level above: litters, animals within litters, cells within animals.

    Parameters
    ----------
    name : str
    sd : float
        The standard deviation between units of this level, within a unit of the one above; in the unit of the values.
    count : int or pair of int
        Units in each unit of the level above; of a pair, any number from the first to the second is equally probable.
        Of the outermost level it is what is sought, and left 1.

    Examples
    --------
    >>> Level("cell", sd=0.5, count=(5, 20)).bounds
    (5, 20)
    """

    name: str
    sd: float
    count: int | tuple[int, int] = 1

    @property
    def bounds(self) -> tuple[int, int]:
        """The least and the greatest count."""
        return (self.count, self.count) if isinstance(self.count, int) else self.count


@dataclass(frozen=True, kw_only=True)
class Nested(PlannedTest):
    """Arms compared by analysis of variance over the means of experimental units, whose values are nested.

    Values below the experimental unit are averaged, which for equal counts gives the F of the mixed model. Where arms
    are given within a level (animals of one litter to different arms), the model has that level as a block. Each run
    draws normal effects of all levels. More cells do not make more animals: it is the number of experimental units that
    counts.

    Parameters
    ----------
    means : tuple of float
        Of each arm, in the unit of the values.
    levels : tuple of Level
        The outermost first.
    unit : str
        The level whose units are allocated to arms. Below it counts may vary; from the second level to it they are
        fixed.
    alpha : float
    runs : int
        Simulated experiments.
    seed : int

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> levels = (Level("litter", sd=1.0), Level("animal", sd=1.0, count=4), Level("cell", sd=2.0, count=10))
    >>> whole_litters = Nested(means=(0, 1), levels=levels, unit="litter", runs=500)
    >>> within_litters = Nested(means=(0, 1), levels=levels, unit="animal", runs=500)
    >>> litters = sum(sample_size(whole_litters).n), sum(sample_size(within_litters).n)
    >>> litters[0] > 3 * litters[1]
    True
    """

    accuracy: ClassVar[Accuracy] = "simulated"
    most: ClassVar[int] = 10_000
    formula: ClassVar[str] = "simulated F over means of experimental units, outer level as block"
    divisible: ClassVar[bool] = False

    means: tuple[float, ...]
    levels: tuple[Level, ...]
    unit: str
    runs: int = 2000
    seed: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        names = [level.name for level in self.levels]
        require(len(set(self.means)) > 1, "The means of the arms are the same: there is no effect to find.")
        require(self.unit in names, f"There is no level {self.unit!r}: the levels are {names}.")
        require(all(level.sd >= 0 and 1 <= level.bounds[0] <= level.bounds[1] for level in self.levels), _LEVELS)
        require(all(isinstance(level.count, int) for level in self.levels[: self._depth + 1]), _FIXED)
        require(self._depth == 0 or self.levels[self._depth].bounds[0] > 1, _ALONE)

    @property
    def _depth(self) -> int:
        return [level.name for level in self.levels].index(self.unit)

    def inputs(self) -> dict[str, Any]:
        levels = [{"name": level.name, "sd": level.sd, "count": plain(level.count)} for level in self.levels]
        own = {"alpha": self.alpha, "means": list(self.means), "levels": levels}
        return {**own, "unit": self.unit, "runs": self.runs, "seed": self.seed}

    def sizes(self, n: float) -> tuple[float, ...]:
        """Units of the outermost level in each arm, or in all where each has all arms."""
        return (n,) * (len(self.means) if self._depth == 0 else 1)

    def power(self, *sizes: float) -> float:
        import numpy as np

        arms, blocks = self._layout([int(size) for size in sizes])
        is_arm = np.eye(len(self.means))[arms]
        reduced = np.eye(blocks.max() + 1)[blocks]
        full = np.hstack([reduced, is_arm[:, 1:]])
        inner = self.levels[self._depth :]
        random = np.random.Generator(np.random.PCG64(self.seed))
        hits = [
            (_p_values(is_arm @ np.array(self.means) + noise, reduced, full) < self.alpha).sum()
            for noise in _in_parts(random, self.runs, len(arms), inner)
        ]
        return float(sum(hits) / self.runs)

    def _layout(self, sizes: list[int]) -> tuple[np.ndarray, np.ndarray]:
        """The arm and the block of each experimental unit; arms go round, so that they are as equal as can be."""
        import numpy as np

        if self._depth == 0:
            arms = np.repeat(np.arange(len(sizes)), sizes)
            return arms, np.zeros(len(arms), dtype=int)
        each = self.levels[self._depth].bounds[0]
        count = sizes[0] * int(np.prod([level.bounds[0] for level in self.levels[1 : self._depth]]))
        return np.arange(count * each) % len(self.means), np.repeat(np.arange(count), each)


_LEVELS: Final = "Each level has a standard deviation from 0, and counts from 1 whose first is not above the second."
_FIXED: Final = "Counts may vary below the experimental unit only."
_ALONE: Final = "One experimental unit in each block cannot be compared: its level needs a count of at least 2."


def _in_parts(random: np.random.Generator, runs: int, units: int, levels: tuple[Level, ...]) -> Iterator[np.ndarray]:
    """The random part of the mean of each unit, some runs at a time."""
    values = units
    for level in levels[1:]:
        values *= level.bounds[1]
    at_once = max(1, VALUES_AT_ONCE // values)
    for done in range(0, runs, at_once):
        yield _noise(random, (min(at_once, runs - done), units), levels)


def _noise(random: np.random.Generator, shape: tuple[int, ...], levels: tuple[Level, ...]) -> np.ndarray:
    """The effect of each unit, with the mean of what is nested in it."""
    import numpy as np

    own = random.normal(0, levels[0].sd, shape)
    if len(levels) == 1:
        return own
    low, high = levels[1].bounds
    below = _noise(random, (*shape, high), levels[1:])
    counts = random.integers(low, high, shape, endpoint=True)
    present = np.arange(high) < counts[..., None]
    return np.asarray(own + (below * present).sum(-1) / counts)


def _p_values(values: np.ndarray, reduced: np.ndarray, full: np.ndarray) -> np.ndarray:
    """Of the F test between two linear models, for each row of values."""
    import numpy as np

    rank, least = (int(np.linalg.matrix_rank(model)) for model in (full, reduced))
    over, within = rank - least, values.shape[1] - rank
    if over < 1 or within < 1:
        return np.ones(len(values))
    left, before = (_residual(values, model) for model in (full, reduced))
    f = (before - left) / over / (left / within)
    return np.asarray(package("scipy.stats").f.sf(f, over, within))


def _residual(values: np.ndarray, model: np.ndarray) -> np.ndarray:
    import numpy as np

    vectors, sizes, _ = np.linalg.svd(model, full_matrices=False)
    basis = vectors[:, sizes > sizes[0] * 1e-10]
    return np.asarray((values**2).sum(1) - ((values @ basis) ** 2).sum(1))


@dataclass(frozen=True, kw_only=True)
class Simulated(PlannedTest):
    """Any experiment: what is given simulates it once, analyses it, and returns the p value.

    Parameters
    ----------
    p_value : callable
        Takes a numpy Generator and the number of units in the first group; returns a p value.
    description : str
        What it simulates and how it analyses: this is stored, the function is not.
    alpha : float
    runs : int
        Simulated experiments.
    seed : int

    Examples
    --------
    >>> from labwright.lab.calculations.design import sample_size
    >>> def sign_test(random, n):
    ...     ups = int((random.exponential(1, n) > 0.2).sum())
    ...     return package("scipy.stats").binomtest(ups, n).pvalue
    >>> test = Simulated(p_value=sign_test, description="sign test, exponential values against 0.2", runs=200)
    >>> 10 < sample_size(test).n[0] < 40
    True
    """

    accuracy: ClassVar[Accuracy] = "simulated"
    most: ClassVar[int] = 10_000
    formula: ClassVar[str] = "simulated, as described"
    packages: ClassVar[tuple[str, ...]] = ("numpy",)
    divisible: ClassVar[bool] = False

    p_value: Callable[[np.random.Generator, int], float]
    description: str
    runs: int = 1000
    seed: int = 1

    def inputs(self) -> dict[str, Any]:
        own = {"alpha": self.alpha, "description": self.description}
        return {**own, "runs": self.runs, "seed": self.seed}

    def power(self, *sizes: float) -> float:
        import numpy as np

        random = np.random.Generator(np.random.PCG64(self.seed))
        return sum(self.p_value(random, int(sizes[0])) < self.alpha for _ in range(self.runs)) / self.runs
