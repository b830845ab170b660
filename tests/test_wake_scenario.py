"""The scenario `wake`: Poiseuille flow, symmetry, conservation, drag by two ways, steady flows, and geometries on every rung."""

import fieldgan
import numpy as np
import pytest
from fieldgan.data.samples import sample_rng
from fieldgan.data.scenarios.channel import GAP, PARABOLA, Channel, Pebble, outline, render_channel
from fieldgan.data.scenarios.composite import Box, Disc
from fieldgan.data.scenarios.wake import LENGTH, SOLID, march, mean_flow, problem, quantities, rung_effort, simulate, transfer
from fieldgan.solvers.errors import UsageError
from fieldgan.solvers.flow_average import gather

STEADY = Channel((Disc(0.6, 0.4, 0.13), Box(1.1, 0.7, 0.1, 0.2, 0.4)), PARABOLA, 25.0)
SHEDDING = Channel((Box(0.5, 0.45, 0.12, 0.3),), PARABOLA, 90.0)


def test_an_empty_channel_holds_poiseuille_flow():
    conditions = render_channel(Channel((), PARABOLA, 40.0), 32)
    targets = simulate(conditions)
    y, x = (np.arange(32) + 0.5) / 32, (np.arange(64) + 0.5) / 32
    assert np.abs(targets["u"] - 6 * (y * (1 - y))[:, None]).max() < 6e-3  # h²/2 and less, as cells are wide
    assert np.abs(targets["v"]).max() < 2e-3
    exact = 12 * LENGTH / 40 * (1 - x)
    assert np.abs(targets["p"] - exact)[:, 6:].max() < 0.01 * exact.max()
    assert targets["fluctuation_energy"].max() < 1e-9
    assert abs(quantities(conditions, targets)["drag"]) < 3e-3  # of 0.12 that the walls take


def test_a_mirrored_channel_has_the_mirrored_flow():
    conditions = render_channel(STEADY, 32)
    flipped = {name: a[::-1].copy() if a.ndim else a for name, a in conditions.items()}
    targets, mirrored = simulate(conditions), simulate(flipped)
    for name, a in targets.items():
        assert np.abs((-1 if name == "v" else 1) * mirrored[name][::-1] - a).max() < 5e-3, name


def test_a_steady_flow_is_that_of_the_solver():
    conditions = render_channel(STEADY, 32)
    flow, targets = problem(conditions), simulate(conditions)
    end = flow.steady(1e-6)
    assert np.abs(targets["u"] - (end.u[:, 1:] + end.u[:, :-1]) / 2).max() < 5e-3
    assert np.abs(targets["v"] - (end.v[1:] + end.v[:-1]) / 2).max() < 5e-3
    assert np.abs(targets["p"] - end.p)[~flow.solid].max() < 0.01
    assert targets["fluctuation_energy"].max() < 1e-3  # what is left of the start


def test_drag_by_momentum_is_that_of_the_faces_of_the_obstacles():
    conditions = render_channel(STEADY, 64)
    flow, targets = problem(conditions), simulate(conditions)
    force = flow.forces(flow.steady(1e-4))[0]
    assert quantities(conditions, targets)["drag"] == pytest.approx(force, rel=0.015)
    coarse = transfer(targets, conditions, (32, 64))
    assert quantities(render_channel(STEADY, 32), coarse)["drag"] == pytest.approx(force, rel=0.015)


def test_drag_of_shedding_obstacles_by_momentum_too():
    conditions = render_channel(SHEDDING, 48)
    flow, mean = problem(conditions), mean_flow(conditions, rung_effort(96))
    assert mean.energy.max() > 0.05
    state, forces = mean.state, []
    for _ in range(200):
        state = gather(flow, state, 0.05)[0]
        forces.append(flow.forces(state)[0])
    targets = {"u": mean.u, "v": mean.v, "p": mean.p, "fluctuation_energy": mean.energy}
    assert quantities(conditions, targets)["drag"] == pytest.approx(np.mean(forces), rel=0.04)


@pytest.mark.parametrize("channel", [STEADY, SHEDDING])
def test_the_same_flow_passes_every_column_of_the_stored_fields(channel):
    conditions = render_channel(channel, 64)
    targets = march(conditions)
    stored = transfer(targets, conditions, (32, 64))
    fluid = (conditions["obstacle"] < SOLID).reshape(32, 2, 64, 2).mean(axis=(1, 3))
    assert np.abs((stored["u"] * fluid).mean(axis=0) - 1).max() < 1e-5


def test_flows_are_the_same_each_time():
    conditions = render_channel(SHEDDING, 24)
    first, second = simulate(conditions, 1), simulate(conditions, 2)
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_rungs_know_the_mean_as_well_as_they_have_to():
    conditions = render_channel(SHEDDING, 48)
    quick, patient = march(conditions), simulate(conditions)
    error = np.sqrt(np.mean((quick["u"] - patient["u"]) ** 2 + (quick["v"] - patient["v"]) ** 2))
    assert error < 1.5 * rung_effort(48).patience.tolerance
    assert patient["fluctuation_energy"].max() > 0.05


