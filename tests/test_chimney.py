"""Chimneys: the same stack, wind and gusts on every grid, what is drawn, and what is refused."""

import fieldgan
import numpy as np
import pytest
from fieldgan.data.scenarios.chimney import (
    CELL,
    CELLS_DRAWN,
    DRAWN,
    HEIGHT,
    STACK_AT,
    WIDTH,
    Building,
    Chimney,
    Terrain,
    check_chimney,
    coarsen_chimney,
    draw_calmer,
    draw_chimney,
    render_chimney,
    solid_cells,
    stack_cells,
)
from fieldgan.data.scenarios.plume_flow import gusts, mouth, problem
from fieldgan.solvers.errors import UsageError

GRIDS = (16, 24, 32, 48, 64, 96, 128)
NUMBERS = {
    "stack_height": 1.0,
    "stack_width": 0.25,
    "exit_velocity": 1.5,
    "exit_buoyancy": 1.0,
    "stratification": 0.1,
    "gust_intensity": 0.15,
}
PLAIN = Chimney(NUMBERS, 0.2)


@pytest.mark.parametrize("resolution", GRIDS)
def test_as_much_smoke_and_heat_leaves_the_stack_on_every_grid(resolution):
    rng = np.random.default_rng(5)
    for _ in range(20):
        chimney = draw_chimney(rng)
        vent = mouth(render_chimney(chimney, resolution))
        cell, numbers = HEIGHT / resolution, chimney.numbers
        volume = vent.cells.sum() * cell * vent.velocity
        assert volume == pytest.approx(numbers["exit_velocity"] * numbers["stack_width"], rel=1e-12)
        top = (np.flatnonzero(vent.cells.any(axis=1)) + 1) * cell
        assert abs(top - numbers["stack_height"]) <= cell / 2 + 1e-12
        excess = vent.scalars[0] - numbers["stratification"] * top
        assert excess == pytest.approx(numbers["exit_buoyancy"], abs=1e-12)


@pytest.mark.parametrize("resolution", GRIDS)
def test_the_wind_is_a_power_law_in_cell_means(resolution):
    wind = render_chimney(Chimney(NUMBERS, 0.5), resolution)["wind"]
    edges = np.linspace(0, 4, resolution + 1)
    assert wind[:, 7] == pytest.approx(np.diff(edges**1.5) / 1.5 / np.diff(edges), rel=1e-12)
    assert wind.mean() == pytest.approx(4**1.5 / 1.5 / 4, rel=1e-12)


def test_gusts_have_their_intensity_and_no_flux():
    found = gusts(0.2, 128, 3)
    t = np.linspace(0, 4000, 20001)[:, None]
    u = np.cos(found.frequency * t) @ found.normal_cos + np.sin(found.frequency * t) @ found.normal_sin
    assert np.sqrt((u**2).mean()) == pytest.approx(0.2, rel=0.01)
    assert np.abs(u.mean(axis=1)).max() < 1e-14
    v = np.cos(found.frequency * t) @ found.tangential_cos + np.sin(found.frequency * t) @ found.tangential_sin
    assert np.abs(v[:, [0, -1]]).max() < 1e-14
    assert 0.1 < v.std() < 0.4


def test_gusts_are_one_function_on_all_grids_and_differ_by_seed():
    fine, coarse = gusts(0.2, 64, 3), gusts(0.2, 16, 3)
    np.testing.assert_allclose(fine.normal_sin.reshape(-1, 16, 4).mean(axis=2), coarse.normal_sin, atol=1e-12)
    np.testing.assert_allclose(fine.tangential_cos[:, ::4], coarse.tangential_cos, atol=1e-12)
    assert np.abs(gusts(0.2, 16, 4).normal_sin - coarse.normal_sin).max() > 0.01


def test_gusts_are_frozen_eddies():
    """∂u'/∂x + ∂v'/∂y = 0 with ∂/∂x = −∂/∂t, as the wind of speed 1 carries them in."""
    found, t = gusts(0.2, 256, 1), 1.7
    phase = found.frequency * t
    change = (-found.frequency * np.sin(phase)) @ found.normal_cos + (found.frequency * np.cos(phase)) @ found.normal_sin
    v = np.cos(phase) @ found.tangential_cos + np.sin(phase) @ found.tangential_sin
    np.testing.assert_allclose(-change + np.diff(v) * 64, 0, atol=1e-12)


def test_buildings_and_hills_have_their_area_on_every_grid():
    hills = ((4.0, 1.0, 0.5), (5.5, 1.2, 0.2))
    x = (np.arange(4000) + 0.5) / 500
    for resolution in GRIDS:
        cell = (HEIGHT / resolution) ** 2
        rise, edge = np.linspace(0, HEIGHT, resolution + 1), np.linspace(0, WIDTH, 2 * resolution + 1)
        assert Building(3.1, 3.8, 0.55).share(edge, rise).sum() * cell == pytest.approx(0.7 * 0.55, rel=1e-12)
        area = Terrain(hills).height(x).mean() * WIDTH
        assert area == pytest.approx(1.0 * 0.5 + 1.2 * 0.2, rel=1e-6)
        assert Terrain(hills).share(edge, rise).sum() * cell == pytest.approx(area, rel=0.02)


