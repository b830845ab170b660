"""The multigrid hierarchy: Galerkin's rule, a symmetric positive V-cycle, and few iterations on hard plates."""

import numpy as np
import pytest
from dense_heat import dense_heat
from fieldgan.solvers.arena import Arena
from fieldgan.solvers.boundary import Dirichlet, Neumann, Periodic, Robin, Sides
from fieldgan.solvers.cycle import v_cycle
from fieldgan.solvers.galerkin import Operator, coarsen_x, coarsen_y, fill_operator_halo, weights_x, weights_y
from fieldgan.solvers.heat import Heat
from fieldgan.solvers.multigrid import invert, level
from fieldgan.solvers.scaled import scale, scaled_size

RNG = np.random.default_rng(5)


def as_matrix(op):
    """A stored nine-point operator, written out."""
    ny, nx = op.d.shape[0] - 2, op.d.shape[1] - 2
    a = np.zeros((ny + 2, nx + 2, ny + 2, nx + 2))
    for j in range(1, ny + 1):
        for i in range(1, nx + 1):
            a[j, i, j, i] = op.d[j, i]
            for coupling, dj, di in ((op.w, 0, -1), (op.s, -1, 0), (op.a, -1, -1), (op.c, -1, 1)):
                a[j, i, j + dj, i + di] = a[j + dj, i + di, j, i] = -coupling[j, i]
    return a[1:-1, 1:-1, 1:-1, 1:-1].reshape(ny * nx, ny * nx)


def zeros(ny, nx):
    return Operator(*np.zeros((5, ny + 2, nx + 2)))


def random_operator(ny, nx):
    """Random positive couplings inside the grid, and a diagonal that dominates them."""
    op = zeros(ny, nx)
    op.w[1:-1, 2:-1], op.s[2:-1, 1:-1] = RNG.random((ny, nx - 1)), RNG.random((ny - 1, nx))
    op.a[2:-1, 2:-1], op.c[2:-1, 1:-2] = RNG.random((ny - 1, nx - 1)), RNG.random((ny - 1, nx - 1))
    op.d[1:-1, 1:-1] = -as_matrix(op).sum(axis=1).reshape(ny, nx) + 0.1 * RNG.random((ny, nx))
    return op


@pytest.mark.parametrize("shape", [(6, 8), (7, 9), (5, 6), (2, 3)])
def test_coarse_operators_are_those_of_galerkin(shape):
    ny, nx = shape
    my, mx = (ny + 1) // 2, (nx + 1) // 2
    op, half, coarse = random_operator(ny, nx), zeros(ny, mx), zeros(my, mx)
    low_x, high_x = np.zeros((2, ny + 2, mx + 2))
    weights_x(op, low_x, high_x, False)
    coarsen_x(op, low_x, high_x, half)
    low_y, high_y = np.zeros((2, my + 2, mx + 2))
    weights_y(half, low_y, high_y, False)
    coarsen_y(half, low_y, high_y, coarse)
    p_x = np.zeros((ny, nx, ny, mx))
    for j in range(ny):
        for i in range(mx):
            p_x[j, 2 * i, j, i] = 1
            if 2 * i + 1 < nx:
                p_x[j, 2 * i + 1, j, i] = low_x[j + 1, i + 1]
            if i:
                p_x[j, 2 * i - 1, j, i] = high_x[j + 1, i + 1]
    p_y = np.zeros((ny, mx, my, mx))
    for j in range(my):
        for i in range(mx):
            p_y[2 * j, i, j, i] = 1
            if 2 * j + 1 < ny:
                p_y[2 * j + 1, i, j, i] = low_y[j + 1, i + 1]
            if j:
                p_y[2 * j - 1, i, j, i] = high_y[j + 1, i + 1]
    p = p_x.reshape(ny * nx, ny * mx) @ p_y.reshape(ny * mx, my * mx)
    np.testing.assert_allclose(as_matrix(coarse), p.T @ as_matrix(op) @ p, atol=1e-12)
    assert p.min() >= 0
    assert p.sum(axis=1).max() <= 1 + 1e-12


PLATES = {
    "held": Sides(Dirichlet(0.0), Dirichlet(1.0), Robin(0.3, 1.0), Neumann(2.0)),
    "insulated": Sides(),
    "periodic": Sides(Periodic(), Periodic(), Dirichlet(0.0), Neumann()),
    "torus": Sides(Periodic(), Periodic(), Periodic(), Periodic()),
}


