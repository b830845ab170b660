"""Scenario `cavity`: steady flow in a square box whose walls slide along themselves.

    (u·∇)u = −∇p + ∇²u / Re,   ∇·u = 0   on the unit square

The lid, and sometimes a second wall, moves with a smooth profile of speed. Lengths count in sides of the box, speeds in the
largest of the lid, pressure in density × speed², mean zero. u and v of a cell are means of the velocities through its opposite
faces, so that every stored flow is divergence-free to round-off in the dual cells, between centres. The streamfunction, of which
u = ∂ψ/∂y and v = −∂ψ/∂x, is zero on the walls.
"""

from functools import partial

import numpy as np
from scipy.interpolate import RectBivariateSpline

from ...solvers.errors import NumericalError, UsageError
from ...solvers.flow import Flow, FlowState
from ...solvers.flow_newton import solve_newton
from ...solvers.flow_sides import FlowSides, Wall
from ...solvers.regrid import block_mean, regrid
from ...solvers.streamfunction import velocities
from ..scenario import Array, Fields, Scenario, Symmetry, Variable
from .lids import draw_cavity, render_cavity

STORED, TRUTH = 64, 192
TRUTH_TOLERANCE = 1e-7  # of ∂u/∂t, in U²/L
REYNOLDS = (1.0, 10_000.0)  # what the solver is asked to bear
FASTEST = 10.0
RELAXED = 8  # most doublings of the viscosity on a grid too coarse for a steady flow

INPUTS = (
    Variable("speed_x", "1", "speed of the south and north walls eastwards, in the cells along them"),
    Variable("speed_y", "1", "speed of the west and east walls northwards, in the cells along them"),
    Variable("log_reynolds", "1", "natural logarithm of the Reynolds number", scalar=True),
)
TARGETS = (
    Variable("u", "1", "velocity eastwards"),
    Variable("v", "1", "velocity northwards"),
    Variable("p", "1", "pressure over density, mean zero"),
    Variable("streamfunction", "1", "streamfunction, zero on the walls"),
)
MIRROR = Symmetry(flip_x=True, sign={"speed_x": -1.0, "u": -1.0, "streamfunction": -1.0})
CORNERS = "corner_streamfunction"  # (ny+1, nx+1): what solutions are brought to other grids by; not stored


def cavity(lowest_reynolds: float = 100.0, highest_reynolds: float = 2000.0, two_walls: float = 0.25) -> Scenario:
    """The scenario `cavity`.

    Args:
        lowest_reynolds, highest_reynolds: Reynolds numbers, 1 to 10000, log-uniform between.
        two_walls: share of cavities of which a second wall moves, 0 to 1.
    Raises:
        UsageError: for an option out of range.
    """
    if not REYNOLDS[0] <= lowest_reynolds <= highest_reynolds <= REYNOLDS[1]:
        raise UsageError(
            f"scenario.lowest_reynolds={lowest_reynolds} and highest_reynolds={highest_reynolds} are out of range; "
            f"use {REYNOLDS[0]:g} to {REYNOLDS[1]:g}"
        )
    if not 0 <= two_walls <= 1:
        raise UsageError(f"scenario.two_walls={two_walls} is out of range; use 0 to 1")
    return Scenario(
        name="cavity",
        summary="steady flow in a square box with one or two sliding walls",
        inputs=INPUTS,
        targets=TARGETS,
        stored_resolution=STORED,
        truth_resolution=TRUTH,
        draw=partial(draw_cavity, lowest=lowest_reynolds, highest=highest_reynolds, two_walls=two_walls),
        render=render_cavity,
        simulate=solve,
        schemes={"newton": newton, "marching": march},
        ladder=(12, 16, 24, 32, 48, 64, 96, 128),
        ladders={"marching": (12, 16, 24, 32, 48, 64)},  # far slower than Newton already there
        coarsen=coarsen,
        transfer=transfer,
        check=check,
        velocity=("u", "v"),
        streamfunction="streamfunction",
        symmetries=(Symmetry(), MIRROR),
        options={"lowest_reynolds": lowest_reynolds, "highest_reynolds": highest_reynolds, "two_walls": two_walls},
    )


def solve(conditions: Fields, seed: int = 0, tolerance: float = TRUTH_TOLERANCE) -> Fields:
    """The steady flow on the grid of the conditions, by Newton's method; the seed plays no part."""
    found = solve_newton(problem(conditions), tolerance=tolerance)
    return _fields(found.psi, found.p)


def newton(conditions: Fields, seed: int = 0) -> Fields:
    """The same, as closely as the grid deserves; where that is too coarse for a steady flow, the one at twice the viscosity."""
    tolerance = discretisation_tolerance(conditions)
    for doubled in range(RELAXED):
        try:
            return solve({**conditions, "log_reynolds": conditions["log_reynolds"] - doubled * np.log(2)}, tolerance=tolerance)
        except NumericalError:
            continue
    raise NumericalError(f"cavity: no steady flow on {conditions['speed_x'].shape} cells; use a finer grid")


