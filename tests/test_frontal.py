"""Sparse LU by nested dissection against dense and sparse solvers from elsewhere."""

import numpy as np
import pytest
import scipy.sparse as sparse
from fieldgan.solvers.dissection import REACH, dissect
from fieldgan.solvers.frontal import WIDTH, factorise, prepare_factors, solve_factors
from scipy.sparse.linalg import spsolve

RNG = np.random.default_rng(4)
SIZES = [(1, 1), (1, 9), (5, 3), (7, 7), (13, 8), (20, 33), (31, 31)]


def matrix(stencil):
    """The stencil as CSC, entry by entry."""
    my, mx = stencil.shape[:2]
    a = sparse.lil_array((my * mx, my * mx))
    for j, i, dj, di in np.ndindex(stencil.shape):
        row, column = j + dj - REACH, i + di - REACH
        if 0 <= row < my and 0 <= column < mx:
            a[j * mx + i, row * mx + column] = stencil[j, i, dj, di]
    return a.tocsc()


def random_stencil(my, mx):
    """Unsymmetric, and far from diagonally dominant."""
    stencil = RNG.standard_normal((my, mx, WIDTH, WIDTH))
    stencil[:, :, REACH, REACH] += 6.0
    return stencil


@pytest.mark.parametrize("shape", SIZES)
def test_solutions_agree_with_a_sparse_solver(shape):
    stencil, b = random_stencil(*shape), RNG.standard_normal(shape[0] * shape[1])
    factors, x = prepare_factors(*shape), b.copy()
    factorise(factors, stencil)
    solve_factors(factors, x)
    exact = spsolve(matrix(stencil), b)
    np.testing.assert_allclose(x, exact, atol=1e-9 * np.abs(exact).max())


def test_factors_are_replaced_in_place():
    factors = prepare_factors(12, 17)
    for _ in range(2):
        stencil, b = random_stencil(12, 17), RNG.standard_normal(12 * 17)
        x = b.copy()
        factorise(factors, stencil)
        solve_factors(factors, x)
        np.testing.assert_allclose(matrix(stencil) @ x, b, atol=1e-9 * np.abs(x).max())


@pytest.mark.parametrize("shape", SIZES)
def test_a_front_holds_every_coupling_and_its_parent_holds_its_ring(shape):
    order = dissect(*shape)
    assert sorted(order.rank) == list(range(shape[0] * shape[1]))
    for node in range(order.own.size):
        front = order.front[order.begins[node] : order.begins[node + 1]]
        own, ring = front[: order.own[node]], front[order.own[node] :]
        above = order.parent[node]
        parent = order.front[order.begins[above] : order.begins[above + 1]]
        places = order.places[order.begins[node] + own.size : order.begins[node + 1]]
        np.testing.assert_array_equal(parent[places], ring)
        assert (np.diff(places) > 0).all()
        for unknown in own:
            j, i = divmod(unknown, shape[1])
            near = [
                (j + dj) * shape[1] + i + di
                for dj in range(-REACH, REACH + 1)
                for di in range(-REACH, REACH + 1)
                if 0 <= j + dj < shape[0] and 0 <= i + di < shape[1]
            ]
            assert {n for n in near if order.rank[n] >= order.rank[own[0]]} <= set(front)


def test_work_grows_like_nested_dissection():
    """Entries of the factors grow like n² log n and operations like n³ on n × n unknowns (George 1973)."""
    entries, operations = [], []
    for n in (63, 127, 255):
        order = dissect(n, n)
        own, ring = order.own.astype(float), np.diff(order.begins) - order.own
        entries.append((own * (own + 2 * ring)).sum())
        operations.append((2 * own**3 + 2 * own**2 * ring + 2 * own * ring**2).sum())
    assert 4 < entries[2] / entries[1] < 5.2
    assert 7 < operations[2] / operations[1] < 9
    assert operations[1] < 1.5e9


def test_a_singular_stencil_is_noticed():
    with pytest.raises(np.linalg.LinAlgError):
        factorise(prepare_factors(9, 9), np.zeros((9, 9, WIDTH, WIDTH)))