def test_what_is_drawn_can_be_solved_on_every_grid():
    scenario, rng, kinds = fieldgan.scenario("plume"), np.random.default_rng(11), set()
    for _ in range(60):
        chimney = scenario.draw(rng)
        kinds.add((type(chimney.ground).__name__, np.sign(chimney.numbers["stratification"])))
        cells = {name: (CELL * low, CELL * high) for name, (low, high) in CELLS_DRAWN.items()}
        for name, (low, high) in (DRAWN | cells).items():
            assert low <= chimney.numbers[name] <= high
        for resolution in GRIDS:
            scenario.check(scenario.render(chimney, resolution))
    assert len(kinds) == 9


def test_walls_that_are_drawn_are_the_same_on_all_grids_of_a_multiple_of_32_rows():
    """So is the momentum that leaves the stack, w² d, which a stack as near as a grid allows would miss by up to a fifth."""
    rng = np.random.default_rng(8)
    for _ in range(60):
        chimney = draw_chimney(rng)
        as_drawn = chimney.numbers["exit_velocity"] ** 2 * chimney.numbers["stack_width"]
        drawn = solid_cells(render_chimney(chimney, 32))
        for finer in (1, 2, 3, 4, 6):
            conditions = render_chimney(chimney, 32 * finer)
            vent = mouth(conditions)
            assert vent.cells.sum() * CELL / finer * vent.velocity**2 == pytest.approx(as_drawn, rel=1e-12)
            if not isinstance(chimney.ground, Terrain):
                np.testing.assert_array_equal(solid_cells(conditions), np.kron(drawn, np.ones((finer, finer), bool)))


def test_any_stack_is_on_finer_grids_what_it_is_on_the_stored_one():
    odd = {name: np.array(value) for name, value in NUMBERS.items()} | {"stack_height": 1.04, "stack_width": 0.21}
    assert stack_cells(odd, 64) == (slice(0, 17), slice(22, 25))
    assert stack_cells(odd, 128) == (slice(0, 34), slice(44, 50))
    assert stack_cells(odd, 96) == (slice(0, 26), slice(33, 38))
    assert stack_cells(odd, 32) == (slice(0, 8), slice(11, 13))


def test_gusts_to_learn_from_are_log_uniform():
    """ln 5 / ln 15 of them below 0.1, within 5 σ of binomial counts; nothing else changes, and the extremes stay."""
    n, calm = 4000, 0
    for seed in range(n):
        plain, calmer = (draw(np.random.default_rng(seed)) for draw in (draw_chimney, draw_calmer))
        gusts = {chimney.numbers.pop("gust_intensity") for chimney in (plain, calmer)}
        assert plain == calmer
        assert 0.02 <= min(gusts) <= max(gusts) <= 0.3
        calm += min(gusts) < 0.1
    share = np.log(5) / np.log(15)
    assert calm / n == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / n))


def test_a_coarser_grid_has_its_own_stack():
    rng = np.random.default_rng(2)
    for _ in range(30):
        chimney = draw_chimney(rng)
        coarse, drawn = coarsen_chimney(render_chimney(chimney, 64), 2), render_chimney(chimney, 32)
        check_chimney(coarse)
        assert stack_cells(coarse, 32) == stack_cells(drawn, 32)
        np.testing.assert_allclose(coarse["wind"], drawn["wind"], rtol=1e-12)
        np.testing.assert_allclose(coarse["obstacle"], drawn["obstacle"], atol=0.3)


@pytest.mark.parametrize("resolution", GRIDS)
def test_stacks_stand_where_they_should(resolution):
    rows, columns = stack_cells(render_chimney(PLAIN, resolution), resolution)
    cell = HEIGHT / resolution
    assert abs((columns.start + columns.stop) / 2 * cell - STACK_AT) <= cell / 2 + 1e-12
    assert abs((columns.stop - columns.start) * cell - 0.25) <= max(cell - 0.25, cell / 2)
    assert rows.start == 0


def changed(**values):
    conditions = render_chimney(PLAIN, 16)
    return conditions | {name: np.array(value) for name, value in values.items()}


def with_obstacle(place, value):
    conditions = render_chimney(PLAIN, 16)
    conditions["obstacle"][place] = value
    return conditions


@pytest.mark.parametrize(
    ("conditions", "message"),
    [
        (changed(stack_height=5.0), "stack_height has the value 5; use 0.25 to 3"),
        (changed(exit_velocity=-1.0), "exit_velocity has the value -1; use 0.01 to 10"),
        (changed(exit_buoyancy=np.nan), "exit_buoyancy has the value nan"),
        (changed(stratification=4.0), "stratification has the value 4; use -0.2 to 1"),
        (changed(gust_intensity=-0.1), "gust_intensity has the value -0.1; use 0 to 0.5"),
        (changed(wind=-np.ones((16, 32))), "wind has the value -1; use 0 to 10"),
        (changed(wind=np.ones((16, 32)) + np.arange(32) / 40), "wind differs by"),
        (with_obstacle(np.s_[4, 6], 1.0), "covers the mouth of the stack at height 1"),
        (with_obstacle(np.s_[:2, 0], 1.0), "touches the west side"),
        (with_obstacle(np.s_[:2, -1], 1.0), "touches the east side"),
        (with_obstacle(np.s_[0, 9], 1.5), "obstacle has the value 1.5; use 0 to 1"),
    ],
)
def test_conditions_out_of_range_get_one_line(conditions, message):
    with pytest.raises(UsageError, match=message) as caught:
        fieldgan.scenario("plume").check(conditions)
    assert "\n" not in str(caught.value)


def test_the_flow_stands_on_the_ground():
    flow = problem(render_chimney(PLAIN, 32))
    assert flow.solid[:8, 12].all()
    assert flow.solid.sum() == 8 * 2
