"""One sample: a problem drawn from (seed, index) alone, solved finely, averaged onto the stored grid."""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

from ..solvers.errors import NumericalError
from .members import members_of
from .scenario import Array, Fields, Scenario


@dataclass(frozen=True)
class Sample:
    """A solved problem on the stored grid.

    Attributes:
        index: its number in the data set.
        fields: conditions and targets by name, (*axes, ny, nx), or () for scalars; float32. Ensembles lead with their members.
        seconds: wall time of the solve at truth resolution [s].
        residual: relative residual of the truth, NaN where the scenario has none.
    """

    index: int
    fields: dict[str, Array]
    seconds: float
    residual: float


def sample_rng(seed: int, index: int) -> np.random.Generator:
    """The random numbers of sample `index`: they depend on (seed, index) and on nothing else."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))


def sample_seed(seed: int, index: int) -> int:
    """The seed that a stochastic solver gets for sample `index`."""
    return int(np.random.SeedSequence(seed, spawn_key=(index, 1)).generate_state(1)[0])


def simulate_sample(scenario: Scenario, seed: int, index: int) -> Sample:
    """Draw, solve at truth resolution, and average onto the stored grid.

    Raises:
        NumericalError: if the solver fails, or its result is not finite on the stored grid.
    """
    parameters = scenario.draw(sample_rng(seed, index))
    fine = scenario.render(parameters, scenario.truth_resolution)
    start = perf_counter()
    truth = solve_truth(scenario, fine, seed, index)
    seconds = perf_counter() - start
    residual = scenario.residual(fine, truth) if scenario.residual else float("nan")
    conditions = scenario.render(parameters, scenario.stored_resolution)
    return Sample(index, stored_fields(scenario, conditions, fine, truth), seconds, residual)


def solve_truth(scenario: Scenario, fine: Fields, seed: int, index: int) -> Fields:
    """The solution of sample `index` on the grid of its conditions, or all members of its ensemble."""
    if scenario.ensemble is None:
        return scenario.simulate(fine, sample_seed(seed, index))
    return scenario.ensemble(fine, sample_seed(seed, index), members_of(scenario, index))


def stored_fields(scenario: Scenario, conditions: Fields, fine: Fields, truth: Fields) -> dict[str, Array]:
    """What is stored of a solved problem, in float32.

    Args:
        conditions: the problem on the stored grid.
        fine, truth: the problem and its solution at truth resolution.
    Raises:
        NumericalError: if a value is not finite.
    """
    targets = scenario.transfer(truth, fine, scenario.domain.shape(scenario.stored_resolution))
    fields = {v.name: np.asarray(conditions[v.name], dtype=np.float32) for v in scenario.inputs}
    fields |= {v.name: np.asarray(targets[v.name], dtype=np.float32) for v in scenario.targets}
    for name, values in fields.items():
        if not np.isfinite(values).all():
            raise NumericalError(
                f"{name} is not finite after the solve; narrow the range the scenario draws from"
            )
    return fields
