"""The same heat problems for fieldgan and its peers: steady solves and explicit steps.

A peer is a function that prepares a problem and returns the call to be timed, which returns the temperature (ny, nx). Steady
calls count what a user pays per problem: for fieldgan everything from the fields on, for the others set-up and solution
but not the assembly of the matrix. Steps are insulated on all sides, so that no peer pays for its boundaries.
"""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pde
import pyamg
import scipy.sparse as sparse
from fieldgan.solvers.boundary import Dirichlet, Robin, Sides
from fieldgan.solvers.direct import factorise, matrix
from fieldgan.solvers.heat import Heat, solve_steady
from scipy.sparse.linalg import splu

Solve = Callable[[], np.ndarray]


def lognormal(n: int) -> Heat:
    """Independent lognormal conductivities, σ = 1, all sides held, uniform source."""
    k = np.exp(np.random.default_rng(0).standard_normal((n, n)))
    return Heat(k, (1 / n, 1 / n), Sides(*[Dirichlet(0.0)] * 4), source=1.0)


def inclusions(n: int) -> Heat:
    """Discs of conductivity 0.1 to 10 in a plate of 1, one side held, one cooled, two insulated."""
    x = (np.arange(n) + 0.5) / n
    k = np.ones((n, n))
    for cx, cy, r, log_k in np.random.default_rng(0).random((12, 4)):
        k[np.hypot(x - cx, x[:, None] - cy) < 0.05 + 0.1 * r] = 10 ** np.sign(log_k - 0.5)
    return Heat(k, (1 / n, 1 / n), Sides(west=Dirichlet(1.0), east=Robin(5.0, 0.0)), source=1.0)


def steady_fieldgan(heat: Heat, tolerance: float = 1e-10) -> Solve:
    ny, nx = heat.conductivity.shape
    q, zero = np.ones((ny, nx)), np.zeros(nx)
    sides = (heat.sides.west, heat.sides.east, heat.sides.south, heat.sides.north)
    h, ambient = zip(*(_profile(side, nx) for side in sides), strict=True)
    assert ny == nx == zero.size
    return lambda: solve_steady(heat.conductivity, q, heat.spacing, h, ambient, tolerance=tolerance).temperature


def _profile(side: object, n: int) -> tuple[np.ndarray, np.ndarray]:
    match side:
        case Dirichlet(temperature):
            return np.full(n, np.inf), np.full(n, temperature)
        case Robin(coefficient, ambient):
            return np.full(n, coefficient), np.full(n, ambient)
    return np.zeros(n), np.zeros(n)


def steady_splu(heat: Heat) -> Solve:
    """SuperLU, symmetric mode with minimum degree on A + Aᵀ: the fastest of its orderings here."""
    stencil, b = heat.stencil, heat.stencil.supply[1:-1, 1:-1].ravel()
    a = matrix(stencil)
    options = {"SymmetricMode": True}
    return lambda: splu(a, permc_spec="MMD_AT_PLUS_A", options=options).solve(b).reshape(heat.conductivity.shape)


def steady_pyamg(heat: Heat) -> Solve:
    """Ruge-Stüben algebraic multigrid as preconditioner of conjugate gradients."""
    stencil, b = heat.stencil, heat.stencil.supply[1:-1, 1:-1].ravel()
    a = sparse.csr_matrix(matrix(stencil))

    def solve() -> np.ndarray:
        return pyamg.ruge_stuben_solver(a).solve(b, tol=1e-10, accel="cg").reshape(heat.conductivity.shape)

    return solve


def exact(heat: Heat) -> np.ndarray:
    """Sparse LU with two steps of iterative refinement."""
    a, b, factors = matrix(heat.stencil), heat.stencil.supply[1:-1, 1:-1].ravel(), factorise(heat.stencil)
    x = factors.solve(b)
    for _ in range(2):
        x += factors.solve(b - a @ x)
    return x.reshape(heat.conductivity.shape)


def insulated(n: int) -> Heat:
    """Lognormal conductivities, insulated, no source: what the explicit steps run on."""
    return Heat(np.exp(np.random.default_rng(0).standard_normal((n, n))), (1 / n, 1 / n))


def start(n: int, kind: type = np.float64) -> np.ndarray:
    return np.random.default_rng(1).random((n, n)).astype(kind)


