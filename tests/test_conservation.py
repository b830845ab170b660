"""What the heat solver must conserve, for random conductivities, sources and initial fields."""

import numpy as np
import pytest
from fieldgan.solvers.boundary import Dirichlet, Neumann, Periodic, Robin, Sides
from fieldgan.solvers.heat import Heat
from fieldgan.solvers.implicit import Implicit
from fieldgan.solvers.rollout import rollout
from hypothesis import given, settings
from hypothesis import strategies as st

CLOSED = {"insulated": Sides(), "torus": Sides(Periodic(), Periodic(), Periodic(), Periodic())}


@settings(max_examples=15, deadline=None)
@given(ny=st.integers(2, 24), nx=st.integers(2, 24), seed=st.integers(0, 10**6), sides=st.sampled_from(sorted(CLOSED)))
@pytest.mark.parametrize("scheme", [lambda b: b, Implicit], ids=["explicit", "implicit"])
def test_closed_bodies_keep_their_heat(scheme, ny, nx, seed, sides):
    rng = np.random.default_rng(seed)
    hole = rng.random((ny, nx)) < 0.2
    hole[0, 0] = False
    body = Heat(np.exp(2 * rng.standard_normal((ny, nx))), (0.1, 0.07), CLOSED[sides], hole=hole)
    start = rng.random((ny, nx))
    end = rollout(scheme(body), start, [10 * min(body.stable_dt(), 1.0)])[-1]
    assert end[~hole].sum() == pytest.approx(start[~hole].sum(), rel=1e-7)


@settings(max_examples=15, deadline=None)
@given(ny=st.integers(2, 30), nx=st.integers(2, 30), seed=st.integers(0, 10**6))
def test_what_sources_supply_leaves_through_the_sides(ny, nx, seed):
    """The flux through each wall face, from the temperatures alone, sums to the power of the sources."""
    rng = np.random.default_rng(seed)
    k, q = np.exp(rng.standard_normal((ny, nx))), rng.random((ny, nx))
    dy, dx = 0.2, 0.3
    cold, h, outside = rng.random(ny), rng.random(nx) + 0.1, rng.random(nx)
    body = Heat(k, (dy, dx), Sides(west=Dirichlet(cold), north=Robin(h, outside), south=Neumann(0.4)), source=q)
    t = body.steady(1e-13).temperature
    through_west = (2 * k[:, 0] * (t[:, 0] - cold) / dx * dy).sum()
    through_north = ((t[-1] - outside) / (1 / h + dy / (2 * k[-1])) * dx).sum()
    assert through_west + through_north == pytest.approx((q * dx * dy).sum() + 0.4 * nx * dx, rel=1e-8)
