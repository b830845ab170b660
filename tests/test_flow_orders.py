"""Observed orders of the flow solver in space and time, against decaying vortices and against itself."""

import numpy as np
import pytest
from fieldgan.solvers.exact_flow import taylor_green
from fieldgan.solvers.flow import Flow, Scalar
from fieldgan.solvers.flow_sides import FlowSides, FreeSlip, Periodic, Wall
from fieldgan.solvers.validation.checks import observed_order

TORUS = FlowSides(Periodic(), Periodic(), Periodic(), Periodic())
DRIFT = (0.7, -0.4)
NU = 0.05


def vortices(n, time):
    """u and v of Taylor-Green vortices in a uniform flow on the faces of an n × n box of side 2π."""
    faces, centres = 2 * np.pi * np.arange(n + 1) / n, 2 * np.pi * (np.arange(n) + 0.5) / n
    return (
        taylor_green(faces, centres[:, None], time, NU, DRIFT).u,
        taylor_green(centres, faces[:, None], time, NU, DRIFT).v,
    )


def box(n):
    return Flow((n, n), (2 * np.pi / n, 2 * np.pi / n), NU, TORUS)


def error(state, u, v):
    return max(np.abs(state.u - u).max(), np.abs(state.v - v).max())


def test_order_in_space_and_time_together():
    grids = (16, 32, 64)
    errors = []
    for n in grids:
        flow = box(n)
        errors.append(error(flow.advance(flow.start(*vortices(n, 0.0)), 1 / n, n), *vortices(n, 1.0)))
    assert observed_order([1 / n for n in grids], errors) == pytest.approx(Flow.order, abs=0.15)


def test_pressure_of_the_vortices():
    """The pressure belongs to the middle of the step, hence the short step."""
    n, dt = 64, 1e-4
    flow = box(n)
    centres = 2 * np.pi * (np.arange(n) + 0.5) / n
    state = flow.advance(flow.start(*vortices(n, 0.0)), dt, 3)
    exact = taylor_green(centres, centres[:, None], 3 * dt, NU, DRIFT).p
    np.testing.assert_allclose(state.p, exact - exact.mean(), atol=2e-3)


def order_in_time(flow, start, counts, until):
    """Against a run with eight times as many steps."""
    truth = flow.advance(start, until / (8 * counts[-1]), 8 * counts[-1])
    ends = [flow.advance(start, until / m, m) for m in counts]
    return observed_order([1 / m for m in counts], [error(end, truth.u, truth.v) for end in ends])


def test_order_in_time():
    flow = box(16)
    order = order_in_time(flow, flow.start(*vortices(16, 0.0)), (20, 40, 80), 1.0)
    assert order == pytest.approx(Flow.time_order, abs=0.15)


def warm_between_walls(n, diffusivity):
    """Warm fluid between a sliding and a moving wall, on n × n cells, and how warm it is at first."""
    x = (np.arange(n) + 0.5) / n
    sides = FlowSides(Periodic(), Periodic(), FreeSlip(), Wall(0.3))
    flow = Flow((n, n), (1 / n, 1 / n), 0.01, sides, scalars=(Scalar(diffusivity, buoyancy=5.0),))
    return flow, 0.2 * np.cos(2 * np.pi * x) * np.sin(np.pi * x)[:, None]


def test_order_in_time_with_buoyancy_between_walls():
    """Warm fluid rises between a sliding and a moving wall: momentum and scalar drive each other.

    It diffuses little: diffusion across a velocity that varies is of first order in time, see the next test.
    """
    flow, warm = warm_between_walls(16, 1e-3)
    settled = flow.march(flow.start(scalars=[warm]), 0.2)
    order = order_in_time(flow, settled, (20, 40, 80), 0.5)
    assert order == pytest.approx(Flow.time_order, abs=0.25)


def test_diffusion_across_a_shear_errs_less_in_time_than_in_space():
    """Of first order in time; by the longest steps next to what half of the spacing changes."""

    def end(n, share):
        flow, warm = warm_between_walls(n, 0.01)
        return flow.march(flow.start(scalars=[warm]), 0.5, share).scalars[0]

    fine = end(32, 0.1).reshape(16, 2, 16, 2).mean(axis=(1, 3))
    exact_in_time = end(16, 0.05)
    assert np.abs(end(16, 1.0) - exact_in_time).max() < np.abs(fine - exact_in_time).max()


def test_order_of_adaptive_steps_with_pressure_and_buoyancy():
    flow, warm = warm_between_walls(16, 1e-3)
    start = flow.march(flow.start(scalars=[warm]), 0.2)
    truth, shares = flow.march(start, 0.7, 0.01), (0.1, 0.2, 0.4)
    errors = [error(flow.march(start, 0.7, share), truth.u, truth.v) for share in shares]
    assert observed_order(shares, errors) == pytest.approx(Flow.time_order, abs=0.3)


def test_order_of_adaptive_steps():
    """Steps that change with the flow keep the second order: twice the Courant number, four times the error.

    Here, where no pressure acts, even that of Runge-Kutta.
    """
    flow = Flow((8, 8), (0.1, 0.1), 0.01, TORUS, body_force=(1.0, 0.0))
    x = (np.arange(8) + 0.5) / 8
    start = flow.start(0.1, 0.3 * np.sin(2 * np.pi * x) * np.ones((9, 1)))
    truth = flow.march(start, 1.0, 0.02)
    shares = (0.1, 0.2, 0.4)
    errors = [error(flow.march(start, 1.0, share), truth.u, truth.v) for share in shares]
    assert observed_order(shares, errors) > 3 - 0.3