def step_fieldgan(heat: Heat, dt: float, steps: int, kind: type = np.float64) -> Solve:
    t = start(len(heat.conductivity), kind)
    return lambda: heat.advance(t, dt, steps)


def compiled() -> ctypes.CDLL:
    """heat_kernel.c, compiled here and now by gcc -O3 -march=native."""
    source = Path(__file__).with_name("heat_kernel.c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "heat_kernel.so"
        subprocess.run(["gcc", "-O3", "-march=native", "-shared", "-fPIC", source, "-o", library], check=True)
        return ctypes.CDLL(str(library))


def step_c(heat: Heat, dt: float, steps: int, kind: type = np.float64) -> Solve:
    """C with stored face conductivities."""
    kernel = getattr(compiled(), "stored_double" if kind is np.float64 else "stored_float")
    real = ctypes.c_double if kind is np.float64 else ctypes.c_float
    n = len(heat.conductivity)
    fields = [a.astype(kind) for a in (heat.stencil.west, heat.stencil.south, heat.stencil.supply)]
    return _call_c(kernel, fields, n, real(dt / heat.capacity), steps, kind)


def step_c_means(heat: Heat, dt: float, steps: int) -> Solve:
    """C with harmonic means on the fly."""
    n = len(heat.conductivity)
    k = np.zeros((n + 2, n + 2))
    k[1:-1, 1:-1] = heat.conductivity
    kernel = compiled().means_double
    return _call_c(kernel, [k, heat.stencil.supply], n, ctypes.c_double(dt / heat.capacity), steps, np.float64)


def _call_c(kernel: Callable[..., None], fields: list[np.ndarray], n: int, rate: object, steps: int, kind: type) -> Solve:
    pointers = [ctypes.c_void_p(a.ctypes.data) for a in fields]
    size = ctypes.c_ssize_t(n)

    def run() -> np.ndarray:
        t = np.zeros((2, n + 2, n + 2), dtype=kind)
        t[0, 1:-1, 1:-1] = start(n, kind)
        assert fields[0].flags.c_contiguous
        pair = [ctypes.c_void_p(a.ctypes.data) for a in t]
        kernel(*pair, *pointers, size, size, rate, ctypes.c_ssize_t(steps))
        return t[steps % 2, 1:-1, 1:-1]

    return run


def step_numpy(heat: Heat, dt: float, steps: int, kind: type = np.float64) -> Solve:
    """Slices, fluxes through faces first."""
    rate = kind(dt / heat.capacity)
    west, south = heat.stencil.west[1:-1, 2:-1].astype(kind), heat.stencil.south[2:-1, 1:-1].astype(kind)

    def run() -> np.ndarray:
        t = start(len(heat.conductivity), kind)
        for _ in range(steps):
            x, y = rate * west * (t[:, 1:] - t[:, :-1]), rate * south * (t[1:] - t[:-1])
            t[:, :-1] += x
            t[:, 1:] -= x
            t[:-1] += y
            t[1:] -= y
        return t

    return run


def step_scipy(heat: Heat, dt: float, steps: int, kind: type = np.float64) -> Solve:
    """One CSR product per step."""
    a = matrix(heat.stencil)
    step = sparse.csr_matrix(sparse.identity(a.shape[0]) - dt / heat.capacity * a).astype(kind)

    def run() -> np.ndarray:
        t = start(len(heat.conductivity), kind).ravel()
        for _ in range(steps):
            t = step @ t
        return t.reshape(heat.conductivity.shape)

    return run


def step_pde(heat: Heat, dt: float, steps: int) -> Solve:
    """py-pde, explicit Euler in its compiled backend; its divergence of k times gradient reaches two cells far."""
    n = len(heat.conductivity)
    grid = pde.CartesianGrid([[0, 1], [0, 1]], [n, n])
    k = pde.ScalarField(grid, heat.conductivity)
    equation = pde.PDE({"T": "k * laplace(T) + inner(gradient(k), gradient(T))"}, consts={"k": k}, bc={"derivative": 0})
    state = pde.ScalarField(grid, start(n))
    stepper = pde.EulerSolver(equation, backend="numba").make_stepper(state, dt=dt)

    def run() -> np.ndarray:
        t = state.copy()
        stepper(t, 0.0, steps * dt)
        return t.data

    return run
