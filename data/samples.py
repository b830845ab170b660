"""One sample: a problem drawn from (seed, index) alone, solved finely or roughly, averaged onto the stored grid."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np

from ..solvers.errors import NumericalError
from .members import members_of
from .scenario import Array, Draw, Fields, Scenario


@dataclass(frozen=True)
class Sample:
    """A solved problem on the stored grid.

    Attributes:
        index: its number in the data set.
        fields: conditions and targets by name, (*axes, ny, nx), or () for scalars; float32. Ensembles lead with their members.
        seconds: wall time of the solve [s].
        residual: its relative residual, NaN where the scenario has none.
        resolution: cells along the first axis when solved.
    """

    index: int
    fields: dict[str, Array]
    seconds: float
    residual: float
    resolution: int


def sample_rng(seed: int, index: int) -> np.random.Generator:
    """The random numbers of sample `index`: they depend on (seed, index) and on nothing else."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(index,)))


def sample_seed(seed: int, index: int) -> int:
    """The seed that a stochastic solver gets for sample `index`."""
    return int(np.random.SeedSequence(seed, spawn_key=(index, 1)).generate_state(1)[0])


def simulate_sample(scenario: Scenario, seed: int, index: int) -> Sample:
    """Draw, solve at the resolution of the truth or of rough samples, and average onto the stored grid.

    Raises:
        NumericalError: if the solver fails, or its result is not finite on the stored grid.
    """
    parameters = draw_sample(scenario, seed, index)
    fine = scenario.render(parameters, solve_resolution(scenario, index))
    start = perf_counter()
    solved = solve_sample(scenario, fine, seed, index)
    seconds = perf_counter() - start
    residual = scenario.residual(fine, solved) if scenario.residual else float("nan")
    fields = fields_of_sample(scenario, parameters, fine, solved)
    return Sample(index, fields, seconds, residual, solve_resolution(scenario, index))


def draw_sample(scenario: Scenario, seed: int, index: int) -> Any:
    """The parameters of sample `index`."""
    return draw_of(scenario, index)(sample_rng(seed, index))


def draw_of(scenario: Scenario, index: int) -> Draw:
    """What draws sample `index`."""
    rough = scenario.rough
    return rough.draw if rough and rough.draw and rough.holds(index) else scenario.draw


def solve_resolution(scenario: Scenario, index: int) -> int:
    """Cells along the first axis on which a sample is solved."""
    rough = scenario.rough
    return rough.resolution if rough and rough.holds(index) else scenario.truth_resolution


def solve_sample(scenario: Scenario, fine: Fields, seed: int, index: int) -> Fields:
    """The solution of sample `index` on the grid of its conditions, or all members of its ensemble."""
    simulate, ensemble, rough = scenario.simulate, scenario.ensemble, scenario.rough
    if rough and rough.holds(index):
        simulate, ensemble = rough.simulate or simulate, rough.ensemble or ensemble
    if ensemble is None:
        return simulate(fine, sample_seed(seed, index))
    return ensemble(fine, sample_seed(seed, index), members_of(scenario, index))


def fields_of_sample(scenario: Scenario, parameters: Any, fine: Fields, solved: Fields) -> dict[str, Array]:
    """What is stored of a solved problem, in float32.

    Args:
        parameters: what was drawn.
        fine, solved: the problem and its solution on the grid where it was solved.
    Raises:
        NumericalError: if a value is not finite.
    """
    conditions = scenario.render(parameters, scenario.stored_resolution)
    targets = scenario.transfer(solved, fine, scenario.domain.shape(scenario.stored_resolution))
    fields = {v.name: np.asarray(conditions[v.name], dtype=np.float32) for v in scenario.inputs}
    fields |= {v.name: np.asarray(targets[v.name], dtype=np.float32) for v in scenario.targets}
    for name, values in fields.items():
        if not np.isfinite(values).all():
            raise NumericalError(
                f"{name} is not finite after the solve; narrow the range the scenario draws from"
            )
    return fields
