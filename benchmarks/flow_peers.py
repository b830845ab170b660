"""The same flows for fieldgan and its peers; OpenFOAM's cavity stands in openfoam_cavity.py.

A peer of the periodic and the buoyant flow is a function that prepares it and returns the call to be timed, with its number
of steps and the field that tells whether all solve one problem.
"""

import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from fieldgan.solvers.boundary import Sides
from fieldgan.solvers.flow import Flow, FlowState
from fieldgan.solvers.flow_newton import solve_newton
from fieldgan.solvers.flow_passive import Scalar
from fieldgan.solvers.flow_sides import FlowSides, Periodic, Wall
from openfoam_cavity import run_cavity

VISCOSITY = 1e-3  # of all three flows
CLOSE = 1e-3  # largest distance of a velocity component, at any cell centre, to the steady one, in lid speeds
LONGEST = 80  # units of time after which a marching flow is steady
ITERATIONS = 2000  # of simpleFoam; most, its residuals stop it sooner


class Steady(NamedTuple):
    """How a program came to the steady cavity.

    Attributes:
        seconds: process CPU time until both velocities are `CLOSE` to its own steady state.
        steps: steps or iterations until then.
        step_seconds: CPU time of one.
        left: largest change of u or v between the last two fields looked at, so how steady the steady state is.
        u, v: the steady state at cell centres, (n, n).
    """

    seconds: float
    steps: int
    step_seconds: float
    left: float
    u: np.ndarray
    v: np.ndarray


def lid(n: int) -> Flow:
    return Flow((n, n), (1 / n, 1 / n), VISCOSITY, FlowSides(north=Wall(1.0)))