def march(conditions: Fields, seed: int = 0) -> Fields:
    """The same by marching from rest, as closely as the grid deserves."""
    state: FlowState = problem(conditions).steady(discretisation_tolerance(conditions))
    psi = np.zeros((state.u.shape[0] + 1, state.u.shape[1]))
    psi[1:] = np.cumsum(state.u, axis=0) / len(state.u)
    psi[-1] = psi[:, -1] = 0.0
    return _fields(psi, state.p)


def discretisation_tolerance(conditions: Fields) -> float:
    """Of ∂u/∂t: what is left adds a twentieth to the error of the grid at most (DECISIONS.md)."""
    return 1e-4 * (STORED / len(conditions["speed_x"])) ** 2


def problem(conditions: Fields) -> Flow:
    """The flow that these conditions describe."""
    along_x, along_y = conditions["speed_x"], conditions["speed_y"]
    ny, nx = along_x.shape
    west, east, south, north = (Wall(at_corners(a)) for a in (along_y[:, 0], along_y[:, -1], along_x[0], along_x[-1]))
    return Flow((ny, nx), (1 / ny, 1 / nx), float(np.exp(-conditions["log_reynolds"])), FlowSides(west, east, south, north))


def at_corners(cells: Array) -> Array:
    """A profile at the n + 1 corners of a side from its n cells, exact for cubic ones."""
    if len(cells) < 4:
        raise UsageError(f"a wall of {len(cells)} cells is too coarse; use at least 4")
    inner = (9 * (cells[1:-2] + cells[2:-1]) - cells[:-3] - cells[3:]) / 16
    first, second = np.array([35.0, -35.0, 21.0, -5.0]) / 16, np.array([5.0, 15.0, -5.0, 1.0]) / 16
    start, end = cells[:4], cells[:-5:-1]
    return np.concatenate([[first @ start, second @ start], inner, [second @ end, first @ end]])


def _fields(psi: Array, p: Array) -> dict[str, Array]:
    """The targets of a streamfunction on corners and a pressure in cells."""
    ny, nx = p.shape
    u, v = velocities(psi, (1 / ny, 1 / nx))
    return {
        "u": 0.5 * (u[:, 1:] + u[:, :-1]),
        "v": 0.5 * (v[1:] + v[:-1]),
        "p": p - p.mean(),
        "streamfunction": 0.25 * (psi[1:, 1:] + psi[1:, :-1] + psi[:-1, 1:] + psi[:-1, :-1]),
        CORNERS: psi,
    }


def transfer(targets: Fields, conditions: Fields, shape: tuple[int, int]) -> Fields:
    """A flow on another grid: the streamfunction by cubic splines, or at common corners; pressure as any other field."""
    psi = targets[CORNERS]
    (ny, nx), (my, mx) = (n - 1 for n in psi.shape), shape
    if ny % my == 0 and nx % mx == 0:
        there = psi[:: ny // my, :: nx // mx]
    else:
        ys, xs, y, x = (np.linspace(0, 1, n + 1) for n in (ny, nx, my, mx))
        there = RectBivariateSpline(ys, xs, psi)(y, x)
        there[0] = there[-1] = there[:, 0] = there[:, -1] = 0.0
    return _fields(there, regrid(targets["p"], shape))


def coarsen(conditions: Fields, factor: int) -> Fields:
    """Conditions on a grid coarser by `factor`: speeds averaged along their walls."""
    along_x, along_y = conditions["speed_x"], conditions["speed_y"]
    coarse = {name: np.zeros_like(block_mean(a, factor)) for name, a in (("speed_x", along_x), ("speed_y", along_y))}
    for side in (0, -1):
        coarse["speed_x"][side] = along_x[side].reshape(-1, factor).mean(axis=1)
        coarse["speed_y"][:, side] = along_y[:, side].reshape(-1, factor).mean(axis=1)
    return {**coarse, "log_reynolds": conditions["log_reynolds"]}


def check(conditions: Fields) -> None:
    """Refuse conditions that describe no cavity.

    Raises:
        UsageError: for a value that is not finite or out of range.
    """
    reynolds = float(np.exp(np.minimum(conditions["log_reynolds"], 100.0)))
    if not REYNOLDS[0] * (1 - 1e-6) <= reynolds <= REYNOLDS[1] * (1 + 1e-6):
        limits = f"{np.log(REYNOLDS[0]):g} to {np.log(REYNOLDS[1]):.4g}"
        raise UsageError(f"log_reynolds={float(conditions['log_reynolds']):g}, a Reynolds number of {reynolds:.4g}; use {limits}")
    for name in ("speed_x", "speed_y"):
        wrong = conditions[name][~(np.abs(conditions[name]) <= FASTEST)]
        if wrong.size:
            raise UsageError(f"{name} has the value {wrong[0]:g} in {wrong.size} cells; use {-FASTEST:g} to {FASTEST:g}")