@pytest.mark.parametrize("sides", PLATES)
@pytest.mark.parametrize("shape", [(16, 16), (13, 22), (37, 6)])
def test_the_v_cycle_is_symmetric_positive_and_never_overshoots(sides, shape):
    """(u, M v) = (v, M u), (u, M u) > 0 and (u, M u) ≤ (u, A⁻¹ u): the premises of conjugate gradients and its estimate."""
    plate = Heat(np.exp(2 * RNG.standard_normal(shape)), (1.0, 1.0), PLATES[sides])
    st = plate.stencil
    arena = Arena(np.empty(scaled_size(*shape)), np.zeros(1, dtype=np.int64))
    scaled = scale(arena, st.west, st.south, st.sink, st.periodic_x, st.periodic_y)
    assert arena.taken[0] <= arena.block.size

    def cycle(v):
        finest = level(scaled.hierarchy, 0)
        haloed = np.pad(v, 1)
        finest.load[:] = haloed.ravel()
        v_cycle(scaled.hierarchy)
        return finest.x.reshape(haloed.shape)[1:-1, 1:-1].astype(np.float64)

    h = {s: np.zeros(n) for s, n in zip(("west", "east", "south", "north"), (*[shape[0]] * 2, *[shape[1]] * 2), strict=True)}
    if sides == "held":
        h.update(west=h["west"] + np.inf, east=h["east"] + np.inf, south=h["south"] + 0.3)
    if sides == "periodic":
        h["south"] += np.inf
    nothing = {s: np.zeros_like(v) for s, v in h.items()}
    a, _ = dense_heat(
        plate.conductivity, np.zeros(shape), 1.0, 1.0, h, nothing, nothing, periodic_x=sides in ("periodic", "torus"),
        periodic_y=sides == "torus",
    )  # fmt: skip
    root = scaled.root[1:-1, 1:-1]
    inverse = np.linalg.pinv(a * root.ravel() * root.reshape(-1, 1), hermitian=True)
    for _ in range(3):
        u, v = (inverse @ RNG.standard_normal(root.size) for _ in range(2))  # in the range of A, and smooth
        m_u, m_v = cycle(u.reshape(shape)).ravel(), cycle(v.reshape(shape)).ravel()
        assert u @ m_v == pytest.approx(v @ m_u, rel=1e-3, abs=1e-4 * np.sqrt(u @ m_u * (v @ m_v)))
        assert 0.1 * (u @ inverse @ u) < u @ m_u < (1 + 1e-4) * (u @ inverse @ u)


def included(n):
    """Discs of conductivity 0.01 to 100 in a plate of 1, as the scenario draws them."""
    x = (np.arange(n) + 0.5) / n
    rng, k = np.random.default_rng(0), np.ones((n, n))
    for cx, cy, r, log_k in rng.random((12, 4)):
        k[np.hypot(x - cx, x[:, None] - cy) < 0.05 + 0.1 * r] = 100 ** (2 * log_k - 1)
    return k


@pytest.mark.parametrize("n", [32, 48, 100, 128])
@pytest.mark.parametrize(
    "sides",
    [
        Sides(Dirichlet(0.0), Dirichlet(0.0)),
        Sides(west=Dirichlet(0.0)),
        Sides(Robin(1.0, 0.0), Neumann(), Neumann(), Robin(5.0, 1.0)),
    ],
)
def test_iterations_stay_few_whatever_the_size_contrast_sides_and_holes(n, sides):
    hole = included(n) > 30
    assert Heat(included(n), (1 / n, 1 / n), sides, source=1.0).steady(1e-10).iterations <= 13
    assert Heat(included(n), (1 / n, 1 / n), sides, 1.0, hole, 2.0).steady(1e-10).iterations <= 13
    assert Heat(included(n), (1 / n, 1 / n), sides, 1.0, hole).steady(1e-10).iterations <= 13


@pytest.mark.parametrize("null", [0, 1])
def test_generalised_inverse_of_a_singular_matrix(null):
    b = RNG.standard_normal((9, 9 - null))
    a = b @ b.T
    inverse = invert(a.copy())
    np.testing.assert_allclose(a @ inverse @ a, a, atol=1e-8 * np.abs(a).max())
    np.testing.assert_allclose(inverse, inverse.T, atol=1e-8 * np.abs(inverse).max())


def test_an_operator_with_negative_couplings_is_made_dominant():
    from fieldgan.solvers.galerkin import lump_negative

    op = random_operator(5, 6)
    op.c[3, 3], op.w[2, 4] = -0.4, -0.2
    before = as_matrix(op)
    fill_operator_halo(op, False, False)
    lump_negative(Operator(*op))
    after = as_matrix(op)
    np.testing.assert_allclose(after.sum(axis=1), before.sum(axis=1), atol=1e-12)
    assert np.linalg.eigvalsh(after - before).min() > -1e-12
    assert (after - np.diag(np.diag(after)) <= 0).all()