def centred(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Velocities on faces averaged to cell centres."""
    return (u[:, 1:] + u[:, :-1]) / 2, (v[1:] + v[:-1]) / 2


def distance(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def newton_cavity(n: int) -> Steady:
    """Newton from nothing to max |∂u/∂t| < 1e-8, far closer than asked; the fastest of five."""
    clocks = []
    for _ in range(5):
        begin = time.process_time()
        flow = solve_newton(lid(n))
        clocks.append(time.process_time() - begin)
    seconds = float(np.median(clocks))
    return Steady(seconds, flow.iterations, seconds / flow.iterations, 0.0, *centred(flow.u, flow.v))


def marching_cavity(n: int) -> Steady:
    """From rest, a look after each unit of time."""
    flow, solved = lid(n), solve_newton(lid(n))
    steady, state, seconds, steps = centred(solved.u, solved.v), flow.start(), 0.0, 0
    flow.march(state, until=0.1)  # compiled before the clock runs
    while distance(centred(state.u, state.v), steady) > CLOSE:
        begin = time.process_time()
        state = flow.march(state, until=state.time + 1.0)
        seconds += time.process_time() - begin
        steps += 1
    dt, count = 0.9 * flow.stable_dt(state), 200
    begin = time.process_time()
    flow.advance(state, dt, count)
    step = (time.process_time() - begin) / count
    end = flow.steady(1e-8, state)
    last = centred(end.u, end.v)
    return Steady(seconds, round(seconds / step), step, distance(last, steady), *last)


def openfoam_cavity(solver: str, n: int) -> Steady:
    """icoFoam from rest or simpleFoam from nothing, until well steady; when it came close is read from its log."""
    steps, every = (LONGEST * n // 2, n // 2) if solver == "icoFoam" else (ITERATIONS, 25)
    with TemporaryDirectory() as folder:
        history = run_cavity(solver, n, VISCOSITY, steps, every, Path(folder))
    fields = list(zip(history.u, history.v, strict=True))
    apart = np.array([distance(field, fields[-1]) for field in fields])
    first = int(np.argmax(apart < CLOSE))
    return Steady(float(history.seconds[first]), int(history.step[first]), history.step_seconds, float(apart[-2]), *fields[-1])


class Timed(NamedTuple):
    """A call to be timed, its steps, and what it computes: a function of no arguments that runs it too."""

    call: Callable[[], object]
    steps: int
    field: Callable[[], np.ndarray]


CELLS, STEPS = 256, 100
WIDTH = 2 * np.pi / CELLS
STEP = 0.3 * WIDTH


def eddies() -> tuple[np.ndarray, np.ndarray]:
    """Velocities of random eddies on the faces of 256² cells of a square of side 2π, from a streamfunction on its corners."""
    side, rng = WIDTH * np.arange(CELLS + 1), np.random.default_rng(0)
    psi = np.zeros((CELLS + 1, CELLS + 1))
    for k, m in np.ndindex(4, 4):
        a, b, c = rng.random(3)
        psi += (
            a
            * np.cos((k + 1) * side + 2 * np.pi * b)
            * np.cos((m + 1) * side[:, None] + 2 * np.pi * c)
            / ((k + 1) ** 2 + (m + 1) ** 2)
        )
    return np.diff(psi, axis=0) / WIDTH, -np.diff(psi, axis=1) / WIDTH


def eddies_fieldgan() -> Timed:
    flow = Flow((CELLS, CELLS), (WIDTH, WIDTH), VISCOSITY, FlowSides(*[Periodic()] * 4))
    start = flow.start(*eddies(), dtype=np.float32)

    def run() -> FlowState:
        return flow.advance(start, STEP, STEPS)

    return Timed(run, STEPS, lambda: run().u[:, :-1])


def eddies_jax_cfd(central: bool) -> Timed:
    """Finite volumes on the same grid, forward Euler; van Leer's limiters, its default, or central differences."""
    import jax
    import jax_cfd.base as cfd

    grid = cfd.grids.Grid((CELLS, CELLS), domain=((0, 2 * np.pi),) * 2)
    edges = cfd.boundaries.periodic_boundary_conditions(2)
    u, v = eddies()
    faces = ((u[:, 1:], (1.0, 0.5)), (v[1:], (0.5, 1.0)))
    start = tuple(cfd.grids.GridVariable(cfd.grids.GridArray(np.float32(a.T), offset, grid), edges) for a, offset in faces)
    convect = (lambda v: tuple(cfd.advection.advect_linear(q, v, STEP) for q in v)) if central else None
    step = cfd.equations.semi_implicit_navier_stokes(density=1.0, viscosity=VISCOSITY, dt=STEP, grid=grid, convect=convect)
    repeated = jax.jit(cfd.funcutils.repeated(step, STEPS))
    return Timed(
        lambda: jax.block_until_ready(repeated(start)), STEPS, lambda: np.roll(np.asarray(repeated(start)[0].data).T, 1, axis=1)
    )


def eddies_exponax(order: int) -> Timed:
    """Pseudo-spectral in vorticity, which exponax counts clockwise, exponential Runge-Kutta."""
    import exponax
    import jax

    u, v = eddies()
    u, v = u[:, :-1], v[:-1]
    clockwise = (u - np.roll(u, 1, axis=0) - v + np.roll(v, 1, axis=1)) / WIDTH
    stepper = exponax.stepper.NavierStokesVorticity(2, 2 * np.pi, CELLS, STEP, diffusivity=VISCOSITY, order=order)
    repeated, start = jax.jit(exponax.repeat(stepper, STEPS)), np.float32(clockwise.T[None])

    def velocity() -> np.ndarray:
        k = np.fft.fftfreq(CELLS, 1 / CELLS)
        square = k**2 + k[:, None] ** 2
        psi = -np.fft.fft2(np.asarray(repeated(start))[0].T) / np.where(square > 0, square, 1)
        return np.fft.ifft2(1j * k[:, None] * np.exp(0.5j * k[:, None] * WIDTH) * psi).real

    return Timed(lambda: jax.block_until_ready(repeated(start)), STEPS, velocity)


ROWS, COLUMNS, UNTIL, PHI_STEP = 128, 64, 2.0, 0.02
CENTRE_X, CENTRE_Y = (np.arange(COLUMNS) + 0.5) / COLUMNS, (np.arange(ROWS) + 0.5) / COLUMNS


def warm_disc() -> np.ndarray:
    """Excess temperature 1 in a disc low in a closed box of 1 × 2, (128, 64)."""
    return 0.5 - 0.5 * np.tanh((np.hypot(CENTRE_X - 0.5, CENTRE_Y[:, None] - 0.4) - 0.15) / 0.02)


def rise_fieldgan() -> Timed:
    scalar = Scalar(VISCOSITY, Sides(), buoyancy=1.0)
    flow = Flow((ROWS, COLUMNS), (1 / COLUMNS, 1 / COLUMNS), VISCOSITY, scalars=[scalar])
    start = flow.start(scalars=[warm_disc()], dtype=np.float32)
    limit = min(flow.stable_dt(flow.march(start, until=t)) for t in np.linspace(0, UNTIL, 21)[1:])
    steps = round(UNTIL / (0.9 * limit))

    def run() -> FlowState:
        return flow.advance(start, UNTIL / steps, steps)

    return Timed(run, steps, lambda: run().scalars[0])


def rise_phiflow() -> Timed:
    """MacCormack for the scalar, semi-Lagrangian for the velocity, conjugate gradients to 1e-5, compiled by jax."""
    from phi.jax import flow as phi

    box = {"bounds": phi.Box(x=1, y=2), "x": COLUMNS, "y": ROWS}
    warm = phi.CenteredGrid(phi.tensor(np.float32(warm_disc().T), phi.spatial("x,y")), phi.ZERO_GRADIENT, **box)
    still = phi.StaggeredGrid(0, 0, **box)
    assert warm.points is not None  # sampled here: a traced function may not
    assert still.points is not None

    @phi.jit_compile
    def step(q: object, v: object, p: object) -> object:
        q = phi.diffuse.explicit(phi.advect.mac_cormack(q, v, PHI_STEP), VISCOSITY, PHI_STEP)
        v = phi.advect.semi_lagrangian(v, v, PHI_STEP) + phi.resample(q * (0, 1.0), to=v) * PHI_STEP
        v = phi.diffuse.explicit(v, VISCOSITY, PHI_STEP)
        v, p = phi.fluid.make_incompressible(v, (), phi.Solve("CG", 1e-5, 1e-5, x0=p))
        return q, v, p

    steps = round(UNTIL / PHI_STEP)

    def run() -> np.ndarray:
        state = (warm, still, None)
        for _ in range(steps):
            state = step(*state)
        return state[0].values.numpy("y,x")

    return Timed(run, steps, run)


def height(q: np.ndarray) -> float:
    """Mean height of what the scalar counts."""
    return float((q.sum(axis=1) * CENTRE_Y).sum() / q.sum())