def test_the_ladder_converges_to_the_truth():
    conditions = render_channel(STEADY, 128)
    truth = transfer(simulate(conditions), conditions, (64, 128))
    weight = 1 - render_channel(STEADY, 64)["obstacle"]
    errors = []
    for resolution in (16, 32, 64):
        rung = render_channel(STEADY, resolution)
        at = transfer(march(rung), rung, (64, 128))
        errors.append([np.sqrt(np.average((at[name] - truth[name]) ** 2, weights=weight)) for name in ("u", "v", "p")])
    assert np.all(np.array(errors)[1:] < [[0.6], [0.4]] * np.array(errors)[0]), errors  # a staircase converges by leaps


def test_strong_vortices_leave_a_coarse_grid():
    """With backflow this one feeds on its own outflow until it has no step left."""
    scenario = fieldgan.scenario("wake")
    channel = scenario.draw(sample_rng(0, 2))
    assert channel.reynolds > 190
    mean = mean_flow(scenario.render(channel, 16), rung_effort(16))
    assert np.abs(mean.state.u).max() < 5
    assert mean.state.u[:, -1].min() > -0.1


def test_drawn_channels_are_solvable_on_every_rung():
    scenario, rng = fieldgan.scenario("wake"), np.random.default_rng(11)
    for _ in range(100):
        channel = scenario.draw(rng)
        for resolution in (*scenario.ladder, scenario.stored_resolution, scenario.truth_resolution):
            scenario.check(scenario.render(channel, resolution))


def test_drawn_obstacles_keep_clear_of_walls_and_each_other():
    scenario, rng, numbers = fieldgan.scenario("wake"), np.random.default_rng(3), set()
    for _ in range(60):
        channel = scenario.draw(rng)
        numbers.add(len(channel.obstacles))
        edges = [np.stack(outline(obstacle)) for obstacle in channel.obstacles]
        for n, edge in enumerate(edges):
            assert min(edge[1].min(), 1 - edge[1].max()) >= GAP
            for other in edges[:n]:
                assert np.hypot(*(edge[:, :, None] - other[:, None])).min() > 0.95 * GAP
        assert 20 <= channel.reynolds <= 200
        assert np.mean(scenario.render(channel, 64)["inflow"]) == pytest.approx(1, abs=1e-12)
        assert scenario.render(channel, 64)["inflow"].min() > 0
    assert numbers == {1, 2, 3, 4}


def test_shares_of_a_shape_are_its_area_on_every_grid():
    pebble = Pebble(0.8, 0.5, 0.15, ((0.1, 0.05), (0.05, 0.0), (0.0, 0.03)))
    x, y = outline(pebble)
    area = 0.5 * np.abs(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))
    for resolution in (32, 64, 128):
        share = render_channel(Channel((pebble,), PARABOLA, 30.0), resolution)["obstacle"]
        assert share.sum() / resolution**2 == pytest.approx(area, rel=0.02)


def with_solid(place):
    conditions = render_channel(STEADY, 16)
    conditions["obstacle"][place] = 1.0
    return conditions


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (with_solid(np.s_[:, 10]), "blocks the whole channel"),
        (with_solid(np.s_[4:6, 0]), "touches the west side"),
        (with_solid(np.s_[4:6, -1]), "touches the east side"),
        (render_channel(STEADY, 16) | {"log_reynolds": np.array(9.0)}, "log_reynolds has the value 9; use 0 to"),
        (render_channel(STEADY, 16) | {"log_reynolds": np.array(np.nan)}, "log_reynolds has the value nan"),
        (render_channel(STEADY, 16) | {"inflow": -np.ones((16, 32))}, "inflow has the value -1; use 0"),
        (render_channel(STEADY, 16) | {"inflow": 2 * np.ones((16, 32))}, "inflow has mean 2"),
        (render_channel(STEADY, 16) | {"inflow": np.ones((16, 32)) + np.arange(32) / 40}, "inflow differs by"),
        (render_channel(STEADY, 16) | {"obstacle": np.full((16, 32), 1.5)}, "obstacle has the value 1.5; use 0 to 1"),
    ],
)
def test_conditions_out_of_range_get_one_line(conditions, message):
    with pytest.raises(UsageError, match=message) as caught:
        fieldgan.scenario("wake").check(conditions)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("option", [{"obstacles": 0}, {"lowest_reynolds": 300.0}, {"highest_reynolds": 1000.0}, {"colour": 1}])
def test_options_out_of_range_get_one_line(option):
    with pytest.raises(UsageError, match=next(iter(option))):
        fieldgan.scenario("wake", **option)
