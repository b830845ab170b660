"""The scenario `plume`: quiet air, options, members that forget each other, smoke that is kept, and what is asked of it."""

from dataclasses import replace

import fieldgan
import numpy as np
import pytest
from fieldgan.data.samples import sample_rng
from fieldgan.data.scenarios.chimney import HEIGHT, WIDTH, Chimney, render_chimney
from fieldgan.data.scenarios.plume import OF_ONE_RUN, seed_of_run, snapshots, transfer
from fieldgan.data.scenarios.plume_flow import SMOKE, VISCOSITY, background, developed, problem
from fieldgan.data.scenarios.plume_numbers import FAINT, quantities
from fieldgan.solvers.boundary import Neumann
from fieldgan.solvers.flow_sides import FreeSlip

NUMBERS = {
    "stack_height": 1.0,
    "stack_width": 0.25,
    "exit_velocity": 1.5,
    "exit_buoyancy": 1.0,
    "stratification": 0.05,
    "gust_intensity": 0.15,
}
SCENARIO = fieldgan.scenario("plume")
CONDITIONS = render_chimney(Chimney(NUMBERS, 0.2), 16)


def test_undisturbed_air_stays_stratified():
    """A uniform wind without gusts, stack and ground carries b = N² y along unchanged."""
    quiet = CONDITIONS | {"gust_intensity": np.array(0.0), "wind": np.ones((16, 32))}
    flow, air = problem(quiet), np.broadcast_to(background(quiet, 16), (16, 32))
    air_alone, smoke = flow.scalars
    ground = replace(air_alone.sides, south=Neumann(-VISCOSITY * NUMBERS["stratification"]))
    carried = (replace(air_alone, sides=ground), smoke)
    flow = replace(flow, sides=replace(flow.sides, south=FreeSlip()), obstacle=None, vents=(), scalars=carried)
    end = flow.march(flow.start(1.0, 0.0, (air, 0.0)), 8.0)
    assert np.abs(end.u - 1).max() < 1e-6
    assert np.abs(end.scalars[0] - air).max() < 1e-6


def test_as_much_smoke_passes_a_plane_as_leaves_the_stack():
    """Mean flux 4 stack heights behind it over 60 times, upwind values and diffusion left out, on two grids."""
    for resolution in (16, 32):
        conditions = render_chimney(Chimney(NUMBERS, 0.2), resolution)
        flow, state = developed(conditions, 1)
        cell, column, total = HEIGHT / resolution, round(5.5 / HEIGHT * resolution), 0.0
        for _ in range(240):
            state = flow.march(state, state.time + 0.25)
            smoke = state.scalars[SMOKE]
            total += float((state.u[:, column] * (smoke[:, column - 1] + smoke[:, column]) / 2).sum()) * cell / 240
        assert total == pytest.approx(1.5 * 0.25, rel=0.05)


def test_options_add_targets():
    scenario = fieldgan.scenario("plume", temperature=True, velocity=True)
    assert [v.name for v in scenario.targets] == ["smoke", "temperature", "u", "v"]
    found = scenario.ensemble(CONDITIONS, 3, 2)
    assert list(found) == ["smoke", "temperature", "u", "v"]
    assert {a.shape for a in found.values()} == {(2, 16, 32)}
    solid = CONDITIONS["obstacle"] >= 0.5
    assert not any(a[:, solid].any() for a in found.values())
    assert 0.5 < found["temperature"].max() < 1.2  # the exit gas has 1
    np.testing.assert_array_equal(found["smoke"], SCENARIO.ensemble(CONDITIONS, 3, 2)["smoke"])
    assert list(SCENARIO.ensemble(CONDITIONS, 3, 2)) == ["smoke"]


def test_a_member_more_does_not_change_the_others():
    few, many = (SCENARIO.ensemble(CONDITIONS, 7, count)["smoke"] for count in (2, 3))
    np.testing.assert_array_equal(few, many[:2])
    np.testing.assert_array_equal(SCENARIO.simulate(CONDITIONS, 7)["smoke"], many[0])
    assert np.abs(SCENARIO.simulate(CONDITIONS, 8)["smoke"] - many[0]).max() > 0.05


