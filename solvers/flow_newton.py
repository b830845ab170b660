"""Steady incompressible flow in a closed rectangle by Newton's method on the discrete streamfunction.

The curl of the discrete momentum equation, F(ψ) = 0 at the inner corners, has no pressure and is divergence-free by construction.
Each iteration solves F'(ψ) δψ = −F(ψ) by sparse LU. Factors are used again while they serve: that costs a tenth of new ones.
Without a start the flow is first found on coarser grids, where iterations cost next to nothing.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import NumericalError, UsageError
from .flow import Flow
from .flow_iteration import Path, iterate, rounding
from .flow_levels import Level, blended, framed, levels, refine
from .streamfunction import check_closed, project_to_streamfunction, rim_streamfunction, velocities

Array = NDArray[Any]
REUSE = 0.3  # of the residual may be left after a step for the factors to be used again
ROUGH = 1e-3  # tolerance on coarser grids and at larger viscosities, in U²/L
PICARD = 3  # first iterations from rest keep the velocities that carry
STAGES = 24  # most viscosities tried on the finest grid
COARSE_STAGES = 8  # and on those before it, from which a rough start is enough


class NewtonFlow(NamedTuple):
    """A steady flow.

    Attributes:
        u, v: velocities (ny, nx+1) and (ny+1, nx) [m s⁻¹].
        p: kinematic pressure (ny, nx), mean 0 [m² s⁻²].
        psi: streamfunction (ny+1, nx+1) [m² s⁻¹], 0 in the south-west corner.
        residuals: largest |∂u/∂t| or |∂v/∂t| [m s⁻²] at the start and after each iteration, on the grid itself.
        factorisations: how often the Jacobian was factorised there.
    """

    u: Array
    v: Array
    p: Array
    psi: Array
    residuals: tuple[float, ...]
    factorisations: int

    @property
    def iterations(self) -> int:
        return len(self.residuals) - 1

    @property
    def residual(self) -> float:
        return self.residuals[-1]


Start = Array | tuple[ArrayLike, ArrayLike]


def solve_newton(flow: Flow, start: Start | None = None, tolerance: float = 1e-8, reuse: float = REUSE) -> NewtonFlow:
    """The steady state of a flow between walls, free slip and inflow.

    Args:
        flow: without obstacles, outflow, periodic sides and buoyancy.
        start: ψ (ny+1, nx+1), or (u, v) that are first projected; by default coarser grids are asked.
        tolerance: of |∂u/∂t| [m s⁻²], as of `Flow.steady`, or what round-off allows if that is more.
        reuse: factors are used again while a step leaves no more than this share of the residual; 0 is Newton's plain method.
    Raises:
        UsageError: for a flow or start that does not fit.
        NumericalError: if no iteration converges.
    """
    if not tolerance > 0:
        raise UsageError(f"tolerance={tolerance} m s⁻² is out of range; use a positive one")
    finest = _level(flow)
    goal = max(tolerance, rounding(finest))
    if start is not None:
        path = iterate(finest, _streamfunction(flow, finest, start), goal, 0, reuse)
        if path.residuals[-1] <= goal:
            return _result(finest, path)
    return _result(finest, _descend(finest, goal, reuse))


def correct(flow: Flow, start: Start, iterations: int = 1) -> NewtonFlow:
    """A given flow after so many Newton iterations, converged or not.

    Raises:
        UsageError: for a flow, start or number of iterations that does not fit.
    """
    if iterations < 1:
        raise UsageError(f"iterations={iterations} is out of range; use at least 1")
    level = _level(flow)
    return _result(level, iterate(level, _streamfunction(flow, level, start), 0.0, 0, 0.0, iterations))


def _level(flow: Flow) -> Level:
    """The problem, after a check."""
    check_closed(flow.rim)
    if any(swell.frequency.size for swell in flow.swells):
        raise UsageError("Newton's method knows no gusts; use Flow.march")
    if flow.solid.any():
        raise UsageError("Newton's method knows no obstacles; use Flow.steady")
    if any(np.any(scalar.buoyancy) for scalar in flow.scalars):
        raise UsageError("Newton's method knows no buoyancy; use Flow.steady")
    return Level(flow.spacing, flow.viscosity, flow.body_force, flow.rim, rim_streamfunction(flow.rim, flow.spacing))


def _streamfunction(flow: Flow, level: Level, start: Start) -> Array:
    if isinstance(start, tuple):
        start = project_to_streamfunction(start[0], start[1], flow.spacing, flow.sides)
    psi = np.asarray(start, dtype=np.float64)
    if psi.shape != level.frame.shape or not np.isfinite(psi).all():
        raise UsageError(f"start {psi.shape} must be finite and fit the {level.frame.shape} corners")
    return framed(psi, level)


def _descend(finest: Level, tolerance: float, reuse: float) -> Path:
    """From rest on the coarsest grid to the finest.

    A coarse grid may have no steady flow; the next one then starts from that at the least viscosity for which it has one.

    Raises:
        NumericalError: if the finest has none.
    """
    grids = levels(finest)
    psi, picard = blended(grids[0]), PICARD
    for level, finer in pairwise(grids):
        path, _ = _approach(level, psi, max(tolerance, _rough(level)), picard, reuse, COARSE_STAGES)
        psi, picard = refine(path.psi, finer), 0
    path, reached = _approach(finest, psi, tolerance, picard, reuse, STAGES)
    if not reached:
        ny, nx = finest.shape
        raise NumericalError(
            f"Newton: u, v on {ny} × {nx} cells still change by {path.residuals[-1]:.1e} m s⁻² after {STAGES} stages of falling "
            f"viscosity, tolerance {tolerance:.1e}; use more viscosity than {finest.viscosity:.3g} m² s⁻¹, a finer grid or "
            "Flow.steady"
        )
    return path


def _approach(level: Level, psi: Array, tolerance: float, picard: int, reuse: float, stages: int) -> tuple[Path, bool]:
    """Iterate; where that fails, step down to the viscosity from larger ones.

    The next stage is halfway, in the logarithm, between the last viscosity that worked and the last that did not.

    Returns:
        The last iteration that worked (else the last), and whether it was that at the level's own viscosity.
    """
    rough = max(tolerance, _rough(level))
    wanted, reached, best = [level.viscosity], 0.0, None
    for _ in range(stages):
        goal = tolerance if len(wanted) == 1 else rough
        path = iterate(level._replace(viscosity=wanted[-1]), psi, goal, 0 if reached else picard, reuse)
        if path.residuals[-1] <= goal:
            reached, psi, best = wanted.pop(), path.psi, path
            if not wanted:
                return path, True
        else:
            wanted.append(float(np.sqrt(reached * wanted[-1])) if reached else 2 * wanted[-1])
    return (path._replace(psi=psi) if best is None else best), False


def _rough(level: Level) -> float:
    return ROUGH * level.speed**2 / min(level.lengths)


def _result(level: Level, path: Path) -> NewtonFlow:
    u, v = velocities(path.psi, level.spacing)
    return NewtonFlow(u, v, path.p, path.psi, path.residuals, path.factorisations)
