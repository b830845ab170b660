"""Time averages: exact decay, a steady channel, windows that cut periods, vortices behind a cylinder (Schäfer & Turek 2D-2)."""

from dataclasses import replace

import numpy as np
import pytest
from fieldgan.solvers.boundary import Dirichlet, Sides
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow import Flow, Scalar
from fieldgan.solvers.flow_average import Patience, gather, time_mean, weighted
from fieldgan.solvers.flow_sides import FlowSides, Inflow, Outflow, Periodic
from fieldgan.solvers.validation.flow_cylinder import DIAMETER, MEAN, channel_with_cylinder
from plume_cases import plume

STROUHAL = 0.295, 0.305  # case 2D-2, Schäfer & Turek (1996), bounds of Table 4
LARGEST_DRAG = 3.22, 3.24  # there, of the drag coefficient over a period; its mean is 0.03 below


def test_means_of_a_decaying_vortex_are_exact():
    """u = −cos x sin y e^(−2νt): mean over T is (1 − e^(−2νT))/2νT of the start, mean square (1 − e^(−4νT))/4νT.

    Each look stands for the time since the last one, which is a hundredth of the decay here.
    """
    n, viscosity, duration = 48, 0.1, 1.5
    h = 2 * np.pi / n
    face, centre = np.arange(n + 1) * h, (np.arange(n) + 0.5) * h
    flow = Flow((n, n), (h, h), viscosity, FlowSides(*(Periodic(),) * 4))
    start = flow.start(-np.cos(face) * np.sin(centre)[:, None], np.sin(centre) * np.cos(face)[:, None])
    _, moments, steady = gather(flow, start, duration)
    shape, decay = -np.cos(centre) * np.sin(centre)[:, None], 2 * viscosity * duration
    assert not steady
    assert np.abs(moments[0] - shape * (1 - np.exp(-decay)) / decay).max() < 0.01
    assert np.abs(moments[3] - shape**2 * (1 - np.exp(-2 * decay)) / (2 * decay)).max() < 0.02


def test_a_steady_flow_is_its_own_mean():
    inflow = 6 * (np.arange(16) + 0.5) / 16 * (1 - (np.arange(16) + 0.5) / 16)
    flow = Flow((16, 32), (1 / 16, 1 / 16), 0.1, FlowSides(west=Inflow(inflow), east=Outflow()))
    mean = time_mean(flow, flow.start(), Patience(1.0, 2.0, 40.0, 1e-3))
    end = flow.steady(1e-6)
    assert mean.error == 0
    assert mean.energy.max() < 1e-12
    assert np.abs(mean.u - (end.u[:, 1:] + end.u[:, :-1]) / 2).max() < 1e-3
    assert np.abs(mean.p - end.p).max() < 1e-2


def test_means_and_deviations_of_scalars_are_those_of_snapshots():
    """Eighty looks per unit of time at a march by steps as short; the third scalar does not change."""
    flow, start = plume(16, intensity=0.2)
    flow = replace(
        flow,
        scalars=(*flow.scalars, Scalar(0.0, Sides(west=Dirichlet(0.7)))),
        vents=(replace(flow.vents[0], scalars=(1.0, 1.0, 0.7)),),
    )
    state = flow.march(flow.start(*start[:2], (*start[2], 0.7)), 2.0)
    mean = time_mean(flow, state, Patience(0.5, 4.0, 4.0, 1e-9), courant=0.1)
    looks = []
    for n in range(8 * 40):
        state = flow.march(state, 2.0 + (n + 1) / 80)
        looks.append(state.scalars)
    weights = np.repeat(np.sin(np.pi * (np.arange(6) + 0.5) / 6) ** 2, 40)
    fields = np.array(looks)[-6 * 40 :]
    first, second = (np.tensordot(weights / weights.sum(), fields**power, 1) for power in (1, 2))
    np.testing.assert_allclose(mean.scalars[:, ~flow.solid], first[:, ~flow.solid], atol=0.004)
    deviation = np.sqrt(np.maximum(second - first**2, 0.0))[:, ~flow.solid]
    assert deviation[1].max() > 0.05
    np.testing.assert_allclose(mean.scalar_deviations[:2, ~flow.solid], deviation[:2], atol=0.004)
    np.testing.assert_allclose(mean.scalar_deviations[2], 0.0, atol=1e-6)
    assert not mean.scalars[:, flow.solid].any()
    assert not mean.scalar_deviations[:, flow.solid].any()


@pytest.mark.parametrize("periods", [3.3, 5.5, 7.8])
def test_what_is_left_of_a_period_hardly_counts(periods):
    """Twenty batches of a sine that the window cuts anywhere: plain means are wrong by up to 1/(π periods)."""
    edges = np.linspace(0, periods, 21)
    batches = list(-np.diff(np.cos(2 * np.pi * edges)) / (2 * np.pi) * 20 / periods)
    plain = abs(np.mean(batches))
    assert plain > 0.01
    assert abs(weighted(batches)) < 0.15 * plain


def test_vortices_behind_a_cylinder_are_shed_at_the_published_rate():
    flow, inflow = channel_with_cylinder(10)
    flow = replace(flow, viscosity=2e-4)  # Reynolds number 100
    ny, nx = flow.shape
    kick = np.repeat(0.05 * np.sin(np.linspace(0, np.pi, ny + 1))[:, None], nx, axis=1)
    start = flow.start(np.repeat(inflow[:, None], nx + 1, axis=1), kick, dtype=np.float32)
    state, drag, lift = gather(flow, start, 16.0)[0], [], []
    for _ in range(320):
        state = gather(flow, state, 0.05)[0]
        force = flow.forces(state)
        drag.append(2 * force[0] / (MEAN**2 * DIAMETER))
        lift.append(force[1])
    up = np.flatnonzero(np.diff(np.sign(lift - np.mean(lift))) > 0)
    strouhal = (up.size - 1) / ((up[-1] - up[0]) * 0.05) * DIAMETER / MEAN
    assert STROUHAL[0] - 0.02 < strouhal < STROUHAL[1] + 0.02
    assert np.mean(drag) == pytest.approx(np.mean(LARGEST_DRAG) - 0.03, rel=0.12)


@pytest.mark.parametrize("times", [(0.0, 1.0, 2.0), (1.0, 0.5, 2.0), (1.0, 3.0, 2.0), (1.0, 2.0, np.inf)])
def test_times_out_of_range_get_one_line(times):
    flow = Flow((4, 4), (1.0, 1.0), 1.0)
    with pytest.raises(UsageError, match="batch, least and most"):
        time_mean(flow, flow.start(), Patience(*times, 1e-2))
    with pytest.raises(UsageError, match="tolerance"):
        time_mean(flow, flow.start(), Patience(1.0, 2.0, 3.0, 0.0))
