"""The cheap part of a solution: a coarse solve on the grid of the conditions, which a network corrects."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..data.scenario import Array, Fields, Scenario
from ..solvers.errors import UsageError


def lift(scenario: Scenario, conditions: Fields, resolution: int, threads: int = 1) -> dict[str, Array]:
    """Solve coarsely, one sample after the other, with the first (the loosest) of the scenario's schemes.

    Args:
        conditions: {name: (n, ny, nx) or (n,)}.
        resolution: cells of the coarse grid along the first axis; divides ny.
        threads: samples solved at once; solvers release Python's lock.
    Returns:
        {target: (n, ny, nx)}.
    Raises:
        UsageError: if the coarse grid is none.
        NumericalError: if a coarse solve does not converge.
    """
    shape = grid_shape(conditions)
    factor = coarsening(shape, resolution)
    scheme = next(iter(scenario.schemes.values()), scenario.simulate)

    def one(sample: int) -> Fields:
        coarse = scenario.coarsen({name: a[sample] for name, a in conditions.items()}, factor)
        return scenario.transfer(scheme(coarse, 0), coarse, shape)

    samples = range(len(next(iter(conditions.values()))))
    if threads == 1:
        solved = [one(sample) for sample in samples]
    else:
        with ThreadPoolExecutor(threads) as pool:
            solved = list(pool.map(one, samples))
    return {target.name: np.stack([s[target.name] for s in solved]) for target in scenario.targets}


def coarsening(shape: tuple[int, int], resolution: int) -> int:
    """How many cells of the grid make one of the lift's, along either axis."""
    ny, nx = shape
    factor = ny // resolution
    if factor < 2 or factor * resolution != ny or nx % factor:
        fits = [ny // f for f in range(2, ny + 1) if not (ny % f or nx % f)]
        raise UsageError(
            f"model.lift_resolution={resolution} does not coarsen the {ny}×{nx} grid; "
            f"use {' or '.join(map(str, fits[:3])) or 'null for no lift'}"
        )
    return factor


def grid_shape(conditions: Fields) -> tuple[int, int]:
    """Rows and columns of the first field among conditions {name: (n, ny, nx) or (n,)}."""
    for a in conditions.values():
        if a.ndim > 2:
            return a.shape[-2], a.shape[-1]
    raise UsageError("the conditions hold no field, only scalars; give at least one on the grid (a mask will do)")


def worker_threads() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
