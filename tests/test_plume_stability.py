"""Plumes at the corners of the parameter box: finite, smoke within bounds, and as much of it leaves as is emitted."""

from itertools import product

import numpy as np
import pytest
from fieldgan.solvers.flow_march import march
from plume_cases import HEIGHT, SPREAD, plume

NY, SLACK = 32, 1e-6
H = HEIGHT / NY
# exit velocity, buoyancy at the mouth, N², shear exponent, gust intensity
CORNERS = list(product((0.8, 3.0), (0.0, 3.0), (0.4, -0.05), (0.05, 0.4), (0.02, 0.3)))
EXTREME = [(3.0, 3.0, 0.4, 0.05, 0.3), (3.0, 3.0, -0.05, 0.4, 0.3), (0.8, 0.0, 0.4, 0.4, 0.3), (0.8, 3.0, -0.05, 0.05, 0.02)]
NONE = np.zeros((0, 0, 0))


def ready(corner, kind):
    velocity, buoyancy, stratification, exponent, intensity = corner
    flow, start = plume(NY, velocity, buoyancy, stratification, exponent, intensity)
    return flow, flow.start(*start, dtype=kind)


def amount(run):
    return float(run.q[1, 1:-1, 1:-1].sum(dtype=np.float64)) * H**2


def leaving(state):
    """Flux of smoke out through the west and east sides [m² s⁻¹]; clean air comes in at the west."""
    u, smoke = state.u.astype(np.float64), state.scalars[1].astype(np.float64)
    west = np.minimum(u[:, 0], 0.0) * smoke[:, 0] - 2 * SPREAD / H * smoke[:, 0]
    return float((u[:, -1] * smoke[:, -1] - west).sum()) * H


@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_what_is_emitted_is_inside_or_has_left(kind):
    """A gusty plume that has reached the outflow: what the march counts at the sides, and what the fluxes there say."""
    flow, state = ready((3.0, 3.0, -0.05, 0.4, 0.3), kind)
    state = flow.march(state, 8.0)
    dt, steps = 0.5 * flow.stable_dt(state), 400
    run = flow.prepare(state)
    before, emission = amount(run), 3.0 * H * dt * steps
    march(run, dt, 0.0, steps, np.inf, -1.0, NONE)
    left = -float(run.scratch.entered[1])
    assert left > 0.1 * emission
    assert amount(run) - before + left == pytest.approx(emission, rel=1e-12 if kind == np.float64 else 1e-6)
    fluxes = [leaving(state)]
    for _ in range(steps):
        state = flow.step(state, dt)
        fluxes.append(leaving(state))
    assert left == pytest.approx(np.trapezoid(fluxes, dx=dt), rel=1e-3)


@pytest.mark.parametrize("corner", CORNERS)
def test_every_corner_of_the_box_stays_bounded(corner):
    """About two thousand steps."""
    flow, state = ready(corner, np.float32)
    state = flow.march(state, 0.5)
    duration = 2000 * 0.9 * flow.stable_dt(state)
    for until in np.linspace(0.5, 0.5 + duration, 5)[1:]:
        state = flow.march(state, float(until))
        check(flow, state, corner)


def check(flow, state, corner):
    velocity, buoyancy, stratification, _, intensity = corner
    smoke, excess = state.scalars[1], state.scalars[0] - stratification * (np.arange(NY)[:, None] + 0.5) * H
    assert smoke.min() > -SLACK
    assert smoke.max() < 1 + SLACK
    assert np.abs(excess[~flow.solid]).max() < buoyancy + HEIGHT * abs(stratification)
    assert max(np.abs(state.u).max(), np.abs(state.v).max()) < 3 * (velocity + 2 + buoyancy + 3 * intensity)
    assert np.abs(flow.divergence(state)).max() < 2e-5 / H


@pytest.mark.slow
@pytest.mark.parametrize("corner", EXTREME)
def test_a_hundred_thousand_steps_leave_as_much_as_they_emit(corner):
    """The mean flux through a plane downstream and through the outflow is the emission, within the statistical error."""
    flow, state = ready(corner, np.float32)
    state = flow.march(state, 30.0)
    steps, every = 10**5, 50
    dt, emission = 0.6 * flow.stable_dt(state), corner[0] * H
    plane, end = [], []
    for n in range(steps // every):
        state = flow.march(state, 30.0 + (n + 1) * every * dt)
        plane.append(float((state.u[:, 48] * (state.scalars[1][:, 47] + state.scalars[1][:, 48]) / 2).sum()) * H)
        end.append(float((state.u[:, -1] * state.scalars[1][:, -1]).sum()) * H)
        if n % 100 == 0:
            check(flow, state, corner)
    for fluxes in (plane, end):
        batches = np.array(fluxes).reshape(40, -1).mean(axis=1)
        error = batches.std(ddof=1) / np.sqrt(batches.size)
        assert abs(batches.mean() - emission) < 4 * error + 0.01 * emission
        assert error < 0.05 * emission
