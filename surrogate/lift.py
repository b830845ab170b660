"""The cheap part of a solution: a coarse solve on the grid of the conditions, which a network corrects."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from ..data.scenario import Array, Fields, Scenario
from ..solvers.errors import UsageError


def lift(scenario: Scenario, conditions: Fields, resolution: int, threads: int = 1) -> dict[str, Array]:
    """Solve coarsely, one sample after the other, with the first (the loosest) of the scenario's schemes.

    Where the scenario can, it also says where on the grid of the conditions the coarse solution is out of balance:
    that is where a network has to correct it.

    Args:
        conditions: {name: (n, ny, nx) or (n,)}.
        resolution: cells of the coarse grid along the first axis; divides ny.
        threads: samples solved at once; solvers release Python's lock.
    Returns:
        {target: (n, ny, nx)}, and {"defect:" + target: (n, ny, nx)} for scenarios with a `defect`.
    Raises:
        UsageError: if the coarse grid is none.
        NumericalError: if a coarse solve does not converge.
    """
    shape = grid_shape(conditions)
    factor = coarsening(shape, resolution)
    scheme = next(iter(scenario.schemes.values()), scenario.simulate)

    def one(sample: int) -> Fields:
        fine = {name: a[sample] for name, a in conditions.items()}
        coarse = scenario.coarsen(fine, factor)
        lifted = dict(scenario.transfer(scheme(coarse, 0), coarse, shape))
        if scenario.defect is not None:
            lifted |= {"defect:" + name: a for name, a in scenario.defect(fine, lifted).items()}
        return lifted

    samples = range(len(next(iter(conditions.values()))))
    if min(threads, len(samples)) == 1:
        solved = [one(sample) for sample in samples]
    else:
        with ThreadPoolExecutor(threads) as pool:
            solved = list(pool.map(one, samples))
    return {name: np.stack([fields[name] for fields in solved]) for name in solved[0]}


def coarsening(shape: tuple[int, int], resolution: int) -> int:
    """How many cells of the grid make one of the lift's, along either axis."""
    ny, nx = shape
    factor = ny // resolution
    if factor < 2 or factor * resolution != ny or nx % factor:
        fits = [ny // f for f in range(2, ny + 1) if not (ny % f or nx % f)]
        raise UsageError(
            f"model.lift_resolution={resolution} does not coarsen the {ny}×{nx} grid; "
            f"use {' or '.join(map(str, fits[:3])) or 'none for no lift'}"
        )
    return factor


def grid_shape(conditions: Fields) -> tuple[int, int]:
    """Rows and columns of the first field among conditions {name: (n, ny, nx) or (n,)}."""
    for a in conditions.values():
        if a.ndim > 2:
            return a.shape[-2], a.shape[-1]
    raise UsageError("the conditions hold no field, only scalars; give at least one on the grid (a mask will do)")


def worker_threads() -> int:
    """Cores that this process may use, or fewer threads where it has been told so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    told = os.environ.get("OMP_NUM_THREADS", "")
    return min(cores, int(told)) if told.isdigit() and int(told) else cores
