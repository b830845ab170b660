"""The scenario `heat`: exact slabs through its encoding, its symmetries, its linearity, and agreement between grids."""

import fieldgan
import numpy as np
import pytest
from fieldgan.data.scenarios.composite import Box, Disc
from fieldgan.data.scenarios.heat import simulate
from fieldgan.data.scenarios.plate import Hole, Plate, Side, render_plate
from fieldgan.solvers.errors import UsageError

INSULATED = Side(0.0, (0.0, 0.0))


def held(temperature):
    return Side(np.inf, (temperature, 0.0))


def drawn(seed, resolution, **options):
    scenario = fieldgan.scenario("heat", **options)
    return scenario, dict(scenario.render(scenario.draw(np.random.default_rng(seed)), resolution))


def mirrored(fields, symmetry):
    out = {}
    for name, a in fields.items():
        a = a.T if symmetry.transpose else a
        a = a[::-1] if symmetry.flip_y else a
        a = a[:, ::-1] if symmetry.flip_x else a
        out[symmetry.swap.get(name, name)] = np.ascontiguousarray(a)
    return out


def test_two_layer_slab_has_its_exact_profile():
    slab = Plate(0.0, ((Box(0.75, 0.5, 0.5, 4.0), np.log(10)),), (), (held(1.0), held(0.0), INSULATED, INSULATED), ())
    temperature = simulate(render_plate(slab, 40))["temperature"]
    x = (np.arange(40) + 0.5) / 40
    exact = np.where(x < 0.5, 1 - x / 0.55, (1 - x) / 5.5)  # flux 1/(0.5 + 0.05)
    assert np.abs(temperature - exact).max() < 1e-7


@pytest.mark.parametrize("coefficient", [0.7, 10.0, 40.0])
def test_convection_through_the_encoding_gives_the_biot_profile(coefficient):
    slab = Plate(np.log(2.0), (), (), (held(1.0), Side(coefficient, (0.0, 0.0)), INSULATED, INSULATED), ())
    temperature = simulate(render_plate(slab, 32))["temperature"]
    x = (np.arange(32) + 0.5) / 32
    biot = coefficient / 2.0
    assert np.abs(temperature - (1 - x * biot / (1 + biot))).max() < 1e-7


def test_a_held_hole_in_an_insulated_plate_sets_its_temperature():
    plate = Plate(1.0, (), (), (INSULATED,) * 4, (Hole(Disc(0.4, 0.6, 0.1), 17.0),))
    assert np.allclose(simulate(render_plate(plate, 32))["temperature"], 17.0)


def test_the_symmetries_are_exact():
    scenario, conditions = drawn(12, 32, holes=1.0)
    temperature = scenario.simulate(conditions, 0)
    assert len(scenario.symmetries) == 8
    for symmetry in scenario.symmetries:
        seen = scenario.simulate(mirrored(conditions, symmetry), 0)["temperature"]
        assert np.allclose(seen, mirrored(temperature, symmetry)["temperature"], atol=1e-5)


def test_affine_variables_shift_and_linear_ones_scale_with_the_solution():
    scenario, conditions = drawn(5, 32, holes=1.0)
    before = scenario.simulate(conditions, 0)["temperature"]
    changed = dict(conditions)
    for variable in scenario.inputs:
        if variable.linearity == "affine":
            present = conditions[variable.where] > 0
            changed[variable.name] = np.where(present, 3 * conditions[variable.name] + 40, 0)
        elif variable.linearity == "linear":
            changed[variable.name] = 3 * conditions[variable.name]
    solid = conditions["hole"] < 0.5
    after = scenario.simulate(changed, 0)["temperature"]
    assert np.allclose(after[solid], 3 * before[solid] + 40, atol=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_coarsened_conditions_are_those_of_the_coarser_grid(seed):
    """They differ in mixed cells only, and give nearly the same solution."""
    scenario, fine = drawn(seed, 64)
    drawn_coarse = dict(scenario.render(scenario.draw(np.random.default_rng(seed)), 32))
    coarse = scenario.coarsen(fine, 2)
    assert set(coarse) == set(drawn_coarse)
    assert coarse["log_conductivity"].mean() == pytest.approx(drawn_coarse["log_conductivity"].mean(), abs=0.02)
    for name in ("transfer_x", "transfer_y"):
        assert np.allclose(coarse[name], drawn_coarse[name])
    a, b = (scenario.simulate(c, 0)["temperature"] for c in (coarse, drawn_coarse))
    assert np.sqrt(np.mean((a - b) ** 2)) < 0.1 * b.std()


def test_the_solution_converges_to_the_truth_grid():
    scenario = fieldgan.scenario("heat")
    errors = []
    for seed in range(8):
        parameters = scenario.draw(np.random.default_rng(seed))
        fine = scenario.render(parameters, 256)
        truth = scenario.transfer(scenario.simulate(fine, 0), fine, (64, 64))["temperature"]
        row = []
        for resolution in (16, 32, 64, 128):
            conditions = scenario.render(parameters, resolution)
            at = scenario.transfer(scenario.simulate(conditions, 0), conditions, (64, 64))["temperature"]
            weight = 1 - scenario.render(parameters, 64)["hole"]
            spread = np.average((truth - np.average(truth, weights=weight)) ** 2, weights=weight)
            row.append(np.sqrt(np.average((at - truth) ** 2, weights=weight) / spread))
        errors.append(row)
    mean = np.mean(errors, axis=0)
    assert np.all(np.diff(np.log(mean)) < -0.3), mean
    assert mean[-1] < 0.02, mean


def test_the_truth_satisfies_the_discrete_equations():
    scenario, conditions = drawn(2, 64)
    targets = scenario.simulate(conditions, 0)
    assert scenario.residual(conditions, targets) < 1e-7
    wrong = {"temperature": targets["temperature"] + np.random.default_rng(0).normal(0, 0.1, (64, 64))}
    assert scenario.residual(conditions, wrong) > 1e-3


@pytest.mark.parametrize("option", [{"contrast": 0.5}, {"phases": 9}, {"holes": -1}, {"narrowest": float("nan")}, {"colour": 1}])
def test_options_out_of_range_get_one_line(option):
    with pytest.raises(UsageError, match=next(iter(option))) as caught:
        fieldgan.scenario("heat", **option)
    assert "\n" not in str(caught.value)


def test_unknown_scenarios_list_the_known_ones():
    with pytest.raises(UsageError, match="did you mean heat"):
        fieldgan.scenario("heet")


def test_datasets_carry_units_roles_and_coordinates():
    scenario = fieldgan.scenario("heat")
    conditions = scenario.conditions(scenario.draw(np.random.default_rng(0)), resolution=32)
    fields = scenario.solve(conditions)
    assert conditions["source"].attrs["units"] == "W m-3"
    assert fields["temperature"].attrs["role"] == "target"
    assert fields["x"].values[0] == pytest.approx(1 / 64)