def test_members_forget_each_other():
    """Correlation of neighbours in the ensemble, over the field and many members."""
    correlations = []
    for index in range(6):
        conditions = SCENARIO.render(SCENARIO.draw(sample_rng(5, index)), 24)
        away = snapshots(conditions, index, 60)["smoke"]
        away = away - away.mean(axis=0)
        correlations.append((away[1:] * away[:-1]).mean() / (away**2).mean())
    assert np.median(np.abs(correlations)) < 0.2, correlations
    assert max(correlations) < 0.4, correlations  # wakes of hills shed nearly periodically


def test_smoke_is_bounded_and_reaches_the_end():
    for index in range(4):
        conditions = SCENARIO.render(SCENARIO.draw(sample_rng(6, index)), 32)
        smoke = snapshots(conditions, index, 4)["smoke"]
        assert smoke.min() > -1e-6
        assert smoke.max() < 1 + 1e-5
        assert smoke[:, :, -1].max() > 1e-3


def test_the_formula_has_all_targets_and_dilutes_buoyancy_as_smoke():
    """Both spread with one diffusivity: in neutral, still air that is exact (two runs of the solver, to round-off of float32)."""
    scenario = fieldgan.scenario("plume", temperature=True, velocity=True)
    neutral = CONDITIONS | {"stratification": np.array(0.0)}
    told = scenario.formula(neutral)
    assert list(told) == [v.name for v in scenario.targets]
    found = {name: a[0] for name, a in scenario.ensemble(neutral, 3, 2).items()}
    for fields in (told, found):
        np.testing.assert_allclose(fields["temperature"], NUMBERS["exit_buoyancy"] * fields["smoke"], atol=1e-4)
    np.testing.assert_array_equal(told["u"] == 0, neutral["obstacle"] >= 0.5)


def test_members_come_from_several_runs():
    """The first are those of the first run, whose seed is that of the ensemble; the next begin anew under other gusts."""
    many = snapshots(CONDITIONS, 3, OF_ONE_RUN + 2)["smoke"]
    np.testing.assert_array_equal(many[:OF_ONE_RUN], snapshots(CONDITIONS, 3, OF_ONE_RUN)["smoke"])
    np.testing.assert_array_equal(many[OF_ONE_RUN:], snapshots(CONDITIONS, seed_of_run(3, 1), 2)["smoke"])
    assert len({seed_of_run(3, run) for run in range(8)} | {seed_of_run(4, run) for run in range(8)}) == 16


def test_transfer_keeps_the_smoke_in_the_air():
    smoke = snapshots(render_chimney(Chimney(NUMBERS, 0.2), 32), 2, 3)
    conditions = render_chimney(Chimney(NUMBERS, 0.2), 32)
    coarse = transfer(smoke, conditions, (16, 32))["smoke"]
    fluid = (conditions["obstacle"] < 0.5).reshape(16, 2, 32, 2).mean(axis=(1, 3))
    assert coarse.shape == (3, 16, 32)
    np.testing.assert_allclose((coarse * fluid).sum(axis=(1, 2)) * 4, smoke["smoke"].sum(axis=(1, 2)), rtol=1e-5)
    assert transfer(smoke, conditions, (48, 96))["smoke"].min() >= 0


def test_quantities_of_a_known_cloud():
    """A Gaussian cloud that lies on the ground about x = 4.5 and a layer at height 2.5."""
    conditions = render_chimney(Chimney(NUMBERS, 0.2), 64)
    x, y = (np.arange(128) + 0.5) / 16, (np.arange(64)[:, None] + 0.5) / 16
    cloud = 0.3 * np.exp(-((x - 4.5) ** 2) / 0.1 - y**2 / 0.02)
    found = quantities(conditions, {"smoke": cloud})
    assert found["ground_maximum"] == pytest.approx(0.3, rel=0.1)
    assert found["ground_distance"] == pytest.approx(3.0, abs=1 / 32 + 1e-9)
    layer = np.broadcast_to(np.exp(-((y - 2.5) ** 2) / 0.05), (64, 128))
    found = quantities(conditions, {"smoke": layer})
    assert found["rise"] == pytest.approx(1.5, abs=1e-3)
    assert found["ground_maximum"] == FAINT
    assert WIDTH == 2 * HEIGHT
